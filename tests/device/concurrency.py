# Requests in tasks leave the other tasks running, and end at once when they are cancelled.

from prelude import *

import http

SLOW = P["slow"]  # answers after a second
SILENT = P["silent"]  # never answers
opened = descriptors()
BODY = bytes(8000000)  # more than the buffers of two sockets hold
BODY_PIECE = bytes(1000)


async def slow():
    # How long one request takes.
    start = time.ticks_ms()
    same((await http.request("GET", SLOW))[0], 200)
    return since(start)


async def closed():
    # The peers have seen their connections close, while this script goes on.
    same((await http.request("GET", P["closed"]))[0], 200)


async def ready():
    # The modules are loaded, so the next request leaves at once.
    await closed()


async def test_requests_run_side_by_side():
    one = await slow()
    assert one >= 1000, one

    async def eight():
        return await asyncio.gather(*[http.request("GET", SLOW) for _ in range(8)])

    start = time.ticks_ms()
    found = await eight()
    same([code for code, headers, body in found], [200] * 8)
    # Side by side, so nowhere near eight times as long.
    assert since(start) < 4 * one, (since(start), one)
    await turns_for_others(eight, "eight")


async def test_a_large_body_leaves_others_their_turns():
    # Neither one that comes fast nor one that goes out keeps the loop.
    for method, url, body in (
        ("GET", P["large"], None),
        ("PUT", P["slow_reader"], memoryview(BODY)[:3000000]),
    ):
        opts = {"dst": bytearray(4000000)}
        code, headers, body = await turns_for_others(
            lambda: http.request(method, url, None, body, opts).wait(), method
        )
        same(code, 200)


async def test_a_slow_or_endless_body_leaves_others_their_turns():
    # One that comes slowly from a file, or that never ends and is always taken.
    class Slow:
        def readinto(self, buf):
            time.sleep_ms(20)
            return len(buf)

    def endless():
        while True:
            yield BODY_PIECE

    async def send(make):
        start = time.ticks_ms()
        same((await http.request("PUT", P["sink"], None, make(), {"timeout": 400}))[0], -8)
        in_time(start, 400)

    for make in (Slow, endless):
        await turns_for_others(lambda: send(make), make)


async def test_a_cancelled_request_closes_at_once():
    await ready()
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
    await closed()


async def test_wait_for_cancels_it():
    await ready()
    try:
        await asyncio.wait_for(http.request("GET", SILENT), 0.1)
        raise AssertionError("not timed out")
    except asyncio.TimeoutError:
        pass
    same(descriptors(), opened)
    await closed()


async def test_a_cancelled_download_leaves_nothing():
    await ready()
    request = http.request("GET", P["half"], None, None, {"dst": "cancelled.bin"})
    task = asyncio.create_task(request.wait())
    while "cancelled.bin.part" not in os.listdir():
        await asyncio.sleep_ms(5)
    task.cancel()
    await asyncio.sleep_ms(0)
    assert "cancelled.bin.part" not in os.listdir()
    same(descriptors(), opened)
    await closed()


async def test_a_cancelled_upload_closes_at_once():
    # Its body waits for a peer that does not read.
    await ready()
    task = asyncio.create_task(http.request("PUT", P["deaf"], None, BODY).wait())
    await asyncio.sleep_ms(200)
    task.cancel()
    await asyncio.sleep_ms(0)
    same(descriptors(), opened)


async def test_the_time_limit_holds_in_every_phase():
    await ready()
    for method, url, body in (
        ("GET", SILENT, None),
        ("GET", P["half"], None),
        ("PUT", P["deaf"], BODY),
    ):
        start = time.ticks_ms()
        request = http.request(method, url, None, body, {"timeout": 300})
        same(await request, (-8, None, None), url)
        assert isinstance(request.error, OSError), request.error
        in_time(start, 300)
    same(descriptors(), opened)
    await closed()


async def test_a_cancellation_counts_at_the_time_limit():
    # Even in its very millisecond.
    await ready()
    for first in (0, 1):
        for ms in (100, 101, 102):
            request = http.request("GET", SILENT, None, None, {"timeout": 100})
            task = asyncio.create_task(request.wait())
            await asyncio.sleep_ms(ms - 1 if first else ms)
            if first:
                time.sleep_ms(3)  # so that the guard of the request is due as well
            if not task.done():
                await cancelled(task)
    same(descriptors(), opened)
    await closed()


async def test_the_guard_of_a_request_that_ended_does_no_harm():
    one = await slow()
    start = time.ticks_ms()
    same((await http.request("GET", SLOW, None, None, {"timeout": 3 * one}))[0], 200)
    await asyncio.sleep_ms(3 * one + 50 - since(start))
    same((await http.request("GET", SLOW, None, None, {"timeout": 0}))[0], 200)
    same(descriptors(), opened)


class Full:
    # The poll object of asyncio. Where it is to watch another stream, memory is short, once.
    def __init__(self, poller):
        self.poller = poller

    def register(self, *args):
        asyncio.core._io_queue.poller = self.poller
        raise MemoryError

    def __getattr__(self, name):
        return getattr(self.poller, name)


async def test_nothing_waits_for_a_request_that_had_no_memory_to_wait():
    await ready()
    queue = asyncio.core._io_queue
    queue.poller = Full(queue.poller)
    same(await http.request("GET", SLOW), (-1, None, None))
    same(queue.map, {})
    same(descriptors(), opened)
    same((await http.request("GET", SLOW))[0], 200)
