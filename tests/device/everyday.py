# A little of everything, in as little memory as possible: for boards above all.

from prelude import *

import http
from binascii import hexlify
from hashlib import sha256

URL = P["url"]

# Not onto the machine that is mounted, if one is, but into the flash.
DST = ("/" if os.getcwd() == "/remote" else "") + "everyday.bin"


def body_of(size):
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def wait(request):
    code, headers, body = request.wait()
    if code < 0:
        raise AssertionError("%d %r" % (code, request.error))
    return code, body


def test_callbacks():
    got = []
    http.get(URL + "/length/100", "X: y\r\n", lambda code, body: got.append((code, bytes(body))))
    same(got, [(200, body_of(100))])
    http.post(URL + "/refused", None, "abc", lambda code, body: got.append(code))
    same(got[1], 404)


def test_a_download_and_an_upload():
    opts = {"dst": DST, "sha256": hexlify(sha256(body_of(700)).digest()).decode()}
    same(wait(http.request("GET", URL + "/chunked/700", None, None, opts)), (200, 700))
    same(http.request("GET", URL + "/length/701", None, None, opts).wait()[0], -7)
    same(os.stat(DST)[6], 700)
    with open(DST, "rb") as f:
        same(wait(http.request("POST", URL + "/echo", None, f)), (200, body_of(700)))
    os.remove(DST)


def test_failures():
    for target, want in (("cut", -5), ("badchunk", -3), ("stall", -8)):
        opts = {"timeout": 1000 if want == -8 else 60000}
        request = http.request("GET", URL + "/%s/100" % target, None, None, opts)
        same(request.wait(), (want, None, None), repr(request.error))


def test_a_kept_connection():
    connections = set()
    for _ in range(5):
        request = http.request("GET", URL + "/connection", None, None, {"keepalive": True})
        connections.add(bytes(wait(request)[1]))
    http.close()
    same(len(connections), 1)


async def test_tasks():
    requests = [http.request("GET", URL + "/length/%d" % n) for n in (10, 20)]
    results = await asyncio.gather(*requests)
    same([len(body) for code, headers, body in results], [10, 20])
    opts = {"dst": DST}
    code, headers, body = await http.request("GET", URL + "/length/700", None, None, opts)
    same((code, body, os.stat(DST)[6]), (200, 700, 700))
    os.remove(DST)
