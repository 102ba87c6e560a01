# https where the system's heap, which mbedTLS uses on unix as on ESP32, has little left: from
# nothing to enough, in small steps. Memory is never reported as a bad certificate. A limit of the
# process and malloc() make the shortage; the environment lets glibc join freed blocks at once.

from prelude import *

import array
import ffi

import http

_RLIMIT_AS = 9
STEP = 600
MOST = 260

libc = ffi.open("libc.so.6")
setrlimit = libc.func("i", "setrlimit", "iP")
malloc = libc.func("P", "malloc", "I")
free = libc.func("v", "free", "P")


def limit(size):
    same(setrlimit(_RLIMIT_AS, array.array("L", [size, sys.maxsize])), 0)


def allocated(size):
    blocks = []
    while True:
        block = malloc(size)
        if not block:
            return blocks
        blocks.append(block)


def go(ca):
    request = http.request("GET", P["url"], None, None, {"timeout": 20000}, ca)
    code, headers, body = request.wait()
    return code, repr(request.error)


def fill():
    gc.collect()
    limit(sys.maxsize)
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[0])
    limit(pages * 4096 + STEP * MOST)
    blocks = allocated(STEP)
    assert len(blocks) >= MOST, len(blocks)
    return blocks, [block for size in (300, 100, 50, 20) for block in allocated(size)]


def sweep(ca, at_last):
    blocks, rest = fill()
    codes = []
    for i in range(MOST):
        free(blocks.pop())
        gc.collect()
        code, error = go(ca)
        assert code in (-1, at_last), (code, error)
        assert code != -1 or "emory" in error, error
        codes.append(code)
    # Neither is memory a reason where there is enough.
    same((codes[0], codes[-1]), (-1, at_last))
    for block in blocks + rest:
        free(block)
    return codes.index(at_last)


# All that is loaded or made at a first use, by http and by the C library, is there now.
for ca in (P["other_ca"], P["bad_ca"], P["ca"]):
    code, error = go(ca)
same((code, error), (200, "None"))
needed = sweep(P["ca"], 200)
sweep(P["other_ca"], -4)
sweep(P["bad_ca"], -4)

# A connection that waits gives way to one that is needed, for which there is not enough otherwise.
limit(sys.maxsize)
request = http.request("GET", P["url"], None, None, {"keepalive": True}, P["ca"])
same(request.wait()[0], 200)
blocks, rest = fill()
for i in range(needed - 30):
    free(blocks.pop())
same(go(P["ca"]), (200, "None"))
