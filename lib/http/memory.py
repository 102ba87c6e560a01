# A body that goes into the caller's buffer (opts["dst"]), or into memory while its progress is
# told.

from .sink import Sink


class Memory(Sink):
    def wants(self, status):
        return self._r.opts.get("dst") is None or super().wants(status)

    def _open(self, status):
        dst = self._r.opts.get("dst")
        if dst is None:
            self._memory = bytearray(self.total)
        else:
            self._memory = memoryview(dst)
            if self.total > len(dst):
                raise ValueError("small")

    def _store(self, buf, pos, n):
        done = self.done
        memory = self._memory
        if done + n > len(memory) and self._r.opts.get("dst") is not None:
            raise ValueError("small")
        memory[done : done + n] = memoryview(buf)[pos : pos + n]

    def _complete(self):
        return self._memory if self._r.opts.get("dst") is None else self.done
