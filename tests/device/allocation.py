# What downloads allocate does not depend on how long they are. To an object, only a piece that
# does not fill the buffer takes a view of its own: one that waits for the network is short.

from prelude import *

import http
import http.blocking
import http.exchange
import http.failure
import http.file
import micropython
import socket

SIZE = 4096


def measured(framing, length, opts):
    # The bytes that a download allocates, and its .body.
    request = http.request("GET", "%s/%s/%d" % (P["url"], framing, length), None, None, opts)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    code, headers, body = request.wait()
    after = gc.mem_alloc()
    gc.enable()
    same((code, body), (200, length), repr(request.error))
    return after - before


size = 0


def progress(total, done, userdata):
    global size
    size = done


def to_a_file(framing, length):
    cost = measured(framing, length, {"dst": "data.bin", "callback": progress})
    same(size, length)
    return cost


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


def to_an_object(framing, length):
    count = Count()
    cost = measured(framing, length, {"dst": count})
    same(count.size, length)
    return cost - VIEW * count.short


def is_constant(download, framing):
    download(framing, 1 << 20)
    one, four = download(framing, 1 << 20), download(framing, 4 << 20)
    print(framing, one, four)
    assert abs(four - one) < 100, (framing, one, four)


def test_to_a_file_by_length():
    is_constant(to_a_file, "length")


def test_to_a_file_by_chunks():
    is_constant(to_a_file, "chunked")


def test_to_a_file_by_close():
    is_constant(to_a_file, "close")


def test_to_an_object_by_length():
    is_constant(to_an_object, "length")


def test_to_an_object_by_chunks():
    is_constant(to_an_object, "chunked")


def test_to_an_object_by_close():
    is_constant(to_an_object, "close")


class Sockets:
    # The module `socket`. When it has made one, no memory is left.
    def __getattr__(self, name):
        return getattr(socket, name)

    def socket(self, *args):
        made = socket.socket(*args)
        micropython.heap_lock()
        return made


def left_open(**opts):
    # How many descriptors a request leaves open that has no memory left.
    request = http.request("GET", P["url"] + "/length/1000", None, None, opts)
    before = descriptors()
    code = request.wait()[0]
    micropython.heap_unlock()
    after = descriptors()  # before a collection
    same(code, -1)
    assert isinstance(request.error, MemoryError), request.error
    return after - before


def test_a_socket_is_closed_even_where_memory_ends_as_it_is_made():
    measured("length", 1000, {"dst": "data.bin"})
    http.exchange.socket = Sockets()
    same(left_open(), 0)
    http.exchange.socket = socket


def test_a_file_is_closed_even_where_memory_ends_as_it_is_opened():
    def opened(*args):
        made = open(*args)
        micropython.heap_lock()
        return made

    measured("length", 1000, {"dst": "data.bin"})
    http.file.open = opened
    same(left_open(dst="data.bin"), 0)
    del http.file.open
