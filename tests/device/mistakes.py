# The commonest mistakes end in a sentence that says what to write, and in nothing else: the peer
# at P["url"] counts its connections. (The asyncio of the prelude is taken away first.)

from prelude import *

for name in list(sys.modules):
    if "asyncio" in name:
        del sys.modules[name]

import http  # noqa: E402

URL = P["url"]
opened = descriptors()


def unpack(r):
    code, headers, body = r


def loop(r):
    for _ in r:
        pass


WAYS = (unpack, loop, list, tuple, set, lambda r: 200 in r, lambda r: list(map(str, r)))


def says(text, *parts):
    for part in parts:
        assert part in text, text


def callback(code, body):
    raise AssertionError("called back")


# Arguments in the place of others.
LAST = "callback is the last argument", "http.post(url, headers, body, callback)", "None"
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
    says(raises(TypeError, function, *args), *LAST)
AFTER = "come after the body", "http.request(method, url, headers, body, opts)", "None"
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
    says(raises(TypeError, function, *args), *AFTER)
# What may be meant as it is.
same(http.request("GET", URL + "/5", {"timeout": 5, "X": 1}).wait()[0], 200)
same(http.request("GET", URL + "/5", {"n": 5}, {"timeout": 5, "x": 1}).wait()[0], 200)
same(http.request("GET", URL + "/5", None, {}).wait()[0], 200)
same(http.request("POST", URL + "/5", None, {"timeout": 5}).wait()[0], 200)
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


# What print() shows: method, URL without user info, and how far it is.
def shown(method, url, state):
    return "<%s %s, %s>" % (method, url, state)


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

# A misspelt attribute, and one that others have.
for when in ("before", "after"):
    for name in ("eror", "status_code", "text", "nonesuch"):
        says(raises(AttributeError, lambda: getattr(r, name)), name)
        same(hasattr(r, name), False)
    r = http.request("GET", URL + "/7")
    same(r.error, None)
same(r.wait()[0], 200)

# A forgotten wait().
for way in WAYS:
    text = raises(RuntimeError, way, http.request("GET", URL))
    assert ".wait()" in text and "await" in text, text
assert not [name for name in sys.modules if "asyncio" in name], sys.modules
# It may still be waited for.
r = http.request("GET", URL + "/1")
raises(RuntimeError, unpack, r)
same(r.wait()[0], 200)
raises(RuntimeError, unpack, r)


def kept(way):
    # The bytes that 20 of these mistakes keep. The least of several tries, as what is left on the
    # stack keeps a request now and then.
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


assert kept(unpack) < 100, kept(unpack)

import asyncio  # noqa: E402


async def forgotten():
    # In a task, a forgotten await, which is told as its loop has not turned.
    same(kept(unpack) < 100, True)
    for make in (lambda r: r, lambda r: r.wait()):
        for way in WAYS:
            text = raises(RuntimeError, way, make(http.request("GET", URL)))
            assert ".wait()" in text and "await" in text, text
    # Without a time limit, too.
    raises(RuntimeError, unpack, http.request("GET", URL, None, None, {"timeout": 0}))
    # Whatever is awaited meanwhile: nothing is begun, and no task waits in two queues.
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
    # One that is left alone.
    next(iter(http.request("GET", URL)))
    await asyncio.sleep_ms(20)
    # Its task may end, or be cancelled, at once.
    for end in (unpack, lambda r: next(iter(r))):
        try:
            await asyncio.create_task(careless(end))
        except RuntimeError:
            pass
    same(descriptors(), opened)
    # It may still be awaited.
    r = http.request("GET", URL + "/2")
    raises(RuntimeError, unpack, r)
    same((await r)[0], 200)


async def other():
    await asyncio.create_task(nap())


async def nap():
    await asyncio.sleep_ms(5)


async def careless(end):
    end(http.request("GET", URL))


async def cancelled(after):
    # A cancellation is not lost, not even one before the request is begun.
    r = http.request("GET", URL)
    task = asyncio.create_task(r)
    for _ in range(after):
        await asyncio.sleep_ms(0)
    task.cancel()
    try:
        await task
        raise AssertionError("not cancelled")
    except asyncio.CancelledError:
        pass
    same(descriptors(), opened)


async def right():
    url = URL + "/3"
    r = http.request
    results = await asyncio.gather(r("GET", url), asyncio.create_task(r("GET", url)))
    results.append(await r("GET", url))
    results.append(await r("GET", url).wait())
    results.append(await asyncio.wait_for(r("GET", url), 30))
    results.append(await r("GET", url, None, None, {"timeout": 0}))
    same([code for code, headers, body in results], [200] * 6)
    # Whoever comes second, however early, does the first no harm.
    once = r("GET", url)
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


asyncio.run(forgotten())
for after in range(2):
    asyncio.run(cancelled(after))
asyncio.run(right())
same(asyncio.run(http.request("GET", URL + "/4"))[0], 200)
same(sys.modules["asyncio.core"]._task_queue.peek(), None)
same(descriptors(), opened)
