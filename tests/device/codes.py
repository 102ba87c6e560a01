# Each negative code that plain HTTP can meet, blocking and in a task.

from prelude import *

import http

opened = descriptors()
BODY = bytes(8000000)  # more than the buffers of two sockets hold

CASES = (
    # what, code, type of .error
    ("memory", http.ERROR_STATE, MemoryError),
    ("malformed", http.ERROR_HEADER, ValueError),
    ("loop", http.ERROR_HEADER, ValueError),
    ("location", http.ERROR_HEADER, ValueError),
    ("chunk", http.ERROR_BODY, ValueError),
    ("refused", http.ERROR_CONNECT, OSError),
    ("no name", http.ERROR_CONNECT, OSError),
    ("no route", http.ERROR_CONNECT, OSError),
    ("bad url", http.ERROR_CONNECT, ValueError),
    ("close", http.ERROR_CLOSE, EOFError),
    ("close in body", http.ERROR_CLOSE, EOFError),
    ("reset", http.ERROR_RX, OSError),
    ("reset in body", http.ERROR_RX, OSError),
    ("small", http.ERROR_DOWNLOAD, ValueError),
    ("folder", http.ERROR_DOWNLOAD, OSError),
    ("silent", http.ERROR_TIMEOUT, OSError),
    ("silent in body", http.ERROR_TIMEOUT, OSError),
    ("slow in head", http.ERROR_TIMEOUT, OSError),
    ("slow in body", http.ERROR_TIMEOUT, OSError),
    ("endless body", http.ERROR_TIMEOUT, OSError),
    ("deaf", http.ERROR_TIMEOUT, OSError),
)

same(
    (
        http.ERROR_STATE,
        http.ERROR_HEADER,
        http.ERROR_BODY,
        http.ERROR_CONNECT,
        http.ERROR_CLOSE,
        http.ERROR_RX,
        http.ERROR_DOWNLOAD,
        http.ERROR_TIMEOUT,
        http.ERROR_FOTA,
    ),
    tuple(range(-1, -10, -1)),
)


def request(what, code):
    url = P["urls"].get(what) or P["url"] + "/" + what.replace(" ", "-")
    opts = {"timeout": 800 if code == http.ERROR_TIMEOUT else 60000}
    body = None
    if what == "loop":
        opts["redirects"] = 3
    elif what == "location":
        opts["redirects"] = 1
    elif what == "small":
        opts["dst"] = bytearray(4)
    elif what == "folder":
        opts["dst"] = "no/such/folder"
    elif what == "endless body":
        opts["dst"] = "endless.bin"
    elif what == "deaf":
        body = BODY
    return http.request("GET" if body is None else "PUT", url, None, body, opts)


def check(what, code, kind, r, result, start):
    same(result, (code, None, None), what)
    assert isinstance(r.error, kind), (what, r.error)
    assert r.error.args, what  # it says something
    if code == http.ERROR_TIMEOUT:
        in_time(start, 800, what)
    gc.collect()


for what, code, kind in CASES:
    start = time.ticks_ms()
    r = request(what, code)
    check(what, code, kind, r, r.wait(), start)
same(descriptors(), opened)


async def main():
    for what, code, kind in CASES:
        start = time.ticks_ms()
        r = request(what, code)
        check(what, code, kind, r, await r, start)


run_to_end(main())
same(descriptors(), opened)
assert "endless.bin.part" not in os.listdir()
