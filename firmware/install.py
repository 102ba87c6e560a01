#!/usr/bin/env python3
"""Put http on a board: compiled, into /lib of its file system, or with --romfs into its ROM.

PORT is a serial device, socket://host:port or rfc2217://host:port. mpremote copies what has
changed. This program leaves out the modules that the board cannot use, removes the files of other
versions, and compares the digest of each file that was written.
"""

import argparse
import hashlib
import pathlib
import sys
import tempfile
import types

from mpremote import commands
from mpremote.main import State
from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport
from serial import SerialException

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import package  # noqa: E402

MPY = 6  # the version of .mpy that mpy-cross makes, and MicroPython v1.19 to v1.29 runs
FOLDER = "/lib/http"
SOURCES = sorted((package.LIB / "http").glob("*.py"))
INCOMPLETE = "http on the board may be incomplete now: run this again"

# Some modules of http need a module that not every board has.
NEEDS = {"aio": "asyncio", "keys": "cryptolib", "ota": "esp32"}


def fail(message):
    sys.exit("firmware/install.py: " + message)


class Board(SerialTransport):
    """The connection to a board. It shows the progress of each file it writes, and checks it."""

    def __init__(self, port):
        super().__init__(port, baudrate=115200, timeout=1)
        self.written = []
        self.state = State()  # what the commands of mpremote take
        self.state.transport = self
        commands.do_resume(self.state)  # they reset nothing

    def fs_writefile(self, dest, data, chunk_size=256, progress_callback=None):
        def progress(done, total):
            print(f"\r{dest} {100 * done // total} %", end="", flush=True)

        super().fs_writefile(dest, data, chunk_size, progress)
        print()
        if self.fs_hashfile(dest, "sha256") != hashlib.sha256(data).digest():
            fail(f"{dest} is not on the board as it was sent; try again, or another cable")
        self.written.append(dest)

    def listdir(self, folder):
        """Return {name: entry} of the files and folders in `folder`; {} if it does not exist."""
        try:
            return {entry.name: entry for entry in self.fs_listdir(folder)}
        except (TransportExecError, OSError):
            return {}


def connect(port):
    print(f"connecting to {port} ...", flush=True)
    try:
        board = Board(port)
        board.enter_raw_repl()
    except (TransportError, SerialException, OSError, ValueError) as er:
        fail(
            f"no board answers at {port}: {er}\n"
            "Is it plugged in, and is no other program connected to it? "
            "`mpremote connect list` shows the serial devices of this machine."
        )
    return board


def check(board):
    """Fail when the board cannot run http; else say which board it is."""
    board.exec("import sys, os, gc")
    name, version, mpy, machine, platform = board.eval(
        "(sys.implementation[0], tuple(sys.implementation[1])[:3],"
        " getattr(sys.implementation, '_mpy', 0) & 255,"
        " getattr(sys.implementation, '_machine', ''), sys.platform)"
    )
    found = "%s v%d.%d.%d, %s" % (name, *version, machine or platform)
    print("board:", found)
    if name != "micropython":
        fail(f"http needs MicroPython, and the board runs {found}")
    if version < package.OLDEST:
        fail(
            f"the board runs MicroPython v{'.'.join(map(str, version))}, and {package.NEEDED} "
            "and write it to the board; `make flash` writes it together with http"
        )
    if mpy != MPY:
        fail(
            f"the board runs .mpy files of version {mpy}, and mpy-cross here makes version {MPY}; "
            "install the mpy-cross that belongs to its MicroPython"
        )


def lacking(board):
    """Return the modules of http that the board cannot use."""
    left_out = set()
    for module, needed in NEEDS.items():
        try:
            board.exec(f"import {needed}")
        except TransportExecError:
            print(f"leaving out {module}: the board has no {needed}")
            left_out.add(module)
    board.exec("gc.collect()")
    return left_out


def is_folder(entry):
    return bool(entry.st_mode & 0x4000)


def check_path(board):
    """Fail when MicroPython would import another http than the one in /lib."""
    for folder in board.eval("sys.path"):
        if folder == "/lib":
            break
        for name in board.listdir(folder or "/"):
            if name in ("http", "http.py", "http.mpy"):
                path = f"{folder}/{name}"
                fail(
                    f"`import http` on the board takes {path} before {FOLDER}; remove that with "
                    f"`mpremote rm -r :{path}`, and run this again"
                )


def leftovers(board, keep):
    """Return {path: entry} of the files and folders that must go, as MicroPython may import them.

    In /lib/http these are all but the files that `keep` names.
    """
    inside = board.listdir(FOLDER)
    found = {f"{FOLDER}/{name}": inside[name] for name in inside if name not in keep}
    beside = board.listdir("/lib")
    for name in ("http.py", "http.mpy"):
        if name in beside:
            found[f"/lib/{name}"] = beside[name]
    if "http" in beside and not (keep and is_folder(beside["http"])):
        found[FOLDER] = beside["http"]  # last, when it is empty
    return found


