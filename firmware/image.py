#!/usr/bin/env python3
"""Make one file to flash: an official firmware of MicroPython with http on its file system.

`make firmware` runs this. It writes nothing to a board; `make flash` does. boards/*/board.json
says where each firmware has its file systems.
"""

import argparse
import hashlib
import json
import pathlib
import re
import shlex
import struct
import sys

import package
from littlefs import LittleFS, LittleFSError

try:
    from esptool import FatalError, merge_bin
    from esptool.bin_image import LoadFirmwareImage
    from esptool.logger import log
    from esptool.targets import CHIP_DEFS
except ImportError:
    sys.exit("esptool is not here: it needs Python 3.10 or later; `make clean`, then PYTHON=...")

ROOT = pathlib.Path(__file__).resolve().parent.parent
BOARDS = ROOT / "boards"
BLOCK = 4096  # of flash, and of LittleFS
MAGIC = 0xE9  # the first byte of an ESP image
TABLE = 0x8000  # where the flash of an ESP32 has its partition table

# MicroPython on an ESP8266 gives the access point its name and password when it makes the file
# system. It finds ours, and would leave the access point open: so this does it, once.
BOOT = b"""import inisetup, os
inisetup.wifi()
os.remove("boot.py")
"""


class Error(Exception):
    """The image cannot be made. The text is for the user."""


def names():
    """Return the names of the boards."""
    return sorted(path.parent.name for path in BOARDS.glob("*/board.json"))


def board(name):
    """Return the data of boards/NAME/board.json, and the name."""
    if name not in names():
        what = f"no board {name}" if name else "BOARD is not given"
        raise Error(f"{what}; there are {', '.join(names())}")
    with open(BOARDS / name / "board.json") as file:
        return dict(json.load(file), name=name)


def size_of(text):
    """Return the number of bytes that `text` means: 4MB, 512k, 4194304."""
    found = re.fullmatch(r"(?i)(\d+) *(?:(k|m)b?)?", text.strip())
    if not found:
        raise Error(f"FLASH={text} is no size; write it like 4MB")
    size = int(found[1]) << {"k": 10, "m": 20, None: 0}[found[2] and found[2].lower()]
    if size < BLOCK and not found[2]:
        raise Error(f"FLASH={text} is {size} bytes; write FLASH={size}MB")
    return size


def size_text(size):
    return f"{size >> 20} MB" if size and not size % (1 << 20) else f"{size / 1024:,.0f} KB"


def chip_of(data):
    """Return esptool's name of the chip an image is for, or None."""
    # After the header, an ESP8266 image has an address in its memory; other chips have the pins of
    # the flash there, and their id.
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
    advice = f"BASE is an official firmware for {board['name']}, from {package.DOWNLOADS}"
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
    if found and tuple(map(int, re.findall(r"\d+", found[0])[:2])) < package.OLDEST:
        raise Error(f"{path} is MicroPython {found[0]}, and {package.NEEDED}")
    official = re.match(r"(\w+(?:-[A-Z0-9_]+)?)-\d{8}-v", path.name)
    if chip == "esp8266" and official and official[1] != board["name"]:
        # Variants have their files elsewhere, and no partition table says so.
        raise Error(f"{path} is the firmware of {official[1]}, not of {board['name']}; {advice}")
    if not is_whole(data, board):
        raise Error(f"{path} is damaged or incomplete; download it again: {advice}")
    return data


def is_whole(data, board):
    """Return whether the digests in a firmware are right."""
    if board["chip"] == "esp8266":
        # ports/esp8266/makeimg.py leaves out the first four bytes, which esptool may change.
        return hashlib.md5(data[4:-16]).digest() == data[-16:]
    table = partitions(data, board["flash_offset"])
    place = table.get("factory") or table.get("ota_0")
    if not place:
        return True  # another layout, without known digests
    try:
        made = LoadFirmwareImage(board["chip"], data[place[0] - board["flash_offset"] :])
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
        f"BASE has no partition table at {TABLE:#x} of the flash; download the .bin for "
        "installation, not the .app-bin for updates"
    )


def check_flash(data, board, flash):
    """Raise Error if the flash is smaller than BASE says."""
    for text, code in CHIP_DEFS[board["chip"]].FLASH_SIZES.items():
        if code == data[3] & 0xF0 and size_of(text.split("-")[0]) > flash:
            raise Error(f"BASE is for {text} of flash, and there are {size_text(flash)}")


def littlefs_place(data, board, flash):
    """Return start and size of the file system that MicroPython mounts."""
    layout = board["littlefs"]
    if "partition" in layout:
        start, end = partition(data, board, layout["partition"], flash)
    else:
        start, end = layout["start"], flash - layout["reserved_at_end"]
    size = (end - start) // BLOCK * BLOCK
    if size < 2 * BLOCK:
        raise Error(f"a flash of {size_text(flash)} has no room for a file system behind BASE")
    return start, size


