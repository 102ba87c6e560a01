# A memoryview of more than half the heap as body.

from prelude import *

import http

body = memoryview(bytearray(80000))
same(http.request("PUT", P["url"], None, body).wait()[0], 200)
