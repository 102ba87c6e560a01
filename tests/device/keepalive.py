# Requests with `keepalive`. The server answers each with "<connection> <request on it>", so the
# answers tell which connection was used. P["url"], and P["other"] of another origin, may be https.

from prelude import *

import http
import http.blocking
import http.exchange
import http.fields
import http.file
import http.keepalive

URL = P["url"]
CA = P.get("ca")


def ask(target, method="GET", body=None, url=URL, **opts):
    opts["keepalive"] = True
    opts.setdefault("timeout", 60000)
    return http.request(method, url + target, None, body, opts, CA)


def get(target, method="GET", body=None, **opts):
    request = ask(target, method, body, **opts)
    code, headers, body = request.wait()
    if code < 0:
        return code, repr(request.error)
    return [int(n) for n in body.decode().split()]


def used(first, second, what):
    # Whether both were on one connection, the second after the first.
    assert isinstance(first, list) and isinstance(second, list), (what, first, second)
    return first[0] == second[0] and first[1] + 1 == second[1]


def test_a_hundred_requests_on_one_connection():
    # One connection for a hundred, of every framing and method, with and without a body.
    first = last = get("/length")
    for i in range(99):
        target = ("/length", "/chunked", "/dst", "/interim", "/upload")[i % 5]
        method, body = "GET", None
        if target == "/upload":
            method, body = ("POST", bytes(3000)) if i % 2 else ("PUT", iter([b"abc", b"def"]))
        if target == "/dst":
            buf = bytearray(20)
            code, headers, size = ask("/length", dst=buf).wait()
            same(code, 200)
            now = [int(n) for n in bytes(buf[:size]).decode().split()]
        else:
            now = get(target, method, body)
        assert used(last, now, target), (target, last, now)
        last = now
    same(last, [first[0], 100])
    same(ask("/nobody", "HEAD").wait()[0], 200)
    same(ask("/nobody", "GET").wait()[0], 204)
    same(get("/length"), [first[0], 103])
    assert ask("/nobody", "HEAD", dst="never.bin").wait()[0] in (200, 204)
    same(get("/length"), [first[0], 105])


def test_one_that_does_not_fit_is_not_used():
    before = descriptors()
    last = get("/length")
    http.close()
    same(descriptors(), before, "closed")
    http.close()
    now = get("/length")
    assert now[0] != last[0]
    last = now
    code, headers, body = http.request("GET", URL + "/length", None, None, None, CA).wait()
    same(code, 200)
    assert used(last, get("/length"), "a request without keepalive leaves it alone")
    if CA:
        last = get("/length")
        code, headers, body = http.request(
            "GET", URL + "/length", None, None, {"keepalive": True}
        ).wait()
        same(code, 200)
        assert int(body.split()[0]) != last[0], "other TLS arguments"
    last = get("/length")
    now = get("/length", adapter="127.0.0.1")
    assert now[0] != last[0], "another adapter"
    last = get("/length")
    assert get("/length", url=P["other"])[1] == 1
    now = get("/length")
    assert now[0] != last[0], "one idle connection at most"


def test_the_server_closes():
    # After each, with and without saying so, and after five.
    # (After /close, /tab, /http10 and /switch it waits for the client to.)
    for target in (
        "/close",
        "/tab",
        "/http10",
        "/switch",
        "/silent",
        "/until-close",
        "/reset-later",
    ):
        last = get("/length")
        assert ask(target).wait()[0] > 0
        time.sleep_ms(50)  # for the FIN to come: `/race` is without
        now = get("/length")
        assert now[0] != last[0] and now[1] == 1, (target, last, now)
    http.close()
    before = descriptors()
    ask("/until-close").wait()
    same(descriptors(), before, "nothing to keep")
    answers = [get("/five") for _ in range(12)]
    same([n for _, n in answers], [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2])
    last = get("/long-head")
    assert used(last, get("/length"), "a head larger than a piece")
    last = get("/http10-keep")
    assert used(last, get("/length"), "HTTP/1.0 that says keep-alive")


def test_a_response_cut_short_is_a_failure():
    # In the middle of a response, or before its body: failures like any other, nothing sent again.
    for target in ("/half", "/no-body"):
        get("/length")
        same(get(target)[0], -5, target)
        same(get("/length")[1], 1, target)

    for opts in (
        {},
        {"dst": bytearray(20)},
        {"dst": "half.bin"},
        {"callback": lambda *args: None},
    ):
        get("/length")
        same(get("/half-then", **opts)[0], -5, opts)
        same(get("/length")[1], 1)
    assert "half.bin" not in os.listdir(".")
    get("/length")
    same(get("/to-drop", redirects=1)[0], -5)


