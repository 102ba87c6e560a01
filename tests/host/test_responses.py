"""Responses, by RFC 9112: a sentence of it or a peer's mistake at a time.

Each response is sent whole and again a byte at a time, and has to give the same; so it has when
the peer resets the connection after a complete one.
"""

import functools
import hashlib
import json
import re

import pytest
from conftest import MicroPython, sizes
from scripts import each_test
from servers import Peer

LIMIT = 8192
PACE = 0.0005  # s between bytes, enough for the client to read each alone


def ok(*fields, body=b"hello", status=b"200 OK"):
    return b"\r\n".join((b"HTTP/1.1 " + status, *fields, b"", body))


def length(n, body=b"hello", status=b"200 OK"):
    return ok(b"Content-Length: " + (b"%d" % n if isinstance(n, int) else n), body=body)


def chunked(body, *fields):
    return ok(b"Transfer-Encoding: chunked", *fields, body=body)


def padded(total):
    """A response whose head has `total` bytes."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: "
    return head + b"x" * (total - len(head) - 4) + b"\r\n\r\nhello"


HEADER, BODY, CLOSE, STATE = -2, -3, -5, -1

# name: (response, code, body, {field: value})
CASES = {
    # Framing.
    "length": (length(5), 200, b"hello", {"content-length": "5"}),
    "length 0": (length(0, b""), 200, b""),
    "length, more after it": (length(5, b"hello, world"), 200, b"hello"),
    "length with zeros": (length(b"00005"), 200, b"hello"),
    "length with blanks": (length(b" \t5 \t"), 200, b"hello"),
    "until close": (ok(), 200, b"hello"),
    "until close, empty": (ok(body=b""), 200, b""),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\nhello", 200, b"hello"),
    "HTTP/1.0 with length": (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhello", 200, b"he"),
    "chunked": (chunked(b"5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n"), 200, b"hello, world"),
    "chunked, empty": (chunked(b"0\r\n\r\n"), 200, b""),
    "chunked, hex": (
        chunked(b"A\r\n0123456789\r\n00b\r\n0123456789a\r\n0\r\n\r\n"),
        200,
        b"0123456789" * 2 + b"a",
    ),
    "chunk extensions": (chunked(b'5;a=b;c="d"\r\nhello\r\n0;x\r\n\r\n'), 200, b"hello"),
    "blank before an extension": (chunked(b"5 ;a\r\nhello\r\n0 \r\n\r\n"), 200, b"hello"),
    "blanks after a size": (chunked(b"5 \t\r\nhello\r\n0\t\r\n\r\n"), 200, b"hello"),
    "blanks around an extension": (chunked(b"5\t ; a\r\nhello\r\n0\r\n\r\n"), 200, b"hello"),
    "trailers": (
        chunked(b"5\r\nhello\r\n0\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\n"),
        200,
        b"hello",
    ),
    "chunked, more after it": (chunked(b"5\r\nhello\r\n0\r\n\r\nmore"), 200, b"hello"),
    "coding in another case": (
        ok(b"TRANSFER-encoding:  ChunKed ", body=b"1\r\nx\r\n0\r\n\r\n"),
        200,
        b"x",
    ),
    "a body longer than the buffer": (
        length(3000, bytes(range(250)) * 12),
        200,
        bytes(range(250)) * 12,
    ),
    "a chunk longer than the buffer": (
        chunked(b"bb8\r\n" + bytes(range(250)) * 12 + b"\r\n0\r\n\r\n"),
        200,
        bytes(range(250)) * 12,
    ),
    # No body.
    "204": (ok(status=b"204 No Content", body=b""), 204, b""),
    "204 with length": (ok(b"Content-Length: 5", status=b"204 No Content"), 204, b""),
    "304": (ok(status=b"304 Not Modified", body=b""), 304, b""),
    "304 with length": (ok(b"Content-Length: 5", status=b"304 Not Modified", body=b""), 304, b""),
    "304 chunked": (
        ok(b"Transfer-Encoding: chunked", status=b"304 Not Modified", body=b""),
        304,
        b"",
    ),
    "HEAD with length": (length(500, b""), 200, b"", {"Content-Length": "500"}),
    "HEAD chunked": (chunked(b""), 200, b""),
    "HEAD without length": (ok(body=b""), 200, b""),
    # Interim responses.
    "100": (b"HTTP/1.1 100 Continue\r\n\r\n" + length(5), 200, b"hello"),
    "two 1xx": (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\nX: y\r\n\r\n" + length(5),
        200,
        b"hello",
    ),
    "103": (
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nContent-Length: 9\r\n\r\n" + length(5),
        200,
        b"hello",
        {"link": None},
    ),
    "1xx without CR": (b"HTTP/1.1 100\n\n" + length(5), 200, b"hello"),
    "101 is final": (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nbinary",
        101,
        b"",
        {"upgrade": "x"},
    ),
    # Status line and fields.
    "no reason": (b"HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello", 200, b"hello"),
    "no reason, no blank": (b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", 200, b"hello"),
    "a minor version to come": (
        b"HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        200,
        b"hello",
    ),
    "500": (ok(b"Content-Length: 5", status=b"500 Oh"), 500, b"hello"),
    "599": (ok(status=b"599 Oh"), 599, b"hello"),
    "any case": (ok(b"CONTENT-length:5"), 200, b"hello", {"Content-Length": "5"}),
    "blanks around values": (ok(b"X:\t a b \t"), 200, b"hello", {"x": "a b"}),
    "empty value": (ok(b"X:", b"Y: "), 200, b"hello", {"x": "", "y": ""}),
    "colon in a value": (ok(b"X: a:b"), 200, b"hello", {"x": "a:b"}),
    "repeated": (ok(b"X: a", b"x: b", b"X: c"), 200, b"hello", {"x": "a, b, c"}),
    "cookies": (
        ok(b"Set-Cookie: a=1, b", b"set-cookie: c=2"),
        200,
        b"hello",
        {"set-cookie": "a=1, b\nc=2"},
    ),
    "ISO-8859-1": (ok(b"X: caf\xe9"), 200, b"hello", {"x": "café"}),
    "every character of a token": (
        ok(b"!#$%&'*+-.^_`|~09azAZ: x", b"X: y"),
        200,
        b"hello",
        {"!#$%&'*+-.^_`|~09azAZ": "x", "x": "y"},
    ),
    "UTF-8": (ok("X: café".encode()), 200, b"hello", {"x": "café"}),
    "folded": (ok(b"X: a", b" b", b"\t c", b"Y: d"), 200, b"hello", {"x": "a b c", "y": "d"}),
    "folded length": (ok(b"Content-Length:", b" 5"), 200, b"hello", {"content-length": "5"}),
    "bare LF": (b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", 200, b"hello"),
    "bare LF, then CRLF": (b"HTTP/1.1 200 OK\nContent-Length: 5\n\r\nhello", 200, b"hello"),
    "CRLF, then bare LF": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\nhello", 200, b"hello"),
    "body starts like a head's end": (length(6, b"\n\r\n\n\n\n"), 200, b"\n\r\n\n\n\n"),
    "bare LF, body with CRLF": (
        b"HTTP/1.1 200 OK\nContent-Length: 6\n\n\n\r\na\r\n",
        200,
        b"\n\r\na\r\n",
    ),
    "equal lengths": (ok(b"Content-Length: 5", b"Content-Length: 5"), 200, b"hello"),
    "equal lengths in a list": (length(b"5, 5,5"), 200, b"hello"),
    "head of 8 KB": (padded(LIMIT), 200, b"hello"),
    # Malformed heads.
    "head over 8 KB": (padded(LIMIT + 1), HEADER, None),
    "heads over 8 KB together": (b"HTTP/1.1 100 C\r\n\r\n" + padded(LIMIT), HEADER, None),
    "endless 1xx": (b"HTTP/1.1 100 Continue\r\n\r\n" * 100000, HEADER, None),
    "header line of 1 MB": (ok(b"X: " + b"x" * 1000000), HEADER, None),
    "20,000 headers": (ok(*(b"X-%d: y" % i for i in range(20000))), HEADER, None),
    "SSH": (b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", HEADER, None),
    "HTTP/2": (b"HTTP/2 200\r\n\r\n", HEADER, None),
    "HTTP/2.0": (b"HTTP/2.0 200 OK\r\n\r\n", HEADER, None),
    "ICY": (b"ICY 200 OK\r\n\r\n", HEADER, None),
    "http in lower case": (b"http/1.1 200 OK\r\n\r\n", HEADER, None),
    "an empty line first": (b"\r\nHTTP/1.1 200 OK\r\n\r\n", HEADER, None),
    "status of 2 digits": (b"HTTP/1.1 20\r\n\r\n", HEADER, None),
    "status of 4 digits": (b"HTTP/1.1 2000 OK\r\n\r\n", HEADER, None),
    "tab after the status": (b"HTTP/1.1 200\tOK\r\n\r\n", HEADER, None),
    "status 099": (b"HTTP/1.1 099 Oh\r\n\r\n", HEADER, None),
    "status +20": (b"HTTP/1.1 +20 OK\r\n\r\n", HEADER, None),
    "no status": (b"HTTP/1.1 \r\n\r\n", HEADER, None),
    "no status, no blank": (b"HTTP/1.1\n\n", HEADER, None),
    "two blanks": (b"HTTP/1.1  200 OK\r\n\r\n", HEADER, None),
    "HTTP/1.x": (b"HTTP/1.x 200 OK\r\n\r\n", HEADER, None),
    "line without colon": (ok(b"hello"), HEADER, None),
    "line without colon after a good one": (ok(b"A: b", b"hello"), HEADER, None),
    "blank before colon": (ok(b"X : y"), HEADER, None),
    "tab before colon": (ok(b"Content-Length\t: 5"), HEADER, None),
    "control character before colon": (ok(b"Content-Length\x01: 5"), HEADER, None),
    "control character before a line": (ok(b"A: b", b"\x0bX: y"), HEADER, None),
    "control character before a line, and a fold": (
        ok(b"A: b", b" c", b"\x0bX: y"),
        HEADER,
        None,
    ),
    "fold of what is no field": (ok(b"Content-Le", b" ngth: 5"), HEADER, None),
    "no name": (ok(b": y"), HEADER, None),
    "blank in a name": (ok(b"X y: z"), HEADER, None),
    "quoted name": (ok(b'"X": z'), HEADER, None),
    "name in ISO-8859-1": (ok(b"Caf\xe9: x"), HEADER, None),
    "no-break space before colon": (ok(b"Transfer-Encoding\xa0: chunked"), HEADER, None),
    "name in brackets": (ok(b"A: b", b"[X]: y"), HEADER, None),
    "name with a slash, last": (ok(b"A: b", b"X/y: z"), HEADER, None),
    "no token, and a fold": (ok(b"X y: z", b" a"), HEADER, None),
    "no token, bare LF": (b"HTTP/1.1 200 OK\nX(y): z\n\nhello", HEADER, None),
    "fold without a field": (ok(b" X: y"), HEADER, None),
    "bare CR": (ok(b"X: a\rb"), HEADER, None),
    "CR CR LF": (ok(b"X: a\r"), HEADER, None),
    "NUL": (ok(b"X: a\0b"), HEADER, None),
    "NUL in the status line": (b"HTTP/1.1 200 O\0K\r\n\r\n", HEADER, None),
    "two lengths": (ok(b"Content-Length: 5", b"Content-Length: 6"), HEADER, None),
    "two lengths in a list": (length(b"5, 6"), HEADER, None),
    "a length and an empty one": (ok(b"Content-Length: 5", b"Content-Length:"), HEADER, None),
    "an empty length and a good one": (ok(b"Content-Length:", b"Content-Length: 5"), HEADER, None),
    "a length and a comma": (length(b"5,"), HEADER, None),
    "a comma and a length": (length(b",5"), HEADER, None),
    "length 5 VT, and a fold": (ok(b"Content-Length: 5\x0b", b" "), HEADER, None),
    "chunked FF, and a fold": (ok(b"Transfer-Encoding: chunked\x0c", b" "), HEADER, None),
    "length +5": (length(b"+5"), HEADER, None),
    "length -5": (length(b"-5"), HEADER, None),
    "length 5x": (length(b"5x"), HEADER, None),
    "length VT 5": (length(b"\x0b5"), HEADER, None),
    "length 5, FF 5": (length(b"5,\x0c5"), HEADER, None),
    "VT chunked": (ok(b"Transfer-Encoding: \x0bchunked"), HEADER, None),
    "length 0x5": (length(b"0x5"), HEADER, None),
    "length 5 5": (length(b"5 5"), HEADER, None),
    "length empty": (length(b""), HEADER, None),
    "length 5 and nothing": (length(b"5,"), HEADER, None),
    "length 2^70": (length(2**70), HEADER, None),
    "length beyond memory": (length(10**12), STATE, None),
    "length and chunked": (ok(b"Content-Length: 5", b"Transfer-Encoding: chunked"), HEADER, None),
    "chunked and length": (chunked(b"0\r\n\r\n", b"Content-Length: 5"), HEADER, None),
    "gzip": (ok(b"Transfer-Encoding: gzip"), HEADER, None),
    "gzip, chunked": (ok(b"Transfer-Encoding: gzip, chunked"), HEADER, None),
    "chunked twice": (chunked(b"0\r\n\r\n", b"Transfer-Encoding: chunked"), HEADER, None),
    "identity": (ok(b"Transfer-Encoding: identity"), HEADER, None),
    "chunked in HTTP/1.0": (
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEADER,
        None,
    ),
    "malformed 1xx": (b"HTTP/1.1 100 C\r\nX\r\n\r\n" + length(5), HEADER, None),
    # Malformed chunks.
    "chunk zz": (chunked(b"zz\r\nhello\r\n0\r\n\r\n"), BODY, None),
    "chunk -5": (chunked(b"-5\r\nhello\r\n0\r\n\r\n"), BODY, None),
    "chunk +5": (chunked(b"+5\r\nhello\r\n0\r\n\r\n"), BODY, None),
    "chunk 0x5": (chunked(b"0x5\r\nhello\r\n0\r\n\r\n"), BODY, None),
    "chunk 2^70": (chunked(b"%x\r\nhello\r\n0\r\n\r\n" % 2**70), BODY, None),
    "chunk 1 5": (chunked(b"1 5\r\nhello\r\n0\r\n\r\n"), BODY, None),
    "chunk 5 and junk": (chunked(b"5 x\r\nhello\r\n0\r\n\r\n"), BODY, None),
    "bare LF after a size and a blank": (chunked(b"5 \nhello\r\n0\r\n\r\n"), BODY, None),
    "last chunk 0 0": (chunked(b"5\r\nhello\r\n0 0\r\n\r\n"), BODY, None),
    "chunk empty": (chunked(b"\r\nhello\r\n0\r\n\r\n"), BODY, None),
    "chunk only extension": (chunked(b";a\r\nhello\r\n0\r\n\r\n"), BODY, None),
    "chunk blank first": (chunked(b" 5\r\nhello\r\n0\r\n\r\n"), BODY, None),
    "no CRLF after a chunk": (chunked(b"5\r\nhello0\r\n\r\n"), BODY, None),
    "CR without LF after a chunk": (chunked(b"5\r\nhello\r0\r\n\r\n"), BODY, None),
    "bare LF after a size": (chunked(b"5\nhello\r\n0\r\n\r\n"), BODY, None),
    "bare LF after an extension": (chunked(b"5;a\nhello\r\n0\r\n\r\n"), BODY, None),
    "bare LF after a chunk": (chunked(b"5\r\nhello\n0\r\n\r\n"), BODY, None),
    "trailer of 1 MB": (chunked(b"0\r\nX: " + b"x" * 1000000 + b"\r\n\r\n"), BODY, None),
    "extension of 1 MB": (chunked(b"5;" + b"x" * 1000000 + b"\r\nhello\r\n0\r\n\r\n"), BODY, None),
    # Ends too early.
    "nothing": (b"", CLOSE, None),
    "half a status line": (b"HTTP/1.", CLOSE, None),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-Le", CLOSE, None),
    "head without its empty line": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", CLOSE, None),
    "only 1xx": (b"HTTP/1.1 100 Continue\r\n\r\n", CLOSE, None),
    "half a body": (length(10), CLOSE, None),
    "no body": (length(10, b""), CLOSE, None),
    "no chunk": (chunked(b""), CLOSE, None),
    "half a chunk size": (chunked(b"5"), CLOSE, None),
    "half a chunk": (chunked(b"5\r\nhel"), CLOSE, None),
    "no CRLF, then the end": (chunked(b"5\r\nhello"), CLOSE, None),
    "no last chunk": (chunked(b"5\r\nhello\r\n"), CLOSE, None),
    "no end of the last chunk": (chunked(b"5\r\nhello\r\n0\r\n"), CLOSE, None),
    "half a trailer": (chunked(b"5\r\nhello\r\n0\r\nX: y\r\n"), CLOSE, None),
}

NAMES = list(CASES)


def play(connection):
    """Play the case whose number and pace the request names."""
    head, _ = connection.request()
    number, way = re.match(rb"\S+ /(\d+)\?(\w+) ", head).groups()
    response = CASES[NAMES[int(number)]][0]
    try:
        connection.send(response, PACE if way == b"drip" and len(response) < 2 * LIMIT else 0)
        if way == b"reset":
            connection.reset()
        elif complete(NAMES[int(number)]):
            # The connection stays open, so that nothing but the framing tells the end.
            assert connection.wait_closed() < 60
    except OSError:
        pass  # the client had seen enough


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A function that gives the result of every case, by interpreter and name, for a way to
    send them. Each interpreter runs once for each way."""

    @functools.cache
    def play_all(way):
        found = {}
        with Peer(play) as peer:
            for bits in sizes():
                cases = []
                for i, name in enumerate(NAMES):
                    method = "HEAD" if name.startswith("HEAD") else "GET"
                    cases.append([name, method, f"/{i}?{way}", {"timeout": 120000}])
                mpy = MicroPython(bits, tmp_path_factory.mktemp("responses"))
                out = mpy.run("responses", heap="256k", url=peer.url, cases=cases, workers=4)
                found[bits] = {line[0]: line[1:] for line in map(json.loads, out.splitlines())}
        assert not peer.errors
        return found

    return play_all


