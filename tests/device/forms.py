# Bodies that are JSON, and forms. What has to arrive is checked where it arrives: each request
# names its case in a header.

from prelude import *

import http
import io
import json

URL = P["url"]
BIN = P["httpbin"]
opened = descriptors()


class Pipe:
    # A file without a size, that gives 100 bytes at a time.
    def __init__(self, data):
        self.stream = io.BytesIO(data)

    def readinto(self, buf):
        return self.stream.readinto(memoryview(buf)[:100])


def real(value):
    # A case, with ("file" or "pipe" or "old", content) in place of what that cannot be written as.
    if not isinstance(value, tuple) or not isinstance(value[1], tuple):
        return value
    kind, data = value[1]
    if kind == "file":
        with open("part.bin", "wb") as f:
            f.write(b"skipped" + data)
        stream = open("part.bin", "rb")
        stream.seek(7)
        files.append(stream)
    elif kind == "pipe":
        stream = Pipe(data)
    else:
        stream = io.BytesIO(data)
    return (value[0], stream) + value[2:]


def form(fields):
    if isinstance(fields, dict):
        return http.Multipart({name: real(value) for name, value in fields.items()})
    return http.Multipart([(name, real(value)) for name, value in fields])


def run(path, case, body, headers=(), **opts):
    # Both ways of the task API, and that of callbacks.
    fields = dict(headers)
    fields["X-Case"] = case
    opts["timeout"] = 20000
    request = http.request("POST", URL + path, fields, body, opts)
    code, headers, got = request.wait()
    same(code, 200, (case, request.error))


files = []
for i, fields in enumerate(P["cases"]):
    run("/", i, form(fields))
    body = form(fields)
    run("/", i, body, {"content-TYPE": "text/plain"})  # in vain: only ours has the boundary
    if body.size is not None:
        # The same form once more, and over a redirect that wants it again.
        run("/", i, body)
        run("/307", i, body, redirects=2)
        run("/keep", i, body, keepalive=True)
        run("/keep", i, body, keepalive=True)
        http.close()
    else:
        request = http.request("POST", URL + "/307", None, form(fields), {"redirects": 1})
        same(request.wait()[0], -2)
        assert "twice" in str(request.error), request.error
    # A GET without a body, and without its Content-Type.
    code, headers, got = http.request(
        "POST", URL + "/303", {"X-Kept": "y"}, form(fields), {"redirects": 1}
    ).wait()
    same(code, 200)
    text = bytes(got).decode().lower()
    assert text.startswith("get ") and "x-kept: y" in text and "content-" not in text, text
    for f in files:
        f.close()
    files.clear()
same(descriptors(), opened)

# One file in two parts, and twice in one request's time.
with open("part.bin", "wb") as f:
    f.write(b"twice")
with open("part.bin", "rb") as f:
    run("/", "twice", http.Multipart([("a", ("1", f)), ("b", ("2", f))]))

# JSON, also with a Content-Type of the caller's.
for i, data in enumerate(P["json"]):
    run("/json", i, data)
    run("/json", i, data, {"X": "y"})
    run("/json", i, data, {"CONTENT-type": "application/vnd.api+json"})
    run("/307-json", i, data, redirects=1)

# What httpbin makes of it.
with open("part.bin", "rb") as f:
    fields = [("a", 1), ("a", "\u00e9 \u4e16"), ("f", ("x.bin", f)), ("f\\", ("y\\", "text"))]
    code, headers, got = http.request("POST", BIN + "/post", None, http.Multipart(fields)).wait()
seen = json.loads(got)
same(seen["form"], {"a": ["1", "\u00e9 \u4e16"]})
same(seen["files"], {"f": "twice", "f%5C": "text"})
code, headers, got = http.request(
    "POST", BIN + "/post", None, http.Multipart([("p", ("x", Pipe(b"chunk" * 99)))])
).wait()
same(json.loads(got)["files"], {"p": "chunk" * 99})
data = {"a": [1, None, True, 0.5, '\u00e9"\n'], "b": {}}
code, headers, got = http.request("PUT", BIN + "/put", None, data).wait()
same(
    (json.loads(got)["json"], json.loads(got)["headers"]["Content-Type"]),
    (data, "application/json"),
)
KIND = {"Content-Type": "application/x-www-form-urlencoded"}
fields = {"a b": "c&d=e", "\u00e9": 5}
code, headers, got = http.request("POST", BIN + "/post", KIND, http.urlencode(fields)).wait()
same(json.loads(got)["form"], {"a b": "c&d=e", "\u00e9": "5"})
code, headers, got = http.request("GET", BIN + "/get?" + http.urlencode(fields)).wait()
same(json.loads(got)["args"], {"a b": "c&d=e", "\u00e9": "5"})

