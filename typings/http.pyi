"""Types of `import http` on MicroPython, for editors and type checkers; see README.md here."""

# The names are those of lib/http/__init__.py, and of the files that its __getattr__ names.
# tests/host/test_typings.py holds this file against them.

from abc import ABCMeta
from typing import (
    Any,
    Callable,
    Coroutine,
    Final,
    Generator,
    Iterator,
    Literal,
    Mapping,
    Protocol,
    Sequence,
    TypedDict,
    overload,
    type_check_only,
)

from typing_extensions import TypeAlias  # in typing only from Python 3.10 on

__version__: str

OK: Final = 0
ERROR: Final = -1

ERROR_STATE: Final = -1
ERROR_HEADER: Final = -2
ERROR_BODY: Final = -3
ERROR_CONNECT: Final = -4
ERROR_CLOSE: Final = -5
ERROR_RX: Final = -6
ERROR_DOWNLOAD: Final = -7
ERROR_TIMEOUT: Final = -8
ERROR_FOTA: Final = -9

# Why the last request of the callback API that failed did so.
last_error: BaseException | None

_Bytes: TypeAlias = bytes | bytearray | memoryview
_Data: TypeAlias = str | _Bytes | None  # PEM or DER data, not a path

# A dict, or whole lines. Mapping, because a dict[str, str] is no dict[str, str | int].
_Lines: TypeAlias = str | bytes | bytearray
_Fields: TypeAlias = _Lines | Mapping[str, _Lines | int | float] | None

# callback(code, body); body is None when code is -1.
_Callback: TypeAlias = Callable[[int, Any], object]

# What tells the order of NodeMCU from that of LuatOS where both are text.
_Method: TypeAlias = Literal["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS", "TRACE"]

@type_check_only
class _File(Protocol):
    def readinto(self, buf: Any, /) -> int | None: ...

# The values in a form or a query, and those that only http.Multipart takes.
_Text: TypeAlias = str | _Bytes | int | float
_Part: TypeAlias = _Text | tuple[str, str | _Bytes | _File] | tuple[str, str | _Bytes | _File, str]

class Multipart:
    """A form as the body of a request: multipart/form-data.

    A value that is a file is (filename, content) or (filename, content, content_type).
    """

    def __init__(self, fields: Mapping[str, _Part] | Sequence[tuple[str, _Part]]) -> None: ...

def urlencode(fields: Mapping[str, _Text] | Sequence[tuple[str, _Text]]) -> str:
    """Return the text of a query, or of a form (application/x-www-form-urlencoded)."""

# Both APIs take it. A dict or list is sent as JSON.
_Body: TypeAlias = str | _Bytes | dict[Any, Any] | list[Any] | Multipart | None

@type_check_only
class _Writable(Protocol):
    def write(self, data: Any, /) -> int | None: ...

@type_check_only
class Headers(Protocol):
    """The header fields of a response, looked up in any case.

    The values of a repeated field are joined by ", ", those of Set-Cookie by "\\n".
    """

    @overload
    def get(self, name: str, default: None = None) -> str | None: ...
    @overload
    def get(self, name: str, default: str) -> str: ...
    def __getitem__(self, name: str) -> str: ...
    def __contains__(self, name: str) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...
    def keys(self) -> Iterator[str]: ...
    def values(self) -> Iterator[str]: ...
    def items(self) -> Iterator[tuple[str, str]]: ...

@type_check_only
class _Interface(Protocol):
    def ifconfig(self) -> Any: ...

@type_check_only
class _Fota(TypedDict, total=False):
    sha256: str  # the digest, in hex, that the image must have

@type_check_only
class Options(TypedDict, total=False):
    """The `opts` of a request; None is the same as not given."""

    timeout: int | None  # milliseconds for the whole request; 0 waits for ever; default 600000
    redirects: int | None  # how many to follow; default 0
    dst: str | bytearray | memoryview | _Writable | None  # a path, a buffer, or what to write to
    callback: Callable[[int, int, Any], object] | None  # callback(content_len, body_len, userdata)
    userdata: Any  # what `callback` gets as its last argument
    sha256: str | None  # the digest, in hex, that the body for `dst` or `fota` must have
    resume: bool | None  # go on where an earlier download to the path `dst` failed
    fota: bool | _Fota | None  # the body is an application for the next OTA partition of an ESP32
    keepalive: bool | None  # keep the connection for the next request to the same server
    adapter: str | int | _Interface | None  # of `network`, STA_IF or AP_IF, or an IP address
    ipv6: bool | None  # look up and connect over IPv6
    debug: bool | None  # print the steps

