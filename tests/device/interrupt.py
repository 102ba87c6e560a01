# Ctrl-C while a request waits, sent by its peer: the connection is closed, and the next request
# works.

from prelude import *

import http

opened = descriptors()

try:
    http.request("GET", P["silent"]).wait()
    raise AssertionError("not interrupted")
except KeyboardInterrupt:
    pass
same(descriptors(), opened)

calls = []
try:
    http.get(P["silent"], None, lambda *args: calls.append(args))
    raise AssertionError("not interrupted")
except KeyboardInterrupt:
    pass
same((calls, descriptors()), ([], opened))
http.get("http://127.0.0.1:1/", None, lambda *args: calls.append(args))
same(calls, [(-1, None)])
