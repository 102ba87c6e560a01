"""HTTP client for MicroPython, with the APIs of NodeMCU and of LuatOS.

Callbacks, as in NodeMCU:

    http.get("http://example.com/", None, lambda code, body: print(code, body))

Tasks, as in LuatOS; `await` in place of `.wait()` lets other tasks of asyncio run:

    code, headers, body = http.request("GET", "http://example.com/").wait()
"""

import gc
import sys
import time

__version__ = "0.2.0"  # the one place where it stands

last_error = None  # why the last request of the callback API that failed did so


# Where memory is short, garbage has to go before it splits the free memory: that takes 1.5 KB off
# the smallest heap for a GET. Collecting a large heap takes longer, for nothing. 2 is for heaps
# below 22,000 bytes: the resolver has no room there, so getaddrinfo() looks names up.
small = gc.mem_alloc() + gc.mem_free()
small = (small < 65536) + (small < 22000)


def __getattr__(name):
    # Names that few programs need. dir() and TAB try every name in memory, so also these: the
    # functions here load their file when they are called, not before.
    value = dict(  # noqa: C408
        OK=0,
        ERROR=-1,
        ERROR_STATE=-1,
        ERROR_HEADER=-2,
        ERROR_BODY=-3,
        ERROR_CONNECT=-4,
        ERROR_CLOSE=-5,
        ERROR_RX=-6,
        ERROR_DOWNLOAD=-7,
        ERROR_TIMEOUT=-8,
        ERROR_FOTA=-9,
        post="methods",
        put="methods",
        delete="methods",
        certificates="certs",
        close="keepalive",
        Multipart="multipart",
        urlencode="forms",
    ).get(name)
    if value is None:
        raise AttributeError(name)
    if not isinstance(value, str):
        return value

    def load(*args, **kwargs):
        function = globals()[name] = getattr(__import__(value, None, None, True, 1), name)
        return function(*args, **kwargs)

    return load


def _running():
    # Return asyncio's core in a task, else None. `cur_task` alone is no sign: it stays behind when
    # Ctrl-C ends a loop. A task that executes refuses pend_throw(); in any other, None is the
    # value already.
    asyncio = sys.modules.get("asyncio")
    if not asyncio:
        return None
    try:
        core = asyncio.core
        core.cur_task.coro.pend_throw(None)
    except ValueError:
        return core
    except AttributeError:
        pass  # no task yet, or asyncio is still being loaded


class Request:
    # A request and where it stands. `exchange` works on it, a driver resumes `exchange`.

    certificates = None  # what certificates() has set

    # Defaults: here they take less memory and time than in each request. Options come first.
    timeout = 600000  # ms for all of it, 0 for ever
    redirects = keepalive = ipv6 = debug = False
    adapter = destination = None
    nodemcu = False  # which API
    start = None  # when it was begun, in ticks_ms(); it is performed once
    sink = None  # where the body goes, if not simply into memory
    calling = False  # whether the caller's own code runs: a body
    task = None  # that performs it
    steps = None  # the generator whose methods __getattr__ gives; False when it has ended

    def __init__(self, method, url, headers, body, opts, tls, nodemcu=False):
        if not isinstance(method, str) or not isinstance(url, str):
            from .hints import refuse

            refuse("url", None)
        if small:
            gc.collect()
        self.method = method.upper()
        if not method.isalpha():
            from .fields import check

            check(method.encode(), method)
        self.url = url
        if nodemcu:
            self.nodemcu = True
        if opts is not None:
            from .options import apply

            apply(self, opts)
        if tls:
            from .certs import of_request

            tls = of_request(*tls)
        self.tls = tls or self.certificates
        self.fields = b""
        if headers:
            from .fields import of_request

            self.fields = of_request(headers, nodemcu, opts)
        if body is None:
            body = b""
        elif isinstance(body, str):
            body = body.encode()
        elif not isinstance(body, (bytes, bytearray)):
            from .body import source

            body, self.fields = source(self, body)
        self.body = body
        # It has its place from the beginning: a new attribute can need memory as a failure is
        # dealt with.
        self.error = None

    def wait(self):
        """Return (code, headers, body); in a task, something to await that gives them."""
        if _running():
            return self
        if self.start is not None:
            from .hints import mistake

            mistake(self)
        self.start = time.ticks_ms()
        try:
            from .blocking import drive

            try:
                return drive(self) or self._failed()
            finally:
                self.steps = False
        except MemoryError:
            return self._failed()

    def __iter__(self):
        # `await` calls this, and so does a program that forgot it. create_task and asyncio.run
        # call it before a loop runs, but take no step.
        if self.start is not None or not _running():
            from .hints import mistake

            mistake(self)
        self.start = time.ticks_ms()  # at once: a second await, even now, is an error
        try:
            from .aio import drive

            try:
                return (yield from drive(self)) or self._failed()
            finally:
                self.steps = False
        except MemoryError:
            return self._failed()

    def __repr__(self):
        from .hints import repr

        return repr(self)

    def _failed(self):
        # Out of memory before `exchange` could begin, or to load what it needs. An exception of
        # its own always finds room: where there is none, MicroPython has one in reserve.
        self.error = MemoryError()
        keepalive = globals().get("keepalive")  # if it is loaded
        if keepalive:
            keepalive.close()
        return -1, None, None  # ERROR_STATE

    def left(self):
        # Milliseconds until the time is up; -1 for ever, as poll() has it.
        timeout = self.timeout
        return max(0, timeout - time.ticks_diff(time.ticks_ms(), self.start)) if timeout else -1

    def __getattr__(self, name):
        # send, throw, close and pend_throw make this a coroutine for create_task, gather and
        # wait_for: they are those of `steps`, the generator that __iter__() made. When that has
        # ended, or for another task than the one that performs it, they are those of a new one,
        # which raises that a request is performed once. Anybody may close the one there is.
        steps = self.steps
        task = self.task
        if not steps or (
            task and task is not sys.modules["asyncio"].core.cur_task and name != "close"
        ):
            steps = self.__iter__()
            if self.steps is None:
                self.steps = steps
        try:
            return getattr(steps, name)
        except AttributeError:
            raise AttributeError(name)  # not one of a generator


