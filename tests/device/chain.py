# A chain of P["count"] requests, each made by the callback of the one before.

from prelude import *

import http

left = P["count"]


def callback(code, body):
    global left
    same((code, body), (200, b"x"))
    left -= 1
    if left:
        http.get(P["url"], None, callback)


http.get(P["url"], None, callback)
same(left, 0)
