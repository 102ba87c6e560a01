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


class Decoder:
    """Tell framing from data, whatever way a chunked body is split.

    `left` is the number of data bytes that come next, 0 where framing comes next, -1 after the
    end. All state is small integers: nothing is allocated however many chunks there are.
    """

    def __init__(self):
        self.left = 0
        self._state = _SIZE
        self._size = -1  # of this chunk, -1 before its first digit
        self._seen = 0  # bytes of framing since the last data

    def least(self):
        """Return how many bytes, at least, have to come besides the data in `left`."""
        state = self._state
        size = self._size
        n = b"\2\2\2\1\7\6\2\4\3\1"[state]
        if state <= _SIZE_LF:
            n += size + 7 if size > 0 else 2 if size == 0 else 3
        return n

    def read(self, buf, pos, end):
        """Take framing from buf[pos:end], set `left`, and return the index after it.

        Raises ValueError for malformed framing.
        """
        start = pos
        state = self._state
        size = self._size
        self.left = 0
        while pos < end and not self.left:
            c = buf[pos]
            pos += 1
            if state <= _BLANK:
                digit = -1
                if state == _BLANK:
                    pass  # no more digits
                elif 48 <= c <= 57:
                    digit = c - 48
                elif 97 <= c | 32 <= 102:
                    digit = (c | 32) - 87
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
                self.left = size
            elif state == _DATA_LF:
                state = _SIZE
                size = -1
            elif state == _TRAILER_LF:
                state = _TRAILER
            else:
                self.left = -1
        self._state = state
        self._size = size
        self._seen += pos - start
        if self._seen > _FRAMING_LIMIT:
            raise ValueError("chunk")
        if self.left > 0:
            self._seen = 0
        return pos
