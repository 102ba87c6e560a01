# The rules of the callback API, on the httpbin at P["url"] and the echo of requests at P["echo"].

from prelude import *

import http

URL = P["url"]
ECHO = P["echo"]
REFUSED = P["refused"]
calls = []


def callback(code, body):
    calls.append((code, body))


def result(function, *args):
    # The one call of the callback that `function` makes before it returns.
    same(function(*args, callback), None)
    same(len(calls), 1, "calls of the callback for %r" % (args,))
    return calls.pop()


def test_names_of_nodemcu():
    same((http.OK, http.ERROR), (0, -1))
    same(http.last_error, None)


def test_fixed_headers():
    # The caller's own lines of these names are dropped, in any case and form.
    for headers in (
        "HOST: evil\r\nConnection: keep-alive\r\nuser-agent: me\r\nX-A: b\r\n",
        b"host: evil\r\nconnection: upgrade\r\nUser-Agent: me\r\nX-A: b",
        {"Host": "evil", "CONNECTION": "keep-alive", "User-agent": "me", "X-A": "b"},
    ):
        code, body = result(http.get, ECHO + "/a?b#c", headers)
        same(code, 200)
        lines = sorted(body.decode().strip().split("\r\n"))
        want = ["Connection: close", "GET /a?b HTTP/1.1", "Host: " + ECHO[7:]]
        same(lines, want + ["User-Agent: ESP8266", "X-A: b"])


def test_content_length():
    # Every body has one; so has a method that expects a body and gets none: 0.
    for function, args, line in (
        (http.get, (), None),
        (http.delete, ("",), None),
        (http.delete, ("", "x"), "Content-Length: 1"),
        (http.post, (), "Content-Length: 0"),
        (http.post, ("", ""), "Content-Length: 0"),
        (http.put, (None, None), "Content-Length: 0"),
        (http.put, ("Content-Length: 9\r\n", "abc"), "Content-Length: 3"),
        (http.put, (None, "h\u00e9\0"), "Content-Length: 4"),
        (http.put, (None, bytearray(b"\0\r\n")), "Content-Length: 3"),
        (http.put, (None, memoryview(b"abcdef")[1:3]), "Content-Length: 2"),
    ):
        if function is http.get:
            args = (None,)
        else:
            args = (args + (None, None))[:2]
        code, body = result(function, ECHO, *args)
        same(code, 200)
        lines = [x for x in body.decode().split("\r\n") if x.lower().startswith("content-length")]
        same(lines, [line] if line else [], "%r" % (args,))


def test_every_failure_is_minus_one_and_none():
    # Refused, look-up, bad URL, malformed, closed early, no memory, TLS.
    for url in (
        REFUSED,
        "http://no-such-host.invalid/",
        "",
        "no url",
        "ftp://127.0.0.1/",
        "http://127.0.0.1:99999/",
        ECHO + "/malformed",
        ECHO + "/close",
        ECHO + "/memory",
        "https://127.0.0.1:1/",
    ):
        same(result(http.get, url, None), (-1, None), url)


def test_20_redirects_at_most():
    same(result(http.get, URL + "/redirect/20", None)[0], 200)
    same(result(http.get, URL + "/redirect/21", None), (-1, None))


def test_without_a_callback():
    # The request is made all the same.
    same(http.get(ECHO + "/count"), None)
    same(result(http.get, ECHO + "/counted", None), (200, b"1"))


def test_last_error():
    # It keeps the last failure: over requests that succeed, and without a callback too.
    same(result(http.get, URL + "/redirect/21", None), (-1, None))
    same(result(http.get, ECHO, None)[0], 200)
    assert isinstance(http.last_error, ValueError) and "redirects" in str(http.last_error)
    same(http.get("ftp://127.0.0.1/"), None)
    assert "http://" in str(http.last_error), http.last_error
    same(http.request("GET", REFUSED).wait()[0], -4)
    assert "http://" in str(http.last_error), "request() sets it too"
    http.get(REFUSED)
    assert isinstance(http.last_error, OSError), http.last_error