# Callbacks take all of them. A file that cannot be read is -1 there, as any failure.
calls = {}


class Broken(io.BytesIO):
    def readinto(self, buf):
        raise OSError(5)


def note(name):
    def callback(code, body):
        assert name not in calls, "called twice"
        calls[name] = (code, body and json.loads(body))

    return callback


def all_of_them(f):
    http.post(BIN + "/post", None, data, note("dict"))
    http.post(BIN + "/post", "", [1, 2], note("list"))
    http.put(BIN + "/put", "Accept: */*", http.Multipart({"a": "b"}), note("form"))
    body = http.Multipart({"a": ("b", f)})
    http.request(BIN + "/patch", "PATCH", None, body, note("file"))
    http.post(BIN + "/post", None, http.Multipart({"a": ("b", Broken(b"abc"))}), note("broken"))


def check():
    same(calls.pop("broken"), (-1, None))
    same(sorted([code for code, _ in calls.values()]), [200] * 4)
    same(calls["dict"][1]["json"], data)
    same(calls["list"][1]["json"], [1, 2])
    same(calls["form"][1]["form"], {"a": "b"})
    same(calls["file"][1]["files"], {"a": "twice"})
    calls.clear()


async def main(f):
    all_of_them(f)
    while len(calls) < 5:
        await asyncio.sleep_ms(10)
    check()
    code, headers, got = await http.request("POST", BIN + "/post", None, data)
    same(json.loads(got)["json"], data)
    f.seek(0)
    body = http.Multipart({"a": ("b", f)})
    code, headers, got = await http.request("POST", BIN + "/post", None, body)
    same(json.loads(got)["files"], {"a": "twice"})


with open("part.bin", "rb") as f:
    all_of_them(f)
    check()
with open("part.bin", "rb") as f:
    asyncio.run(main(f))

# To a task the caller's file raises what it raises.
body = http.Multipart({"a": ("b", Broken(b"abc"))})
same(raises(OSError, http.request("POST", URL, None, body).wait), "[Errno 5] EIO")


class Shorter(io.BytesIO):
    def readinto(self, buf):
        return 0


body = http.Multipart({"a": ("b", Shorter(b"abc"))})
assert "shorter" in raises(ValueError, http.request("POST", URL, None, body).wait)
run("/", 0, form(P["cases"][0]))  # for the peer to have accepted the two before
os.remove("part.bin")

# Wrong use raises at the call.
for kind, fields in (
    (TypeError, None),
    (TypeError, "a=b"),
    (TypeError, ["ab"]),
    (TypeError, [("a",)]),
    (TypeError, [("a", "b", "c")]),
    (TypeError, {"a": None}),
    (TypeError, {"a": ["b"]}),
    (TypeError, {None: "b"}),
):
    raises(kind, http.Multipart, fields)
    raises(kind, http.urlencode, fields)
raises(TypeError, http.urlencode, {"a": ("b", "c")})
for kind, value in (
    (TypeError, ("name",)),
    (TypeError, ("name", b"", "a/b", 4)),
    (TypeError, ("name", None)),
    (TypeError, ("name", {})),
    (TypeError, ("name", iter([b"a"]))),
    (TypeError, (None, b"")),
    (TypeError, ("name", b"", ["a/b"])),
    (ValueError, ("name", b"", "a/b\r\nInjected: yes")),
    (ValueError, ("name", b"", "a/b\n")),
    (ValueError, ("name", b"", "a/b\0")),
):
    raises(kind, http.Multipart, {"a": value})

# Against CPython, on the other side.
for fields in P["queries"]:
    print("query", http.urlencode(fields))
same(descriptors(), opened)
