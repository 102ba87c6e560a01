"""Measure the heap that http needs, on the 32-bit build, compiled: as .mpy files, and from ROMFS.

Bytes do not depend on the machine. `make bench` runs this, prints the tables of memory, and writes
them to docs/measurements.md and the picture of them to docs/heap.svg; the tests hold the limits
below. `requests` is micropython-lib's: with --requests it is measured, else its columns stay as
they are.
"""

import argparse
import datetime
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests" / "host"), str(ROOT / "firmware")]

import package  # noqa: E402
import plot  # noqa: E402
import report  # noqa: E402
import unix  # noqa: E402
from servers import Peer  # noqa: E402

KB = 1 << 10
STEP = 256  # bytes, of the heap sizes that are tried

# Where the code of http is.
KINDS = (".mpy files", "ROMFS", "frozen")
FILES, ROMFS, FROZEN = range(3)

# On a board ROMFS is mapped flash; here mmap() puts the image outside of the heap. There firmware
# mounts it; here a module does, of which as little as can be stays in memory.
MOUNT = """
def mount():
    import ffi, os, sys, uctypes, vfs
    call = ffi.open("libc.so.6").func
    size = os.stat("rom.img")[6]
    fd = call("i", "open", "si")("rom.img", 0)
    image = call("p", "mmap", "piiiii")(0, size, 1, 2, fd, 0)
    vfs.mount(vfs.VfsRom(uctypes.bytearray_at(image, size)), "/rom")
    sys.path[:] = [".frozen", "/rom"]
mount()
"""

MOUNTED = """
import gc, mount, sys
del sys.modules["mount"], mount
gc.collect()
del gc, sys
"""

KEPT = """
import gc
gc.collect()
before = gc.mem_alloc()
import http
gc.collect()
print(gc.mem_alloc() - before)
http.get("{url}/1024", None, None)
gc.collect()
print(gc.mem_alloc() - before)
"""

SCRIPTS = {
    "a GET of 1 KB, callback": """
import http
http.get("{url}/1024", None, lambda code, body: print(code, len(body)))
""",
    "a GET of 1 KB, `.wait()`": """
import http
code, headers, body = http.request("GET", "{url}/1024").wait()
print(code, len(body))
""",
    "a GET of 1 KB, `await`": """
import asyncio
import http
async def main():
    code, headers, body = await http.request("GET", "{url}/1024")
    print(code, len(body))
asyncio.run(main())
""",
    "a GET of nothing": """
import http
code, headers, body = http.request("GET", "{url}/0").wait()
print(code, len(body))
""",
    "a GET of 16 KB": """
import http
code, headers, body = http.request("GET", "{url}/16384").wait()
print(code, len(body))
""",
    "1 MB to a file": """
import http
code, headers, body = http.request("GET", "{url}/1048576", None, None, {{"dst": "x"}}).wait()
print(code, body)
""",
    "20 MB to a file": """
import http
code, headers, body = http.request("GET", "{url}/20971520", None, None, {{"dst": "x"}}).wait()
print(code, body)
""",
    "a GET of 1 KB by hand, with a socket": """
import socket
host, port = "{url}"[7:].split(":")
s = socket.socket()
s.connect(socket.getaddrinfo(host, int(port))[0][-1])
s.write(b"GET /1024 HTTP/1.0\\r\\nHost: %s\\r\\n\\r\\n" % host)
code = int(s.readline().split()[1])
while s.readline() != b"\\r\\n":
    pass
print(code, len(s.read()))
s.close()
""",
}

SIZES = {"nothing": 0, "16 KB": 16384, "1 KB": 1024, "1 MB": 1 << 20, "20 MB": 20 << 20}

# What each may need at most: from .mpy files, and from ROMFS. What the garbage collector takes for
# a reference differs a little from run to run: two steps are left for that.
LIMITS = {
    "kept by `import http`": (4192, 2448),
    "a GET of 1 KB, callback": (14592, 8704),
    "a GET of 1 KB, `.wait()`": (14592, 8704),
    "a GET of 1 KB, `await`": (17664, 11520),
    "a GET of nothing": (13824, 7936),
    "a GET of 16 KB": (30464, 24576),
    "1 MB to a file": (20992, 12032),
    "20 MB to a file": (20992, 12032),
}
LIMIT_SIZE = 48600


# A GET by body size, as picture and table: the script of each client.
CLIENTS = {
    "http": """
import http
code, headers, body = http.request("GET", "{url}").wait()
print(code, len(body))
""",
    # Under this name, as Debian's MicroPython has another version frozen in it.
    "requests": """
import Requests as requests
response = requests.get("{url}")
print(response.status_code, len(response.content))
""",
}
BODIES = [KB << i for i in (0, 2, 4, 6)]
LARGEST = 512 * KB  # the largest heap that is tried


def serve(connection):
    """Answer /SIZE with so many bytes, in a head of usual size."""
    head, _ = connection.request()
    size = int(re.match(rb"GET /(\d+)", head)[1])
    connection.send(
        b"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: a/b\r\nContent-Length: %d\r\n\r\n"
        % size
    )
    connection.send(bytes(size))


