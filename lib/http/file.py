# A download to a path (opts["dst"]), by way of <dst>.part. What <dst> was before stays whole until
# the new file is.

import os
from micropython import const

from .sink import Sink

_EISDIR = const(21)
_ENOSPC = const(28)

_DIRECTORY = const(0x4000)  # in the mode that stat() gives

_FLUSH = const(0xFFFF)  # what LittleFS has not flushed is lost without power: at most 64 KB

# The files that are being downloaded to.
_busy = []


class File(Sink):
    def __init__(self, r):
        super().__init__(r)
        dst = r.opts["dst"]
        if dst in _busy:
            raise ValueError("busy")
        self._part = dst + ".part"
        self._file = None
        self._resume = None
        recover(dst)
        if r.opts.get("resume"):
            from .resume import Resume

            self._resume = Resume(r, self._part)
        self._dst = dst
        _busy.append(dst)

    def judge(self, status):
        return self._resume.judge(status) if self._resume else status

    def _open(self, status):
        resume = self._resume
        if resume and resume.offset and status == 206:
            self._file = open(self._part, "ab")
            self.total = resume.total
            self.done = resume.offset
            return self.update and resume.read(self.update)
        if resume:
            resume.start()
        else:
            remove(self._part + ".etag")  # it would belong to another .part
        self._file = open(self._part, "wb")

    def _store(self, buf, pos, n):
        # With three arguments nothing is allocated, as a slice would be.
        if self._file.write(buf, pos, n) != n:
            raise OSError(_ENOSPC)
        if self._resume and (self.done & _FLUSH) + n > _FLUSH:
            self._file.flush()

    def _complete(self):
        if self.done < self.total:
            raise EOFError  # of a range the server may send less than it was asked for
        self._file.flush()
        self._file.close()
        if hasattr(os, "sync"):
            os.sync()
        replace(self._part, self._dst)
        self._file = None
        if self._resume:
            remove(self._part + ".etag")
        return self.done

    def reject(self):
        if self._resume:
            self._resume.usable = False

    def close(self):
        if self._file:
            try:
                self._file.close()
            except OSError:
                pass  # a full file system says so again; a card may have been pulled out
            if not self._resume or not self._resume.usable:
                remove(self._part)
                remove(self._part + ".etag")
        _busy.remove(self._dst)


def remove(path):
    try:
        os.remove(path)
    except OSError:
        pass


def exists(path):
    try:
        return os.stat(path)
    except OSError:
        return None


def replace(part, dst):
    """Give the complete file `part` the name `dst`, which may exist."""
    if not exists(dst + ".PART"):
        # POSIX and LittleFS replace a file in one step.
        os.rename(part, dst)
        return
    # FAT, told by not minding case, has MicroPython remove `dst` first. So the old file gets
    # another name, which `recover` finds when the power fails before the next step.
    old = part + ".old"
    found = exists(dst)
    if found:
        if found[0] & _DIRECTORY:
            raise OSError(_EISDIR)
        os.rename(dst, old)
    try:
        os.rename(part, dst)
    except OSError:
        if found:
            os.rename(old, dst)
        raise
    remove(old)


def recover(dst):
    """Complete or undo a `replace` that was interrupted."""
    old = dst + ".part.old"
    if exists(old):
        if exists(dst):
            remove(old)
        else:
            os.rename(old, dst)
