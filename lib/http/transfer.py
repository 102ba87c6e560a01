# Bodies that do not simply fill memory of a known size: chunked, ended by the connection, or
# going elsewhere. Loaded when there is one.

from micropython import const
from select import POLLIN

from .response import receive

_BODY = const(-3)

_PIECES = const(16)  # so many may be there before the time limit and other tasks have a turn
_BUFFER = const(512)  # bytes, where there is no sink that has a buffer


def transfer(r, status):
    """Read the body; a generator that returns it, or the number of bytes written."""
    body = bytearray()
    sink = r.sink
    if sink:
        steps = sink.start(status)
        if steps is None:
            return 0
        yield from steps
    r.code = _BODY
    left = r.length
    decoder = None
    if left == -1:
        from .chunked import Decoder

        decoder = Decoder()
        left = 0
    own = sink and sink.buf
    buf = r.buf  # what came with the head
    pos = r.pos
    end = len(buf)
    r.buf = None
    got = turn = 0
    while left != 0 or decoder:
        n = end - pos
        if not n:
            # More may be there where something was: to read tells as fast as to poll.
            turn += 1
            if got is None:
                yield POLLIN
            elif turn % _PIECES == 0:
                yield 0
            if left is None and r.secure:
                # The end may be all that tells this body is complete: see response.py.
                buf = receive(r)
                got = None if buf is None else len(buf)
            else:
                if own is None:
                    own = bytearray(_BUFFER)
                buf = own
                # Nothing is asked for that need not come: readinto() would go on for it, and what
                # came before an error is lost then.
                n = len(own)
                if left is not None:
                    n = min(n, left + decoder.least() if decoder else left)
                got = r.stream.readinto(buf, n)
            if got == 0:
                if left is None:
                    break
                raise EOFError
            pos = 0
            n = end = got or 0
        if not n:
            pass
        elif left == 0:
            pos = decoder.read(buf, pos, end)
            left = decoder.left
            if left < 0:
                break
        else:
            if left is not None:
                n = min(n, left)
                left -= n
            if sink:
                sink.write(buf, pos, n)
            else:
                body.extend(memoryview(buf)[pos : pos + n])
            pos += n
    r.keep = r.keep and pos == end and left is not None
    return sink.finish() if sink else body
