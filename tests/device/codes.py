# Each negative code that plain HTTP can meet, blocking and in a task.

from prelude import *

import http

BODY = bytes(8000000)  # more than the buffers of two sockets hold


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


def test_values():
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


def ends(code, *cases):
    # Each of `cases`, (what, type of .error), ends with `code`: by wait(), and in a task.
    opened = descriptors()
    for what, kind in cases:
        start = time.ticks_ms()
        r = request(what, code)
        check(what, code, kind, r, r.wait(), start)
    same(descriptors(), opened)
    run_to_end(in_a_task(code, cases))
    same(descriptors(), opened)


async def in_a_task(code, cases):
    for what, kind in cases:
        start = time.ticks_ms()
        r = request(what, code)
        check(what, code, kind, r, await r, start)


def test_error_state():
    ends(http.ERROR_STATE, ("memory", MemoryError))


def test_error_header():
    ends(
        http.ERROR_HEADER,
        ("malformed", ValueError),
        ("loop", ValueError),
        ("location", ValueError),
    )


def test_error_body():
    ends(http.ERROR_BODY, ("chunk", ValueError))


def test_error_connect():
    ends(
        http.ERROR_CONNECT,
        ("refused", OSError),
        ("no name", OSError),
        ("no route", OSError),
        ("bad url", ValueError),
    )


def test_error_close():
    ends(http.ERROR_CLOSE, ("close", EOFError), ("close in body", EOFError))


def test_error_rx():
    ends(http.ERROR_RX, ("reset", OSError), ("reset in body", OSError))


def test_error_download():
    ends(http.ERROR_DOWNLOAD, ("small", ValueError), ("folder", OSError))


def test_error_timeout():
    ends(
        http.ERROR_TIMEOUT,
        ("silent", OSError),
        ("silent in body", OSError),
        ("slow in head", OSError),
        ("slow in body", OSError),
        ("endless body", OSError),
        ("deaf", OSError),
    )
    assert "endless.bin.part" not in os.listdir()
