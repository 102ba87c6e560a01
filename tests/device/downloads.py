# Downloads to a path on the file system P["fs"]: "host", "lfs" or "fat".

from disk import *
from prelude import *

import errno

import http
from binascii import hexlify
from hashlib import sha256

URL = P["url"]
FS = P["fs"]

folder = ""
if FS != "host":
    disk = mount(FS)
    folder = "/disk/"
DST = folder + "data.bin"
opened = descriptors()


def body_of(size):
    # What the server sends for a size.
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def other_of(size):
    return bytes([255 - b for b in body_of(size)])


def digest_of(size):
    return hexlify(sha256(body_of(size)).digest()).decode()


def files():
    return sorted(os.listdir(folder or "."))


def download(target, **opts):
    opts["dst"] = DST
    request = http.request("GET", URL + target, None, None, opts)
    code, headers, body = request.wait()
    return code, body, request


def check(size, what):
    same(content(DST), body_of(size), what)
    same([name for name in files() if "data.bin" in name], ["data.bin"], what)


def test_every_framing_and_size():
    # Every relation of body and buffer, over nothing and over an older file.
    for framing in ("length", "chunked", "close"):
        for size in (0, 1, 511, 512, 513, 4095, 4096, 4097, 9000):
            calls = []
            code, body, request = download(
                "/%s/%d" % (framing, size),
                callback=lambda *args: calls.append(args),
                userdata=DST,
                sha256=digest_of(size).upper(),
            )
            what = "%s %d %r" % (framing, size, request.error)
            same((code, body), (200, size), what)
            check(size, what)
            total = size if framing == "length" else 0
            same(calls[0], (total, 0, DST), what)
            same(calls[-1], (total, size, DST), what)
            for i in range(len(calls) - 1):
                assert calls[i][1] < calls[i + 1][1], what


def test_a_failure_leaves_the_old_file():
    # And nothing else.
    download("/length/5000")
    for target, want, opts in (
        ("/cut/3000", -5, {}),
        ("/reset/3000", -6, {}),
        ("/badchunk/0", -3, {}),
        ("/stall/3000", -8, {"timeout": 300}),
        ("/404/100", 404, {}),
        ("/length/100", -7, {"sha256": digest_of(101)}),
        ("/close/600", -7, {"sha256": digest_of(601)}),
    ):
        code, body, request = download(target, **opts)
        same(code, want, "%s %r" % (target, request.error))
        same(body, 0 if code > 0 else None, target)
        check(5000, target)
        if "sha256" in opts:
            assert "sha256" in str(request.error), request.error


def test_a_206_is_a_success():
    # As the caller has asked for the part himself.
    same(download("/206/100")[:2], (206, 100))
    check(100, "206")


