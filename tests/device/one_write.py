# Requests without a body and with small ones; the server counts the segments that bring them.

from prelude import *

import http

url = P["url"]
http.get(url, "X: y\r\n", lambda code, body: same(code, 200))
http.post(url, None, "hello", lambda code, body: same(code, 200))
same(http.request("GET", url).wait()[0], 200)
same(http.request("PUT", url, {"X": "y"}, bytes(1024)).wait()[0], 200)


async def main():
    same((await http.request("PUT", url, {"X": "y"}, bytes(1024)))[0], 200)


run_to_end(main())
