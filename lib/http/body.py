# Request bodies that are neither text nor bytes: files and iterators, never whole in memory.

from micropython import const

_BUFFER = const(512)


def source(body):
    """Return what `exchange` can send: something bytes-like, or a Source."""
    if isinstance(body, (dict, list, tuple, int, float)):
        raise TypeError("body must be text, bytes, a file or an iterator; try json.dumps()")
    try:
        view = memoryview(body)
    except TypeError:
        return Source(body)
    # Items wider than a byte, as array.array has them, would make len() another unit.
    return view if len(bytes(view[:1])) < 2 else bytes(view)


class Source:
    def __init__(self, body):
        self._body = body
        self._size = None
        self._read = hasattr(body, "readinto")
        if self._read:
            try:
                self._start = body.tell()
                body.seek(0, 2)
                self._size = body.tell() - self._start
                body.seek(self._start)
            except (AttributeError, OSError):
                pass  # a pipe or a sensor: no size, so it goes in chunks
        else:
            self._body = iter(body)  # TypeError for what is no iterator
        if self._size is None:
            self.framing = b"Transfer-Encoding: chunked\r\n"
        else:
            self.framing = b"Content-Length: %d\r\n" % self._size

    def rewind(self):
        # Before the body is sent again, for a redirect.
        if self._size is None:
            raise ValueError("twice")
        self._body.seek(self._start)

    def __iter__(self):
        pieces = self._pieces() if self._read else self._body
        if self._size is not None:
            yield from pieces
            return
        for piece in pieces:
            if isinstance(piece, str):
                piece = piece.encode()
            if len(piece):  # an empty chunk would end the body
                yield b"%x\r\n" % len(piece) + piece + b"\r\n"
        yield b"0\r\n\r\n"

    def _pieces(self):
        buf = memoryview(bytearray(_BUFFER))
        left = self._size
        while left != 0:
            n = self._body.readinto(buf)
            if not n:
                break
            if left is not None:
                n = min(n, left)  # the file may have grown
                left -= n
            yield buf[:n]
        if left:
            raise ValueError("the file of the body became shorter")
