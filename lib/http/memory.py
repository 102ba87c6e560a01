# A body that goes into the caller's buffer (opts["dst"]), or into memory while its progress is
# told.

from .sink import Base


class Sink(Base):
    def start(self, status):
        if self.r.opts.get("dst") is not None:
            return Base.start(self, status)
        self.open(status)
        self.tell()
        return ()

    def open(self, status):
        dst = self.r.opts.get("dst")
        self.total = max(self.r.length or 0, 0)
        if dst is None:
            self.body = bytearray(self.total)
        else:
            self.body = memoryview(dst)
            if self.total > len(dst):
                raise ValueError("small")

    def put(self, buf, pos, n):
        done = self.done
        body = self.body
        if done + n > len(body) and self.r.opts.get("dst") is not None:
            raise ValueError("small")
        body[done : done + n] = memoryview(buf)[pos : pos + n]

    def end(self):
        return self.body if self.r.opts.get("dst") is None else self.done
