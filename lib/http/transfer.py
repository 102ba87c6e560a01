# Bodies that do not simply fill memory of a known size: chunked, ended by the connection, or
# going elsewhere. Loaded when there is one.

from micropython import const
from select import POLLIN
from time import ticks_ms

from .response import receive

_BODY = const(-3)

# The time limit and other tasks have a turn every 1 << _TURN ms. A write to flash takes longer.
_TURN = const(4)
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
    stream = r.stream
    alone = left is None and hasattr(stream, "cipher") and not hasattr(stream, "recv")
    own = None
    size = _BUFFER
    if sink:
        own = sink.buf
        size = len(own)
        put = sink.put  # looked up once
        watched = sink.digest or r.opts.get("callback")
    buf = r.buf  # what came with the head
    pos = 0
    end = len(buf)
    r.buf = None
    got = 0
    turn = ticks_ms() >> _TURN
    while left != 0 or decoder:
        if pos == end:
            # More may be there where something was: to read tells as fast as to poll.
            if got is None:
                yield POLLIN
                turn = ticks_ms() >> _TURN
            if left is None and stream is not r.poll:
                # The end may be all that tells this body is complete: see response.py. The mbedTLS
                # of v1.24 has no recv(), and forgets an end that readline() came upon.
                buf = stream.read(1) if alone else receive(r)
                got = None if buf is None else len(buf)
            else:
                if own is None:
                    own = bytearray(size)
                buf = own
                # Nothing is asked for that need not come: readinto() would go on for it, and what
                # came before an error is lost then.
                n = size
                if left is not None and left < n:
                    n = min(n, left + decoder.least()) if decoder else left
                got = stream.readinto(buf, n)
            if not got:
                if got is None:
                    continue
                if left is None:
                    break
                raise EOFError
            pos = 0
            end = got
        if left == 0:
            pos = decoder.read(buf, pos, end)
            left = decoder.left
            if left < 0:
                break
        else:
            n = end - pos
            if left is not None:
                if n > left:
                    n = left
                left -= n
            if sink:
                try:
                    put(buf, pos, n)
                except Exception:
                    r.code = sink.code
                    raise
                sink.done += n
                if watched:
                    sink.watch(buf, pos, n)
                    r.code = _BODY
            else:
                body.extend(memoryview(buf)[pos : pos + n])
            pos += n
            if ticks_ms() >> _TURN != turn:
                yield 0
                turn = ticks_ms() >> _TURN
    if pos != end or left is None:
        r.keep = False
    return sink.finish() if sink else body
