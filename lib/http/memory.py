# A body that goes into the caller's buffer (opts["dst"]), or into memory with progress reports.

from .sink import Base


class Sink(Base):
    def start(self, status, head, length):
        self.dst = self.r.opts.get("dst")
        if self.dst is not None:
            return Base.start(self, status, head, length)
        # Whatever the status is, as without progress.
        self.total = length if length and length > 0 else 0
        self.body = bytearray(self.total)
        if self.progress:
            self.progress.report()
        return ()

    def open(self, head):
        if self.total > len(self.dst):
            raise ValueError("small")
        self.body = memoryview(self.dst)

    def put(self, buf, n):
        done = self.done
        if self.dst is not None and done + n > len(self.dst):
            raise ValueError("small")
        self.body[done : done + n] = memoryview(buf)[:n]

    def end(self):
        return self.body if self.dst is None else self.done
