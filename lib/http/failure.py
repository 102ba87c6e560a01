# What went wrong, as a code. What it is in words, where there is memory for them, is in files of
# their own, one for each kind of failure.

import sys
from errno import ETIMEDOUT
from micropython import const

# Codes of the task API, see __init__.py.
_STATE = const(-1)
_CONNECT = const(-4)
_CLOSE = const(-5)
_RX = const(-6)
_TIMEOUT = const(-8)

_ENOMEM = const(12)
_EAI_MEMORY = const(-203)  # of lwIP's getaddrinfo()

# The reasons that a ValueError gives and whose code (here without its sign) is not that of the
# step that failed. A destination gives its own: see Base.failed.
_CODES = const(
    "2http 2limit 2status 2field 2length 2coding 3chunk 2many 2location 4plain 2twice 2range"
)


class Error(OSError):
    """An OSError whose text is a sentence. Its number is where it always is: `errno`, args[0]."""

    def __str__(self):
        return self.args[1]


def _number(er):
    number = getattr(er, "errno", 0)
    if isinstance(number, int):
        return number
    # unix has that of getaddrinfo() in a text; ports and drivers have texts of their own, or none.
    number = str(number)
    return int(number[16:-1]) if number[:16] == "[addrinfo error " else 0


def failure(r, er):
    """Return the code of the exception `er`, with which the request `r` failed, and set `r.error`.

    None where the request is to be made again.
    """
    keepalive = sys.modules.get("http.keepalive")
    if keepalive:
        # A connection that was kept may be gone by now, or take the memory of this one.
        from .retry import retry

        if retry(r, er):
            return None
    code, er, number, kind = _classify(r, er)
    r.error = er
    if code == _STATE and keepalive:
        keepalive.close()  # gives back its memory before anybody tries again
    if kind and not r.calling:
        try:
            text = __import__(kind, None, None, True, 1).words(r, code, er, number)
            if text:
                r.error = Error(number, text) if isinstance(er, OSError) else type(er)(text)
        except (ImportError, AttributeError, MemoryError):
            pass  # no room for words, or another thread is still loading them
    if r.debug:
        print("http: failed with", code, repr(r.error))
    return code


def _classify(r, er):
    # Return the code of `er`, the exception to report for it, its number, and the file that has
    # words for it, or None.
    connection = r.connection
    code = _CONNECT
    if connection and (connection.sent or connection.reused):
        code = _RX
    kind = "http_words"
    if isinstance(er, ValueError) and er.args and isinstance(er.args[0], int):
        code, er = er.args  # of a destination
        kind = "dst_words"
    elif isinstance(er, OSError) or isinstance(er, EOFError):
        kind = "net_words"
    number = _number(er)
    if number < 0 and kind == "net_words" and connection and connection.stream:
        if connection.origin[0]:
            kind = "tls_words"
            if code == _RX:
                from .tls_errors import later

                code, er = later(r, er)
                number = _number(er)
    if isinstance(er, OSError):
        if number == _ENOMEM or number == _EAI_MEMORY:
            code = _STATE
        elif kind != "dst_words" and not r.left():
            # Late, as nothing interrupts a look-up, or axTLS.
            return _TIMEOUT, er, ETIMEDOUT, "net_words"
    elif isinstance(er, EOFError):
        code = _CLOSE
    elif isinstance(er, ValueError):
        reason = er.args and er.args[0]
        if reason == "tls":
            kind = "tls_words"
        elif kind != "dst_words":
            code = _code_of(reason, code)
    else:
        code = _STATE
        kind = None
        if isinstance(er, OverflowError):
            er = MemoryError()  # a body longer than any memory
    return code, er, number, kind


def _code_of(reason, code):
    # The code of this reason, or `code` where it has none of its own.
    for known in _CODES.split():
        if known[1:] == reason:
            return -int(known[0])
    return code
