# The rules of the task API, on the httpbin at P["url"] and the echo of requests at P["echo"].

from prelude import *

import json

import http

URL = P["url"]
ECHO = P["echo"]
opened = descriptors()


def lines(body):
    return body.decode().strip().split("\r\n")


def test_the_result_and_its_headers():
    request = http.request(
        "GET", URL + "/response-headers?X-Two=a&X-Two=b&Set-Cookie=c&Set-Cookie=d"
    )
    same(request.error, None)
    code, headers, body = request.wait()
    same((code, request.error), (200, None))
    same(headers["content-type"], "application/json")
    same(headers["CONTENT-TYPE"], "application/json")
    same(headers.get("Content-Type"), "application/json")
    same(headers.get("nonesuch"), None)
    same(headers.get("nonesuch", 5), 5)
    same(raises(KeyError, lambda: headers["nonesuch"]), "nonesuch")
    assert "content-length" in headers and "nonesuch" not in headers
    names = list(headers)
    assert "Content-Type" in names and "content-type" not in names, names
    same(len(headers), len(names))
    same(len(names), len({name.lower() for name in names}), "each name once")
    same(headers["x-two"], "a, b")
    same(headers["set-cookie"].split("\n"), ["c", "d"])
    same(dict(headers.items()), dict(zip(headers.keys(), headers.values())))
    assert repr(headers).startswith("{"), repr(headers)
    same(json.loads(body)["X-Two"], ["a", "b"])


def test_the_body_is_bytes():
    code, headers, body = http.request("GET", URL + "/base64/aGVsbG8=").wait()
    assert body == b"hello" and len(body) == 5 and body[1:3] == b"el" and b"ll" in body
    same(body.decode(), "hello")


def test_a_request_is_made_once():
    request = http.request("GET", ECHO)
    same(request.wait()[0], 200)
    raises(RuntimeError, request.wait)


def test_fields_that_are_always_sent():
    code, headers, body = http.request("GET", ECHO).wait()
    same(
        sorted(lines(body)),
        ["Connection: close", "GET / HTTP/1.1", "Host: " + ECHO[7:], "User-Agent: MicroPython"],
    )


def test_the_caller_may_replace_them():
    for given in (
        {"HOST": "a", "connection": b"x", "User-Agent": "me", "N": 5, "F": 0.5, "E": ""},
        "HOST: a\r\nconnection: x\r\nUser-Agent: me\r\nN: 5\r\nF: 0.5\r\nE: \r\n",
        b"HOST: a\r\nconnection: x\r\nUser-Agent: me\r\nN: 5\r\nF: 0.5\r\nE: ",
    ):
        code, headers, body = http.request("get", ECHO, given).wait()
        want = ["E: ", "F: 0.5", "GET / HTTP/1.1", "HOST: a", "N: 5", "User-Agent: me"]
        same(sorted(body.decode()[:-4].split("\r\n")), want + ["connection: x"])


def test_the_length_of_a_body():
    code, headers, body = http.request("POST", ECHO, {"content-LENGTH": 9, "X": "y"}, "abc").wait()
    same([x for x in lines(body) if "ength" in x.lower()], ["Content-Length: 3"])
    # Without one only where the method is expected to have it.
    for method, want in (
        ("POST", ["Content-Length: 0"]),
        ("PUT", ["Content-Length: 0"]),
        ("patch", ["Content-Length: 0"]),
        ("GET", []),
        ("DELETE", []),
        ("PURGE", []),
    ):
        code, headers, body = http.request(method, ECHO).wait()
        same([x for x in lines(body) if "ength" in x.lower()], want, method)


def test_the_url():
    for url, line, host in (
        (ECHO, "GET / HTTP/1.1", ECHO[7:]),
        (ECHO + "?a=b", "GET /?a=b HTTP/1.1", ECHO[7:]),
        (ECHO + "/a?b=c/d?e#f?g", "GET /a?b=c/d?e HTTP/1.1", ECHO[7:]),
        (ECHO + "#x", "GET / HTTP/1.1", ECHO[7:]),
        ("HTTP://LOCALHOST" + ECHO[16:], "GET / HTTP/1.1", "localhost" + ECHO[16:]),
        ("http://u:p@" + ECHO[7:] + "/@x", "GET /@x HTTP/1.1", ECHO[7:]),
    ):
        code, headers, body = http.request("GET", url).wait()
        same(code, 200, url)
        same(lines(body)[0], line)
        assert "Host: " + host in lines(body), body


