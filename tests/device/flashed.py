# http from what firmware/image.py put on a board: the region of its LittleFS is in the file
# `littlefs`, as it is after writing to flash that was in use; that of its ROMFS in `romfs`.

from disk import *
from prelude import *

import vfs

folder = None
if P["romfs"]:
    with open("romfs", "rb") as f:
        vfs.mount(vfs.VfsRom(f.read()), "/rom")
    folder = "/rom"
if P["littlefs"]:
    # As _boot.py does it, which takes the kind from what it finds.
    disk = Disk(4096, P["littlefs"] // 4096, "littlefs")
    vfs.mount(disk, "/flash")
    folder = folder or "/flash"
    same(os.statvfs("/flash")[2], P["littlefs"] // 4096, "blocks of the file system")
    same(os.statvfs("/flash")[9], 255, "longest name")

sys.path[:] = [".frozen", folder + "/lib"]
import http  # noqa: E402

same(http.__file__, folder + "/lib/http/__init__.mpy")
same(sorted(os.listdir(folder + "/lib/http")), P["modules"])
code, headers, body = http.request("GET", P["url"]).wait()
same((code, bytes(body)), (200, b"hi"))
got = []
http.get(P["url"], None, lambda code, body: got.append((code, bytes(body))))
same(got, [(200, b"hi")])
request = http.request("GET", P["url"], None, None, {"fota": True})
same(request.wait(), (-9, None, None))
same("esp32.Partition" in str(request.error), True)

if P["littlefs"]:
    os.chdir("/flash")
    if P["main"]:
        with open("main.py", "rb") as f:
            same(f.read(), P["main"])
    same("main.py" in os.listdir(), bool(P["main"]))
    same("boot.py" in os.listdir(), P["boot"])
    if P["boot"]:
        # The name and the password of the access point are set once.
        class Inisetup:
            calls = 0

            def wifi():
                Inisetup.calls += 1

        sys.modules["inisetup"] = Inisetup
        with open("boot.py") as f:
            exec(f.read())
        same(Inisetup.calls, 1)
        same("boot.py" in os.listdir(), False)
    # It can be filled to its end, so it has the size it says.
    free = os.statvfs("/flash")[3]
    block = bytes(range(256)) * 16
    with open("new", "wb") as f:
        for _ in range(free - 4):
            f.write(block)
    with open("new", "rb") as f:
        for _ in range(free - 4):
            same(f.read(4096) == block, True)
    os.remove("new")
    vfs.umount("/flash")
    vfs.mount(Disk(4096, P["littlefs"] // 4096, "littlefs"), "/flash")
    same(sorted(os.listdir("/flash")), sorted((["main.py"] if P["main"] else []) + P["top"]))
