# Over-the-air updates into a stand-in for esp32.Partition, which keeps the rules of the real one
# where they matter: flash is erased by whole blocks, writing only clears bits, and set_boot()
# checks the image as ESP-IDF does.

from prelude import *

import http
from binascii import hexlify
from hashlib import sha256

URL = P["url"]

BLOCK = 4096
VALIDATE_FAILED = -0x1503  # ESP_ERR_OTA_VALIDATE_FAILED
INVALID_SIZE = -0x104  # ESP_ERR_INVALID_SIZE


class Partition:
    BOOT = 0
    RUNNING = 1

    boot = None
    writes = 0
    broken = None  # the block that cannot be written
    single = False  # a partition table without OTA

    def __new__(cls, which, label=None):
        # As the real one: BOOT and RUNNING give the partition that is it.
        if label is None:
            return running if which == cls.RUNNING else cls.boot
        return object.__new__(cls)

    def __init__(self, which, label=None, size=64 * BLOCK):
        if label is None:
            return
        self.label = label
        self.size = size
        self.flash = bytearray(b"\xa5" * size)  # what an earlier image left

    def info(self):
        return (0, 16, 0x10000, self.size, self.label, False)

    def get_next_update(self):
        if Partition.single:
            raise OSError(2)
        return target

    def writeblocks(self, n, buf, offset=None):
        Partition.writes += 1
        start = n * BLOCK + (offset or 0)
        if start + len(buf) > self.size:
            raise OSError(INVALID_SIZE)
        if offset is None:
            if len(buf) % BLOCK:
                raise OSError(INVALID_SIZE)
            if n == Partition.broken:
                raise OSError(5)
            for i in range(start, start + len(buf)):
                self.flash[i] = 0xFF
        for i in range(len(buf)):
            self.flash[start + i] &= buf[i]

    def set_boot(self):
        try:
            good = self.verify()
        except IndexError:
            good = False
        if not good:
            raise OSError(VALIDATE_FAILED)
        Partition.boot = self

    def verify(self):
        # The image format of ESP32: header, segments, padding, checksum, digest.
        image = self.flash
        if image[0] != 0xE9 or not 0 < image[1] <= 16:
            return False
        pos = 24
        checksum = 0xEF
        for _ in range(image[1]):
            size = int.from_bytes(image[pos + 4 : pos + 8], "little")
            pos += 8
            if size % 4 or pos + size > self.size:
                return False
            for i in range(pos, pos + size):
                checksum ^= image[i]
            pos += size
        end = (pos // 16 + 1) * 16
        if image[end - 1] != checksum:
            return False
        return not image[23] or sha256(image[:end]).digest() == image[end : end + 32]


class Module:
    Partition = Partition


running = Partition(Partition.RUNNING, "ota_0")
target = Partition(Partition.RUNNING, "ota_1")


def prepare():
    global target
    Partition.boot = running
    Partition.writes = 0
    Partition.broken = None
    Partition.single = False
    target = Partition(Partition.RUNNING, "ota_1")


def update(name, fota=True, **opts):
    opts["fota"] = fota
    request = http.request("GET", URL + "/" + name, None, None, opts)
    code, headers, body = request.wait()
    return code, body, request


def refused(name, want, text="", fota=True, written=None, **opts):
    prepare()
    Partition.broken = opts.pop("broken", None)
    Partition.single = opts.pop("single", False)
    code, body, request = update(name, fota, **opts)
    same((code, body), (want, 0 if want > 0 else None), "%s %r" % (name, request.error))
    assert text in str(request.error), request.error
    assert Partition.boot is running, name
    if written is not None:
        same(Partition.writes, written, name)


sys.modules["esp32"] = Module
image = P["image"]
good = hexlify(sha256(image).digest()).decode()


def test_other_ports_refuse_it():
    del sys.modules["esp32"]
    code, body, request = update("good")
    same(code, -9)
    assert "esp32" in str(request.error), request.error


def test_a_good_image_is_written_and_booted():
    for name in ("good", "chunked", "drip", "padded"):
        for fota in (True, {"sha256": good}):
            if fota is not True and name == "padded":
                continue
            prepare()
            calls = []
            code, body, request = update(name, fota, callback=lambda *args: calls.append(args))
            size = 16 * BLOCK if name == "padded" else len(image)
            same((code, body), (200, size), "%s %r" % (name, request.error))
            assert Partition.boot is target
            same(Partition.writes, (size + BLOCK - 1) // BLOCK, "blocks")
            same(target.flash[: len(image)], image)
            end = Partition.writes * BLOCK
            same(target.flash[size:end], b"\xff" * (end - size), "the rest of the last block")
            same(target.flash[end : end + 1], b"\xa5", "after it")
            same(calls[0][1], 0)
            same(calls[-1][1], size)
            code = body = request = None


def test_what_is_no_image_is_not_written():
    refused("magic", -9, "0xE9", written=0)
    refused("empty", -9, written=0)


def test_an_image_that_is_too_large_is_refused():
    refused("large", -9, "larger", written=0)
    refused("large-chunked", -9, "larger")


def test_an_image_that_is_not_whole_is_refused():
    refused("cut", -5)
    refused("short", -9)  # as the server has it
    refused("flipped", -9)


def test_a_wrong_digest_is_refused():
    refused("good", -9, "sha256", {"sha256": "0" * 64})
    refused("good", -9, "sha256", sha256="0" * 64)


def test_flash_that_cannot_be_written():
    refused("good", -9, broken=0)
    refused("good", -9, broken=5)


def test_a_partition_table_without_ota():
    refused("good", -9, single=True, written=0)


def test_only_the_body_of_a_success_is_written():
    refused("404", 404, written=0)


def test_the_time_limit_leaves_the_running_image():
    refused("stall", -8, timeout=300)


def test_an_update_that_fails_takes_an_earlier_one_back():
    # That one waited for the reset. It is overwritten, so the one that runs is left to boot.
    running.flash[: len(image)] = image
    prepare()
    same(update("good")[0], 200)
    assert Partition.boot is target
    same(update("cut")[0], -5)
    assert Partition.boot is running
    same(update("good")[0], 200)
    same(update("404")[0], 404)
    assert Partition.boot is target, "nothing was written"


async def test_one_update_at_a_time():
    # In a task, and cancelled.
    running.flash[: len(image)] = image
    prepare()
    request = http.request("GET", URL + "/good", None, None, {"fota": True})
    code, headers, body = await request
    same((code, body), (200, len(image)), repr(request.error))
    assert Partition.boot is target
    prepare()
    task = asyncio.create_task(
        http.request("GET", URL + "/stall", None, None, {"fota": True}).wait()
    )
    await asyncio.sleep_ms(100)
    code, headers, body = await http.request("GET", URL + "/good", None, None, {"fota": True})
    same(code, -9, "two updates at once")
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    assert Partition.boot is running
    code, headers, body = await http.request("GET", URL + "/good", None, None, {"fota": True})
    same(code, 200)


def test_one_that_a_loop_left_behind_is_no_reason_to_wait():
    running.flash[: len(image)] = image
    left = http.request("GET", URL + "/stall", None, None, {"fota": True})

    async def abandon():
        asyncio.create_task(left)
        await asyncio.sleep_ms(50)

    prepare()
    run_to_end(abandon())
    asyncio.new_event_loop()
    same(update("good")[0], 200)
    left.close()