def test_user_info_in_the_url():
    # An Authorization of the caller's own goes first.
    for url, given, want in (
        ("http://us%40er:p%3Aw@", None, "Basic dXNAZXI6cDp3"),
        ("http://user@", None, "Basic dXNlcjo="),
        ("http://a@b:c@", None, "Basic YUBiOmM="),
        ("http://a:b@", {"authorization": "Bearer x"}, "Bearer x"),
    ):
        code, headers, body = http.request("GET", url + ECHO[7:], given).wait()
        found = [x[15:] for x in lines(body) if x.lower().startswith("authorization: ")]
        same(found, [want])
    same(http.request("GET", "http://a:b@" + URL[7:] + "/basic-auth/a/b").wait()[0], 200)


def test_a_bad_url_is_a_code():
    # Not an exception.
    for url in (
        "",
        "x",
        "http:/x/",
        "//x/",
        "mailto:a@b",
        "http://",
        "http:///x",
        "http://:80/",
        "http://a b/",
        "http://a/\r\nX: y",
        "http://a/\n",
        "http://a/\0",
        "http://a/\x7f",
        "http://a/\u00e9",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:65536/",
        "http://127.0.0.1:-1/",
        "http://127.0.0.1:+80/",
        "http://127.0.0.1:8a/",
        "http://[::1/",
        "http://[::1]x/",
        "http://a:1\\@" + ECHO[7:] + "/",
        "http://" + ECHO[7:] + "\\/",
        'http://a"b/',
        "http://a<b>/",
        "http://a,b/",
        "http://a;b/",
        "http://a^b/",
        "http://a_b:c:80/",
        "http://::1/",
        "http://u:p%zz@127.0.0.1:1/",
        "http://u:sesame/x@127.0.0.1/",
        "http://u:sesame",
        "http://u:p%s3same@127.0.0.1:1/",
    ):
        request = http.request("GET", url)
        same(request.wait(), (-4, None, None), url)
        assert isinstance(request.error, ValueError), (url, request.error)
        assert "same" not in str(request.error) and "s3" not in str(request.error), request.error


def test_wrong_use_raises_at_the_call():
    for kind, args in (
        (TypeError, (5, ECHO)),
        (TypeError, ("GET", 5)),
        (TypeError, ("GET", b"http://a/")),
        (TypeError, ("GET", ECHO, 5)),
        (TypeError, ("GET", ECHO, {"a": None})),
        (TypeError, ("GET", ECHO, {"a": ["b"]})),
        (TypeError, ("GET", ECHO, {5: "b"})),
        (TypeError, ("POST", ECHO, None, 5)),
        (TypeError, ("POST", ECHO, None, ("a",))),
        (TypeError, ("GET", ECHO, None, None, 5)),
        (TypeError, ("GET", ECHO, None, None, {"timeout": "5"})),
        (TypeError, ("GET", ECHO, None, None, {"timeout": 0.5})),
        (TypeError, ("GET", ECHO, None, None, {"redirects": 0.5})),
        (TypeError, ("GET", ECHO, None, None, {"dst": 5})),
        (TypeError, ("GET", ECHO, None, None, {"dst": b"abc"})),
        (TypeError, ("GET", ECHO, None, None, {"dst": memoryview(b"abc")})),
        (TypeError, ("GET", ECHO, None, None, {"callback": 5})),
        (TypeError, ("GET", ECHO, None, None, {"adapter": 5})),
        (ValueError, ("GET", ECHO, None, None, {"timeout": -1})),
        (ValueError, ("GET", ECHO, None, None, {"redirects": -1})),
        (ValueError, ("GET", ECHO, None, None, {"timeout": 1 << 29})),
        (ValueError, ("GET", ECHO, None, None, {"timeout, redirects": 1})),
        (ValueError, ("GET", ECHO, None, None, {"out": 1})),
        (ValueError, ("GET", ECHO, None, None, {"": 1})),
        (ValueError, ("GET", ECHO, None, None, {5: 1})),
        (ValueError, ("GET", ECHO, None, None, {("a", "b"): 1})),
        (ValueError, ("GET", ECHO, None, None, {"redirects": 1 << 29})),
        (ValueError, ("", ECHO)),
        (ValueError, ("GE T", ECHO)),
        (ValueError, ("GET/", ECHO)),
        (ValueError, ("GET", ECHO, {"Transfer-Encoding": "chunked"})),
        (ValueError, ("GET", ECHO, {"": "a"})),
        (ValueError, ("GET", ECHO, {"a b": "c"})),
        (ValueError, ("GET", ECHO, {"a:": "c"})),
        (ValueError, ("GET", ECHO, {"caf\u00e9": "c"})),
    ):
        text = raises(kind, http.request, *args)
        assert not text[:1].isdigit(), text
    text = raises(ValueError, http.request, "GET", ECHO, None, None, {"retries": 3})
    assert "retries" in text and "timeout" in text, text


