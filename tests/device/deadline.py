# The callback API gives up after 10 s, in all and whatever the server does.

from prelude import *

import http

codes = []
start = time.ticks_ms()


def callback(code, body):
    codes.append((code, body))
    in_time(start, 10000)


async def main():
    # Three at once, so that it takes 10 s and not 30.
    http.get(P["url"] + "/silent", None, callback)
    http.get(P["url"] + "/drip", None, callback)
    http.get(P["url"] + "/interim", None, callback)
    while len(codes) < 3:
        await asyncio.sleep_ms(50)


run_to_end(main())
same(codes, [(-1, None)] * 3)
