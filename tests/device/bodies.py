# JSON, a form with a file and a body in pieces, in as little memory as possible: for boards.

from prelude import *

import http

URL = P["url"]

# Not onto the machine that is mounted, if one is, but into the flash.
NAME = ("/" if os.getcwd() == "/remote" else "") + "bodies.bin"
CONTENT = bytes(range(251)) * 16


def wait(request):
    code, headers, body = request.wait()
    if code < 0:
        raise AssertionError("%d %r" % (code, request.error))
    return code, body


# In pieces: into an open file.
with open(NAME, "wb") as f:
    same(wait(http.request("GET", URL + "/chunked/4016", None, None, {"dst": f})), (200, 4016))
with open(NAME, "rb") as f:
    for i in range(0, len(CONTENT), 1000):
        same(f.read(1000), CONTENT[i : i + 1000], i)
    f.seek(3000)
    form = http.Multipart([("a", 1), ("f", ("x", f))])
    code, body = wait(http.request("POST", URL + "/echo", None, form))
    # No `assert`: the board gets this without them.
    same((body[:2], body[-4:]), (b"--", b"--\r\n"))
    same(b"\r\n\r\n" + CONTENT[3000:] + b"\r\n--" in body, True, body)
os.remove(NAME)

same(wait(http.request("POST", URL + "/echo", None, {"a": [1]})), (200, b'{"a": [1]}'))
got = []
http.post(URL + "/echo", None, [1], lambda code, body: got.append((code, bytes(body))))
http.put(URL + "/echo", None, http.Multipart({}), lambda code, body: got.append(len(body)))
same(got, [(200, b"[1]"), 38])
same(http.urlencode({"a b": "\u00e9"}), "a+b=%C3%A9")
