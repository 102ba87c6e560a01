# micropython -m timed CLIENT WORK URL SIZE COUNT PIECE PATH: let CLIENT do WORK so often; print
# the microseconds of all, and the bytes of heap allocated meanwhile. This runs on MicroPython;
# speed.py compiles it and the clients.

import gc
import sys
from time import ticks_diff, ticks_us

SMALL = 1024


def work_of(client, work, piece, path):
    # The function of a URL that does it and returns the status and the size.
    if client != "http":
        module = __import__(client)
        if work == "get":
            return module.get
        return lambda url: module.download(url, path, piece)

    import http

    opts = None if work == "get" else {"dst": path}
    if work == "keepalive":
        opts = {"keepalive": True}
    if work == "task":

        async def fetch(url):
            code, headers, body = await http.request("GET", url, None, None, opts)
            return code, body

    else:

        def fetch(url):
            code, headers, body = http.request("GET", url, None, None, opts).wait()
            return code, body

    return fetch


def check(result, size):
    status, body = result
    if status != 200 or (body if isinstance(body, int) else len(body)) != size:
        raise ValueError(result)


def measure(fetch, url, size, count, memory):
    check(fetch(url + str(SMALL)), SMALL)  # loads the files of http
    url += str(size)
    gc.collect()
    if memory:
        # Nothing is freed then: the sum of all allocations bounds the peak.
        gc.disable()
    before = gc.mem_alloc()
    start = ticks_us()
    for _ in range(count):
        check(fetch(url), size)
    print(ticks_diff(ticks_us(), start), gc.mem_alloc() - before)


async def measure_task(fetch, url, size, count):
    check(await fetch(url + str(SMALL)), SMALL)
    url += str(size)
    gc.collect()
    before = gc.mem_alloc()
    start = ticks_us()
    for _ in range(count):
        check(await fetch(url), size)
    print(ticks_diff(ticks_us(), start), gc.mem_alloc() - before)


_, client, work, url, size, count, piece, path = sys.argv
fetch = work_of(client, work, int(piece), path)
if work == "task":
    import asyncio

    asyncio.run(measure_task(fetch, url, int(size), int(count)))
else:
    measure(fetch, url, int(size), int(count), work == "memory")
