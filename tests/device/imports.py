# What a request does not use is not imported. (The prelude's asyncio is taken away first.)

for name in list(sys.modules):
    if "asyncio" in name:
        del sys.modules[name]

import http  # noqa: E402


def loaded():
    return sorted([name[5:] for name in sys.modules if name.startswith("http.")])


codes = []
same(loaded(), [])
http.get(P["url"], None, lambda code, body: codes.append(code))
core = ["blocking", "exchange", "response", "url"]
same(loaded(), core)
same(http.request("GET", P["url"]).wait()[0], 200)
same(loaded(), sorted(core + ["headers"]))
http.get(P["url"], "X: y\r\n", lambda code, body: codes.append(code))
same(loaded(), sorted(core + ["headers", "fields"]))
same(codes, [200, 200])
assert not [name for name in sys.modules if "asyncio" in name], sys.modules