def partition(data, board, name, flash):
    """Return start and end of a partition, or of the flash behind the last one."""
    table = partitions(data, board["flash_offset"])
    if name not in table and "ffat" in table:
        raise Error("BASE keeps its files on FAT (a partition `ffat`), not on LittleFS")
    ends = {label: start + size for label, (start, size) in table.items()}
    if name in table:
        start, end = table[name][0], ends[name]
    else:
        start, end = max(ends.values()), flash  # boardctrl_startup() in ports/esp32/main.c
    if max(start, end) > flash:
        raise Error(
            f"the partitions of BASE reach to {size_text(max(start, end))}, and there are "
            f"{size_text(flash)} of flash; if the board has more, say so: FLASH=16MB"
        )
    return start, end


def check_romfs(data, chosen):
    """Raise Error unless BASE has the ROMFS partition of the board `chosen`, or none like it."""

    def has(place):
        # The memoryview in ports/esp8266/vfs_rom_ioctl.c: typecode, size and address.
        view = struct.pack("<III", ord("B"), place["size"], 0x40200000 + place["start"])
        return view in data

    places = [place for place in (board(name)["romfs"] for name in names()) if place]
    found = next(filter(has, places), None)
    if found != chosen["romfs"]:
        raise Error(
            f"BASE has {'a' if found else 'no'} ROMFS partition: "
            f"it is not the firmware of {chosen['name']}"
        )


def littlefs(files, size):
    """Return a LittleFS of `size` bytes with `files`, without the erased blocks at its end."""
    # LittleFS allocates anywhere. So this fills a small one, and then lets it grow.
    least = 4 + sum(len(data) // BLOCK for data in files.values())
    for blocks in range(least, size // BLOCK + 4, 4):
        blocks = min(blocks, size // BLOCK)
        # Every MicroPython reads version 2.0. The sizes are those of VfsLfs2.
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
    """A firmware and its file systems: `parts` [(start, data)], `regions` [(what, start, end)]."""

    def __init__(self, board, base):
        self.board = board
        self.offset = board["flash_offset"]
        self.end = self.offset + len(base)
        self.parts = [(self.offset, base)]
        self.regions = [("MicroPython", self.offset, self.end)]

    def add(self, what, start, size, data):
        """Put `data` at `start` of the flash, where `size` bytes are for it."""
        if self.end > start:
            raise Error(f"BASE is too big: it reaches to {self.end:#x}, into {what} at {start:#x}")
        if len(data) > size:
            raise Error(f"{what} of {len(data):,} bytes is too big for its {size:,}")
        self.end = start + len(data)
        self.parts.append((start, data))
        self.regions.append((what, start, start + size))

    def merge(self, flash_size):
        """Let esptool make `data`, to be written at `offset`, for a flash of `flash_size`."""
        log.set_verbosity("silent")
        self.data = merge_bin(
            self.parts, self.board["chip"], flash_size=flash_size, target_offset=self.offset
        )


def build(board, base, flash, main=None):
    """Return the Image of the firmware `base` with http, for so many bytes of flash.

    `main` is the content of main.py.
    """
    check_romfs(base, board)
    place = littlefs_place(base, board, flash)
    flash_size = "keep"
    if board["chip"] == "esp8266":
        # MicroPython reads the size of the flash there. An official firmware says 1 MB.
        flash_size = f"{flash / (1 << 20):g}MB"
        if flash_size not in CHIP_DEFS["esp8266"].FLASH_SIZES:
            raise Error(f"an ESP8266 has no {size_text(flash)} of flash")
    else:
        check_flash(base, board, flash)
    modules = package.compiled(board["omit"])
    modules = {"lib/" + name: data for name, data in modules.items()}
    files = {} if board["romfs"] else dict(modules)
    if main is not None:
        files["main.py"] = main
    if files and board["chip"] == "esp8266":
        files["boot.py"] = BOOT
    image = Image(board, base)
    if board["romfs"]:
        romfs = board["romfs"]
        image.add("ROMFS", romfs["start"], romfs["size"], package.romfs(modules))
    if files:
        image.add("LittleFS", *place, littlefs(files, place[1]))
    image.merge(flash_size)
    return image


def read_main(path):
    """Return the content of the file MAIN, or None if no file is given."""
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
    """Print the content of an image."""
    found = version_of(base)
    name = f"MicroPython {found[0]} of {found[1]}" if found else "a firmware of unknown version"
    print(f"BASE is {name}, for {chip_name(image.board)}")
    omit = image.board["omit"]
    print(
        f"http is in {image.board['folder']}/http"
        + (f", without {', '.join(omit)}" if omit else "")
    )
    print(f"it takes, of the {size_text(flash)} of flash,")
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
    print(f"  or: esptool --chip {chosen['chip']} write-flash {where}")


if __name__ == "__main__":
    main()
