# The decoder of chunked bodies, for every split of some: it never asks for more bytes than come,
# as reading on would lose what came before a reset, and finds the same data.

from prelude import *

from http.chunked import Decoder

BODIES = (
    (b"0\r\n\r\n", b""),
    (b"000\r\n\r\n", b""),
    (b"1\r\na\r\n0\r\n\r\n", b"a"),
    (b"3;x=y\r\nabc\r\n02 ;z\r\nde\r\n0;\r\n\r\n", b"abcde"),
    (b"1 \r\na\r\n0\t \r\n\r\n", b"a"),
    (b"A\r\n0123456789\r\n0\r\nX: y\r\nZ:\r\n\r\n", b"0123456789"),
)

for body, data in BODIES:
    buf = bytearray(body)
    total = len(body)
    for first in range(total + 1):
        for second in range(first, total + 1):
            decoder = Decoder()
            found = b""
            pos = left = 0
            for end in (first, second, total):
                while pos < end:
                    if left > 0:
                        n = min(left, end - pos)
                        found += body[pos : pos + n]
                        pos += n
                        left -= n
                    else:
                        pos = decoder.read(buf, pos, end)
                        left = decoder.left
                if left >= 0:
                    least = left + decoder.least()
                    assert 0 < least <= total - pos, (body, pos, least)
            same((found, left, pos), (data, -1, total))
