# A download in a large heap whose free memory is in pieces, none of which holds its usual buffer.

from prelude import *

import http

URL = P["url"] + "/length/20000"
OPTS = {"dst": "data.bin"}


def download():
    r = http.request("GET", URL, None, None, OPTS)
    code, headers, body = r.wait()
    same((code, body), (200, 20000), repr(r.error))


download()  # loads what it needs
gc.collect()
pieces = [None] * 200
try:
    for i in range(len(pieces)):
        pieces[i] = bytearray(1500)
except MemoryError:
    pass
for i in range(0, len(pieces), 2):
    pieces[i] = None
gc.collect()
assert gc.mem_free() > 20000, gc.mem_free()
try:
    bytearray(4096)
except MemoryError:
    pass
else:
    raise AssertionError("no large piece should be free")
download()