def test_wrong_use_raises_and_calls_nobody_back():
    for kind, args in (
        (TypeError, (None,)),
        (TypeError, (b"http://127.0.0.1/",)),
        (TypeError, (ECHO, 5)),
        (TypeError, (ECHO, None, 5)),
        (ValueError, (ECHO, "no colon")),
        (ValueError, (ECHO, "A: b\r\n\r\nC: d\r\n")),
        (ValueError, (ECHO, "\r\n")),
        (ValueError, (ECHO, "A: b\nC: d\r\n")),
        (ValueError, (ECHO, "Transfer-Encoding: chunked\r\n")),
    ):
        raises(kind, http.get, *args)
    with open("body.bin", "wb") as f:
        for body in (5, ("a",), iter([b"a"]), f):
            raises(TypeError, http.post, ECHO, None, body, callback)
    os.remove("body.bin")
    raises(TypeError, http.request, ECHO, "GET", None, None, 5)
    raises(TypeError, http.request, ECHO, "GET", None, None, {"timeout": 5})
    raises(TypeError, http.request, "GET", ECHO, None, None, {"timeout": 5}, callback=callback)
    raises(ValueError, http.request, ECHO, "GE T", None, None, callback)
    raises(ValueError, http.request, ECHO, "", None, None, callback)
    same(calls, [])


def test_request_belongs_to_either_api():
    # The order of URL and method says to which.
    same(result(http.request, ECHO + "/x", "PATCH", None, "abc")[0], 200)
    same(result(http.request, "no-scheme", "GET", None, None), (-1, None))
    same(http.request(ECHO, "GET"), None)
    same(http.request(method="GET", url=ECHO, callback=callback), None)
    same(calls.pop()[0], 200)
    same(http.request("GET", ECHO).wait()[0], 200)


def test_a_request_made_by_a_callback_starts_when_that_has_returned():
    order = []

    def outer(code, body):
        order.append("outer begins")
        http.get(ECHO, None, lambda code, body: order.append("inner"))
        http.get(ECHO, None, lambda code, body: order.append("second"))
        order.append("outer ends")

    http.get(ECHO, None, outer)
    same(order, ["outer begins", "outer ends", "inner", "second"])


def failing(code, body):
    http.get(ECHO, None, callback)
    raise KeyError("mine")


def test_an_exception_of_a_callback():
    # It reaches the caller, and the requests queued meanwhile still get their answer.
    opened = descriptors()
    same(raises(KeyError, http.get, ECHO, None, failing), "mine")
    same([code for code, body in calls], [200])
    calls.clear()
    same(result(http.get, ECHO, None)[0], 200)
    same(descriptors(), opened, "open descriptors")


async def test_an_exception_of_a_callback_in_a_loop():
    # It goes to the loop's handler and harms no other request.
    opened = descriptors()
    handled = []
    asyncio.get_event_loop().set_exception_handler(
        lambda loop, context: handled.append(repr(context["exception"]))
    )
    http.last_error = None
    http.get(ECHO, None, failing)
    http.get(ECHO, None, callback)
    http.get(REFUSED, None, callback)
    same(calls, [])
    while len(calls) < 3:
        await asyncio.sleep_ms(5)
    await asyncio.sleep_ms(20)
    same(sorted([code for code, body in calls]), [-1, 200, 200])
    assert isinstance(http.last_error, OSError), http.last_error
    same(handled, [repr(KeyError("mine"))])
    same(descriptors(), opened, "open descriptors")


def test_after_a_loop_that_ended():
    async def nothing():
        pass

    run_to_end(nothing())
    same(result(http.get, ECHO, None)[0], 200)


def test_after_a_loop_that_ctrl_c_ended():
    async def interrupted():
        raise KeyboardInterrupt

    try:
        asyncio.run(interrupted())
    except KeyboardInterrupt:
        pass
    same(result(http.get, ECHO, None)[0], 200)
