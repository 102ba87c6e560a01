# https over axTLS, the real one or stand_ins/axtls.py: it verifies nothing,
# blocks in its handshake and in each write, and shows poll() only the socket below it.

from prelude import *

if P.get("stand_in"):
    import stand_ins.axtls  # noqa: F401

import http

opened = descriptors()
URL = P["url"]


def ask(path, *tls, method="GET", body=None, url=URL, **opts):
    opts.setdefault("timeout", 10000)
    return http.request(method, url + path, None, body, opts, *tls)


def get(path, *tls, **named):
    request = ask(path, *tls, **named)
    code, headers, body = request.wait()
    return code, bytes(body) if code > 0 else str(request.error)


# What no socket takes at once, from a caller who has it in one piece.
LARGE = bytes(4000000)


# The handshake is complete before the request leaves, and blocks until the time limit at most.
same(get("/"), (200, b"hello"))
same(get("/long"), (200, 3000 * b"long "))
# The end of a body may be close_notify, long before that of the connection.
start = time.ticks_ms()
same(get("/notified"), (200, b"hello"))
assert since(start) < 5000, since(start)
start = time.ticks_ms()
same(get("/", url=P["silent"], timeout=300)[0], -8)
assert 300 <= since(start) < 5000, since(start)
code, error = get("/", url=P["closing"])
same(code, -4)
assert "ended the connection" in error, error
same(get("/", url=P["speaks_plain"])[0], -4)
same(descriptors(), opened)

# It verifies nothing, so it is not asked to.
code, error = get("/", P["ca"])
same(code, -4)
assert "cannot verify" in error, error

# Its client certificates are DER.
for cert, key in (
    (P["client"], P["client_key"]),
    (P["client_der"], P["client_key_der"]),
    (P["client_der"], P["client_key_pkcs8"]),
    (P["client_key"] + P["client"] + P["client"], P["client"] + P["client_key"]),
):
    same(get("/who", None, cert, key, url=P["mutual"]), (200, b"client.example"), len(cert))
code, error = get("/who", url=P["mutual"])
same(code, -4)
assert "certificate of the client" in error, error
same(get("/who", None, b"\x30\x82nonsense", P["client_key_der"], url=P["mutual"])[0], -4)

# A kept connection is used again, but not where something came that nobody asked for, or the
# server closed it: one read takes only the header of such a record.
same(get("/", keepalive=True), (200, b"hello"))
same(get("/count", keepalive=True), (200, b"2"))
same(get("/count", keepalive=True), (200, b"3"))
for path in ("/stray", "/byte", "/close", "/reset"):
    same(get(path, keepalive=True), (200, b"hello"), path)
    http.request("GET", P["done"], None, None, {"timeout": 10000}).wait()
    same(get("/count", keepalive=True), (200, b"1"), path)
http.close()
same(descriptors(), opened)

# An early answer to an upload, by a server that then reads no more.
for body in (LARGE, bytes(9000)):
    start = time.ticks_ms()
    same(get("/early", method="PUT", body=body), (413, b"too large"))
    assert since(start) < 5000, since(start)
    same(descriptors(), opened)

# A server that stops reading, for 8 s, holds neither the request nor others up.
start = time.ticks_ms()
same(get("/deaf", method="PUT", body=LARGE, timeout=1000)[0], -8)
assert since(start) < 5000, since(start)


async def main():
    longest = 0

    async def ticker():
        nonlocal longest
        while True:
            last = time.ticks_ms()
            await asyncio.sleep_ms(10)
            longest = max(longest, since(last))

    tick = asyncio.create_task(ticker())
    request = ask("/deaf", method="PUT", body=LARGE, timeout=1000)
    start = time.ticks_ms()
    code, headers, body = await request
    same(code, -8, repr(request.error))
    assert since(start) < 5000, since(start)
    assert longest < 4000, longest
    request = ask("/echo", method="PUT", body=bytes(100000))
    code, headers, body = await request
    same((code, body), (200, bytes(100000)), repr(request.error))
    tick.cancel()


run_to_end(main())
same(descriptors(), opened)
