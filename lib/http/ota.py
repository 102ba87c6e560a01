# The body is an ESP32 application that goes into the next OTA partition (opts["fota"]), block by
# block as it arrives.

from micropython import const

from .sink import Sink

_FOTA = const(-9)

_BLOCK = const(4096)  # of flash, erased and written as one
_MAGIC = const(0xE9)  # the first byte of an ESP image


class Image(Sink):
    code = _FOTA

    def __init__(self, r):
        super().__init__(r)
        try:
            from esp32 import Partition
        except ImportError:
            raise ValueError("ota")
        # OSError where the partition table has none.
        self._partition = Partition(Partition.RUNNING).get_next_update()
        self._size = self._partition.info()[3]

    def _open(self, status):
        self._block = bytearray(_BLOCK)
        if self.total > self._size:
            raise ValueError("big")

    def _store(self, buf, pos, n):
        done = self.done
        if not done and buf[pos] != _MAGIC:
            raise ValueError("magic")
        if done + n > self._size:
            raise ValueError("big")
        view = memoryview(buf)
        while n:
            start = done % _BLOCK
            size = min(n, _BLOCK - start)
            self._block[start : start + size] = view[pos : pos + size]
            done += size
            pos += size
            n -= size
            if not done % _BLOCK:
                self._partition.writeblocks(done // _BLOCK - 1, self._block)

    def _complete(self):
        done = self.done
        if not done:
            raise ValueError("magic")
        rest = done % _BLOCK
        if rest:
            for i in range(rest, _BLOCK):
                self._block[i] = 0xFF  # as erased flash is
            self._partition.writeblocks(done // _BLOCK, self._block)
        # ESP-IDF checks the whole image here, and refuses a bad one.
        self._partition.set_boot()
        return done
