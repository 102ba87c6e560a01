#!/usr/bin/env python3
"""Make one file to flash: an official firmware of MicroPython with http on its file system.

`make firmware` runs this. It writes nothing to a board; `make flash` does.
"""

import argparse
import hashlib
import io
import json
import pathlib
import re
import shlex
import struct
import sys

import esptool
import package
from esptool import FatalError
from esptool.bin_image import LoadFirmwareImage
from esptool.targets import CHIP_DEFS
from littlefs import LittleFS, LittleFSError

ROOT = pathlib.Path(__file__).resolve().parent.parent
BOARDS = ROOT / "boards"
BLOCK = 4096  # of flash, and of LittleFS
MAGIC = 0xE9  # the first byte of an ESP image
TABLE = 0x8000  # where the flash of an ESP32 has its partition table
OLDEST = (1, 24)
DOWNLOADS = "https://micropython.org/download/"

# An ESP8266 starts without a file system, and MicroPython, as it makes one, gives the access point
# its name and password. With ours it would stay open, so that is made up for, once.
BOOT = b"""import inisetup, os
inisetup.wifi()
os.remove("boot.py")
"""


class Error(Exception):
    """What keeps an image from being made, in words for the user."""


def verb(name):
    """Return the command of esptool as the one here spells it: v4 is the last for Python 3.9."""
    return name.replace("-", "_") if esptool.__version__.startswith("4.") else name


def names():
    """Return the names of the boards."""
    return sorted(path.parent.name for path in BOARDS.glob("*/board.json"))


def board(name):
    """Return what boards/NAME/board.json says, with the name."""
    if name not in names():
        what = f"no board {name}" if name else "BOARD is not given"
        raise Error(f"{what}; there are {', '.join(names())}")
    with open(BOARDS / name / "board.json") as file:
        return dict(json.load(file), name=name)


def size_of(text):
    """Return the bytes of a size of flash, as "4MB" or 4194304."""
    found = re.fullmatch(r"(?i)(\d+) *(?:(k|m)b?)?", text.strip())
    if not found:
        raise Error(f"FLASH={text} is no size; it is written like 4MB")
    return int(found[1]) << {"k": 10, "m": 20, None: 0}[found[2] and found[2].lower()]


def size_text(size):
    return f"{size >> 20} MB" if size and not size % (1 << 20) else f"{size / 1024:,.0f} KB"


def chip_of(data):
    """Return esptool's name of the chip an image is for, or None."""
    # The header of an ESP8266 image is followed by an address in its memory; other chips have
    # there the pins of the flash, and their id.
    if 0x3FFE8000 <= struct.unpack_from("<I", data, 8)[0] < 0x40110000:
        return "esp8266"
    number = struct.unpack_from("<H", data, 12)[0]
    for name, chip in CHIP_DEFS.items():
        if getattr(chip, "IMAGE_CHIP_ID", None) == number:
            return name
    return None


def version_of(data):
    """Return version and date of the MicroPython in `data`, or None."""
    found = re.search(rb"MicroPython (v\d+\.\d+[^\s;\0]*) on (\d{4}-\d\d-\d\d)", data)
    return found and tuple(text.decode() for text in found.groups())


def load(board, path):
    """Return the firmware in the file `path` if it is one for `board`."""
    advice = f"BASE is an official firmware for {board['name']}, from {DOWNLOADS}"
    if not path:
        raise Error(f"BASE is not given; {advice}")
    path = pathlib.Path(path)
    if not path.is_file():
        raise Error(f"there is no file BASE={path}; {advice}")
    data = path.read_bytes()
    if len(data) < BLOCK or data[0] != MAGIC:
        raise Error(f"{path} is not an ESP image: it does not start with 0xE9; {advice}")
    chip = chip_of(data)
    if chip != board["chip"]:
        name = CHIP_DEFS[chip].CHIP_NAME if chip else "an unknown chip"
        raise Error(f"{path} is for {name}, and {board['name']} is {chip_name(board)}; {advice}")
    found = version_of(data)
    if found and tuple(map(int, re.findall(r"\d+", found[0])[:2])) < OLDEST:
        raise Error(f"{path} is MicroPython {found[0]}; http needs v1.24 or later")
    official = re.match(r"(\w+(?:-[A-Z0-9_]+)?)-\d{8}-v", path.name)
    if chip == "esp8266" and official and official[1] != board["name"]:
        # No partition table tells where its variants have their files.
        raise Error(f"{path} is the firmware of {official[1]}, not of {board['name']}; {advice}")
    if not is_whole(data, board):
        raise Error(f"{path} is damaged or incomplete; download it again: {advice}")
    return data


