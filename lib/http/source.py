# Request bodies that are never whole in memory: files and iterators.

from errno import EAGAIN
from micropython import const

_BUFFER = const(512)


class Source:
    def __init__(self, body):
        self._body = body
        self._read = hasattr(body, "readinto")
        size = None
        if self._read:
            try:
                self._start = body.tell()
                body.seek(0, 2)
                size = body.tell() - self._start
                body.seek(self._start)
            except (AttributeError, OSError):
                pass  # a pipe or a sensor: no size, so it goes in chunks
        else:
            try:
                self._body = iter(body)
            except TypeError:
                from .hints import refuse

                refuse("body", body)
        self._frame(size)

    def _frame(self, size):
        # The field that delimits the body: its size, or chunks if that is None.
        self.size = size
        if size is None:
            self.framing = b"Transfer-Encoding: chunked\r\n"
        else:
            self.framing = b"Content-Length: %d\r\n" % size

    def rewind(self):
        # Before the body is sent again, for a redirect.
        if self.size is None:
            raise ValueError("twice")
        self._body.seek(self._start)

    def __iter__(self):
        if self.size is not None:
            yield from self.pieces()
            return
        for piece in self.pieces():
            data = view(piece.encode() if isinstance(piece, str) else piece)
            if data is None:
                raise TypeError("an iterator as body has to give text or bytes")
            if len(data):  # an empty chunk would end the body
                yield b"%x\r\n" % len(data) + data + b"\r\n"
        yield b"0\r\n\r\n"

    def pieces(self):
        # The body, without framing.
        return self._pieces() if self._read else self._body

    def _pieces(self):
        buf = memoryview(bytearray(_BUFFER))
        left = self.size
        while left != 0:
            n = self._body.readinto(buf)
            if n is None:
                raise OSError(EAGAIN)  # that nothing is there now is not the end of the body
            if not n:
                break
            if left is not None:
                n = min(n, left)  # the file may have grown
                left -= n
            yield buf[:n]
        if left:
            raise ValueError("the file of the body became shorter")


def view(body):
    """Return a bytes-like `body` as an object whose len() is in bytes; None for any other."""
    try:
        data = memoryview(body)
    except TypeError:
        return None
    # Items wider than a byte, as array.array has them, would make len() another unit.
    return data if len(bytes(data[:1])) < 2 else bytes(data)
