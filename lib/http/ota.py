# The body is an ESP32 application that goes into the next OTA partition (opts["fota"]), block by
# block as it arrives.

from esp32 import Partition  # else options.py says that it is missing
from micropython import const

from .sink import Base

_FOTA = const(-9)

_BLOCK = const(4096)  # of flash, erased and written as one
_MAGIC = const(0xE9)  # the first byte of an ESP image


class Sink(Base):
    code = _FOTA

    def prepare(self):
        self.running = Partition(Partition.RUNNING)
        # OSError where the partition table has none.
        self.partition = self.running.get_next_update()
        self.size = self.partition.info()[3]
        self.boot = Partition(Partition.BOOT).info()
        self.claim("ota")

    def open(self, head):
        self.block = bytearray(_BLOCK)
        if self.total > self.size:
            raise ValueError("big")

    def put(self, buf, n):
        done = self.done
        if not done and buf[0] != _MAGIC:
            raise ValueError("magic")
        if done + n > self.size:
            raise ValueError("big")
        view = memoryview(buf)
        pos = 0
        while n:
            start = done % _BLOCK
            size = min(n, _BLOCK - start)
            self.block[start : start + size] = view[pos : pos + size]
            done += size
            pos += size
            n -= size
            if not done % _BLOCK:
                self.flush(done // _BLOCK - 1)

    def flush(self, n):
        if not n and self.boot == self.partition.info():
            # An earlier update waits there for the reset, and is no more from here on.
            self.running.set_boot()
        self.partition.writeblocks(n, self.block)

    def end(self):
        done = self.done
        if not done:
            raise ValueError("magic")
        rest = done % _BLOCK
        if rest:
            for i in range(rest, _BLOCK):
                self.block[i] = 0xFF  # as erased flash is
            self.flush(done // _BLOCK)
        # ESP-IDF checks the whole image here, and refuses a bad one.
        self.partition.set_boot()
        return done
