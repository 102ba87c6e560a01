# Chunked bodies, for every split of some: no more bytes are asked for than come, as to read on
# would lose the data before a reset, and the data are the same.

from prelude import *

from http.chunked import Chunked

BODIES = (
    (b"0\r\n\r\n", b""),
    (b"000\r\n\r\n", b""),
    (b"1\r\na\r\n0\r\n\r\n", b"a"),
    (b"3;x=y\r\nabc\r\n02 ;z\r\nde\r\n0;\r\n\r\n", b"abcde"),
    (b"1 \r\na\r\n0\t \r\n\r\n", b"a"),
    (b"A\r\n0123456789\r\n0\r\nX: y\r\nZ:\r\n\r\n", b"0123456789"),
    (b"1\r\na\r\n1\r\nb\r\n1\r\nc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde"),
)


class Stream:
    """Bytes that arrive up to each of `stops`; nothing more may ever be asked for."""

    def __init__(self, data, stops):
        self.data = data
        self.stops = list(stops)
        self.pos = 0

    def readinto(self, buf, n):
        assert 0 < n <= len(self.data) - self.pos, (self.data, self.pos, n)
        if self.pos == self.stops[0]:
            self.stops.pop(0)
            return None
        n = min(n, self.stops[0] - self.pos)
        buf[:n] = self.data[self.pos : self.pos + n]
        self.pos += n
        return n


def test_every_split():
    for body, data in BODIES:
        total = len(body)
        for size in (1, 3, 64):
            buf = bytearray(size)
            for first in range(total + 1):
                for second in range(first, total + 1):
                    # The bytes up to `first` came with the head.
                    chunked = Chunked(
                        Stream(body[first:], [second - first, total - first]), body[:first]
                    )
                    found = b""
                    n = None
                    while n != 0:
                        n = chunked.readinto(buf, size)
                        found += buf[: n or 0]
                    same((found, chunked.rest), (data, b""), body)


def test_bytes_after_the_body():
    # They are not its own.
    for body, data in BODIES:
        chunked = Chunked(None, body + b"more")
        buf = bytearray(64)
        found = b""
        n = None
        while n != 0:
            n = chunked.readinto(buf, 64)
            found += buf[:n]
        same((found, chunked.rest), (data, b"more"), body)
