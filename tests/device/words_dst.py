# What a download that failed says of its destination: on POSIX, and on file systems of boards.

from prelude import *

import vfs

import disk
import http


def check(words, dst, number, path="/", code=-7):
    request = http.request("GET", P["url"] + path, None, None, {"dst": dst, "timeout": 60000})
    same((request.wait(), str(request.error)), ((code, None, None), words))
    if number:
        assert isinstance(request.error, OSError), request.error
        same((request.error.errno, request.error.args[0]), (number, number))


def test_posix():
    check("the folder of no/such does not exist: make it with os.mkdir()", "no/such", 2)
    check("dst is a folder or a device", "/dev/full", None)
    check("dst is too small for the body", bytearray(2), None)
    open("file", "w").close()
    check("the folder of file/x is a file", "file/x", 20)
    check(
        "the name %s is too long" % (300 * "x"), 300 * "x", 36 if sys.platform == "linux" else 63
    )
    if sys.platform == "linux":
        # An open file of a full device; one that is closed.
        with open("/dev/full", "wb") as f:
            check("no room on the file system for dst: remove what is not needed", f, 28)


class Broken:
    def write(self, data):
        raise OSError(71)


def test_an_object_that_raises():
    check("dst cannot be written: error 71", Broken(), 71)


def test_littlefs_and_fat():
    for kind in ("lfs", "fat"):
        device = disk.mount(kind)
        check("the folder of /disk/no/x does not exist: make it with os.mkdir()", "/disk/no/x", 2)
        # A body that does not fit is not begun; one of unknown size is.
        room = "no room on the file system for /disk/x: remove what is not needed"
        check(room, "/disk/x", 28, "/large")
        os.mkdir("/disk/folder")
        check("dst is a folder or a device", "/disk/folder", None)
        # The block device fails, as worn flash and loose cards do.
        if kind == "fat":
            check("%s is no name that this file system takes" % "/disk/a:b", "/disk/a:b", 22)
        else:
            check("the name /disk/%s is too long" % (300 * "x"), "/disk/" + 300 * "x", 36)
        device.power = 0
        check(
            "the file system failed to write /disk/y: is the flash worn, or the card loose?",
            "/disk/y",
            5,
        )
        device.power = -1
        vfs.umount("/disk")
        vfs.mount(device, "/disk", readonly=True)
        check("the file system of /disk/x can only be read", "/disk/x", 30)
        vfs.umount("/disk")


class Full:
    # A file system on which no file can be opened, with this error.
    def __init__(self, number):
        self.number = number

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def stat(self, path):
        raise OSError(2)

    remove = stat

    def statvfs(self, path):
        raise OSError(2)

    def open(self, path, mode):
        raise OSError(self.number)


def test_a_file_that_cannot_be_opened():
    for number, words in (
        (1, "/disk/x may not be written: it is protected"),
        (13, "/disk/x may not be written: it is protected, or the folder is full"),
        (16, "the file system of /disk/x is not ready: is the card in?"),
        (17, "/disk/x is there already, as something else"),
        (21, "/disk/x is a folder"),
        (23, "no file can be opened: too many are open"),
        (24, "no file can be opened: too many are open"),
        (27, "/disk/x is too large for this file system"),
        (84, "the file system of /disk/x is damaged: back up, and format it anew"),
    ):
        vfs.mount(Full(number), "/disk")
        try:
            check(words, "/disk/x", number)
        finally:
            vfs.umount("/disk")


def test_nothing_is_mounted():
    # The words are loaded before: their file could not be found.
    check("the folder of no/such does not exist: make it with os.mkdir()", "no/such", 2)
    here = os.getcwd()
    vfs.umount("/")
    try:
        check("no file system is mounted at /x, or the card is out", "/x", 19)
    finally:
        vfs.mount(vfs.VfsPosix(), "/")
        os.chdir(here)


def test_no_partition_to_update():
    # Updates: see ota.py for what the stand-in for the partition refuses.
    if sys.platform != "esp32":
        request = http.request("GET", P["url"], None, None, {"fota": True})
        same(request.wait()[0], -9)
        same(str(request.error), "no over-the-air update here: only ESP32 has esp32.Partition")
