# A request that waits takes no processor time.

from prelude import *

import http

BODY = bytes(8000000)  # more than the buffers of two sockets hold
clock = getattr(time, "clock", lambda: 0)


def request(peer):
    body = BODY if peer == "deaf" else None
    opts = {"timeout": 500}
    return http.request("GET" if body is None else "PUT", P[peer], None, body, opts)


def is_idle(peer):
    # While `peer` sends nothing, sends half a body, or reads nothing.
    for run in (lambda r: r.wait(), asyncio.run):
        start, busy = time.ticks_ms(), clock()
        same(run(request(peer)), (-8, None, None), peer)
        # By far the most of the time is spent waiting.
        busy = 1000 * (clock() - busy)
        assert busy < since(start) / 2, (peer, busy, since(start))


def test_silent_peer():
    is_idle("silent")


def test_half_peer():
    is_idle("half")


def test_half_chunked_peer():
    is_idle("half_chunked")


def test_deaf_peer():
    is_idle("deaf")