def is_whole(data, board):
    """Return whether nothing is missing of the firmware, by the digests in it."""
    if board["chip"] == "esp8266":
        # ports/esp8266/makeimg.py; the first four bytes are for esptool to set.
        return hashlib.md5(data[4:-16]).digest() == data[-16:]
    table = partitions(data, board["flash_offset"])
    place = table.get("factory") or table.get("ota_0")
    if not place:
        return True  # it has another layout, of which nothing is known
    app = data[place[0] - board["flash_offset"] :]
    if esptool.__version__.startswith("4."):  # the last for Python 3.9 wants a file
        app = io.BytesIO(app)
    try:
        made = LoadFirmwareImage(board["chip"], app)
    except (FatalError, struct.error, IndexError):
        return False
    if made.append_digest and made.stored_digest != made.calc_digest:
        return False
    return made.checksum == made.calculate_checksum()


def chip_name(board):
    return CHIP_DEFS[board["chip"]].CHIP_NAME


def partitions(data, offset):
    """Return {label: (start, size)} of the partition table in an image for `offset`."""
    table = data[TABLE - offset :][:0xC00]
    found = {}
    for pos in range(0, len(table), 32):
        entry = table[pos : pos + 32]
        if entry[:2] == b"\xaa\x50" and len(entry) == 32:
            start, size, label = struct.unpack_from("<II16s", entry, 4)
            found[label.rstrip(b"\0").decode(errors="replace")] = (start, size)
        elif found and entry[:16] == b"\xeb\xeb" + b"\xff" * 14:
            if entry[16:] != hashlib.md5(table[:pos]).digest():
                break
            return found
        else:
            break
    if found:
        raise Error("the partition table of BASE is damaged: its MD5 is missing or wrong")
    raise Error(
        f"BASE has no partition table at {TABLE:#x} of the flash; the file to download is the "
        ".bin for installation, not the .app-bin for updates"
    )


def check_flash(data, board, flash):
    """Raise Error if the flash is smaller than BASE says."""
    for text, code in CHIP_DEFS[board["chip"]].FLASH_SIZES.items():
        if code == data[3] & 0xF0 and size_of(text.split("-")[0]) > flash:
            raise Error(f"BASE is for {text} of flash, and there are {size_text(flash)}")


def littlefs_place(data, board, flash):
    """Return start and size of the file system that MicroPython mounts."""
    if isinstance(board["littlefs"], dict):
        # ports/esp8266/modules/flashbdev.py
        start = board["littlefs"]["start"]
        end = flash - board["littlefs"]["reserved_at_end"]
    else:
        table = partitions(data, board["flash_offset"])
        if "ffat" in table and "vfs" not in table:
            raise Error("BASE keeps its files on FAT (a partition `ffat`), not on LittleFS")
        start, size = table.get("vfs", (0, 0))
        end = start + size
        if not start:
            # boardctrl_startup() in ports/esp32/main.c
            start = max(start + size for start, size in table.values())
            end = flash
        if max(start, end) > flash:
            raise Error(
                f"the partitions of BASE reach to {size_text(max(start, end))}, and there are "
                f"{size_text(flash)} of flash; if the board has more, say so: FLASH=16MB"
            )
    size = (end - start) // BLOCK * BLOCK
    if size < 2 * BLOCK:
        raise Error(f"a flash of {size_text(flash)} has no room for a file system behind BASE")
    return start, size


def romfs_place(data):
    """Return start and size of the ROMFS partition of an ESP8266, or None."""
    # The linker script places it; what is left of that in the firmware is the memoryview of
    # ports/esp8266/vfs_rom_ioctl.c: typecode, length, address.
    for pos in range(0, len(data) - 11, 4):
        code, size, address = struct.unpack_from("<III", data, pos)
        start = address - 0x40200000
        if code == ord("B") and size and not (size | start) % BLOCK:
            if 0 < start < start + size <= 1 << 20:
                return start, size
    return None


