# What TLS libraries mean by what they raise. Loaded when TLS failed.

import tls
from errno import ECONNRESET
from io import BytesIO
from micropython import const

_STATE = const(-1)
_CONNECT = const(-4)
_RX = const(-6)

_ENOMEM = const(12)
_EPIPE = const(32)

_MBEDTLS = hasattr(tls, "MBEDTLS_VERSION")

# Codes of mbedTLS, as positive numbers: bits 7 to 14 name what failed on the whole, bits 0 to 6
# what did below. These are memory, or a source of entropy, which a board fails to have for nothing
# else. The last one is of PSA.
_HIGH = (0x1180, 0x2880, 0x3400, 0x3F80, 0x4D80, 0x5180, 0x6180, 0x7F00)
_LOW = (0x10, 0x34, 0x3C, 0x6A, 141)
_GENERIC = const(1)  # what mbedTLS 3.6.7 has for memory too
_FIRST = const(0x1000)  # axTLS has lower ones
_ALERT = const(0x7780)
_CONN_EOF = const(-0x7280)
_CONN_LOST = const(-256)  # of axTLS


def in_handshake(r, er):
    """Return the exception to report for `er`, raised before the handshake of `r` was complete."""
    n = 0
    text = str(er)
    if isinstance(er, OSError):
        if not r.left():
            return er
        n = er.errno
        # MicroPython makes numbers below 256 positive, as errors of the socket are. Reading and
        # writing a socket has none of these numbers, but for a firewall's EPERM.
        short = n == _ENOMEM or n in _LOW or _short(n) or n == _GENERIC and _full()
    else:
        # What a certificate is refused for is said where memory ends as well.
        short = _MBEDTLS and "client_" not in text and _full()
    if short:
        return _memory()
    if _alert(n) or n in (_EPIPE, -_EPIPE, ECONNRESET, -ECONNRESET, _CONN_EOF, _CONN_LOST):
        # What the server said, if anything, may be lost as it closed.
        return _refused()
    if isinstance(er, ValueError):
        return ValueError("tls", text)
    return er


def later(r, er):
    """Return the code and the exception for `er`, raised by the TLS of `r` after the handshake."""
    n = er.errno
    if _short(n):
        return _STATE, _memory()
    connection = r.connection
    if _alert(n) and not connection.buf and not connection.head_size:
        # So a server of TLS 1.3 refuses a client: for it, the handshake is complete by then.
        return _CONNECT, _refused()
    if _MBEDTLS and n > -256:
        er = OSError(-n)  # of the socket
    return _RX, er


def _memory():
    return MemoryError("not enough memory for TLS: close other connections")


def _refused():
    return ValueError("tls", "refused")


def _short(n):
    n = -n
    return n > _FIRST and (n & 0x7F80 in _HIGH or n & 0x7F in _LOW)


def _alert(n):
    # axTLS has the number of the alert.
    return n == -_ALERT or -256 < n < -9 and not _MBEDTLS


def _full():
    # Whether there is no room for two more connections. One takes the place of the failed one. The
    # other, some 20 KB, takes more than reading certificates and computing a handshake can. So
    # where there is room for both, memory was not the cause.
    streams = []
    try:
        context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
        context.verify_mode = tls.CERT_NONE
        for _ in range(2):
            streams.append(context.wrap_socket(BytesIO(), do_handshake_on_connect=False))
    except (MemoryError, OSError):
        return True
    finally:
        for stream in streams:
            stream.close()
    return False
