# Waiting takes no processor time, whatever is waited for.

from prelude import *

import http

BODY = bytes(8000000)  # more than the buffers of two sockets hold
clock = getattr(time, "clock", lambda: 0)


def request(peer):
    body = BODY if peer == "deaf" else None
    opts = {"timeout": 500}
    return http.request("GET" if body is None else "PUT", P[peer], None, body, opts)


for peer in ("silent", "half", "half_chunked", "deaf"):
    for run in (lambda r: r.wait(), asyncio.run):
        start = clock()
        same(run(request(peer)), (-8, None, None), peer)
        assert clock() - start < 0.25, (peer, clock() - start)
