# Other tasks go on while a name is looked up, and nothing is left of a look-up that is cancelled.

from prelude import *

from asyncio import core

import http
import http.resolver as resolver
import stand_ins.network as network

sys.modules["network"] = network

network.ipconfig(dns="127.0.0.1")
resolver.PORT = P["dns"]
opened = descriptors()


def url(name):
    return "http://%s:%s/" % (name, P["http"])


async def ticks(ms):
    # How often a task of many turns has one in so many milliseconds.
    start = time.ticks_ms()
    count = 0
    while since(start) < ms:
        await asyncio.sleep_ms(1)
        count += 1
    return count


async def beside(name):
    # The share of its turns that it has beside the look-up of a name that fails.
    alone = await ticks(400)
    request = http.request("GET", url(name), None, None, {"timeout": 500})
    task = asyncio.create_task(request)
    count = await ticks(400)
    assert not task.done()
    same((await task)[0], -8)
    return count / alone


async def main():
    assert await beside("silent.test") > 0.3
    assert await beside("flood.test") > 0.02  # the packets, too, cost time

    # Several at once, each with its answer.
    requests = [http.request("GET", url("lost-1-%d.test" % i)) for i in range(5)]
    requests += [http.request("GET", url("rcode-3.test")) for i in range(3)]
    resolver.SECOND = 300
    same([r[0] for r in await asyncio.gather(*requests)], [200] * 5 + [-4] * 3)

    # Cancelled before it begins, as it begins, as it waits for an answer, and by wait_for.
    resolver.SECOND = 1000
    for ms in (None, 0, 50):
        task = asyncio.create_task(http.request("GET", url("silent.test")))
        if ms is not None:
            for _ in range(2):  # the turns before a request begins
                await asyncio.sleep_ms(0)
            await asyncio.sleep_ms(ms)
        if ms:
            same(descriptors(), opened and opened + 1)
        await cancelled(task)
        same(descriptors(), opened)
    try:
        await asyncio.wait_for_ms(http.request("GET", url("silent.test")), 50)
        raise AssertionError("not cancelled")
    except asyncio.TimeoutError:
        pass
    same(descriptors(), opened)
    same(len(core._io_queue.map), 0)
    same(core._task_queue.peek(), None)  # nor does anything that would wake a task


run_to_end(main())
same(descriptors(), opened)