def test_the_caller_says_close():
    # That it is the last request.
    last = get("/length")
    request = http.request(
        "GET", URL + "/length", {"Connection": "close"}, "", {"keepalive": True}, CA
    )
    same(request.wait()[0], 200)
    assert get("/length")[0] != last[0]


def test_stray_bytes_are_no_response():
    for target, method, opts in (
        ("/stray", "GET", {}),
        ("/stray-later", "GET", {}),
        ("/stray-chunked", "GET", {}),
        ("/stray-head", "HEAD", {"dst": "never.bin"}),
        ("/stray-404", "GET", {"dst": "never.bin"}),
    ):
        get("/length")
        last = get("/length")
        assert ask(target, method, **opts).wait()[0] > 0
        # Without keepalive, so on another connection: stray bytes have been sent then.
        same(http.request("GET", URL + "/sent", None, None, None, CA).wait()[0], 200)
        now = get("/length")
        assert now[0] != last[0] and now[1] == 1, (target, last, now)


def test_a_late_body_is_no_response():
    # A body that is not wanted, and has not come yet.
    last = get("/length")
    same(ask("/late-404", dst="never.bin").wait()[0], 404)
    now = get("/length")
    assert now[0] != last[0] and now[1] == 1, (last, now)


def test_nothing_is_begun_again_after_a_head():
    same(ask("/late-once", dst="no/such/folder").wait()[0], -7)
    same(get("/length")[1], 1)


def test_sent_again_only_where_that_does_no_harm():
    # Closed just as the next request is on its way: sent again if that does no harm, once.
    for method, body, good in (
        ("GET", None, True),
        ("PUT", b"abc", True),
        ("PUT", bytes(100000), True),
        ("DELETE", None, True),
        ("POST", b"abc", False),
        ("PATCH", b"abc", False),
        ("PUT", iter([b"abc", b"def"]), False),
    ):
        http.close()
        last = get("/race")
        now = get("/race", method, body)
        if good:
            assert isinstance(now, list) and now[0] != last[0], (method, now)
        else:
            assert now[0] in (-5, -6), (method, now)
    with open("body.bin", "wb") as f:
        f.write(bytes(5000))
    with open("body.bin", "rb") as f:
        http.close()
        get("/race")
        assert isinstance(get("/race", "PUT", f), list)
    os.remove("body.bin")
    http.close()
    get("/race-begun")
    same(get("/race-begun")[0], -5, "a byte of an answer came")
    get("/mute")
    same(get("/mute", timeout=300)[0], -8, "the time limit is no reason either")
    same(get("/length")[1], 1)


def test_an_early_answer_ends_the_connection():
    # An early answer: the rest of the body was never sent.
    def endless():
        while True:
            yield bytes(1000)

    get("/length")
    request = ask("/early", "POST", endless())
    same(request.wait()[0], 413)
    same(get("/length")[1], 1)


def test_a_body_that_is_not_read():
    # Of a status that `dst` does not want.
    get("/length")
    code, headers, body = ask("/missing", dst="never.bin").wait()
    same((code, body), (404, 0))
    now = get("/length")
    same(now[1], 1)
    same(ask("/missing-empty", dst="never.bin").wait()[0], 404)
    assert get("/length") == [now[0], 3]


def test_redirect():
    request = ask("/redirect", redirects=1)
    same(request.wait()[0], 200)


def test_tasks():
    # One after another on one connection, at once on several, of which one stays.
    async def main():
        before = descriptors()  # the loop itself may hold one
        last = None
        for i in range(20):
            code, headers, body = await ask("/length")
            now = [int(n) for n in body.decode().split()]
            assert last is None or used(last, now, "task")
            last = now
        results = await asyncio.gather(*[ask("/length") for _ in range(4)])
        same([code for code, headers, body in results], [200] * 4)
        same(len({bytes(body).split()[0] for code, headers, body in results}), 4)
        same(descriptors() - before, 1, "one idle connection at most")
        # Cancelled in mid-response: closed, not kept.
        task = asyncio.create_task(ask("/mute-at-once").wait())
        await asyncio.sleep_ms(50)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        same(descriptors() - before, 0, "cancelled")
        code, headers, body = await ask("/length")
        same(bytes(body).split()[1], b"1")

    run_to_end(main())
    same(get("/length")[1], 2, "a connection of a task is of use without one")


