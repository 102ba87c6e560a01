"""lib/http, compiled for a board, and packed."""

import pathlib
import re
import subprocess
import sys
import tempfile

from mpremote.romfs import make_romfs

LIB = pathlib.Path(__file__).resolve().parent.parent / "lib"
TOOLS = pathlib.Path(sys.executable).parent
OLDEST = (1, 24)  # the first version of MicroPython that http supports
MPREMOTE = "https://docs.micropython.org/en/latest/reference/mpremote.html"
DOWNLOADS = "https://micropython.org/download/"
NEEDED = "http needs v%d.%d or later: download a newer firmware from %s" % (*OLDEST, DOWNLOADS)


def version():
    """Return the version of http, which http.__version__ tells on the board."""
    text = (LIB / "http" / "__init__.py").read_text()
    return re.search(r'(?m)^__version__ = "([0-9.]+)"', text)[1]


def cross(source, name, level=2):
    """Return the .mpy of the text `source`, which tracebacks call `name`.

    `level` is that of optimization; from 1 on, an assert does nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "source.py")
        path.write_text(source)
        target = path.with_suffix(".mpy")
        command = [TOOLS / "mpy-cross", f"-O{level}", "-s", name, path, "-o", target]
        subprocess.run(command, check=True)
        return target.read_bytes()


def compiled(omit=()):
    """Return {"http/….mpy": data} of all modules of http but those that `omit` names."""
    files = {}
    for path in sorted((LIB / "http").glob("*.py")):
        if path.stem not in omit:
            # A module's own name is in memory anyway.
            name = "http" if path.stem == "__init__" else "http." + path.stem
            files[f"http/{path.stem}.mpy"] = cross(path.read_text(), name)
    return files


def sources():
    """Return {"http/….py": data} of all modules of http."""
    return {f"http/{path.name}": path.read_bytes() for path in sorted(LIB.glob("http/*.py"))}


def write(folder, files):
    """Write `files`, {path: data}, below `folder`."""
    for name, data in files.items():
        path = pathlib.Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def romfs(files):
    """Return an image of ROMFS that holds `files`, {path: data}."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, files)
        return make_romfs(folder, mpy_cross=False)
