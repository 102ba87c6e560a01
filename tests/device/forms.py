# Bodies that are JSON, and forms. They are checked where they arrive: each request
# names its case in a header.

from prelude import *

import http
import io
import json

URL = P["url"]
BIN = P["httpbin"]


class Pipe:
    # A file without a size, that gives 100 bytes at a time.
    def __init__(self, data):
        self.stream = io.BytesIO(data)

    def readinto(self, buf):
        return self.stream.readinto(memoryview(buf)[:100])


def real(value):
    # A case, with ("file" or "pipe" or "old", content) in place of an open file.
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


def twice():
    # A file to send.
    with open("part.bin", "wb") as f:
        f.write(b"twice")
    return open("part.bin", "rb")


def run(path, case, body, headers=(), **opts):
    fields = dict(headers)
    fields["X-Case"] = case
    opts["timeout"] = 20000
    request = http.request("POST", URL + path, fields, body, opts)
    code, headers, got = request.wait()
    same(code, 200, (case, request.error))


files = []


def close_files():
    for f in files:
        f.close()
    files.clear()


def accepted():
    # The peer has accepted all earlier connections.
    run("/", 0, form(P["cases"][0]))


def test_every_form_arrives():
    for i, fields in enumerate(P["cases"]):
        run("/", i, form(fields))
        # In vain: only ours has the boundary.
        run("/", i, form(fields), {"content-TYPE": "text/plain"})
        close_files()


def test_a_form_is_sent_again():
    for i, fields in enumerate(P["cases"]):
        body = form(fields)
        if body.size is not None:
            run("/", i, body)
            # The same form once more, and over a redirect that wants it again.
            run("/", i, body)
            run("/307", i, body, redirects=2)
        else:
            request = http.request("POST", URL + "/307", None, form(fields), {"redirects": 1})
            same(request.wait()[0], -2)
            assert "twice" in str(request.error), request.error
        close_files()


def test_a_form_on_a_kept_connection():
    for i, fields in enumerate(P["cases"]):
        body = form(fields)
        if body.size is not None:
            run("/keep", i, body, keepalive=True)
            run("/keep", i, body, keepalive=True)
            http.close()
        close_files()


def test_a_redirect_to_get_drops_the_form():
    # And its Content-Type.
    for i, fields in enumerate(P["cases"]):
        code, headers, got = http.request(
            "POST", URL + "/303", {"X-Kept": "y"}, form(fields), {"redirects": 1}
        ).wait()
        same(code, 200)
        text = bytes(got).decode().lower()
        assert text.startswith("get ") and "x-kept: y" in text and "content-" not in text, text
        close_files()


def test_one_file_in_two_parts():
    # Twice in one request's time.
    with twice() as f:
        run("/", "twice", http.Multipart([("a", ("1", f)), ("b", ("2", f))]))


def test_json_arrives():
    # Also with a Content-Type of the caller's.
    for i, data in enumerate(P["json"]):
        run("/json", i, data)
        run("/json", i, data, {"X": "y"})
        run("/json", i, data, {"CONTENT-type": "application/vnd.api+json"})
        run("/307-json", i, data, redirects=1)


def test_httpbin_reads_a_form():
    with twice() as f:
        fields = [("a", 1), ("a", "\u00e9 \u4e16"), ("f", ("x.bin", f)), ("f\\", ("y\\", "text"))]
        code, headers, got = http.request(
            "POST", BIN + "/post", None, http.Multipart(fields)
        ).wait()
    seen = json.loads(got)
    same(seen["form"], {"a": ["1", "\u00e9 \u4e16"]})
    same(seen["files"], {"f": "twice", "f%5C": "text"})
    code, headers, got = http.request(
        "POST", BIN + "/post", None, http.Multipart([("p", ("x", Pipe(b"chunk" * 99)))])
    ).wait()
    same(json.loads(got)["files"], {"p": "chunk" * 99})


data = {"a": [1, None, True, 0.5, '\u00e9"\n'], "b": {}}


def test_httpbin_reads_json():
    code, headers, got = http.request("PUT", BIN + "/put", None, data).wait()
    same(
        (json.loads(got)["json"], json.loads(got)["headers"]["Content-Type"]),
        (data, "application/json"),
    )


def test_httpbin_reads_what_urlencode_makes():
    KIND = {"Content-Type": "application/x-www-form-urlencoded"}
    fields = {"a b": "c&d=e", "\u00e9": 5}
    code, headers, got = http.request("POST", BIN + "/post", KIND, http.urlencode(fields)).wait()
    same(json.loads(got)["form"], {"a b": "c&d=e", "\u00e9": "5"})
    code, headers, got = http.request("GET", BIN + "/get?" + http.urlencode(fields)).wait()
    same(json.loads(got)["args"], {"a b": "c&d=e", "\u00e9": "5"})


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
    same(str(http.last_error), "[Errno 5] EIO")  # not that of a time limit, 10 s later
    same(sorted([code for code, _ in calls.values()]), [200] * 4)
    same(calls["dict"][1]["json"], data)
    same(calls["list"][1]["json"], [1, 2])
    same(calls["form"][1]["form"], {"a": "b"})
    same(calls["file"][1]["files"], {"a": "twice"})
    calls.clear()


def test_callbacks_take_all_of_them():
    # A file that cannot be read is -1 there, as any failure.
    with twice() as f:
        all_of_them(f)
        check()


async def test_callbacks_in_a_task_take_all_of_them():
    with twice() as f:
        all_of_them(f)
        while len(calls) < 5:
            await asyncio.sleep_ms(10)
        check()


async def test_a_task_sends_json_and_forms():
    code, headers, got = await http.request("POST", BIN + "/post", None, data)
    same(json.loads(got)["json"], data)
    with twice() as f:
        body = http.Multipart({"a": ("b", f)})
        code, headers, got = await http.request("POST", BIN + "/post", None, body)
        same(json.loads(got)["files"], {"a": "twice"})


def test_what_a_file_raises_reaches_the_caller():
    body = http.Multipart({"a": ("b", Broken(b"abc"))})
    same(raises(OSError, http.request("POST", URL, None, body).wait), "[Errno 5] EIO")
    accepted()


def test_a_file_that_became_shorter():
    class Shorter(io.BytesIO):
        def readinto(self, buf):
            return 0

    body = http.Multipart({"a": ("b", Shorter(b"abc"))})
    assert "shorter" in raises(ValueError, http.request("POST", URL, None, body).wait)
    accepted()


def test_a_wrong_form_raises():
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


def test_a_wrong_part_raises():
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


def test_what_urlencode_makes():
    # Compared with CPython, on the other side.
    for fields in P["queries"]:
        print("query", http.urlencode(fields))
