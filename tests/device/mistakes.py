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
    # The bytes that 20 of these mistakes keep.
    for _ in range(2):
        gc.collect()
        before = gc.mem_alloc()
        for _ in range(20):
            try:
                way(http.request("GET", URL))
            except RuntimeError:
                pass
        gc.collect()
        found = gc.mem_alloc() - before
    return found


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
