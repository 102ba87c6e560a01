# A download to a path (opts["dst"]), by way of <dst>.part. What <dst> was before stays whole until
# the new file is.

import os
from micropython import const

from .sink import Base

_ENOSPC = const(28)


class Sink(Base):
    def __init__(self, r):
        Base.__init__(self, r)  # super() would make a closure of each that calls it
        dst = r.opts["dst"]
        self.path = dst + ".part"
        self.file = None
        self.keep = True  # the .part, when this request fails
        # FAT does not mind case.
        name = (dst if dst[0] == "/" else os.getcwd() + "/" + dst).lower()
        self.claim(name.replace("/./", "/").replace("//", "/"))
        try:
            if stat(self.path + ".old"):
                from .fat import recover

                recover(self.path, dst)
        except Exception:
            self.close()
            raise

    def open(self, status):
        self.keep = False
        remove(self.path + ".etag")  # it would belong to another .part
        self.file = open(self.path, "wb")

    def put(self, buf, pos, n):
        try:
            # With three arguments nothing is allocated, as a slice would be.
            written = self.file.write(buf, pos, n)
        except TypeError:
            # A file system written in Python, as that of `mpremote mount`.
            written = self.file.write(memoryview(buf)[pos : pos + n])
        if written != n:
            raise OSError(_ENOSPC)

    def end(self):
        self.file.flush()
        self.file.close()
        self.file = None
        if hasattr(os, "sync"):
            os.sync()
        dst = self.r.opts["dst"]
        if stat(dst + ".PART"):
            from .fat import replace  # told by not minding case

            replace(self.path, dst)
        else:
            os.rename(self.path, dst)  # in one step, on POSIX and LittleFS
        self.keep = True
        return self.done

    def close(self):
        Base.close(self)  # first, as what follows can run out of memory
        if self.file:
            try:
                self.file.close()
            except OSError:
                pass  # a full file system says so again; a card may have been pulled out
            self.file = None
        if not self.keep:
            self.keep = True  # by a second time, the .part may be another's
            remove(self.path)
            remove(self.path + ".etag")


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