def get(url, headers=None, callback=None):
    """GET `url` and call `callback(code, body)` once.

    `headers` is None, a dict, or text or bytes of whole lines that end in CRLF; Host, Connection
    and User-Agent in it are dropped. `code` is the status of the response, or -1 for any failure
    (then `body` is None) or after 10 s; `body` is bytes-like. Redirects are followed, up to 20.

    In a running loop of asyncio the call returns at once. Without one it returns after the
    callback, and a call made by a callback is performed when that has returned.

    TypeError and ValueError for wrong arguments are raised at once.
    API of NodeMCU: https://nodemcu.readthedocs.io/en/release/modules/http/
    """
    from .callbacks import call

    call("GET", url, headers, None, callback)


def request(
    method,
    url,
    headers=None,
    body=None,
    opts=None,
    ca_file=None,
    client_ca=None,
    client_key=None,
    client_password=None,
    callback=None,
):
    """Make a request, in the form of either API.

    request(url, method, headers, body, callback) is `get` for any method.

    request(method, url, ...) returns a request to `.wait()` for, or to await in a task, which
    gives (code, headers, body) and never raises for what the network or the server does:

    - `code` is the status of the response, or one of the negative ERROR_ constants; then
      `headers` and `body` are None and the `.error` of the request holds the reason;
    - `headers` is a mapping, looked up in any case;
    - `body` is bytes-like, or with `dst` the number of bytes written.

    Arguments: `headers` as in `get`, but nothing in it is dropped except Content-Length; `body`
    is None, text, bytes-like, a dict or list (sent as JSON), a Multipart, a binary file (sent from
    where it stands) or an iterator of bytes; `opts` is a dict:

    - timeout: milliseconds for the whole request, 0 for ever; 10 minutes if not given
    - redirects: how many to follow; 0 if not given
    - dst: the path of a file, a bytearray or memoryview, or an object with write(data), that
      receives the body
    - callback, userdata: callback(content_len, body_len, userdata) as the body arrives
    - sha256: the digest, in hex, that the body for dst or fota must have
    - resume: True to go on where an earlier download to the path dst failed, if the server can
    - fota: True writes the body, an application image, into the next OTA partition of an ESP32
      and makes it the one to boot from; body is then the number of bytes written
    - keepalive: True keeps the connection for the next request to the same server
    - adapter: network interface, network.STA_IF or AP_IF, or IP address, to send from
    - ipv6: True to connect over IPv6
    - debug: True prints the steps

    For https, all as PEM or DER data, not as paths:

    - ca_file: certificates of the CAs to trust. Chain and host name are then verified before the
      request is sent; without it the connection is encrypted and the server may be anybody
    - client_ca, client_key: certificate and key (RSA or EC) to identify this client
    - client_password: opens an encrypted client_key

    TypeError and ValueError for wrong arguments are raised at once.
    API of LuatOS: https://wiki.luatos.org/api/http.html
    """
    tls = None
    if not (ca_file is client_ca is client_key is client_password is None):
        tls = ca_file, client_ca, client_key, client_password
    if callback is not None or callable(opts) or (isinstance(method, str) and "://" in method):
        from .methods import request

        return request(method, url, headers, body, opts, callback, tls)
    # In another thread than the first it is made by threads.make, which gate.py chooses. Gate does
    # not call it: a call of so many arguments allocates a frame. Once that is freed, the next
    # allocation searches from there on, past all that was allocated since.
    make = _maker() if _maker else Request
    return make(method, url, headers, body, opts, tls)


_maker = None
if small < 2:  # else there is no room for what several threads need
    from .gate import _maker

    del gate  # noqa: F821 (import sets it: dir() would show it)
