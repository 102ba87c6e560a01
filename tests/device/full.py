# A heap that is full but for one hole, of every size: whatever does not fit, a request that was
# made ends with a code, and leaves no destination busy. P["url"] refuses connections.

from prelude import *

import http.aio
import http.blocking
import http.exchange
import http.failure
import http.file
import http.headers
import http.keepalive
import http.options
import http.redirect
import http.sink

http.small = True  # collects, so that the hole is what there is
blocks = [None] * 3000


def fill():
    i, n = 0, 4096
    while n >= 8:
        try:
            blocks[i] = bytearray(n)
            i += 1
        except MemoryError:
            n //= 2


def empty():
    for i in range(len(blocks)):
        blocks[i] = None


def ask(opts):
    try:
        r = http.request("GET", P["url"], None, None, opts)
    except MemoryError:
        return 0  # no request was made
    return r.wait()[0]


found = [0]


def show(code, body):
    found[0] = code


def ask_callback(opts):
    found[0] = "no callback"
    try:
        http.get(P["url"], None, show)
    except MemoryError:
        return 0  # not even the call
    return found[0]


def lost(r):
    # StopIteration without the value of the generator: so it is in a heap that is nearly full,
    # where the buffer for emergency exceptions is 0 bytes long, as on ESP8266 and ESP32.
    r.start = time.ticks_ms()
    r.connection = http.exchange.Connection()
    r.connection.poll = None
    yield 0


for module in (http.blocking, http.aio):
    whole, module.exchange = module.exchange, lost
    request = http.request("GET", P["url"])
    same(asyncio.run(request) if module is http.aio else request.wait(), (-1, None, None))
    assert isinstance(request.error, MemoryError), request.error
    module.exchange = whole

code = size = hole = seen = None  # names that need no room later
for form, opts in (
    (ask, {"dst": "full.bin", "keepalive": True}),
    (ask, {"dst": "full.bin"}),
    (ask, {"keepalive": True}),
    (ask, {}),
    (ask_callback, None),
):
    form(opts)
    seen = {}
    for size in range(16, 4000, 16):
        gc.collect()
        hole = bytearray(size)
        fill()
        hole = None
        try:
            code = form(opts)
        except MemoryError:
            code = "raised"
        empty()
        gc.collect()
        if http.sink.busy:
            code = "busy"
        http.sink.busy.clear()
        seen[code] = seen.get(code, 0) + 1
    print(opts, seen)
    assert not set(seen) - {0, -1, -4}, (opts, seen)
    assert form is ask or seen.get(0, 0) < 3, "get() has a code for nearly everything"
    assert -1 in seen, seen  # there were heaps too full for it