def tidy(board, found, force):
    """Remove the `leftovers`; those that never belonged to this package only by force."""
    own = {f"{FOLDER}/{path.stem}{end}" for path in SOURCES for end in (".py", ".mpy")}
    if FOLDER in found and is_folder(found[FOLDER]):
        own.add(FOLDER)
    foreign = sorted(set(found) - own)
    if foreign and not force:
        fail(
            f"in the way of this http, and not known to be an older one: {', '.join(foreign)}. "
            "Move it elsewhere if you need it; FORCE=1 removes it"
        )
    for path in found:
        print(f"removing {path}")
        commands.do_filesystem_recursive_rm(
            board.state, path, types.SimpleNamespace(verbose=False)
        )


def check_room(board, files, found):
    """Fail if the file system has no room for `files`, when what they replace is gone."""
    size, _, _, free = board.eval("os.statvfs('/')[1:5]")

    def blocks(length):
        return -(-length // size) or 1

    needed = sum(blocks(len(data)) for data in files.values()) + 2 * 2  # two folders
    replaced = {f"{FOLDER}/{name}": entry for name, entry in board.listdir(FOLDER).items()}
    for entry in (replaced | found).values():
        if not is_folder(entry):
            free += blocks(entry.st_size)
    if needed > free:
        fail(
            f"http needs {needed} blocks of {size} bytes of the board's file system, and {free} "
            "are free; remove files from it"
        )


def to_files(board, files, force):
    """Write `files` to the board's file system."""
    found = leftovers(board, files)
    check_room(board, files, found)
    tidy(board, found, force)
    if not board.fs_exists("/lib"):
        board.fs_mkdir("/lib")
    with tempfile.TemporaryDirectory() as folder:
        package.write(folder, {f"http/{name}": data for name, data in files.items()})
        source = str(pathlib.Path(folder, "http"))
        commands.do_filesystem_recursive_cp(board.state, source, ":/lib", False, True)
    written = sum(len(files[pathlib.PurePosixPath(path).name]) for path in board.written)
    print(
        f"{len(files)} files, {written} bytes written in {len(board.written)} of them, "
        "the rest was there"
    )


def to_rom(board, files, force):
    """Deploy `files` as the board's ROM file system."""
    try:
        count = board.eval("__import__('vfs').rom_ioctl(1)")
    except TransportExecError:
        count = 0
    if count < 1:
        fail("the board has no partition for ROMFS; install without ROMFS=1")
    others = sorted(set(board.listdir("/rom")) - {"lib"})
    others += sorted("lib/" + name for name in set(board.listdir("/rom/lib")) - {"http"})
    if others and not force:
        fail(
            f"the board's ROM file system holds {', '.join(others)}. It can only be replaced as a "
            "whole, and those are lost then; FORCE=1 does so"
        )
    # MicroPython looks into the file system before the ROM.
    tidy(board, leftovers(board, ()), force)
    data = package.romfs({f"lib/http/{name}": content for name, content in files.items()})
    with tempfile.NamedTemporaryFile(suffix=".img") as image:
        image.write(data)
        image.flush()
        options = types.SimpleNamespace(
            command=["deploy"], path=image.name, partition=0, mpy=False
        )
        commands.do_romfs(board.state, options)
    board.exec(
        "import hashlib\nh = hashlib.sha256()\nrom = memoryview(vfs.rom_ioctl(2, 0))\n"
        f"for i in range(0, {len(data)}, 1024): h.update(rom[i : min(i + 1024, {len(data)})])"
    )
    if board.eval("h.digest()") != hashlib.sha256(data).digest():
        fail("the ROM file system is not on the board as it was sent")
    print(f"{len(files)} files in a ROM file system of {len(data)} bytes")


def try_import(board, folder):
    """Reset the board and import http; fail if it is not the one in `folder`."""
    board.exit_raw_repl()
    board.enter_raw_repl()
    board.exec("import gc\ngc.collect()\nbefore = gc.mem_alloc()")
    try:
        place = board.eval("getattr(__import__('http'), '__file__', 'a folder /http')")
    except TransportExecError as er:
        fail(f"http is installed, but `import http` fails on the board:\n{er}")
    board.exec("gc.collect()")
    kept = board.eval("gc.mem_alloc() - before")
    if not place.startswith(folder):
        fail(f"`import http` takes {place}, which MicroPython finds first; remove that")
    print(f"import http: {place}, {kept} bytes of heap")
    board.exit_raw_repl()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("port")
    parser.add_argument("--romfs", action="store_true", help="into the ROM partition")
    parser.add_argument("--force", action="store_true", help="remove files that are in the way")
    arguments = parser.parse_args()
    board = connect(arguments.port)
    try:
        check(board)
        check_path(board)
        files = package.compiled(lacking(board))
        files = {name.removeprefix("http/"): data for name, data in files.items()}
        install = to_rom if arguments.romfs else to_files
        install(board, files, arguments.force)
        try_import(board, "/rom/lib/http/" if arguments.romfs else FOLDER)
    except (TransportError, SerialException, commands.CommandError) as er:
        fail(f"the connection to the board failed: {er}\n{INCOMPLETE}")
    except OSError as er:  # of its file system
        fail(f"the board could not do it: {er}\n{INCOMPLETE}")
    except KeyboardInterrupt:
        fail("interrupted\n" + INCOMPLETE)
    finally:
        board.close()


if __name__ == "__main__":
    main()
