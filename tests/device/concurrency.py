# Requests in tasks leave the other tasks running, and end at once when they are cancelled.

from prelude import *

import http

SLOW = P["slow"]  # answers after a second
SILENT = P["silent"]  # never answers
opened = descriptors()
BODY = bytes(8000000)  # more than the buffers of two sockets hold
BODY_PIECE = bytes(1000)
longest = 0


async def ticker():
    # Measures the longest time that the other tasks kept this one from running.
    global longest
    while True:
        start = time.ticks_ms()
        await asyncio.sleep_ms(10)
        longest = max(longest, since(start) - 10)


async def main():
    tick = asyncio.create_task(ticker())
    start = time.ticks_ms()
    found = await asyncio.gather(*[http.request("GET", SLOW) for _ in range(8)])
    ms = since(start)
    same([code for code, headers, body in found], [200] * 8)
    assert 1000 <= ms < 2000, ms
    assert longest < 200, longest

    # Neither a large body that comes fast nor one that goes out keeps the loop.
    for method, url, body in (
        ("GET", P["large"], None),
        ("PUT", P["slow_reader"], memoryview(BODY)[:3000000]),
    ):
        code, headers, body = await http.request(
            method, url, None, body, {"dst": bytearray(4000000)}
        )
        same(code, 200)
    assert longest < 200, longest

    # Nor does a body that comes slowly from a file, or that never ends and is always taken.
    class Slow:
        def readinto(self, buf):
            time.sleep_ms(20)
            return len(buf)

    def endless():
        while True:
            yield BODY_PIECE

    for body in (Slow(), endless()):
        start = time.ticks_ms()
        same((await http.request("PUT", P["sink"], None, body, {"timeout": 400}))[0], -8)
        assert 400 <= since(start) < 2000, since(start)
    assert longest < 200, longest
    tick.cancel()

    # Cancelled while it waits for the answer, by cancel() and by wait_for().
    task = asyncio.create_task(http.request("GET", SILENT).wait())
    await asyncio.sleep_ms(100)
    same(descriptors(), opened + 1)
    task.cancel()
    await asyncio.sleep_ms(0)
    same(descriptors(), opened, "closed at once")
    try:
        await task
        raise AssertionError("not cancelled")
    except asyncio.CancelledError:
        pass
    try:
        await asyncio.wait_for(http.request("GET", SILENT), 0.1)
        raise AssertionError("not timed out")
    except asyncio.TimeoutError:
        pass
    same(descriptors(), opened)

    # Cancelled while a file arrives: nothing of it stays.
    request = http.request("GET", P["half"], None, None, {"dst": "cancelled.bin"})
    task = asyncio.create_task(request.wait())
    while "cancelled.bin.part" not in os.listdir():
        await asyncio.sleep_ms(5)
    task.cancel()
    await asyncio.sleep_ms(0)
    assert "cancelled.bin.part" not in os.listdir()
    same(descriptors(), opened)

    # Cancelled while its body waits for a peer that does not read.
    task = asyncio.create_task(http.request("PUT", P["deaf"], None, BODY).wait())
    await asyncio.sleep_ms(200)
    task.cancel()
    await asyncio.sleep_ms(0)
    same(descriptors(), opened)

    # Its own time limit, in every phase; the guard of a request that ended does no harm.
    for method, url, body in (
        ("GET", SILENT, None),
        ("GET", P["half"], None),
        ("PUT", P["deaf"], BODY),
    ):
        start = time.ticks_ms()
        request = http.request(method, url, None, body, {"timeout": 300})
        same(await request, (-8, None, None), url)
        assert isinstance(request.error, OSError), request.error
        assert 300 <= since(start) < 2000, since(start)
    # A cancellation counts, even in the very millisecond of the time limit.
    for first in (0, 1):
        for ms in (100, 101, 102):
            request = http.request("GET", SILENT, None, None, {"timeout": 100})
            task = asyncio.create_task(request.wait())
            await asyncio.sleep_ms(ms - 1 if first else ms)
            if first:
                time.sleep_ms(3)  # so that the guard of the request is due as well
            if not task.done():
                task.cancel()
                try:
                    await task
                    raise AssertionError("not cancelled")
                except asyncio.CancelledError:
                    pass
    same(descriptors(), opened)
    same((await http.request("GET", SLOW, None, None, {"timeout": 1200}))[0], 200)
    await asyncio.sleep_ms(400)
    same((await http.request("GET", SLOW, None, None, {"timeout": 0}))[0], 200)
    same(descriptors(), opened)


asyncio.run(main())
