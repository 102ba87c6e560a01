# Bodies that go to an object with write(data). The peer answers /FRAMING/SIZE as for downloads,
# and /events with server-sent events, each when it knows that the one before was seen.

from prelude import *

import http
import io
from binascii import hexlify
from hashlib import sha256

URL = P["url"]


def body_of(size):
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def digest_of(size):
    return hexlify(sha256(body_of(size)).digest()).decode()


def fetch(dst, path, **opts):
    opts["dst"] = dst
    request = http.request("GET", URL + path, None, None, opts)
    return request.wait(), request


class Sink:
    # Collects what it is given, as `rule(data)` says: that many bytes, None for all of them.

    def __init__(self, rule):
        self.rule = rule
        self.got = bytearray()
        self.sizes = []
        self.closed = False

    def write(self, data):
        self.sizes.append(len(data))
        taken = self.rule(data)
        self.got.extend(data[:taken] if isinstance(taken, int) else data)
        return taken

    def close(self):
        self.closed = True


class Turns:
    # Takes 3 bytes, nothing at the next offer, all of it at the one after.
    def __init__(self):
        self.turn = 0

    def __call__(self, data):
        self.turn += 1
        return (min(3, len(data)), 0, None)[self.turn % 3]


RULES = {
    "all": len,
    "None": lambda data: None,
    "three": lambda data: min(3, len(data)),
}


def test_every_framing_and_size():
    for framing in ("length", "chunked", "close"):
        for size in (0, 1, 511, 512, 513, 4096, 4097, 9000):
            for name, rule in RULES.items():
                sink = Sink(rule)
                (code, headers, n), request = fetch(sink, "/%s/%d" % (framing, size))
                same((code, n), (200, size), (name, framing, size, request.error))
                same(bytes(sink.got), body_of(size), (name, framing, size))
                same(sink.closed, False)
            stream = io.BytesIO()
            same(fetch(stream, "/%s/%d" % (framing, size))[0][2], size)
            same(stream.getvalue(), body_of(size))
            with open("stream.bin", "wb") as f:
                f.write(b"before ")
                same(fetch(f, "/%s/%d" % (framing, size))[0][2], size)
                f.write(b" after")  # it is not closed
            with open("stream.bin", "rb") as f:
                same(f.read(), b"before " + body_of(size) + b" after")
    os.remove("stream.bin")


def test_a_stream_that_is_busy_now_and_then():
    # And takes a little at a time: all arrives, in its order and once.
    sink = Sink(Turns())
    same(fetch(sink, "/chunked/3000")[0][2], 3000)
    same(bytes(sink.got), body_of(3000))


def test_digest_and_progress_are_those_of_what_arrives():
    for size, want in ((9000, 200), (9001, -7)):
        calls = []
        sink = Sink(RULES["three"])
        result, request = fetch(
            sink,
            "/length/9000",
            sha256=digest_of(size),
            callback=lambda *args: calls.append(args),
            userdata="me",
        )
        same(result[0], want)
        same(bytes(sink.got), body_of(9000))
        same([calls[0], calls.pop()], [(9000, 0, "me"), (9000, 9000, "me")])
        assert (want == 200) == (request.error is None), request.error


def test_only_the_body_of_a_success_is_written():
    for path in ("/404/100", "/500/0", "/204/0", "/301/9"):
        sink = Sink(len)
        code, headers, n = fetch(sink, path)[0]
        same((code, n), (int(path[1:4]), 0), path)
        same(sink.sizes, [])
    sink = Sink(len)
    same(http.request("HEAD", URL + "/head/100", None, None, {"dst": sink}).wait()[0], 200)
    same(sink.sizes, [])


def test_what_arrived_before_a_failure_was_written():
    sink = Sink(len)
    same(fetch(sink, "/cut/3000")[0][0], -5)
    same(bytes(sink.got), body_of(1500))


def broken(data):
    raise OSError(28)


def wrong(data):
    raise ValueError("small")  # is in no way taken for a reason of http's own


def test_an_oserror_is_the_reason():
    result, request = fetch(Sink(broken), "/length/100")
    same((result, request.error.errno), ((-7, None, None), 28))


def test_what_else_it_raises_reaches_the_caller():
    for rule, kind, text in (
        (wrong, ValueError, "small"),
        (lambda data: "three", TypeError, ""),
        (lambda data: -1, ValueError, "write() returned -1"),
        (lambda data: {}[5], KeyError, "5"),
    ):
        try:
            result = fetch(Sink(rule), "/length/100")
            raise AssertionError("%r in place of %s" % (result, kind))
        except kind as er:
            assert text in str(er), er


