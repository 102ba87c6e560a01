# Sending what one write could not take: large bodies, files, iterators.

from micropython import const
from select import POLLIN, POLLOUT

_ENOMEM = const(12)

_PIECE = const(1024)  # bytes


def upload(r, connection, data, n, body):
    """Send the rest of the request head, data[n:], and `body`; a generator.

    Returns None when all was sent. Else the response came before, and it returns what
    `receive_head` does: say of a final 413, or 0 when the connection failed and reading on tells.
    """
    try:
        response = yield from _write(r, connection, data, n)
        if body is None or response:
            return response
        if isinstance(body, (bytes, bytearray, memoryview)):
            return (yield from _write(r, connection, body, 0))
        body = iter(body)
        while True:
            r.calling = True  # the caller's file or iterator
            try:
                data = next(body)
            except StopIteration:
                r.calling = False
                return None
            r.calling = False
            response = yield from _write(r, connection, data, 0)
            if response:
                return response
    except OSError as er:
        # The server may have answered before it hung up: reading on will tell.
        if r.calling or er.errno == _ENOMEM or not r.left():
            raise
        return 0


def _write(r, connection, data, n):
    stream = connection.stream
    # axTLS does not return before all is gone, so it gets no more than a socket that can be
    # written to takes. Like the TLS of v1.24, it has no recv().
    most = len(data) if hasattr(stream, "recv") else _PIECE
    while n < len(data):
        # Also when nothing blocks: the time limit and other tasks have their turn here.
        ready = yield POLLIN | POLLOUT
        if ready & ~POLLOUT:
            response = connection.receive_head(r.method)
            while response == 0 and stream is not connection.poll:
                # TLS may hold the rest, which poll does not see.
                yield 0
                response = connection.receive_head(r.method)
            if response:
                return response
        elif ready & POLLOUT:
            n += stream.write(data, n, most) or 0
