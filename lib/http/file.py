# A download to a path (opts["dst"]), by way of <dst>.part. What <dst> was before stays whole until
# the new file is.

import os
from micropython import const

from .sink import Base

_EINVAL = const(22)
_ENOSPC = const(28)

# LittleFS walks through all its files to count free blocks: some milliseconds for each MB of them.
_WORTH = const(0xFFFF)  # bytes: as many take 0.5 s to write

_FILE = const(8)  # in the mode that stat() gives

POSIX = hasattr(os, "getenv")  # where there are links


class Sink(Base):
    file = None
    keep = True  # the .part, when this request fails

    def prepare(self):
        dst = self.r.opts["dst"]
        self.path = dst + ".part"
        found = stat(dst)
        if dst[-1] == "/" or found and found[0] >> 12 != _FILE:
            raise ValueError("file")
        self.file = None  # its place, which may need memory, before one is open
        self.fat = False
        try:
            os.stat(dst + "*")
        except OSError as er:
            self.fat = er.errno == _EINVAL  # FAT alone refuses a "*" in a name
        self.claim(dst if dst[0] == "/" else os.getcwd() + "/" + dst)
        if self.fat and stat(self.path + ".old"):
            from .fat import recover

            recover(self.path, dst, stat, remove)

    def open(self, head):
        self.keep = False
        remove(self.path + ".etag")  # it would belong to another .part
        if POSIX or self.total > _WORTH:
            # A link is not written through, and what an older one takes is free.
            remove(self.path)
        self.reserve(self.total)
        self.file = open(self.path, "wb")

    def reserve(self, size):
        """Raise OSError when the file system tells that it has no room for `size` bytes."""
        if size > _WORTH:
            dst = self.r.opts["dst"]
            try:
                # Of the folder, as on POSIX the file has to exist.
                found = os.statvfs(dst[: dst.rfind("/") + 1] or ".")
            except (AttributeError, OSError):
                return
            if size > found[1] * found[4]:
                raise OSError(_ENOSPC)

    def put(self, buf, n):
        try:
            # With three arguments nothing is allocated, as a slice would be.
            written = self.file.write(buf, 0, n)
        except TypeError:
            # A file system written in Python, as that of `mpremote mount`.
            written = self.file.write(memoryview(buf)[:n])
        if written != n:
            raise OSError(_ENOSPC)

    def end(self):
        self.file.flush()
        self.file.close()
        self.file = None
        dst = self.r.opts["dst"]
        if self.fat:
            from .fat import replace

            replace(self.path, dst, stat, remove)
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
