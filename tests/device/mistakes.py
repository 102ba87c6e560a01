# The commonest mistakes end in a sentence that says what to write, and in nothing else: the peer
# at P["url"] counts the requests.

from prelude import *

import http

URL = P["url"]


def unpack(r):
    code, headers, body = r


def loop(r):
    for _ in r:
        pass


# What a program does with a result, each of which fails on a request that nobody waited for.
WAYS = (unpack, loop, list, tuple, set, lambda r: 200 in r, lambda r: list(map(str, r)))


def says(text, *parts):
    for part in parts:
        assert part in text, text


def says_to_wait(way, r):
    text = raises(RuntimeError, way, r)
    assert ".wait()" in text and "await" in text, text


def without_asyncio():
    # As in a program that never imports it; the prelude does.
    for name in list(sys.modules):
        if "asyncio" in name:
            del sys.modules[name]


def in_a_loop(test):
    # The test in a loop, which leaves no task behind.
    def run():
        run_to_end(test())
        same(sys.modules["asyncio.core"]._task_queue.peek(), None)

    return run


def callback(code, body):
    raise AssertionError("called back")


def test_a_callback_in_the_place_of_another_argument():
    want = "callback is the last argument", "http.post(url, headers, body, callback)", "None"
    for function, args in (
        (http.get, (URL, callback)),
        (http.post, (URL, callback)),
        (http.post, (URL, None, callback)),
        (http.put, (URL, {"A": "b"}, callback)),
        (http.delete, (URL, None, print)),
        (http.request, (URL, "GET", callback)),
        (http.request, (URL, "GET", None, callback)),
        (http.request, ("GET", URL, callback)),
        (http.request, ("POST", URL, None, callback)),
        (http.request, ("POST", URL, None, [].append)),
    ):
        says(raises(TypeError, function, *args), *want)


def test_options_in_the_place_of_another_argument():
    want = "come after the body", "http.request(method, url, headers, body, opts)", "None"
    for function, args in (
        (http.get, (URL, {"timeout": 5000})),
        (http.get, (URL, None, {"timeout": 5000})),
        (http.post, (URL, None, "", {"timeout": 5000})),
        (http.request, ("GET", URL, {"timeout": 5000, "debug": True})),
        (http.request, ("GET", URL, {"dst": "x"})),
        (http.request, ("GET", URL, None, {"timeout": 5000})),
        (http.request, ("GET", URL, None, {"dst": "x", "sha256": "0" * 64})),
        (http.request, (URL, "GET", None, None, {"timeout": 5000})),
    ):
        says(raises(TypeError, function, *args), *want)


def test_headers_and_json_may_look_like_options():
    without_asyncio()
    same(http.request("GET", URL + "/5", {"timeout": 5, "X": 1}).wait()[0], 200)
    same(http.request("GET", URL + "/5", {"n": 5}, {"timeout": 5, "x": 1}).wait()[0], 200)
    same(http.request("GET", URL + "/5", None, {}).wait()[0], 200)
    same(http.request("POST", URL + "/5", None, {"timeout": 5}).wait()[0], 200)


def test_arguments_of_a_wrong_type():
    for args, name in (
        ((5, URL), "method and url"),
        (("GET", b"http://a/"), "method and url"),
        (("GET", URL, 5), "headers"),
        (("GET", URL, [("a", "b")]), "headers"),
        (("POST", URL, None, 5), "body"),
        (("POST", URL, None, 0.5), "body"),
        (("POST", URL, None, (b"a",)), "body"),
    ):
        says(raises(TypeError, http.request, *args), name, "must be")
    says(raises(TypeError, http.get, URL, None, 5), "callback must be callable")
    says(raises(TypeError, http.post, URL, None, iter([b"a"]), callback), "body must be")


def shown(method, url, state):
    return "<%s %s, %s>" % (method, url, state)


def test_print_shows_method_url_and_progress():
    without_asyncio()
    r = http.request("get", URL + "/6")
    same(str(r), shown("GET", URL + "/6", "not begun"))
    same(r.wait()[0], 200)
    same(repr(r), shown("GET", URL + "/6", "done"))
    r = http.request("PUT", "http://127.0.0.1:99999/")
    same(r.wait()[0], -4)
    assert str(r).startswith("<PUT http://127.0.0.1:99999/, failed, ValueError("), r
    states = []
    opts = {"callback": lambda *args: states.append(str(r))}
    r = http.request("GET", URL + "/6", None, None, opts)
    same(r.wait()[0], 200)
    same(set(states), {shown("GET", URL + "/6", "under way")})


def test_print_shows_no_password():
    for url, want in (
        ("http://user:secret@a/b?c", "http://a/b?c"),
        ("http://secret@a", "http://a"),
        ("http://a:secret@[::1]:80/b@c", "http://[::1]:80/b@c"),
        ("http://a:secret@b:secret@c/", "http://c/"),
        ("http://a:80/@b", "http://a:80/@b"),
        ("http://[::1]/@b", "http://[::1]/@b"),
        ("http://a?b@c", "http://a?b@c"),
        # Malformed: a slash that ought to be %2F.
        ("http://a:sec/secret@b/", "http://b/"),
        ("http://a:se?c/secret@b/", "http://b/"),
        ("a:secret@b", "b"),
        ("", ""),
    ):
        same(str(http.request("GET", url)), shown("GET", want, "not begun"))