def test_an_idle_connection_makes_room():
    # Closed where a request finds too little memory, which is then tried again.
    exchange = http.exchange
    connect = exchange.connect
    failures = []

    def no_memory(*args):
        if not failures:
            failures.append(descriptors())
            raise MemoryError
        failures.append(descriptors())
        return connect(*args)

    get("/length")
    exchange.connect = no_memory
    code, headers, body = http.request("GET", P["other"] + "/length", None, None, None, CA).wait()
    same(code, 200)
    same(failures[1], failures[0] - 1, "the idle connection is closed before the second try")
    failures.clear()
    code, headers, body = http.request("GET", P["other"] + "/length", None, None, None, CA).wait()
    same(code, -1, "nothing to give back")

    def no_time(*args):
        failures.append(0)
        time.sleep_ms(600)
        raise OSError(12)

    get("/length")
    failures.clear()
    exchange.connect = no_time
    opts = {"timeout": 500}
    same(http.request("GET", P["other"], None, None, opts, CA).wait()[0], -1)
    same(len(failures), 1, "the time is up")
    exchange.connect = connect


def test_the_connection_itself_makes_room():
    # Where memory is too little for the request's head.
    merge = http.fields.merge

    def no_merge(*args):
        http.fields.merge = merge
        raise MemoryError

    get("/length")
    before = descriptors()
    http.fields.merge = no_merge
    request = http.request("GET", URL + "/length", {"X": "y"}, None, {"keepalive": True}, CA)
    same(request.wait()[0], 200)
    same(http.fields.merge, merge)
    same(descriptors(), before)


class Writer:
    # An object to write to. The second time that its write() is asked for, memory is short.
    asked = 0

    def __getattr__(self, name):
        if name != "write":
            raise AttributeError(name)
        self.asked += 1
        if self.asked == 2:
            raise MemoryError
        return len


def test_a_destination_made_by_half_is_made_again():
    stat = http.file.stat

    def no_stat(path):
        http.file.stat = stat
        raise MemoryError

    claimed = []

    def callback(total, done, userdata):
        claimed.append(len(http.sink.busy))

    for opts in ({"dst": "half.bin"}, {"dst": "half.bin", "resume": True}, {"dst": Writer()}):
        get("/length")
        opts["callback"] = callback
        request = http.request("GET", URL + "/length", None, None, opts, CA)
        if not isinstance(opts["dst"], Writer):
            http.file.stat = no_stat
        code, headers, body = request.wait()
        same(code, 200, repr(request.error))
        same(http.file.stat, stat)
        assert body >= 3, body
        if not isinstance(opts["dst"], Writer):
            same(set(claimed), {1}, "downloads to files that others keep off")
        claimed.clear()
    os.remove("half.bin")


def test_a_failure_to_write_is_not_one_to_connect():
    silent = http.keepalive.silent
    get("/reset-later")
    time.sleep_ms(50)
    http.keepalive.silent = lambda r: True  # as if the reset came a moment later
    same(get("/length", "POST")[0], -6)
    http.keepalive.silent = silent


def test_no_memory_to_keep_the_connection():
    # A complete response is one even if there is no memory to keep the connection.
    field = http.keepalive.field

    def no_field(head, name):
        if head[:4] == b"HTTP":
            raise MemoryError
        return field(head, name)

    http.keepalive.field = no_field
    assert isinstance(get("/length"), list)
    http.keepalive.field = field


def test_a_body_too_large_is_not_asked_for_twice():
    # Nothing is sent again, and the idle connection of another is given up.
    get("/length", url=P["other"])
    before = descriptors()
    same(http.request("POST", URL + "/huge", None, "x", None, CA).wait()[0], -1)
    same(descriptors(), before - 1)


def test_out_of_memory_before_the_request():
    # The idle connection is closed, too.
    get("/length")
    before = descriptors()
    poll = http.blocking.poll

    def no_poll():
        raise MemoryError

    http.blocking.poll = no_poll
    same(http.request("GET", P["other"], None, None, None, CA).wait()[0], -1)
    http.blocking.poll = poll
    same(descriptors(), before - 1)