# (code, headers, body). With a negative code the others are None: `| Any` lets you use them after
# a look at the code, without a check of each. The body is bytes-like, which has no name in every
# stub of json, so it is said to be bytes; with `dst` or `fota` it is the number of bytes.
_Response: TypeAlias = tuple[int, Headers | Any, bytes | Any]

@type_check_only
class _Result(_Response, Coroutine[Any, Any, _Response]):  # type: ignore[misc]
    # What wait() returns: the response, or in a task what to await for it.
    def __await__(self) -> Generator[Any, Any, _Response]: ...

class Request(Coroutine[Any, Any, _Response], metaclass=ABCMeta):
    """A request to `.wait()` for, or to await; made by `request()`."""

    # Abstract here, as it has no send() and throw(): to make one by hand is an error.

    error: BaseException | None  # why the code is negative

    def wait(self) -> _Result:
        """Return (code, headers, body); in a task, something to await that gives them."""
    # No __iter__, so that `code, headers, body = request` is an error here, as it is there.
    def __await__(self) -> Generator[Any, Any, _Response]: ...

# As in NodeMCU, with a method that is known here.
@overload
def request(  # pyright: ignore[reportOverlappingOverload]
    url: str,
    method: _Method,
    /,
    headers: _Fields = None,
    body: _Body = None,
    callback: _Callback | None = None,
    ca_file: _Data = None,
    client_ca: _Data = None,
    client_key: _Data = None,
    client_password: _Data = None,
) -> None: ...

# As in NodeMCU, with a callback.
@overload
def request(
    url: str,
    method: str,
    headers: _Fields,
    body: _Body,
    callback: _Callback,
    /,
    ca_file: _Data = None,
    client_ca: _Data = None,
    client_key: _Data = None,
    client_password: _Data = None,
) -> None: ...

# By keyword, in either order.
@overload
def request(
    method: str,
    url: str,
    headers: _Fields = None,
    body: _Body = None,
    opts: None = None,
    ca_file: _Data = None,
    client_ca: _Data = None,
    client_key: _Data = None,
    client_password: _Data = None,
    *,
    callback: _Callback | None,
) -> None: ...

# As in LuatOS.
@overload
def request(
    method: str,
    url: str,
    headers: _Fields = None,
    body: _Body | _File | Iterator[str | _Bytes] = None,
    opts: Options | None = None,
    ca_file: _Data = None,
    client_ca: _Data = None,
    client_key: _Data = None,
    client_password: _Data = None,
) -> Request:
    """Make a request: `request(url, method, headers, body, callback)` calls back,
    `request(method, url, ...)` returns what to `.wait()` for or to await.
    """

def get(url: str, headers: _Fields = None, callback: _Callback | None = None) -> None:
    """GET `url` and call `callback(code, body)` once; `code` is -1 for any failure."""

def post(
    url: str,
    headers: _Fields = None,
    body: _Body = None,
    callback: _Callback | None = None,
) -> None:
    """POST `body` to `url`; else as `get`."""

def put(
    url: str,
    headers: _Fields = None,
    body: _Body = None,
    callback: _Callback | None = None,
) -> None:
    """PUT `body` to `url`; else as `get`."""

def delete(
    url: str,
    headers: _Fields = None,
    body: _Body = None,
    callback: _Callback | None = None,
) -> None:
    """DELETE `url`; else as `get`."""

def certificates(
    ca_file: _Data = None,
    client_ca: _Data = None,
    client_key: _Data = None,
    client_password: _Data = None,
) -> None:
    """Set the certificates of every later request that has none of its own; PEM or DER data."""

def close() -> None:
    """Close the connection that `keepalive` holds, if there is one."""
