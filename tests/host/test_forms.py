"""Bodies that are JSON and forms, as httpbin reads them, and `email` and `urllib` of Python."""

import email
import email.policy
import itertools
import json
import re
import urllib.parse

from scripts import each_test
from servers import Peer

# The fields of a form, where (filename, ("file", content)) stands for an open file,
# "memory" for an io.BytesIO, and "pipe" for a file without a size.
BINARY = bytes(range(256)) * 5 + b"\r\n\r\n--"
CASES = [
    {},
    {"a": "b"},
    {"a": ""},
    [("a", "1"), ("b", "2"), ("a", "3")],
    {"number": 5, "float": 0.5, "bytes": b"\0\r\n\xff", "text": "h\u00e9\u4e16"},
    {"large": b"x" * 5000, "view": bytearray(b"y" * 513)},
    [(f"field{i}", "value" * i) for i in range(60)],
    {"f": ("picture.png", BINARY)},
    {"f": ("picture.png", BINARY, "image/png"), "after": "x"},
    {"f": ("notes.txt", "h\u00e9\r\nmore", "text/plain; charset=utf-8")},
    {"f": ("none.bin", b"", None)},
    {"before": "x", "f": ("f.bin", ("file", BINARY)), "after": "y"},
    {"f": ("f.bin", ("file", b"")), "g": ("g.bin", ("memory", BINARY * 3))},
    {"f": ("p.bin", ("pipe", BINARY), "a/b"), "large": b"z" * 2000},
    {"f": ("p.bin", ("pipe", b""))},
]
# What would be injected if it could be.
EVIL = [
    'a"; filename="evil',
    'a"\r\nInjected: yes\r\n\r\nx',
    "a\nInjected: yes",
    "a\r\n--\r\n",
    "a; injected=yes",
    "a\\",
    'a\\"; injected="yes',
    "a\0b",
    "",
    "h\u00e9 \u4e16",
    "%22",
]
CASES += [{name: "value"} for name in EVIL]
CASES += [{"f": (name, b"content")} for name in EVIL]
CASES += [{name: (other, b"c")} for name, other in zip(EVIL, reversed(EVIL), strict=True)]
CASES += [{"a\\": ("; name=evil; x=", b"c")}]
JSON = [
    {},
    [],
    {"a": 1, "b": [None, True, 0.5, 'h\u00e9\u4e16"\\\n'], "c": {"d": {}}},
    [{"reading": i} for i in range(500)],
]
QUERIES = [
    {},
    {"a": "b"},
    [("a", 1), ("a", 2), ("b", "")],
    {"a b": "c&d=e+f%20;/?:@", "h\u00e9": "\u4e16\U0001f600", "~-._": "*'()!"},
    {"".join(map(chr, range(1, 128))): bytes(range(128)), "n": 0.5},
]


def expected(value):
    """Return (filename, content type, content) of the part that was sent for `value`."""
    name, kind = None, "text/plain"  # what a part is by default: RFC 7578 section 4.4
    if isinstance(value, tuple):
        name, value, kind = (*value, None)[:3]
        kind = kind or "application/octet-stream"
        if isinstance(value, tuple):
            value = value[1]
    if isinstance(value, int | float):
        value = str(value)
    return name, kind, value.encode() if isinstance(value, str) else bytes(value)


def escaped(name):
    name = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    return re.sub(r"\\$", "%5C", name)


class Utf8(email.policy.Compat32):
    def header_fetch_parse(self, name, value):
        return value.encode("ascii", "surrogateescape").decode()


def parse(head, body):
    """Return (name, filename, content type, content) of each part, as `email` has them."""
    kind = re.search(rb"(?i)\r\ncontent-type: ([^\r]*)", head)[1]
    message = email.message_from_bytes(
        b"MIME-Version: 1.0\r\nContent-Type: " + kind + b"\r\n\r\n" + body,
        policy=Utf8(),
    )
    assert message.get_content_type() == "multipart/form-data"
    assert not message.defects or not body.count(b"\r\n\r\n"), message.defects
    parts = message.get_payload()
    if isinstance(parts, str):
        return []  # the end alone
    found = []
    for part in parts:
        assert set(part.keys()) <= {"Content-Disposition", "Content-Type"}, part.items()
        assert part.get_content_disposition() == "form-data"
        params = part.get_params(header="content-disposition")
        assert [key for key, _ in params] in (
            ["form-data", "name"],
            ["form-data", "name", "filename"],
        )
        name, filename = (*[value for _, value in params[1:]], None)[:2]
        found.append((name, filename, part["Content-Type"] or "text/plain", content(part)))
    return found


def content(part):
    return part.get_payload(decode=True)


def unchunked(data):
    body = b""
    while True:
        size, data = data.split(b"\r\n", 1)
        n = int(size, 16)
        assert data[n : n + 2] == b"\r\n"
        body += data[:n]
        data = data[n + 2 :]
        if not n:
            assert data == b""
            return body


