# What downloads to a file allocate does not depend on how long they are.

from prelude import *

import http

size = 0


def progress(total, done, userdata):
    global size
    size = done


def allocated(framing, megabytes):
    length = megabytes * 1024 * 1024
    opts = {"dst": "data.bin", "callback": progress}
    request = http.request("GET", "%s/%s/%d" % (P["url"], framing, length), None, None, opts)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    code, headers, body = request.wait()
    after = gc.mem_alloc()
    gc.enable()
    same((code, body, size), (200, length, length), repr(request.error))
    return after - before


def is_constant(framing):
    allocated(framing, 1)
    one, four = allocated(framing, 1), allocated(framing, 4)
    print(framing, one, four)
    assert four - one < 100, (framing, one, four)


def test_framing_by_length():
    is_constant("length")


def test_framing_by_chunks():
    is_constant("chunked")


def test_framing_by_close():
    is_constant("close")
