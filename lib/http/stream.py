# The body goes to an object of the caller's own that has write(data) (opts["dst"]): an open file,
# a display, a parser of events.

from micropython import const
from time import sleep_ms

from . import _running
from .sink import Base

_BUSY_MS = const(10)  # from one offer to the next while the object takes nothing


class Sink(Base):
    def prepare(self):
        self.write = self.r.opts["dst"].write
        self.task = _running()
        self.view = memoryview(self.buf)

    def open(self, head):
        self.taken = 0  # bytes of the current piece

    def put(self, buf, n):
        # Return None when all is taken and other tasks have had a turn, else the number to yield
        # before the same is put again.
        taken = self.taken
        if taken == n:
            self.taken = 0
            return None
        data = self.view
        if buf is not self.buf or taken or n < len(buf):
            # Of a piece that fills the buffer nothing is allocated.
            data = (data if buf is self.buf else memoryview(buf))[taken:n]
        self.calling = True
        try:
            got = self.write(data)
        except OSError:
            self.calling = False  # a failure of the destination; others are for the caller to see
            raise
        if got is None or got > n - taken:
            got = n - taken
        if got < 0:
            raise ValueError("write() returned %d" % got)
        self.calling = False
        self.taken = taken + got
        if got:
            return 0
        if self.task:
            return -_BUSY_MS
        sleep_ms(_BUSY_MS)
        return 0

    def end(self):
        return self.done