def test_progress():
    # 0 first, then after every write, the full length last; 0 for a length not given.
    for path, size, total in (
        ("/bytes/9000", 9000, 9000),
        ("/stream-bytes/9000?chunk_size=700", 9000, 0),
        ("/bytes/0", 0, 0),
    ):
        for dst in (None, bytearray(9100), "progress.bin"):
            seen = []
            opts = {"callback": lambda *args: seen.append(args), "userdata": "me"}
            if dst is not None:
                opts["dst"] = dst
            code, headers, body = http.request("GET", URL + path, None, None, opts).wait()
            same(code, 200)
            same(body if dst else len(body), size)
            same(seen[0], (total, 0, "me"))
            same(seen[-1], (total, size, "me"))
            same(sorted(seen), seen)
            assert len(seen) > 2 or not size, seen
    same(os.stat("progress.bin")[6], 0)
    os.remove("progress.bin")


def test_what_a_progress_callback_raises_reaches_the_caller():
    # And leaves nothing behind.
    opts = {"callback": lambda *args: 1 // 0, "dst": "progress.bin"}
    raises(ZeroDivisionError, http.request("GET", URL + "/bytes/10", None, None, opts).wait)
    assert "progress.bin" not in os.listdir() and "progress.bin.part" not in os.listdir()


def test_a_download_into_a_buffer():
    code, headers, whole = http.request("GET", URL + "/bytes/1500?seed=1").wait()
    for path in ("/bytes/1500?seed=1", "/stream-bytes/1500?seed=1"):
        buf = bytearray(2000)
        opts = {"dst": memoryview(buf)[100:1700]}
        same(http.request("GET", URL + path, None, None, opts).wait()[2], 1500)
        same(buf[100:1600], whole)
        same(sum(buf[:100]) + sum(buf[1600:]), 0)
        opts = {"dst": bytearray(1499)}
        request = http.request("GET", URL + path, None, None, opts)
        same(request.wait(), (-7, None, None))
        assert "too small" in str(request.error), request.error
    code, headers, body = http.request("GET", URL + "/status/404", None, None, {"dst": buf}).wait()
    same((code, body), (404, 0))


def test_a_file_is_replaced_only_by_a_whole_2xx_response():
    with open("kept.txt", "w") as f:
        f.write("old")

    def kept():
        with open("kept.txt") as f:
            return f.read()

    for url, method, want in (
        (URL + "/status/404", "GET", 404),
        (URL + "/status/204", "GET", 204),
        (URL + "/redirect/1", "GET", 302),
        (URL + "/get", "HEAD", 200),
        (ECHO + "/half", "GET", -5),
        (ECHO + "/malformed", "GET", -2),
        ("http://127.0.0.1:1/", "GET", -4),
    ):
        code, headers, body = http.request(method, url, None, None, {"dst": "kept.txt"}).wait()
        same(code, want, url)
        same(kept(), "old", url)
        assert "kept.txt.part" not in os.listdir(), url
    same(http.request("GET", URL + "/base64/bmV3", None, None, {"dst": "kept.txt"}).wait()[2], 3)
    same(kept(), "new")
    os.remove("kept.txt")


def test_the_second_download_to_one_path_fails():
    # It harms the first in no way.
    async def twice():
        opts = {"dst": "twice.bin"}
        urls = (URL + "/drip?duration=0.3&numbytes=20", URL + "/drip?delay=0.1&numbytes=30")
        return await asyncio.gather(*[http.request("GET", url, None, None, opts) for url in urls])

    same([code for code, headers, body in asyncio.run(twice())], [200, -7])
    same(os.stat("twice.bin")[6], 20)
    os.remove("twice.bin")


def test_a_folder_that_does_not_exist_is_a_failure():
    opts = {"dst": "no/such/folder/x"}
    request = http.request("GET", URL + "/bytes/10", None, None, opts)
    same(request.wait(), (-7, None, None))
    assert isinstance(request.error, OSError), request.error


def test_ipv6():
    # As a literal and by option.
    for opts in (None, {"ipv6": True}):
        code, headers, body = http.request("GET", P["echo6"], None, None, opts).wait()
        same(code, 200)
        assert "Host: " + P["echo6"][7:] in lines(body), body
    same(http.request("GET", ECHO, None, None, {"ipv6": True}).wait()[0], -4)


def test_an_adapter():
    # By address, or an interface that knows its address.
    class Interface:
        def ifconfig(self):
            return (P["adapter"], "255.0.0.0", "127.0.0.1", "127.0.0.1")

    for adapter in (P["adapter"], Interface()):
        opts = {"adapter": adapter}
        code, headers, body = http.request("GET", ECHO + "/peer", None, None, opts).wait()
        same(body, P["adapter"].encode())
    opts = {"adapter": "203.0.113.1"}
    same(http.request("GET", ECHO, None, None, opts).wait(), (-4, None, None))


def test_the_number_of_an_interface_as_adapter():
    # It is 0 for one of them. It is asked for the interface only as the request is made: that
    # starts Wi-Fi.
    class Interface:
        def ifconfig(self):
            return (P["adapter"], "255.0.0.0", "127.0.0.1", "127.0.0.1")

    class Network:
        STA_IF = 0
        AP_IF = 1
        asked = []

        def WLAN(number):
            Network.asked.append(number)
            return Interface()

    raises(TypeError, http.request, "GET", ECHO, None, None, {"adapter": Network.STA_IF})
    sys.modules["network"] = Network
    for number in (Network.STA_IF, Network.AP_IF):
        r = http.request("GET", ECHO + "/peer", None, None, {"adapter": number, "keepalive": True})
        same(Network.asked, [])
        same(r.wait()[2], P["adapter"].encode())
        same(Network.asked, [number])
        Network.asked.clear()
    http.close()
    opts = {"adapter": None}
    same(http.request("GET", ECHO + "/peer", None, None, opts).wait()[2], b"127.0.0.1")
    raises(TypeError, http.request, "GET", ECHO, None, None, {"adapter": True})
    same(Network.asked, [])


async def test_asyncio_waits_for_requests_as_for_coroutines():
    url = ECHO + "/slow"
    r = http.request
    same([x[0] for x in await asyncio.gather(r("GET", url), r("HEAD", url))], [200, 200])
    same((await asyncio.wait_for(r("GET", url), 5))[0], 200)
    same((await asyncio.wait_for(r("GET", url).wait(), 5))[0], 200)
    same((await asyncio.create_task(r("GET", url)))[0], 200)
    same((await asyncio.create_task(r("GET", url).wait()))[0], 200)


async def test_a_request_is_made_once_however_it_is_waited_for():
    url = ECHO + "/slow"
    r = http.request
    for wait in (lambda q: q, lambda q: asyncio.wait_for(q, 5), asyncio.create_task):
        once = r("GET", url)
        same((await wait(once))[0], 200)
        for again in (lambda q: q, lambda q: asyncio.wait_for(q, 5), asyncio.create_task):
            try:
                await again(once)
                raise AssertionError("made twice")
            except RuntimeError as er:
                assert "once" in str(er), er


async def test_a_request_is_made_once_while_it_goes_on():
    # To wait for it again does it no harm.
    url = ECHO + "/slow"
    r = http.request
    once = r("GET", url)
    task = asyncio.create_task(once)
    await asyncio.sleep_ms(30)
    try:
        await once
        raise AssertionError("made twice")
    except RuntimeError as er:
        assert "once" in str(er), er
    same((await task)[0], 200)
    same(descriptors(), opened)


async def test_a_request_is_not_made_by_two_tasks_at_once():
    # No matter who makes them.
    url = ECHO + "/slow"
    r = http.request
    for both in (lambda q: (q, q), lambda q: (asyncio.create_task(q), q)):
        once = r("GET", url)
        first, second = both(once)
        results = await asyncio.gather(first, second, return_exceptions=True)
        same(results[0][0], 200)
        assert isinstance(results[1], RuntimeError) and "once" in str(results[1]), results
    same(descriptors(), opened)
    same((await r("GET", url))[0], 200)


async def test_a_progress_callback_runs_in_the_loop_of_its_request():
    url = ECHO + "/slow"
    r = http.request
    seen = []
    made = []

    def progress(*args):
        made.append(args)
        http.get(url, None, lambda code, body: seen.append(code))

    opts = {"callback": progress}
    await asyncio.create_task(r("GET", ECHO, None, None, opts))
    same(seen, [])
    while len(seen) < len(made):
        await asyncio.sleep_ms(5)
    same(seen[0], 200)


def test_nothing_stays_in_the_queue_of_tasks():
    same(asyncio.run(http.request("GET", ECHO))[0], 200)
    same(descriptors(), opened, "open descriptors")
    # It would hold the request and its body there.
    same(asyncio.run(http.request("PUT", ECHO, None, "body"))[0], 200)
    same(sys.modules["asyncio.core"]._task_queue.peek(), None)
