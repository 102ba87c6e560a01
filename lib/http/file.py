# A download to a path (opts["dst"]), by way of <dst>.part. What <dst> was before stays whole until
# the new file is.

import os
from micropython import const

from .sink import Base

_EISDIR = const(21)
_ENOSPC = const(28)

_DIRECTORY = const(0x4000)  # in the mode that stat() gives

_FLUSH = const(0xFFFF)  # what LittleFS has not flushed is lost without power: at most 64 KB

# The paths that are being downloaded to.
busy = []


class Sink(Base):
    def __init__(self, r):
        super().__init__(r)
        dst = r.opts["dst"]
        if dst in busy:
            raise ValueError("busy")
        self.path = dst + ".part"
        self.file = None
        self.resume = None
        self.keep = False  # the .part, when this request fails
        recover(dst)
        if r.opts.get("resume"):
            from .resume import Resume

            self.resume = Resume(r, self)
        busy.append(dst)

    def judge(self, status):
        return self.resume.judge(status) if self.resume else status

    def open(self, status):
        resume = self.resume
        if resume and self.done:
            self.file = open(self.path, "ab")
            self.total = resume.total
            return self.digest and resume.read(self.digest)
        if resume:
            resume.start()
        else:
            remove(self.path + ".etag")  # it would belong to another .part
        self.file = open(self.path, "wb")

    def put(self, buf, pos, n):
        # With three arguments nothing is allocated, as a slice would be.
        if self.file.write(buf, pos, n) != n:
            raise OSError(_ENOSPC)
        if self.resume and (self.done & _FLUSH) + n > _FLUSH:
            self.file.flush()

    def end(self):
        if self.done < self.total:
            raise EOFError  # of a range the server may send less than it was asked for
        self.file.flush()
        self.file.close()
        if hasattr(os, "sync"):
            os.sync()
        replace(self.path, self.r.opts["dst"])
        self.file = None
        if self.resume:
            remove(self.path + ".etag")
        return self.done

    def close(self):
        if self.file:
            try:
                self.file.close()
            except OSError:
                pass  # a full file system says so again; a card may have been pulled out
            if not self.keep:
                remove(self.path)
                remove(self.path + ".etag")
        busy.remove(self.r.opts["dst"])


def remove(path):
    try:
        os.remove(path)
    except OSError:
        pass


def stat(path):
    # None when there is nothing.
    try:
        return os.stat(path)
    except OSError:
        return None


def replace(path, dst):
    """Give the complete file `path` the name `dst`, which may exist."""
    if not stat(dst + ".PART"):
        # POSIX and LittleFS replace a file in one step.
        os.rename(path, dst)
        return
    # FAT, told by not minding case, has MicroPython remove `dst` first. So the old file gets
    # another name, which `recover` finds when the power fails before the next step.
    old = path + ".old"
    found = stat(dst)
    if found:
        if found[0] & _DIRECTORY:
            raise OSError(_EISDIR)
        os.rename(dst, old)
    try:
        os.rename(path, dst)
    except OSError:
        if found:
            os.rename(old, dst)
        raise
    remove(old)


def recover(dst):
    """Complete or undo a `replace` that was interrupted."""
    old = dst + ".part" + ".old"
    if stat(old):
        if stat(dst):
            remove(old)
        else:
            os.rename(old, dst)
