# Ctrl-C while a request waits: the connection is closed, and the next request works.

from prelude import *

import http

opened = descriptors()


def interrupt():
    # The signal of Ctrl-C, in 200 ms, from outside.
    os.system("(sleep 0.2; kill -INT $PPID) &")


interrupt()
start = time.ticks_ms()
try:
    http.request("GET", P["silent"]).wait()
    raise AssertionError("not interrupted")
except KeyboardInterrupt:
    pass
assert since(start) < 3000
same(descriptors(), opened)

interrupt()
calls = []
try:
    http.get(P["silent"], None, lambda *args: calls.append(args))
    raise AssertionError("not interrupted")
except KeyboardInterrupt:
    pass
same((calls, descriptors()), ([], opened))
http.get("http://127.0.0.1:1/", None, lambda *args: calls.append(args))
same(calls, [(-1, None)])
