# P["rounds"] times each outcome of a request, blocking and in tasks: open descriptors and used
# memory are then where they were.

from prelude import *

import http

URL = P["url"]
OUTCOMES = ("good", "chunked", "redirect", "refused", "timeout", "truncated", "malformed", "early")


def request(outcome):
    opts = {"timeout": 100 if outcome == "timeout" else 60000}
    if outcome == "redirect":
        opts["redirects"] = 1
    if outcome == "good":
        opts["dst"] = "leak.bin"
    url = P["refused"] if outcome == "refused" else URL + "/" + outcome
    body = bytes(60000) if outcome == "early" else None
    return http.request("GET" if body is None else "POST", url, {"X": "y"}, body, opts)


WANT = {"refused": -4, "timeout": -8, "truncated": -5, "malformed": -2, "early": 413}


def blocking():
    for outcome in OUTCOMES:
        same(request(outcome).wait()[0], WANT.get(outcome, 200), outcome)
        if outcome != "timeout":  # takes 10 s in the callback API
            http.get(request(outcome).url, None, lambda code, body: None)
        try:
            http.get(URL + "/good", None, lambda code, body: 1 // 0)
        except ZeroDivisionError:
            pass


async def tasks():
    results = await asyncio.gather(*[request(outcome) for outcome in OUTCOMES])
    same([result[0] for result in results], [WANT.get(outcome, 200) for outcome in OUTCOMES])
    task = asyncio.create_task(request("timeout").wait())
    await asyncio.sleep_ms(20)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        pass
    codes = []
    http.get(URL + "/good", None, lambda code, body: codes.append(code))
    while not codes:
        await asyncio.sleep_ms(5)
    await asyncio.sleep_ms(10)


def used():
    # The first collection frees what the second finds unreferenced.
    gc.collect()
    gc.collect()
    return gc.mem_alloc()


for i in range(P["rounds"] + 2):
    blocking()
    run_to_end(tasks())
    if i == 1:
        before = descriptors(), used()
os.remove("leak.bin")
after = descriptors(), used()
same(after[0], before[0], "open descriptors")
# 16 bytes, the least there is, from one in ten requests would be more.
assert after[1] - before[1] < 500, (before, after)
