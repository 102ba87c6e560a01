# One answer is remembered for its time to live.

from prelude import *

import http
import http.resolver as resolver
import stand_ins.network as network

sys.modules["network"] = network

network.ipconfig(dns="127.0.0.1")
resolver.PORT = P["dns"]
now = 1000
resolver.time = lambda: now


def get(name):
    same(asyncio.run(http.request("GET", "http://%s:%s/" % (name, P["http"])))[0], 200)


get("ttl-9.test")
now += 8
get("ttl-9.test")  # remembered
now += 1
get("ttl-9.test")  # asked for again: its time is over
get("TTL-9.test")  # remembered
now -= 1
get("ttl-9.test")  # asked for: the clock has been set
get("ttl-0.test")
get("ttl-0.test")
get("ttl-9.test")  # asked for: another one is not remembered
get("shortest.test")
now += 8
get("shortest.test")
now += 1
get("shortest.test")  # the shortest of the times of all records counts
network.ipconfig(dns="127.0.0.2")
resolver.SECOND = 1
same(asyncio.run(http.request("GET", "http://shortest.test:%s/" % P["http"]))[0], -4)
network.ipconfig(dns="127.0.0.1")
resolver.SECOND = 1000
get("ttl-9.test")