def test_an_exception_of_the_callback_reaches_the_caller():
    # And leaves as little as a failure.
    download("/length/5000")
    try:
        download("/length/100", callback=lambda *args: 1 // 0)
        raise AssertionError("no ZeroDivisionError")
    except ZeroDivisionError:
        check(5000, "callback")


def refused(dst):
    # Before anything is asked for: nobody is at this address.
    request = http.request("GET", "http://127.0.0.1:1/", None, None, {"dst": dst})
    same(request.wait()[0], -7, dst)
    same(str(request.error), "dst is a folder or a device", dst)


def test_a_folder_is_refused():
    os.mkdir(folder + "folder")
    before = files()
    refused(folder + "folder")
    refused(folder + "./folder")
    refused(folder + "folder/")
    same(files(), before, "a folder")
    assert os.stat(folder + "folder")[0] & 0x4000
    os.rmdir(folder + "folder")
    refused(folder or ".")


@on("host")
def test_a_device_is_refused():
    os.system("ln -s /dev/null null; mkfifo fifo")
    before = files()
    refused("null")
    refused("fifo")
    refused("/dev/null")
    same(files(), before, "a device")
    os.remove("null")
    os.remove("fifo")


@on("host")
def test_a_link_is_replaced():
    # As a file is; nothing is written through one in the place of .part.
    for target in ("victim", "nowhere"):
        with open("victim", "wb") as f:
            f.write(b"victim")
        for resume in (False, True):
            os.system("ln -s %s data.bin.part; ln -s victim data.bin.part.etag" % target)
            same(download("/length/100", resume=resume)[:2], (200, 100))
            check(100, target)
            same(content("victim"), b"victim", target)
            same(content("nowhere"), None)
    os.remove("victim")


def test_a_folder_that_does_not_exist_is_a_failure():
    opts = {"dst": folder + "no/such/folder"}
    same(http.request("GET", URL + "/length/100", None, None, opts).wait()[0], -7)


def test_wrong_options_raise():
    for dst in ("", "data.bin\0x"):
        raises(ValueError, http.request, "GET", URL, None, None, {"dst": dst})
    raises(ValueError, download, "/length/100", sha256="")
    raises(ValueError, download, "/length/100", sha256="x" * 64)
    raises(TypeError, download, "/length/100", sha256=b"0" * 64)
    raises(ValueError, http.request, "GET", URL, None, None, {"sha256": "0" * 64})
    raises(ValueError, http.request, "GET", URL, None, None, {"resume": True})


def test_one_download_to_a_file_at_a_time():
    # However its name is written, and none to what belongs to it.
    os.mkdir(folder + "a")
    here = os.getcwd()
    if FS == "host":
        os.system("ln -s . a/link")
        names = ["%s/data.bin" % here, "%s/data.bin" % here, "a/link/../data.bin"]
        names += [
            name + "data.bin" for name in ("./", "././", ".//", "a/../", "a/link/../a/./../")
        ]
    else:
        os.chdir("/disk")
        names = ["data.bin", "/disk/data.bin"]
        try:
            os.stat("/disk/../data.bin")
        except OSError as er:
            if er.errno == errno.ENOENT:  # else, with LittleFS of v1.26, nothing is above the root
                names.append("/disk/../data.bin")
        names += [
            "/disk/%sdata.bin" % name for name in ("/", "//", "././/", "a/../", "a/./../a//../")
        ]
    names += [names[-1] + ".part", "data.bin.part", "data.bin.part.etag"]
    others = ["a/data.bin", "data.bin2", "data", "data.bin.partial"]
    # Only FAT does not mind case.
    (names if FS == "fat" else others).extend(["DATA.bin", "a/../Data.BIN", "./DATA.bin"])

    async def at_once(first, second):
        # The results of two requests, of which the first goes on for a while.
        slow = asyncio.create_task(
            http.request("GET", URL + "/slow/300", None, None, {"dst": first})
        )
        await asyncio.sleep_ms(50)
        r = http.request("GET", URL + "/length/100", None, None, {"dst": second})
        code = (await r)[0]
        if code != 200:
            assert "is going on" in str(r.error), r.error
            same(r.error.args[0][:7], "another")
        return (await slow)[0], code

    # Load the modules, so that the first begins at once.
    same(asyncio.run(http.request("GET", URL + "/length/100", None, None, {"dst": DST}))[0], 200)
    remove(DST)
    for name in names + others:
        want = (200, 200) if name in others else (200, -7)
        for pair in ((DST, name), (name, DST)):
            same(asyncio.run(at_once(*pair)), want, pair)
            # The server sends 300 bytes to the first, and 100 to the second.
            same(content(pair[0]), body_of(300), pair)
            remove(pair[0])
            same(content(pair[1]), body_of(100) if name in others else None, pair)
            remove(pair[1])
    same(os.listdir(folder + "a"), ["link"] if FS == "host" else [])
    if FS == "host":
        os.remove("a/link")
    os.rmdir(folder + "a")
    os.chdir(here)


async def test_the_folder_of_another_goes_away():
    # As that of a card does: this download has nothing to do with it.
    os.mkdir(folder + "a")
    opts = {"dst": folder + "a/data.bin"}
    other = asyncio.create_task(http.request("GET", URL + "/stall/3000", None, None, opts).wait())
    while content(folder + "a/data.bin.part") is None:
        await asyncio.sleep_ms(5)
    os.rename(folder + "a", folder + "b")
    r = http.request("GET", URL + "/length/100", None, None, {"dst": DST})
    same((await r)[0], 200, r.error)
    os.rename(folder + "b", folder + "a")
    other.cancel()
    await asyncio.sleep_ms(0)
    same(os.listdir(folder + "a"), [])
    os.rmdir(folder + "a")


def test_one_that_a_loop_left_behind_is_no_reason_to_wait():
    names = [DST, "./" + DST] if FS == "host" else [DST, "/disk/./data.bin"]

    async def two():
        requests = [
            http.request("GET", URL + "/stall/3000", None, None, {"dst": DST, "timeout": 300}),
            http.request("GET", URL + "/length/100", None, None, {"dst": names[1]}),
        ]
        results = await asyncio.gather(*requests)
        same([result[0] for result in results], [-8, -7])
        asyncio.create_task(left[0])
        await asyncio.sleep_ms(50)

    async def three():
        task = asyncio.create_task(
            http.request("GET", URL + "/slow/5000", None, None, {"dst": DST})
        )
        await asyncio.sleep_ms(100)
        left[0].close()
        same((await task)[0], 200, "what another left behind ends while it goes on")

    left = [http.request("GET", URL + "/stall/3000", None, None, {"dst": DST})]
    run_to_end(two())
    asyncio.new_event_loop()
    run_to_end(three())
    check(5000, "after a loop that ended")


def test_the_digest_of_a_body_in_a_buffer():
    for size, want in ((700, 200), (701, -7)):
        buf = bytearray(1000)
        opts = {"dst": buf, "sha256": digest_of(size)}
        code, headers, body = http.request("GET", URL + "/chunked/700", None, None, opts).wait()
        same(code, want)
    same(buf[:700], body_of(700))


@on("lfs", "fat")
def test_a_full_file_system_keeps_the_old_file():
    # -7, and the space is free again. Where the length is known, nothing is written.
    download("/length/5000")
    free = os.statvfs("/disk")[3]
    for framing in ("length", "close"):
        for resume in (False, True):
            disk.power = -1
            code, body, request = download("/%s/%d" % (framing, 300 * 1024), resume=resume)
            same(code, -7, repr(request.error))
            same(request.error.errno, 28)
            assert "no room" in str(request.error), request.error
            check(5000, "full")
            same(disk.power == -1, framing == "length", "writes: %d" % -disk.power)

    download("/length/5000")
    assert os.statvfs("/disk")[3] >= free - 1, "space is lost"
    same(download("/length/5001")[:2], (200, 5001))
    check(5001, "after full")


@on("lfs", "fat")
def test_the_room_of_an_earlier_part_counts():
    # As it is written over.
    download("/length/5000")
    free = os.statvfs("/disk")[3]
    size = (free - 3) * os.statvfs("/disk")[1]
    assert size > 150000, size
    same(download("/cut/%d" % size, resume=True)[0], -5)
    with open(DST + ".part", "wb") as f:
        f.write(bytes(100000))
    same(download("/length/%d" % size)[:2], (200, size))
    check(size, "over a .part")
    same(download("/length/%d" % size)[0], -7)
    os.remove(DST)
    download("/length/5000")
    check(5000, "again")

    assert os.statvfs("/disk")[3] >= free - 1, "space is lost"


@on("lfs", "fat")
def test_a_file_system_that_does_not_tell_its_room():
    # It goes on until it is full; a short body is not worth asking.
    import http.file

    download("/length/5000")
    free = os.statvfs("/disk")[3]

    class Telling:
        def __init__(self, error):
            self.error = error
            self.asked = []

        def __getattr__(self, name):
            return getattr(os, name)

        def statvfs(self, path):
            self.asked.append(path)
            raise self.error

    for error in (AttributeError("statvfs"), OSError(95)):
        http.file.os = telling = Telling(error)
        same(download("/length/1000")[0], 200)
        same(telling.asked, [])
        same(download("/length/100000")[0], 200)
        same(telling.asked, ["/disk/"])
        same(download("/length/%d" % (300 * 1024))[0], -7)
        check(100000, "not told")
        http.file.os = os
    download("/length/5000")
    assert os.statvfs("/disk")[3] >= free - 1, "space is lost"


@on("lfs", "fat")
def test_the_old_or_the_new_file_is_whole_after_a_power_failure():
    # At once on LittleFS, on FAT as soon as the next download begins, whatever comes of that.
    global disk
    n = 0
    seen = set()
    code = None
    while code != 200:
        same(download("/other/5000")[0], 200)
        same(content(DST), other_of(5000))
        disk.power = n
        code = download("/length/3000")[0]
        disk = remount(FS, disk)
        if FS == "fat":
            same(download("/404/100")[0], 404)
        found = content(DST)
        assert found in (other_of(5000), body_of(3000)), "power failure %d: %r" % (n, found)
        seen.add(len(found))
        n += 1
    assert n > 5 and seen == {5000, 3000}, (n, seen)
    check(3000, "nothing else is left")


@on("lfs", "fat")
def test_a_power_failure_damages_no_whole_file():
    # On FAT with directory entries that lie across sectors, too, as its rename then writes twice.
    global disk
    left_over = 0
    for fillers in (0, 9, 10, 11, 12, 13, 14, 15) if FS == "fat" else (0,):
        for old in (0, 5000):
            n = 0
            code = None
            while code != 200:
                vfs.umount("/disk")
                disk = None
                gc.collect()
                disk = mount(FS, size=64 * 1024)
                for i in range(fillers):
                    open("/disk/%d" % i, "w").close()
                if old:
                    same(download("/other/%d" % old)[0], 200)
                disk.power = n
                code = download("/length/3000")[0]
                disk = remount(FS, disk)
                what = "%d entries, %d bytes before, power failure %d" % (fillers, old, n)
                again, _, request = download("/404/100")
                if again == -7:
                    assert "FAT" in str(request.error), what
                    left_over += 1
                else:
                    same(again, 404, what)
                    download("/othercut/4000")  # writes where there seems to be room
                assert content(DST) in (body_of(3000), other_of(old) if old else None), what
                n += 1
            check(3000, what)
    if FS == "fat":
        assert left_over > 0


@on("fat")
def test_a_rename_left_half_done_is_refused():
    # Nothing is removed or written to.
    same(download("/length/3000")[0], 200)
    for name in (DST + ".part", DST + ".part.old"):
        with open(name, "wb") as f:
            f.write(name.encode())
    code, body, request = download("/length/100")
    same(code, -7)
    assert "FAT" in str(request.error), request.error
    same(content(DST), body_of(3000))
    same(content(DST + ".part"), DST.encode() + b".part")
    remove(DST + ".part")
    same(download("/length/100")[0], 200)
    check(100, "mended")


@on("fat")
def test_a_rename_that_fails_is_undone():
    # The second one.
    import http.fat

    download("/length/100")

    class Failing:
        def __init__(self):
            self.stat = os.stat
            self.remove = os.remove

        def rename(self, path, to):
            if path.endswith(".part"):
                raise OSError(5)
            os.rename(path, to)

    http.fat.os = Failing()
    same(download("/length/200")[0], -7)
    check(100, "undone")
    http.fat.os = os
    download("/length/100")
    check(100, "after all")