def test_a_misspelt_attribute():
    # Or one that other clients have: of a request that is done, and of one that is not begun.
    without_asyncio()
    r = http.request("GET", URL + "/7")
    same(r.wait()[0], 200)
    for request in (r, http.request("GET", URL + "/7")):
        for name in ("eror", "status_code", "text", "nonesuch"):
            says(raises(AttributeError, lambda: getattr(request, name)), name)
            same(hasattr(request, name), False)
    same(request.error, None)
    same(request.wait()[0], 200)


def test_a_forgotten_wait():
    without_asyncio()
    for way in WAYS:
        says_to_wait(way, http.request("GET", URL))
    assert not [name for name in sys.modules if "asyncio" in name], sys.modules


def test_wait_after_a_forgotten_one():
    without_asyncio()
    r = http.request("GET", URL + "/1")
    raises(RuntimeError, unpack, r)
    same(r.wait()[0], 200)
    raises(RuntimeError, unpack, r)


def kept(way):
    # The bytes that 20 of these mistakes keep. The least of several tries: a value left on
    # the stack keeps a request now and then.
    least = None
    for _ in range(5):
        gc.collect()
        before = gc.mem_alloc()
        for _ in range(20):
            try:
                way(http.request("GET", URL))
            except RuntimeError:
                pass
        gc.collect()
        found = gc.mem_alloc() - before
        least = found if least is None else min(least, found)
    return least


def test_a_forgotten_wait_keeps_no_memory():
    without_asyncio()
    try:
        unpack(http.request("GET", URL))  # loads the text
    except RuntimeError:
        pass
    assert kept(unpack) < 100, kept(unpack)


@in_a_loop
async def test_a_forgotten_await_keeps_no_memory():
    same(kept(unpack) < 100, True)


@in_a_loop
async def test_a_forgotten_await():
    # http sees it as the loop has not turned in between.
    for make in (lambda r: r, lambda r: r.wait()):
        for way in WAYS:
            says_to_wait(way, make(http.request("GET", URL)))
    # Without a time limit, too.
    raises(RuntimeError, unpack, http.request("GET", URL, None, None, {"timeout": 0}))


@in_a_loop
async def test_a_loop_over_a_request_that_awaits_something_else():
    # Nothing is begun, and no task waits in two queues.
    async def other():
        await asyncio.create_task(nap())

    async def nap():
        await asyncio.sleep_ms(5)

    for pause in (lambda: asyncio.sleep(0), lambda: asyncio.sleep_ms(20), other):
        times = 0
        try:
            for _ in http.request("GET", URL):
                times += 1
                await pause()
            raise AssertionError("a request was iterated")
        except RuntimeError as er:
            assert "await" in str(er), er
        same(times, 1)


@in_a_loop
async def test_a_task_that_ends_after_a_forgotten_await():
    # Or is cancelled at once, or leaves its request alone.
    opened = descriptors()

    async def careless(end):
        end(http.request("GET", URL))

    next(iter(http.request("GET", URL)))
    await asyncio.sleep_ms(20)
    for end in (unpack, lambda r: next(iter(r))):
        try:
            await asyncio.create_task(careless(end))
        except RuntimeError:
            pass
    same(descriptors(), opened)


@in_a_loop
async def test_await_after_a_forgotten_one():
    r = http.request("GET", URL + "/2")
    raises(RuntimeError, unpack, r)
    same((await r)[0], 200)


@in_a_loop
async def test_a_cancellation_is_not_lost():
    # Not even one that comes before the request is begun.
    opened = descriptors()
    for after in range(2):
        r = http.request("GET", URL)
        task = asyncio.create_task(r)
        for _ in range(after):
            await asyncio.sleep_ms(0)
        await cancelled(task)
        same(descriptors(), opened)


@in_a_loop
async def test_every_right_way_to_await():
    url = URL + "/3"
    r = http.request
    results = await asyncio.gather(r("GET", url), asyncio.create_task(r("GET", url)))
    results.append(await r("GET", url))
    results.append(await r("GET", url).wait())
    results.append(await asyncio.wait_for(r("GET", url), 30))
    results.append(await r("GET", url, None, None, {"timeout": 0}))
    same([code for code, headers, body in results], [200] * 6)


@in_a_loop
async def test_a_second_await_does_the_first_no_harm():
    once = http.request("GET", URL + "/3")
    first = asyncio.create_task(once)
    await asyncio.sleep_ms(0)
    for _ in range(3):
        try:
            await once
            raise AssertionError("made twice")
        except RuntimeError as er:
            assert "once" in str(er), er
        await asyncio.sleep_ms(0)
    same((await first)[0], 200)


def test_a_loop_runs_a_request():
    same(asyncio.run(http.request("GET", URL + "/4"))[0], 200)
    same(sys.modules["asyncio.core"]._task_queue.peek(), None)
