# Request bodies of every kind. The peers give back what they received as body; "/early..." ones
# answer before they have read it.

from prelude import *

import array
import io

import http

URL = P["url"]

with open("upload.bin", "wb") as f:
    for i in range(2000):
        f.write(b"%04d\n" % i)
SIZE = 10000
with open("upload.bin", "rb") as f:
    CONTENT = f.read()


def sent(body, url=URL, method="POST"):
    # (framing, body) as the server had them
    code, headers, got = http.request(method, url, None, body, {"timeout": 60000}).wait()
    same(code, 200)
    return headers["framing"], bytes(got)


def length(n):
    return "Content-Length: %d" % n


def test_bodies_in_one_piece():
    for body, want in (
        (None, b""),
        ("", b""),
        ("abc", b"abc"),
        ("h\u00e9\u4e16", b"h\xc3\xa9\xe4\xb8\x96"),
        (b"\0\r\n\xff", b"\0\r\n\xff"),
        (bytearray(b"abc"), b"abc"),
        (memoryview(b"abcdef")[2:4], b"cd"),
        (memoryview(b""), b""),
        (array.array("H", [1, 2]), b"\1\0\2\0"),
        (memoryview(array.array("H", [1, 2])), b"\1\0\2\0"),
        (b"x" * 1024, b"x" * 1024),
        (b"x" * 1025, b"x" * 1025),
        (bytearray(CONTENT), CONTENT),
    ):
        same(sent(body), (length(len(want)), want))


def test_a_file_is_sent_from_where_it_stands():
    with open("upload.bin", "rb") as f:
        same(sent(f), (length(SIZE), CONTENT))
        same(sent(f), (length(0), b""))
        f.seek(9000)
        same(sent(f), (length(1000), CONTENT[9000:]))
    same(sent(io.BytesIO(b"hello")), (length(5), b"hello"))
    same(sent(io.BytesIO(b"")), (length(0), b""))
    same(sent(Old(b"hello")), (length(5), b"hello"))


class Sensor:
    # A file without size, that gives less than it is asked for.
    def __init__(self, sizes):
        self.sizes = list(sizes)

    def readinto(self, buf):
        n = self.sizes.pop(0) if self.sizes else 0
        buf[:n] = b"s" * n
        return n


class Old(io.BytesIO):
    # Its seek() returns nothing, as files of the caller's own may do.
    def seek(self, *args):
        super().seek(*args)


CHUNKED = "Transfer-Encoding: chunked"


def test_a_file_without_a_size_goes_in_chunks():
    # Whole ones only.
    same(
        sent(Sensor((1, 100, 512))),
        (CHUNKED, b"1\r\ns\r\n64\r\n%s\r\n200\r\n%s\r\n0\r\n\r\n" % ("s" * 100, "s" * 512)),
    )
    same(sent(Sensor(())), (CHUNKED, b"0\r\n\r\n"))


def test_an_iterator_gives_chunks():
    # One for each piece that is not empty.
    same(
        sent(iter([b"a", b"", bytearray(b"bc"), memoryview(b"def"), "\u00e9"])),
        (CHUNKED, b"1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n2\r\n\xc3\xa9\r\n0\r\n\r\n"),
    )
    # Of pieces that are arrays or views of them, the size is in bytes.
    items = array.array("H", [1, 2])
    chunk = b"4\r\n\1\0\2\0\r\n"
    same(sent(iter([items, memoryview(items)])), (CHUNKED, chunk + chunk + b"0\r\n\r\n"))
    same(sent(b"%d" % i for i in range(3)), (CHUNKED, b"1\r\n0\r\n1\r\n1\r\n1\r\n2\r\n0\r\n\r\n"))
    same(sent(iter(())), (CHUNKED, b"0\r\n\r\n"))


def test_what_an_iterator_raises_reaches_the_caller():
    def failing():
        yield b"a"
        raise KeyError("mine")

    same(raises(KeyError, http.request("PUT", URL, None, failing()).wait), "mine")


class Broken(Sensor):
    def readinto(self, buf):
        raise OSError(5)


class Busy(Sensor):
    # As a UART or a socket that does not block: nothing now is not the end.
    def readinto(self, buf):
        return super().readinto(buf) or None


def test_what_a_file_raises_reaches_the_caller():
    same(raises(OSError, http.request("PUT", URL, None, Broken(())).wait), "[Errno 5] EIO")
    raises(OSError, http.request("PUT", URL, None, Busy((5,))).wait)


def test_a_file_that_became_shorter():
    with open("upload.bin", "r+b") as f:
        request = http.request("PUT", URL, None, f)
        f.seek(9990)  # as if it had become shorter since
        assert "shorter" in raises(ValueError, request.wait)


def test_a_file_that_grows_is_sent_as_long_as_it_was():
    with open("growing.bin", "wb") as g:
        g.write(b"before")
        g.flush()
        with open("growing.bin", "rb") as growing:
            request = http.request("PUT", URL, None, growing)
            g.write(b" and after")
            g.flush()
            code, headers, got = request.wait()
        same((headers["framing"], got), (length(6), b"before"))
    os.remove("growing.bin")


def endless():
    while True:
        yield bytes(1000)


BIG = bytes(8000000)


def test_an_early_answer_is_the_result():
    # A final response before the end of the body, whatever the server does then.
    for path in (
        "/early-open",
        "/early-close",
        "/early-reset",
        "/early-drip",
        "/early-reading",
        "/interim-early",
    ):
        for body in (BIG, endless):
            request = http.request(
                "POST", URL + path, None, body() if body is endless else body, {"timeout": 60000}
            )
            code, headers, got = request.wait()
            same((code, got), (413, b"too large"), (path, request.error))


def test_an_early_answer_survives_a_reset():
    # Closing with unread bytes is one.
    for n in (900, 5000, 100000, len(BIG)):
        for _ in range(5):
            code, headers, got = http.request(
                "POST", URL + "/early-unread", None, memoryview(BIG)[:n]
            ).wait()
            same((code, got), (413, b"too large"), n)


def test_an_interim_response_is_not_the_end():
    same(sent(BIG, URL + "/interim-discard"), (length(len(BIG)), b""))


def test_a_server_that_gives_no_answer():
    for path, codes in (("/early-nothing", (-5, -6)), ("/early-malformed", (-2,))):
        request = http.request("POST", URL + path, None, BIG, {"timeout": 60000})
        result = request.wait()
        assert result[0] in codes, (path, result, request.error)


async def test_an_early_answer_to_a_task():
    for path in ("/early-open", "/early-close", "/early-reset", "/early-drip", "/early-reading"):
        code, headers, got = await http.request(
            "POST", URL + path, None, endless(), {"timeout": 60000}
        )
        same((code, got), (413, b"too large"), path)


async def test_what_a_file_raises_reaches_the_task():
    try:
        await http.request("PUT", URL, None, Broken(()))
        raise AssertionError("not raised")
    except OSError as er:
        same(er.args[0], 5)


async def test_an_early_answer_to_a_task_survives_a_reset():
    for n in (900, 5000, 100000, len(BIG)):
        for _ in range(5):
            body = memoryview(BIG)[:n]
            code, headers, got = await http.request("POST", URL + "/early-unread", None, body)
            same((code, got), (413, b"too large"), n)


async def test_a_file_sent_by_a_task():
    with open("upload.bin", "rb") as f:
        code, headers, got = await http.request("PUT", URL, None, f)
    same((code, got), (200, CONTENT))
