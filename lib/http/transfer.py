# Bodies that do not simply fill memory of a known size: chunked, ended by the connection, or
# going elsewhere. Loaded when there is one.

from micropython import const
from select import POLLIN

_BODY = const(-3)


def receive(r, status):
    """Read the body; a generator that returns it, or the number of bytes written."""
    dst = r.opts.get("dst") is not None
    if dst and (r.method == "HEAD" or not 200 <= status < 300 or status == 204):
        return 0  # nothing that should replace what is there
    body = bytearray()
    sink = None
    if dst or r.opts.get("callback"):
        from .download import Sink

        sink = r.sink = Sink(r, r.length)
        sink.tell()
    r.code = _BODY
    left = r.length
    decoder = None
    if left == -1:
        from .chunked import Decoder

        decoder = Decoder()
        left = 0
    buf = r.buf
    while left != 0 or decoder:
        n = r.end - r.pos
        if not n:
            r.pos = r.end = 0
            yield POLLIN
            n = r.stream.readinto(buf)
            if n == 0:
                if r.length is None:
                    break
                raise EOFError
            r.end = n or 0
        elif left == 0:
            r.pos = decoder.feed(buf, r.pos, r.end)
            left = decoder.left
            if left < 0:
                break
        else:
            if left is not None:
                n = min(n, left)
                left -= n
            if sink:
                sink.write(buf, r.pos, n)
            else:
                body.extend(memoryview(buf)[r.pos : r.pos + n])
            r.pos += n
    return sink.finish() if sink else body
