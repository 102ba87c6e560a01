# Asks the peer of tests/host/fuzz.py for P["first"], P["first"] + 1 and so on. Prints what came of
# each: its number, the code, and the size and CRC of the body, or the reason. Memory and
# descriptors stay where they are.

from prelude import *

from binascii import crc32

import http

opened = descriptors()
before = None
for i in range(P["first"], P["first"] + P["count"]):
    request = http.request("GET", "%s/%d" % (P["url"], i), None, None, {"timeout": 60000})
    code, headers, body = request.wait()
    if code > 0:
        dict(headers.items())
        print(i, code, len(body), crc32(body))
    else:
        same((headers, body), (None, None), i)
        print(i, code, repr(request.error))
    request = headers = body = None
    if not (i - P["first"]) % 1000:
        gc.collect()
        if before is None:
            before = gc.mem_alloc()  # with all that was loaded by then
        assert gc.mem_alloc() < before + 20000, gc.mem_alloc() - before
        same(descriptors(), opened)
