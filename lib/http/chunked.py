# The chunked transfer coding (RFC 9112 section 7.1), loaded when a response uses it.

from micropython import const

# What the next byte of framing is. The LF states follow the ones that end at a CR.
_SIZE = const(0)
_BLANK = const(1)  # after a size: blanks, an extension, or the end of the line
_EXTENSION = const(2)
_SIZE_LF = const(3)
_DATA_CR = const(4)
_DATA_LF = const(5)
_TRAILER = const(6)  # the first byte of a trailer line
_TRAILER_REST = const(7)
_TRAILER_LF = const(8)
_LAST_LF = const(9)

_FRAMING_LIMIT = const(8192)  # bytes between data and data, or of the trailer


def _hex(c):
    if 48 <= c <= 57:
        return c - 48
    c |= 32
    return c - 87 if 97 <= c <= 102 else -1


class Chunked:
    """The data of a chunked body that comes from `stream`, after `rest`, which came already.

    All state is small integers: nothing is allocated however many chunks there are. At the end
    `rest` holds the bytes after the body.
    """

    def __init__(self, stream, rest=b""):
        self._stream = stream
        self.rest = rest
        self._left = 0  # bytes of data that come next, 0 where framing does, -1 after the end
        self._state = _SIZE
        self._size = -1  # of this chunk, -1 before its first digit
        self._seen = 0  # bytes of framing since the last data

    def readinto(self, buf, n):
        """Read up to `n` bytes of data into `buf`; return how many, None when nothing is there, 0
        at the end of the body.

        Raises EOFError when the stream ends before the body, ValueError for malformed framing.
        """
        data = 0
        while not data and self._left >= 0:
            rest = self.rest
            if rest:
                got = min(n, len(rest))
                buf[:got] = rest[:got]
                self.rest = rest[got:]
            else:
                # No more than has to come: readinto() would wait for more, and loses the data
                # before an error.
                got = self._stream.readinto(buf, min(n, self._left + self._least()))
                if not got:
                    if got is None:
                        return None
                    raise EOFError
            data = self._decode(buf, got)
        return data

    def _least(self):
        # How many bytes, at least, have to come besides the data in `_left`.
        state = self._state
        size = self._size
        n = b"\2\2\2\1\7\6\2\4\3\1"[state]
        if state <= _SIZE_LF:
            n += size + 7 if size > 0 else 2 if size == 0 else 3
        return n

    def _decode(self, buf, end):
        # Move the data in buf[:end] to its start; return its size.
        data = pos = 0
        while pos < end:
            left = self._left
            if left > 0:
                n = min(left, end - pos)
                if pos != data:
                    buf[data : data + n] = buf[pos : pos + n]
                data += n
                pos += n
                self._left = left - n
            elif left:
                self.rest = bytes(buf[pos:end]) + self.rest
                break
            else:
                pos = self._frame(buf, pos, end)
        return data

    def _frame(self, buf, pos, end):
        # Take framing from buf[pos:end], set `_left`, and return the index after it.
        start = pos
        state = self._state
        size = self._size
        left = 0
        while pos < end and not left:
            c = buf[pos]
            pos += 1
            if state <= _BLANK:
                digit = _hex(c) if state == _SIZE else -1
                if digit >= 0 and size < 0x2000000:  # a small integer on 32 bits ever after
                    size = (size if size > 0 else 0) << 4 | digit
                elif digit < 0 <= size and c in b"\r; \t":
                    state = _SIZE_LF if c == 13 else _EXTENSION if c == 59 else _BLANK
                else:
                    raise ValueError("chunk")
            elif state == _TRAILER:
                state = _LAST_LF if c == 13 else _TRAILER_REST
            elif state == _DATA_CR or state == _EXTENSION or state == _TRAILER_REST:
                if c == 13:
                    state += 1
                elif c == 10 or state == _DATA_CR:
                    raise ValueError("chunk")
            elif c != 10:
                raise ValueError("chunk")
            elif state == _SIZE_LF:
                state = _DATA_CR if size else _TRAILER
                left = size
            elif state == _DATA_LF:
                state = _SIZE
                size = -1
            elif state == _TRAILER_LF:
                state = _TRAILER
            else:
                left = -1
        self._left = left
        self._state = state
        self._size = size
        self._seen += pos - start
        if self._seen > _FRAMING_LIMIT:
            raise ValueError("chunk")
        if left > 0:
            self._seen = 0
        return pos
