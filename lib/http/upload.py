# Sending what one write could not take: large bodies, files, iterators.

from micropython import const
from select import POLLIN, POLLOUT

from .response import receive_head

_HEADER = const(-2)
_RX = const(-6)

_ENOMEM = const(12)

_PIECE = const(1024)


def send(r, data, n, body):
    """Send the rest of the head, data[n:], and `body`; a generator.

    Returns the status of a final response that came before the end (say 413), else None.
    """
    keep = r.keep
    r.keep = False  # unless all of it is sent
    try:
        status = yield from _write(r, data, n)
        if body is not None and not status:
            if isinstance(body, (bytes, bytearray, memoryview)):
                body = (body,)
            r.code = 0  # the caller's file or iterator runs
            for data in body:
                status = yield from _write(r, data, 0)
                if status:
                    break
                r.code = 0
        if not status:
            r.keep = keep
        return status
    except OSError as er:
        # The server may have answered before it hung up: reading on will tell.
        if r.code != _RX or er.errno == _ENOMEM:
            raise


def _write(r, data, n):
    stream = r.stream
    # axTLS does not return before all is gone, so it gets no more than a socket that can be
    # written to takes. Like the TLS of v1.24, it has no recv().
    most = len(data) if hasattr(stream, "recv") else _PIECE
    while n < len(data):
        r.code = _RX
        # Also when nothing blocks: the time limit and other tasks have their turn here.
        ready = yield POLLIN | POLLOUT
        if ready & ~POLLOUT:
            r.code = _HEADER
            status = receive_head(r)
            while status == 0 and stream is not r.poll:
                # TLS may hold the rest, which poll does not see.
                yield 0
                status = receive_head(r)
            if status:
                return status
        elif ready & POLLOUT:
            n += stream.write(data, n, most) or 0