def littlefs(files, size):
    """Return a LittleFS of `size` bytes with `files`, without the erased blocks at its end."""
    # It begins to allocate anywhere; in a small one, which is grown at last, that is the start.
    least = 4 + sum(len(data) // BLOCK for data in files.values())
    for blocks in range(least, size // BLOCK + 4, 4):
        blocks = min(blocks, size // BLOCK)
        # On disk 2.0, for MicroPython v1.20 knows no later one. The sizes are those of VfsLfs2.
        fs = LittleFS(
            mount=False,
            block_size=BLOCK,
            block_count=blocks,
            read_size=32,
            prog_size=32,
            cache_size=128,
            lookahead_size=32,
            name_max=255,
            disk_version=0x00020000,
        )
        fs.format()
        fs.mount()
        try:
            for name, data in files.items():
                fs.makedirs(str(pathlib.PurePosixPath(name).parent), exist_ok=True)
                with fs.open(name, "wb") as file:
                    file.write(data)
        except LittleFSError as er:
            if er.code != LittleFSError.Error.LFS_ERR_NOSPC:
                raise
            continue
        fs.fs_grow(size // BLOCK)
        fs.unmount()
        data = bytes(fs.context.buffer)
        used = len(data.rstrip(b"\xff"))
        return data[: -(-used // BLOCK) * BLOCK]
    raise Error(f"the files do not fit into the {size_text(size)} of the file system")


class Image:
    """What to write at `offset`: `data`, which is `regions` [(what, start, end)]."""

    def __init__(self, board, base):
        self.board = board
        self.offset = board["flash_offset"]
        self.data = base
        self.regions = [("MicroPython", self.offset, self.offset + len(base))]

    def add(self, what, start, size, data):
        """Put `data` at `start` of the flash, where `size` bytes are for it."""
        end = self.offset + len(self.data)
        if end > start:
            raise Error(f"BASE is too big: it reaches to {end:#x}, into {what} at {start:#x}")
        if len(data) > size:
            raise Error(f"{what} of {len(data):,} bytes is too big for its {size:,}")
        self.data += b"\xff" * (start - end) + data
        self.regions.append((what, start, start + size))


def build(board, base, flash, main=None):
    """Return the Image of the firmware `base` with http, for so many bytes of flash.

    `main` is the content of main.py.
    """
    romfs = romfs_place(base) if board["chip"] == "esp8266" else None
    if bool(romfs) != (board["files"] == "romfs"):
        raise Error(
            f"BASE has {'a' if romfs else 'no'} ROMFS partition: "
            f"it is not the firmware of {board['name']}"
        )
    place = littlefs_place(base, board, flash)
    if board["chip"] == "esp8266":
        # MicroPython takes the size from there; an official firmware has 1 MB, for esptool to
        # correct. No digest of the image covers it.
        code = CHIP_DEFS["esp8266"].FLASH_SIZES.get(f"{flash / (1 << 20):g}MB")
        if code is None:
            raise Error(f"an ESP8266 has no {size_text(flash)} of flash")
        base = base[:3] + bytes([code | base[3] & 0x0F]) + base[4:]
    else:
        check_flash(base, board, flash)
    modules = package.compiled(board["omit"])
    modules = {"lib/" + name: data for name, data in modules.items()}
    files = {} if romfs else dict(modules)
    if main is not None:
        files["main.py"] = main
    if files and board["chip"] == "esp8266":
        files["boot.py"] = BOOT
    image = Image(board, base)
    if romfs:
        image.add("ROMFS", *romfs, package.romfs(modules))
    if files:
        image.add("LittleFS", *place, littlefs(files, place[1]))
    return image


def read_main(path):
    """Return the content of the file MAIN, None when none is given."""
    if not path:
        return None
    if not pathlib.Path(path).is_file():
        raise Error(f"there is no file MAIN={path}")
    return pathlib.Path(path).read_bytes()


def arguments(doc):
    parser = argparse.ArgumentParser(description=doc.split("\n\n")[0])
    parser.add_argument("--board", default="", help=", ".join(names()))
    parser.add_argument("--base", default="", help="official firmware of MicroPython, a .bin")
    parser.add_argument("--main", default="", help="a script that runs at every start")
    return parser


def describe(base, image, flash):
    """Print what is in an image."""
    found = version_of(base)
    name = f"MicroPython {found[0]} of {found[1]}" if found else "a firmware of unknown version"
    print(f"BASE is {name}, for {chip_name(image.board)}")
    omit = image.board["omit"]
    print(
        f"http is in {image.board['folder']}/http"
        + (f", without {', '.join(omit)}" if omit else "")
    )
    print(f"of the {size_text(flash)} of flash, it takes")
    for what, start, end in image.regions:
        print(f"  {start:#09x} to {end:#09x}  {what}")


def main():
    parser = arguments(__doc__)
    parser.add_argument("--out", default="", help="file to write; default build/BOARD-http.bin")
    parser.add_argument("--flash", default="", help="size of the flash, as 4MB")
    args = parser.parse_args()
    try:
        chosen = board(args.board)
        flash = size_of(args.flash) if args.flash else chosen["flash_size"]
        base = load(chosen, args.base)
        script = read_main(args.main)
        out = pathlib.Path(args.out or f"build/{chosen['name']}-http.bin")
        if out.exists() and out.samefile(args.base):
            raise Error("OUT would overwrite BASE")
        print("compiling http ...", flush=True)
        image = build(chosen, base, flash, script)
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(image.data)
    except (Error, OSError) as er:
        sys.exit(f"firmware/image.py: {er}")
    describe(base, image, flash)
    print(f"{out}: {len(image.data):,} bytes, to be written at {image.offset:#x}:")
    more = f" MAIN={shlex.quote(args.main)}" if args.main else ""
    print(f"  make flash BOARD={chosen['name']} BASE={shlex.quote(args.base)}{more} PORT=...")
    where = f"{image.offset:#x} {shlex.quote(str(out))}"
    print(f"  or: esptool --chip {chosen['chip']} {verb('write-flash')} {where}")


if __name__ == "__main__":
    main()
