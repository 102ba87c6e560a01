# A download that is killed from outside, and then a look at what it left; the block device of a
# file system other than P["fs"] == "host" is kept in a file.

from disk import *
from prelude import *

from binascii import hexlify
from hashlib import sha256

FS = P["fs"]
folder = "" if FS == "host" else "/disk/"

if P["what"] == "format":
    if FS != "host":
        # Each kill loses the space of a .part for ever on FAT.
        mount(FS, "disk.img", (32 if FS == "fat" else 1) * 1024 * 1024)
else:
    if FS != "host":
        mount(FS, "disk.img", os.stat("disk.img")[6], fresh=False)
    if P["what"] == "download":
        import http

        opts = {"dst": folder + "data.bin", "resume": P.get("resume", False)}
        request = http.request("GET", P["url"], None, None, opts)
        code, headers, body = request.wait()
        assert code in (200, 206), request.error
        same(body, P["size"])
    elif FS == "fat" and content("/disk/data.bin.part.old") is not None:
        # There the next download is what puts an interrupted exchange of names right.
        from http.fat import recover
        from http.file import remove, stat

        recover("/disk/data.bin.part", "/disk/data.bin", stat, remove)
    print(hexlify(sha256(content(folder + "data.bin")).digest()).decode())
