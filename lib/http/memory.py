# A body that goes into the caller's buffer (opts["dst"]), or into memory with progress reports.

from .sink import Base


class Sink(Base):
    def prepare(self):
        self.dst = self.r.opts.get("dst")
        self.always = self.dst is None  # as without progress

    def open(self, head):
        if self.always:
            self.body = bytearray(self.total)
        elif self.total > len(self.dst):
            raise ValueError("small")
        else:
            self.body = memoryview(self.dst)

    def put(self, buf, n):
        done = self.done
        if self.dst is not None and done + n > len(self.dst):
            raise ValueError("small")
        self.body[done : done + n] = memoryview(buf)[:n]

    def end(self):
        return self.body if self.dst is None else self.done
