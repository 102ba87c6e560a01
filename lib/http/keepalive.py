# The idle connection, kept for the next request to its origin (opts["keepalive"]): RFC 9112
# section 9. There is only one.

from micropython import const
from select import POLLIN, poll

from .headers import field

_MOST = const(32)  # readings of TLS that bring no data

_idle = None
_args = None  # of the request it was made for: what else has to be the same


def close():
    """Close the idle connection, if there is one."""
    global _idle
    if _idle:
        idle, _idle = _idle, None
        idle.close()


def _args_of(r):
    return r.tls, r.adapter, r.ipv6


def take(r, origin):
    """Make the idle connection that of the request `r` and return it, if it suits; else None.

    If it does not suit, it is closed: the connection of `r` takes its place.
    """
    global _idle
    if not _idle or _idle.origin != origin or _args != _args_of(r):
        return close()
    connection = r.connection = _idle
    _idle = None
    connection.reused = True
    connection.sent = False
    connection.head_size = 0
    try:
        # The server may have closed it, or sent what nobody asked for.
        if silent(connection):
            return connection
    except OSError:
        pass
    connection.close()
    r.connection = None


def silent(connection):
    """Return whether nothing came on `connection`, not even its end."""
    stream = connection.stream
    if connection.receive() is not None:
        return False
    if stream is connection.poll:
        return True
    # Of TLS one reading tells little: axTLS may take only the header of a record, mbedTLS a ticket
    # of TLS 1.3. So read until the socket has nothing more, but not for ever.
    poller = poll()
    poller.register(connection.poll, POLLIN)
    for _ in range(_MOST):
        if not poller.poll(0):
            return True
        if connection.receive() is not None:
            break
    return False


def store(r, head):
    """Keep the connection of `r`, after a response with `head`, unless the server closes it."""
    global _idle, _args
    if head[9:12] == b"101":
        return
    try:
        if r.fields and field(b"\n" + r.fields, b"connection"):
            return  # what the caller says of it stands
        # Of most responses that is all there is to ask, and takes half as long as `field`.
        if head[7] == 48 or b"close" in head.lower():
            options = b",%s," % b"".join((field(head, b"connection") or b"").lower().split())
            if b",close," in options or head[7] == 48 and b",keep-alive," not in options:
                return
        args = _args_of(r)
    except MemoryError:
        return
    close()
    _idle = r.connection
    _args = args
    r.connection = None
