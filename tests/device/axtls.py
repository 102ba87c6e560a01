# https over axTLS, the real one or stand_ins/axtls.py: it verifies nothing,
# blocks in its handshake and in each write, and shows poll() only the socket below it.

from prelude import *

if P.get("stand_in"):
    import stand_ins.axtls  # noqa: F401

import http

URL = P["url"]


def ask(path, *tls, method="GET", body=None, url=URL, **opts):
    opts.setdefault("timeout", 10000)
    return http.request(method, url + path, None, body, opts, *tls)


def get(path, *tls, **named):
    request = ask(path, *tls, **named)
    code, headers, body = request.wait()
    return code, bytes(body) if code > 0 else str(request.error)


# A body in one piece that is more than a socket takes at once.
LARGE = bytes(4000000)


def test_responses():
    # The handshake is complete before the request leaves.
    same(get("/"), (200, b"hello"))
    same(get("/long"), (200, 3000 * b"long "))


def test_a_body_may_end_with_close_notify():
    # Long before the connection does.
    start = time.ticks_ms()
    same(get("/notified"), (200, b"hello"))
    assert since(start) < 5000, since(start)


def test_the_time_limit_holds_in_the_handshake():
    start = time.ticks_ms()
    same(get("/", url=P["silent"], timeout=300)[0], -8)
    assert 300 <= since(start) < 5000, since(start)


def test_the_server_ends_the_handshake():
    code, error = get("/", url=P["closing"])
    same(code, -4)
    assert "ended the connection" in error, error


def test_a_server_that_speaks_plain_http():
    same(get("/", url=P["speaks_plain"])[0], -4)


def test_a_ca_is_refused():
    # As it verifies nothing.
    code, error = get("/", P["ca"])
    same(code, -4)
    assert "cannot verify" in error, error


def test_client_certificates_are_der():
    for cert, key in (
        (P["client"], P["client_key"]),
        (P["client_der"], P["client_key_der"]),
        (P["client_der"], P["client_key_pkcs8"]),
        (P["client_key"] + P["client"] + P["client"], P["client"] + P["client_key"]),
    ):
        same(get("/who", None, cert, key, url=P["mutual"]), (200, b"client.example"), len(cert))


def test_the_server_refuses_a_client():
    code, error = get("/who", url=P["mutual"])
    same(code, -4)
    assert "certificate of the client" in error, error


def test_a_client_certificate_that_is_none():
    same(get("/who", None, b"\x30\x82nonsense", P["client_key_der"], url=P["mutual"])[0], -4)


def test_a_kept_connection_is_used_again():
    same(get("/", keepalive=True), (200, b"hello"))
    same(get("/count", keepalive=True), (200, b"2"))
    same(get("/count", keepalive=True), (200, b"3"))


def test_a_connection_with_more_to_read_is_not_used():
    # Something came that nobody asked for, or the server closed it. One read takes only the header
    # of such a record.
    opened = descriptors()
    for path in ("/stray", "/byte", "/close", "/reset"):
        same(get(path, keepalive=True), (200, b"hello"), path)
        http.request("GET", P["done"], None, None, {"timeout": 10000}).wait()
        same(get("/count", keepalive=True), (200, b"1"), path)
    http.close()
    same(descriptors(), opened)


def test_an_early_answer_is_the_result():
    # By a server that then reads no more.
    opened = descriptors()
    for body in (LARGE, bytes(9000)):
        start = time.ticks_ms()
        same(get("/early", method="PUT", body=body), (413, b"too large"))
        assert since(start) < 5000, since(start)
        same(descriptors(), opened)


def test_a_server_that_stops_reading():
    # For 8 s: it does not hold the request.
    start = time.ticks_ms()
    same(get("/deaf", method="PUT", body=LARGE, timeout=1000)[0], -8)
    assert since(start) < 5000, since(start)


async def test_a_server_that_stops_reading_does_not_hold_others_up():
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
    tick.cancel()


async def test_an_upload_in_a_task():
    request = ask("/echo", method="PUT", body=bytes(100000))
    code, headers, body = await request
    same((code, body), (200, bytes(100000)), repr(request.error))
