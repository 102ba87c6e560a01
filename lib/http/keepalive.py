# The connection that waits for the next request to its origin (opts["keepalive"]): RFC 9112
# section 9. There is one at most.

import gc
from micropython import const
from select import POLLIN, poll

from .response import field, receive

_CONNECT = const(-4)

_ENOMEM = const(12)

_MOST = const(32)  # readings of TLS that bring no data

# Whose it is (see `take`), its stream, and what to wait for.
_idle = None


def close():
    """Close the connection that waits, if there is one."""
    global _idle
    if _idle:
        idle, _idle = _idle, None
        idle[1].close()


def take(r, origin):
    """Return the stream of the connection that waits if it suits the request `r`, else None.

    Whatever it is, it waits no longer: the connection of `r` takes its place.
    """
    global _idle
    if r.fields and field(b"\n" + r.fields, b"connection"):
        r.keep = False  # what the caller has to say about it stands
    r.origin = origin + (r.tls, r.opts.get("adapter"), r.opts.get("ipv6"))
    if not _idle or _idle[0] != r.origin:
        return close()
    stream = r.stream = _idle[1]
    r.poll = _idle[2]
    _idle = None
    try:
        # The server may have closed it, or sent what nobody asked for.
        r.reused = True  # also when memory ends here
        if silent(r):
            return stream
    except OSError:
        pass
    r.reused = False
    r.stream = None
    stream.close()


def silent(r):
    """Return whether nothing came on the connection of `r`, not even its end."""
    if receive(r) is not None:
        return False
    if r.stream is r.poll:
        return True
    # Of TLS one reading tells little: axTLS may take only the header of a record, mbedTLS a ticket
    # of TLS 1.3. So until the socket has nothing more, or what has no end.
    poller = poll()
    poller.register(r.poll, POLLIN)
    for _ in range(_MOST):
        if not poller.poll(0):
            return True
        if receive(r) is not None:
            break
    return False


def keep(r):
    """Let the connection of `r`, after its response, wait for another request."""
    global _idle
    head = r.head
    if head[9:12] == b"101":
        return
    try:
        # Of most responses that is all there is to ask, and takes half as long as `field`.
        if head[7] == 48 or b"close" in head.lower():
            options = b",%s," % b"".join((field(head, b"connection") or b"").lower().split())
            if b",close," in options or head[7] == 48 and b",keep-alive," not in options:
                return
    except MemoryError:
        return
    close()
    _idle = (r.origin, r.stream, r.poll)
    r.stream = r.poll = None


def again(r, er):
    """Return whether the request `r`, which failed with `er`, is to be made once more."""
    if not r.left():
        return False
    if isinstance(er, MemoryError) or isinstance(er, OSError) and er.errno == _ENOMEM:
        # Nothing has been sent yet, and without the one that waits, or waited, there may be room.
        if r.code != _CONNECT or not (_idle or r.reused):
            return False
        close()
    elif (
        not r.reused
        or r.buf != b""  # some of an answer came
        or r.head
        or not r.code
        or not isinstance(er, (OSError, EOFError))
        or r.method not in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE")
    ):
        # Only where the server closed the connection as the request was on its way, which it
        # then has not looked at, and where it does no harm if it has: RFC 9110 section 9.2.2.
        return False
    elif hasattr(r.body, "rewind"):
        try:
            r.body.rewind()
        except (OSError, ValueError):
            return False
    gc.collect()
    return True
