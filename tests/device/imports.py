# What a request does not use is not imported. (The asyncio of the prelude is taken away first.)

from prelude import *

for name in list(sys.modules):
    if "asyncio" in name:
        del sys.modules[name]

import http  # noqa: E402


def loaded():
    # But gate.py, which is part of the beginning where there is room for threads.
    names = [name[5:] for name in sys.modules if name.startswith("http.")]
    return sorted([name for name in names if name != "gate"])


codes = []
same(loaded(), [])
same(http.request("GET", P["url"]).wait()[0], 200)
used = ["blocking", "exchange", "head", "headers"]
same(loaded(), used)
http.get(P["url"], None, lambda code, body: codes.append(code))
used.append("callbacks")
same(loaded(), sorted(used))
http.get(P["url"], "X: y\r\n", lambda code, body: codes.append(code))
used += ["fields", "token"]
same(loaded(), sorted(used))
http.put(P["url"], None, {"a": 1}, lambda code, body: codes.append(code))
used += ["body", "methods"]
same(loaded(), sorted(used))
same(http.urlencode({"a": 1}), "a=1")
used.append("forms")
same(loaded(), sorted(used))
same(callable(http.Multipart({}).rewind), True)
used += ["multipart", "source"]
same(loaded(), sorted(used))
same(codes, [200, 200, 200])
same(http.ERROR_FOTA, -9)
same(http.__version__, P["version"])
same(loaded(), sorted(used))
assert not [name for name in sys.modules if "asyncio" in name], sys.modules
