# The rules of the callback API, on the httpbin at P["url"] and the echo of requests at P["echo"].

from prelude import *

import http

URL = P["url"]
ECHO = P["echo"]
REFUSED = P["refused"]
opened = descriptors()
calls = []


def callback(code, body):
    calls.append((code, body))


def result(function, *args):
    # The one call of the callback that `function` makes before it returns.
    same(function(*args, callback), None)
    same(len(calls), 1, "calls of the callback for %r" % (args,))
    return calls.pop()


same((http.OK, http.ERROR), (0, -1))
same(http.last_error, None)

# Fixed headers: what the caller gives of these is dropped, whatever its case and form.
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

# A length is sent with every body, and 0 where a body is expected and there is none.
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

# Every failure is -1 with None: refused, look-up, bad URL, malformed, closed early, TLS.
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

# 20 redirects are followed, the 21st is a failure.
same(result(http.get, URL + "/redirect/20", None)[0], 200)
same(result(http.get, URL + "/redirect/21", None), (-1, None))

# No callback: nothing to tell, but the request is made.
same(http.get(ECHO + "/count"), None)
same(result(http.get, ECHO + "/counted", None), (200, b"1"))

# The last failure stays to be looked at, whether somebody was called back or not.
assert isinstance(http.last_error, ValueError) and "redirects" in str(http.last_error)
same(http.get("ftp://127.0.0.1/"), None)
assert "http://" in str(http.last_error), http.last_error
same(http.request("GET", REFUSED).wait()[0], -4)
assert "http://" in str(http.last_error), "of the task API"
http.get(REFUSED)
assert isinstance(http.last_error, OSError), http.last_error

# Wrong use raises at the call, and there is no callback.
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

# Which API a call of request() is for.
same(result(http.request, ECHO + "/x", "PATCH", None, "abc")[0], 200)
same(result(http.request, "no-scheme", "GET", None, None), (-1, None))
same(http.request(ECHO, "GET"), None)
same(http.request(method="GET", url=ECHO, callback=callback), None)
same(calls.pop()[0], 200)
same(http.request("GET", ECHO).wait()[0], 200)

# A call made by a callback starts when that has returned.
order = []


def outer(code, body):
    order.append("outer begins")
    http.get(ECHO, None, lambda code, body: order.append("inner"))
    http.get(ECHO, None, lambda code, body: order.append("second"))
    order.append("outer ends")


http.get(ECHO, None, outer)
same(order, ["outer begins", "outer ends", "inner", "second"])


# An exception of a callback reaches the caller; those queued meanwhile get their answer still.
def failing(code, body):
    http.get(ECHO, None, callback)
    raise KeyError("mine")


same(raises(KeyError, http.get, ECHO, None, failing), "mine")
same([code for code, body in calls], [200])
calls.clear()
same(result(http.get, ECHO, None)[0], 200)

same(descriptors(), opened, "open descriptors")

# The same in a loop: the exception goes to its handler and harms no other request.
handled = []


async def main():
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


calls.clear()
run_to_end(main())
calls.clear()

# A loop that has ended, or that Ctrl-C ended, is not taken for one that runs.
same(result(http.get, ECHO, None)[0], 200)


async def interrupted():
    raise KeyboardInterrupt


try:
    asyncio.run(interrupted())
except KeyboardInterrupt:
    pass
same(result(http.get, ECHO, None)[0], 200)
