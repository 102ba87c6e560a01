# What a body in pieces allocates does not depend on how long it is. Only a piece that does not
# fill the buffer takes a view of its own: whatever waits for the network is short.

from prelude import *

import http


class Count:
    def __init__(self):
        self.size = 0
        self.short = 0

    def write(self, data):
        n = len(data)
        self.size += n
        if n != SIZE:
            self.short += 1
        return n


SIZE = 4096


def cost_of_a_view():
    view = memoryview(bytearray(9))
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for i in range(1000):
        view[1:2]
    after = gc.mem_alloc()
    gc.enable()
    return (after - before) / 1000


VIEW = round(cost_of_a_view())


def allocated(framing, megabytes):
    length = megabytes * 1024 * 1024
    count = Count()
    path = "%s/%s/%d" % (P["url"], framing, length)
    request = http.request("GET", path, None, None, {"dst": count})
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    code, headers, body = request.wait()
    after = gc.mem_alloc()
    gc.enable()
    same((code, body, count.size), (200, length, length), repr(request.error))
    return after - before - VIEW * count.short, count.short


def is_constant(framing):
    allocated(framing, 1)
    (one, few), (four, many) = allocated(framing, 1), allocated(framing, 4)
    print(framing, one, few, four, many)
    assert abs(four - one) < 100, (framing, one, four)


def test_framing_by_length():
    is_constant("length")


def test_framing_by_chunks():
    is_constant("chunked")


def test_framing_by_close():
    is_constant("close")