class Build:
    """Modules, compiled into `folder`: below mpy/, and as ROMFS in rom.img.

    `files` is {path: .mpy}; lib/http if not given.
    """

    def __init__(self, folder, frozen=None, files=None):
        self.folder = folder
        self.frozen = frozen
        files = files or package.compiled()
        self.size = sum(map(len, files.values()))
        for name, data in files.items():
            path = folder / "mpy" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (folder / "rom.img").write_bytes(package.romfs(files))
        (folder / "mount.mpy").write_bytes(package.cross(MOUNT, "mount"))

    def run(self, script, heap, kind):
        """Run `script` in `heap` bytes; return what it printed, "" when it failed."""
        source = (MOUNTED if kind == ROMFS else "") + script
        (self.folder / "driver.mpy").write_bytes(package.cross(source, "driver.py"))
        program = self.frozen if kind == FROZEN else unix.find(32)
        done = subprocess.run(
            [program, "-X", f"heapsize={heap}", "-m", "driver"],
            cwd=self.folder,
            env=dict(os.environ, MICROPYPATH=".frozen:.:mpy" if kind == FILES else ".frozen:."),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return done.stdout if done.returncode == 0 else ""

    def works(self, what, url, heap, kind):
        """Return whether the script `what` succeeds in `heap` bytes."""
        size = next(size for name, size in SIZES.items() if name in what)
        return self.run(SCRIPTS[what].format(url=url), heap, kind).strip() == f"200 {size}"

    def kept(self, url, kind):
        """Return the bytes kept by the import, and after a first GET."""
        return [int(n) for n in self.run(KEPT.format(url=url), 65536, kind).split()]

    def smallest(self, what, url, kind):
        """Return the smallest heap in which the script `what` succeeds."""
        return smallest(what, 2 * KB, lambda heap: self.works(what, url, heap, kind))

    def for_body(self, client, url, size, kind):
        """Return the smallest heap in which `client` gets a body of `size` bytes."""
        script = CLIENTS[client].format(url=f"{url}/{size}")

        def works(heap):
            return self.run(script, heap, kind).strip() == f"200 {size}"

        return smallest(f"{client} with {size} bytes", max(2 * KB, size), works)


def smallest(what, heap, works):
    """Return the smallest heap from `heap` on for which `works` is true, found in large steps, and
    then in small ones from the last that was too small."""
    for step in (16 * STEP, STEP):
        while not works(heap):
            heap += step
            if heap > LARGEST:
                sys.exit(f"{what} works in no heap")
        if step > STEP:
            heap -= step - STEP
    return heap


def bodies(folder, url, requests):
    """Return {(client, kind): heaps} for the sizes in BODIES.

    `requests` is the path of its source; without it, its numbers are those of the last time.
    """
    found = {}
    for client in CLIENTS:
        files = None
        if client == "requests":
            if not requests:
                found.update(report.columns(client, KINDS[:FROZEN]))
                continue
            files = {"Requests/__init__.mpy": package.cross(requests.read_text(), "requests")}
        (folder / client).mkdir()
        build = Build(folder / client, files=files)
        for kind in (FILES, ROMFS):
            heaps = [build.for_body(client, url, size, kind) for size in BODIES]
            found[client, KINDS[kind]] = heaps
    return found


def memory(build, url, kinds):
    """Return the lines of the table of memory."""
    lines = [f"| what, in bytes | {' | '.join(kinds)} |", "|---|" + len(kinds) * "---|"]

    def row(what, found):
        lines.append(f"| {what} | {' | '.join(f'{n:,}' for n in found)} |")

    kept = [build.kept(url, kind) for kind in range(len(kinds))]
    row("kept by `import http`", [found[0] for found in kept])
    row("kept after the first GET", [found[1] for found in kept])
    for what in SCRIPTS:
        found = [build.smallest(what, url, kind) for kind in range(len(kinds))]
        row("smallest heap for " + what, found)
    lines.append(f"| all of `lib/http` | {build.size:,} |{(len(kinds) - 1) * ' |'}")
    return lines


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--frozen", metavar="PROGRAM", help="a 32-bit MicroPython with http frozen into it"
    )
    parser.add_argument(
        "--requests",
        type=pathlib.Path,
        metavar="PATH",
        help="source of micropython-lib's requests",
    )
    parser.add_argument("--write", action="store_true", help="write the tables into docs")
    arguments = parser.parse_args()
    unix.settle()
    if unix.without_32():
        print(f"NOT MEASURED: the heap that http needs. {unix.without_32()}\n", file=sys.stderr)
        return
    kinds = KINDS if arguments.frozen else KINDS[:FROZEN]
    with tempfile.TemporaryDirectory() as name, Peer(serve) as peer:
        folder = pathlib.Path(name)
        frozen = arguments.frozen and os.path.abspath(arguments.frozen)
        lines = memory(Build(folder, frozen), peer.url, kinds)
        print("\n".join(lines) + "\n", flush=True)
        by_body = bodies(folder, peer.url, arguments.requests)
    table = report.by_body(BODIES, by_body)
    print("\n".join(table), flush=True)
    if arguments.write:
        report.write("memory", [f"Measured {datetime.date.today()}.", "", *lines])
        report.write("body", table)
        points = {f"{key[0]}, {key[1]}": list(zip(BODIES, by_body[key])) for key in by_body}
        report.picture("heap.svg", plot.heaps(points))


if __name__ == "__main__":
    try:
        main()
    except unix.Missing as er:
        sys.exit(str(er))
