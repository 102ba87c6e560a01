# What a board is like, and what http needs and does there: lines of name and value.

import gc
import os
import sys
import time

from parameters import P

gc.collect()
free = gc.mem_free()
before = gc.mem_alloc()

import http  # noqa: E402

gc.collect()
kept = gc.mem_alloc() - before
print("board:", getattr(sys.implementation, "_machine", ""), "- platform", sys.platform)
print("MicroPython:", sys.version.split("; ")[-1])
print("http:", http.__version__, "from", getattr(http, "__file__", "the firmware"))
print("free heap, bytes:", free)
print("heap of the import, bytes:", kept)


def get(size, opts=None):
    code, headers, body = http.request(
        "GET", P["url"] + "/length/%d" % size, None, None, opts
    ).wait()
    if code != 200:
        raise OSError(code)


get(10)
gc.collect()
gc.disable()
before = gc.mem_alloc()
get(1024)
# With the collector off: no more than this can have been in use at once.
print("peak of a GET of 1 KB, bytes at most:", gc.mem_alloc() - before)
gc.enable()
start = time.ticks_ms()
for _ in range(20):
    get(1024)
print("20 GETs of 1 KB, ms:", time.ticks_diff(time.ticks_ms(), start))
start = time.ticks_ms()
get(100000, {"dst": "/report.bin"})
print(
    "download of 100 KB to flash, KB/s:", 100000 // max(1, time.ticks_diff(time.ticks_ms(), start))
)
os.remove("/report.bin")
