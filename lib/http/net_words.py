# What failed between here and the server, in words. Loaded when it did.

# Not as `errno`, whose names a compiler may replace by the numbers of its own machine.
import errno as known
from micropython import const

from .head import split

_STATE = const(-1)
_CONNECT = const(-4)
_TIMEOUT = const(-8)

_SECONDS = const(300)  # ms: a shorter time limit may be meant in seconds

# Numbers that no port has in `errno`. Those below 35 are the same everywhere; the others are of
# Linux, ESP32 (newlib) and macOS, none of which means anything else there that a socket raises.
# ESP8266, and other ports with lwIP and no operating system, use the numbers of Linux.
_ENFILE = const(23)
_EMFILE = const(24)
_EPIPE = const(32)
_NETWORK = (101, 114, 51, 100, 115, 50, 117, 64)  # ENETUNREACH, ENETDOWN, EHOSTDOWN
_ADDRESS = (99, 125, 49)  # EADDRNOTAVAIL

_EAI_AGAIN = const(-3)  # of Linux


def words(r, code, er, number):
    """Return what `er`, an OSError of this number or an EOFError, means for the request `r`."""
    https, host, port = split(r.url)[0]
    connection = r.connection
    where = "%s port %d" % (host, port)
    here = connection and connection.stream  # else it failed as the name was looked up
    if code == _TIMEOUT:
        return _no_answer(r, host, where)
    if isinstance(er, EOFError):
        return "the peer closed the connection before the response was complete"
    if code == _STATE or number == known.ENOBUFS:
        return "the network is short of memory: close other connections, and try again in 20 s"
    if number in (_ENFILE, _EMFILE):
        return "no socket is free: close other connections"
    if number == known.EHOSTUNREACH or number in _NETWORK:
        return "no way to %s: is the network (Wi-Fi) connected, and the address right?" % host
    if not here:
        if number == _EAI_AGAIN:
            return "no DNS server answered: is the network (Wi-Fi) connected?"
        return "no address of %s found: is the name right, and the network (Wi-Fi) connected?" % (
            host
        )
    if number in _ADDRESS and r.adapter:
        return "the address of adapter is none of this device"
    if code == _CONNECT:
        # lwIP says reset for a refused connection, and aborted after a minute without answer.
        if number == known.ECONNREFUSED or number == known.ECONNRESET:
            return "%s refused the connection: does a server run there?" % where
        if number == known.ECONNABORTED or number == known.ETIMEDOUT:
            return "%s does not answer: is it on, and its address right?" % where
        text = "no connection to "
    else:
        if number == known.ECONNRESET or number == _EPIPE:
            return "%s ended the connection: did the server fail, or does it want http%s?" % (
                where,
                "" if https else "s",
            )
        if number in (known.ECONNABORTED, known.ENOTCONN, known.ETIMEDOUT, known.EBADF):
            return "the connection to %s was lost: is the network (Wi-Fi) connected?" % where
        text = "broken connection to "
    return "%s%s: %s" % (text, where, str(er) or "OSError")


def _no_answer(r, host, where):
    # Of a request whose time limit is over: how far it came.
    connection = r.connection
    text = "no answer from "
    if not (connection and connection.stream):
        text = "no address of "
        where = host
    elif not (connection.sent or connection.reused):
        text = "no connection to "
    elif connection.buf or connection.head_size:
        text = "no complete response from "
    text += "%s within %d ms" % (where, r.timeout)
    if r.timeout <= _SECONDS:
        text += ": timeout is in milliseconds"
    return text
