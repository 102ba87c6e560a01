#!/usr/bin/env python3
"""Write MicroPython with http to a board, if the firmware is for it.

`make flash` runs this. It says what it will overwrite, and asks first.
"""

import os
import re
import subprocess
import sys
import tempfile

import image
from serial.tools import list_ports

ESPTOOL = [sys.executable, "-m", "esptool"]


def run(*args, show=False):
    """Run esptool; return its exit code and its output, or "" if `show` lets that through."""
    done = subprocess.run(
        [*ESPTOOL, *map(str, args)],
        stdin=subprocess.DEVNULL,
        stdout=None if show else subprocess.PIPE,
        stderr=None if show else subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout or ""


def probe(port):
    """Return the name of the chip and the size of the flash of the board at `port`."""
    code, said = run("--port", port, "flash-id")
    chip = re.search(r"Connected to (ESP\S+)", said)
    flash = re.search(r"Detected flash size: (\d+[KM]B)", said)
    if code or not chip:
        ports = ", ".join(entry.device for entry in list_ports.comports()) or "none"
        raise image.Error(
            f"no board answers at PORT={port}; esptool says\n{said.strip()}\n"
            f"Serial ports here: {ports}. Close what else uses the port; if the board has a BOOT "
            "button, hold it as this starts."
        )
    if not flash:
        raise image.Error(f"esptool cannot tell the size of the flash of {chip[1]} at {port}")
    return chip[1], image.size_of(flash[1])


def announce(chip, port, flash, made):
    """Print what writing the image `made` does to the board."""
    print(f"{chip} at {port}, {image.size_text(flash)} of flash. This overwrites:")
    # The flash loses whole blocks.
    end = made.offset + -(-len(made.data) // image.BLOCK) * image.BLOCK
    print(f"  {made.offset:#09x} to {end:#09x}  all that is there, settings (NVS) included")
    kept = "the files of the board are kept"
    for what, start, stop in made.regions:
        if what == "LittleFS":
            print(f"  {start:#09x} to {stop:#09x}  the file system, with ALL FILES of the board")
            kept = None
        elif what == "ROMFS":
            print(f"  {start:#09x} to {stop:#09x}  ROMFS, with what was deployed there")
    if kept:
        print(kept)


def agreed():
    """Return whether the user says to go on."""
    if not sys.stdin.isatty():
        raise image.Error("no terminal to ask at; YES=1 goes on without asking")
    return input("Go on? [y/N] ").strip().lower() in ("y", "yes")


def flash(args):
    chosen = image.board(args.board)
    base = image.load(chosen, args.base)
    main = image.read_main(args.main)
    if not args.port:
        raise image.Error("PORT is not given; it is the board's serial port, like /dev/ttyUSB0")
    print(f"asking the board at {args.port} ...", flush=True)
    chip, size = probe(args.port)
    if chip != image.chip_name(chosen):
        raise image.Error(
            f"the board at {args.port} is {chip}, and {chosen['name']} is for "
            f"{image.chip_name(chosen)}"
        )
    print("compiling http ...", flush=True)
    made = image.build(chosen, base, size, main)
    announce(chip, args.port, size, made)
    if not args.yes and not agreed():
        raise image.Error("nothing was written")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "http.bin")
        with open(path, "wb") as file:
            file.write(made.data)
        options = ("--chip", chosen["chip"], "--port", args.port, "--baud", args.baud)
        code, _ = run(*options, "write-flash", hex(made.offset), path, show=True)
    if code:
        raise image.Error(
            "esptool failed, and the board may not start now; run this again, perhaps with "
            "BAUD=115200"
        )
    print(f"done: `import http` works at the REPL, `mpremote connect {args.port}`")


def main():
    parser = image.arguments(__doc__)
    parser.add_argument("--port", default="", help="serial port of the board")
    parser.add_argument("--baud", default="460800", help="speed to write at")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    try:
        flash(parser.parse_args())
    except (image.Error, OSError) as er:
        sys.exit(f"firmware/flash.py: {er}")


if __name__ == "__main__":
    main()