def serve(connection):
    """Answer, or redirect as the path says; return (path, head, body) of each request."""
    results = []
    while True:
        try:
            head, body = connection.request()
        except ConnectionError as er:
            if "body" in str(er):
                raise  # a file that could not be read
            assert connection.received == b"", "more came than was announced"
            return results
        connection.received = b""
        path = head.split()[1].decode()
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        if length:
            assert len(body) == int(length[1]), "more came than was announced"
        elif body:
            body = unchunked(body)
        results.append((path, head, body))
        if path[1:4] in ("307", "303"):
            connection.send(
                b"HTTP/1.1 %s x\r\nLocation: /redirected%s\r\nContent-Length: 0\r\n\r\n"
                % (path[1:4].encode(), path[4:].encode())
            )
        else:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(head), head))


def parts(case):
    """Return the parts that a case of forms.py has to arrive as, in the way parse() has them."""
    if case == "twice":
        return [(n, f, "application/octet-stream", b"twice") for n, f in ("a1", "b2")]
    fields = CASES[int(case)]
    found = []
    for name, value in fields.items() if isinstance(fields, dict) else fields:
        filename, kind, data = expected(value)
        filename = None if filename is None else escaped(filename)
        found.append((escaped(name), filename, kind, data))
    return found


# The paths to which the tests of forms.py send each case.
ALL = {str(i) for i in range(len(CASES))}
REPEATABLE = ALL - {"13", "14"}  # without a pipe
SENT = {
    "test_every_form_arrives": (["/"], ALL),
    "test_a_form_is_sent_again": (["/", "/307", "/redirected"], REPEATABLE),
    "test_a_form_on_a_kept_connection": (["/keep"], REPEATABLE),
    "test_one_file_in_two_parts": (["/"], {"twice"}),
    "test_json_arrives": (
        ["/json", "/307-json", "/redirected-json"],
        {str(i) for i in range(len(JSON))},
    ),
}
UNREADABLE = ("test_what_a_file_raises_reaches_the_caller", "test_a_file_that_became_shorter")


@each_test("forms")
def test_forms(mpy, httpbin_url, name):
    with Peer(serve) as peer:
        out = mpy.run(
            "forms",
            name,
            heap="2m",
            url=peer.url,
            httpbin=httpbin_url,
            cases=CASES,
            json=JSON,
            queries=QUERIES,
            timeout=240,
        )
    assert not [er for er in peer.errors if "more came" in str(er)]
    assert len(peer.errors) == (name in UNREADABLE), peer.errors
    seen = set()
    boundaries = set()
    for path, head, body in sum(peer.results, []):
        assert b"njected" not in head
        case = re.search(rb"\r\nX-Case: (\w+)", head)
        if not case:
            continue
        case = case[1].decode()
        seen.add((path, case))
        kinds = re.findall(rb"(?i)\r\ncontent-type: ([^\r]*)", head)
        assert len(kinds) == 1, head
        if "json" in path:
            assert kinds[0] in (b"application/json", b"application/vnd.api+json")
            assert json.loads(body) == JSON[int(case)]
            continue
        found, want = parse(head, body), parts(case)
        if case != "twice" and isinstance(CASES[int(case)], dict):  # no order on MicroPython
            found.sort(key=repr)
            want.sort(key=repr)
        assert found == want, (case, body)
        boundaries.add(kinds[0])
    if name in SENT:
        assert seen == set(itertools.product(*SENT[name]))
    if name == "test_every_form_arrives":
        assert len(boundaries) == 2 * len(CASES), "each form has a boundary of its own"
    if name == "test_what_urlencode_makes":
        check_queries([line[6:] for line in out.splitlines() if line.startswith("query ")])


def check_queries(queries):
    assert len(queries) == len(QUERIES)
    for query, fields in zip(queries, QUERIES, strict=True):
        pairs = fields.items() if isinstance(fields, dict) else fields
        want = [
            (name, value.decode() if isinstance(value, bytes) else str(value))
            for name, value in pairs
        ]
        options = {"keep_blank_values": True, "strict_parsing": bool(want)}
        assert sorted(urllib.parse.parse_qsl(query, **options)) == sorted(want)
        assert re.fullmatch(r"[A-Za-z0-9._~+&=%-]*", query)


def test_a_large_file_is_never_whole_in_memory(mpy):
    def large(connection):
        head, body = connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        return parse(head, body)

    heap = {32: 65536, 64: 131072}[mpy.bits]
    with Peer(large) as peer:
        out = mpy.run("large_form", heap=str(heap), url=peer.url)
    assert int(out.split()[1]) < heap
    assert peer.errors == []
    picture = b"".join(bytes([i % 251]) * 1024 for i in range(1024))
    assert sorted(peer.results[0]) == [
        ("note", None, "text/plain", b"large"),
        ("picture", "p.jpg", "image/jpeg", picture),
    ]
    assert len(picture) >= 8 * heap