def test_too_little_memory_is_as_elsewhere():
    def full(data):
        raise MemoryError

    same(fetch(Sink(full), "/length/100")[0], (-1, None, None), "as wherever memory ends")


def test_the_time_limit_holds_while_it_is_busy():
    # So does the one of a stream that takes no end.
    for rule in (lambda data: 0, lambda data: time.sleep_ms(2) or 1):
        start = time.ticks_ms()
        sink = Sink(rule)
        result, request = fetch(sink, "/length/90000", timeout=300)
        same(result, (-8, None, None), request.error)
        assert 290 <= since(start), since(start)
        # There is a pause before it is asked again.
        assert len(sink.sizes) <= (31 if rule(b"") == 0 else 150), len(sink.sizes)


def test_what_is_no_stream_is_refused():
    for dst in (5, b"abc", object()):
        text = raises(TypeError, http.request, "GET", URL, None, None, {"dst": dst})
        assert "write()" in text, text
    raises(ValueError, fetch, Sink(len), "/length/9", resume=True)


# The recipes of docs/.
exec(P["recipes"])


def test_the_recipe_for_a_uart():
    class Uart(io.BytesIO):
        # With room for 100 bytes at a time; None when there is none.
        room = 0

        def write(self, data):
            self.room = 0 if self.room else 100
            return super().write(data[: self.room]) if self.room else None

    uart = Uart()
    same(fetch(Wire(uart), "/chunked/3000")[0][2], 3000)
    same(uart.getvalue(), body_of(3000))


async def ticker(ticks):
    while True:
        ticks.append(time.ticks_ms())
        await asyncio.sleep_ms(0)


async def test_the_recipe_for_lines():
    # Each as it comes: the server sends the next when it has been told so.
    ticks = []
    answers = []
    task = asyncio.create_task(ticker(ticks))
    seen = []

    def show(text):  # Lines prints each
        seen.append((text, len(ticks)))
        if text.startswith("id: "):
            http.get(URL + "/seen/" + text[4:], None, lambda code, body: answers.append(code))

    globals()["print"] = show
    opts = {"dst": Lines(), "timeout": 30000}
    code, headers, n = await http.request("GET", URL + "/events", None, None, opts)
    del globals()["print"]
    same(code, 200)
    want = ["id: %d", "data: event %d", ""]
    same([data for data, _ in seen], [x % i if x else x for i in range(5) for x in want])
    for i in range(3, 15, 3):
        assert seen[i][1] > seen[i - 1][1], "the ticker had no turn: %r" % seen
    same(len(seen), 15)
    while len(answers) < 5:
        await asyncio.sleep_ms(5)
    task.cancel()


async def test_others_have_a_turn_after_each_piece():
    # However fast the body comes, and while it is busy.
    ticks = []
    task = asyncio.create_task(ticker(ticks))
    for rule in (len, RULES["three"], Turns()):
        turns = []

        def write(data):
            turns.append(len(ticks))
            return rule(data)

        sink = Sink(write)
        result = await http.request("GET", URL + "/length/40000", None, None, {"dst": sink})
        same((result[0], bytes(sink.got)), (200, body_of(40000)))
        same(len(set(turns)), len(turns), "each piece has a turn of its own")
    task.cancel()


async def test_the_time_limit_and_cancellation_in_a_task():
    task = asyncio.create_task(ticker([]))
    for timeout, rule in ((200, lambda data: 0), (200, lambda data: 1)):
        opts = {"dst": Sink(rule), "timeout": timeout}
        same((await http.request("GET", URL + "/length/999999", None, None, opts))[0], -8)
        if rule(b"") == 0:
            assert len(opts["dst"].sizes) <= 21, len(opts["dst"].sizes)
    request = http.request("GET", URL + "/length/999", None, None, {"dst": Sink(lambda data: 0)})
    try:
        await asyncio.wait_for(request, 0.2)
        raise AssertionError("not cancelled")
    except asyncio.TimeoutError:
        pass
    task.cancel()


async def test_what_it_raises_in_a_task():
    for rule, kind in ((wrong, ValueError), (lambda data: {}[5], KeyError)):
        try:
            await http.request("GET", URL + "/length/9", None, None, {"dst": Sink(rule)})
            raise AssertionError("not raised")
        except kind:
            pass
