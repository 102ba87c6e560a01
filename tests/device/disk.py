# For the scripts that need a file system of a board: a block device in memory or in a file, and
# LittleFS or FAT on it. `Disk.power` counts the writes that are left until the power fails.

import os
import vfs


class Disk:
    def __init__(self, block, count, path=None):
        self.block = block
        self.count = count
        self.power = -1  # for ever
        self.broken = False  # whether nothing can be read
        self.file = None
        self.data = None
        if path is None:
            self.data = bytearray(block * count)
        else:
            try:
                self.file = open(path, "r+b")
            except OSError:
                with open(path, "wb") as f:
                    for _ in range(count):
                        f.write(bytes(block))
                self.file = open(path, "r+b")

    def readblocks(self, n, buf, offset=0):
        if self.broken:
            raise OSError(5)
        start = n * self.block + offset
        if self.file:
            self.file.seek(start)
            self.file.readinto(buf)
        else:
            buf[:] = memoryview(self.data)[start : start + len(buf)]

    def writeblocks(self, n, buf, offset=0):
        if self.power == 0:
            raise OSError(5)
        self.power -= 1
        start = n * self.block + offset
        if self.file:
            self.file.seek(start)
            self.file.write(buf)
        else:
            self.data[start : start + len(buf)] = buf

    def ioctl(self, op, arg):
        if op == 4:
            return self.count
        if op == 5:
            return self.block
        if op == 6:
            return 0  # erasing is part of writing here


def mount(kind, path=None, size=256 * 1024, fresh=True):
    # Mount "lfs" or "fat" on /disk, in a file when `path` is given; return the Disk.
    fs = vfs.VfsLfs2 if kind == "lfs" else vfs.VfsFat
    block = 4096 if kind == "lfs" else 512
    disk = Disk(block, size // block, path)
    if fresh:
        fs.mkfs(disk)
    vfs.mount(fs(disk), "/disk")
    return disk


def remount(kind, disk):
    # As after a power failure: what only the file system knew is lost, and writes no more.
    vfs.umount("/disk")
    disk.power = 0
    again = Disk(disk.block, 0)
    again.count = disk.count
    again.data = disk.data
    vfs.mount((vfs.VfsLfs2 if kind == "lfs" else vfs.VfsFat)(again), "/disk")
    return again


def on(*kinds):
    # Above a test: it runs on these file systems only, as tests/host/scripts.py reads.
    return lambda test: test


def content(path):
    # None when there is no such file.
    try:
        f = open(path, "rb")
    except OSError:
        return None
    with f:
        return f.read()


def remove(path):
    try:
        os.remove(path)
    except OSError:
        pass