def complete(name):
    """Whether the case is a good response that tells its own end."""
    response, code = CASES[name][:2]
    bodiless = code in (204, 304) or name.startswith("HEAD")
    return code > 0 and (b"ength:" in response or b"hunked" in response or bodiless)


@pytest.mark.parametrize(
    "way, name",
    [(way, name) for way in ("whole", "drip") for name in NAMES]
    # Otherwise a reset says what the end of the connection would have said, or less.
    + [("reset", name) for name in NAMES if complete(name)],
)
def test_response(results, way, name):
    for bits in sizes():
        _, code, body, fields = (*CASES[name], {})[:4]
        got_code, got_headers, got_body, error = results(way)[bits][name]
        assert got_code == code, f"{bits} bits: {error}"
        if body is not None:
            body = hashlib.sha256(body).hexdigest() if len(body) > 100 else body.hex()
        assert got_body == body
        if code < 0:
            assert got_headers is None
            assert error != "None"
        else:
            assert error == "None"
            headers = {key.lower(): value for key, value in got_headers}
            for key, value in fields.items():
                assert headers.get(key.lower()) == value


@each_test("linear")
def test_heads_take_linear_time(mpy, name):
    mpy.run("linear", name, heap="8m")


@pytest.mark.device
@each_test("decoder")
def test_chunks(mpy, name):
    mpy.run("decoder", name)
