# What the resolver of lib/http takes for an answer, from the DNS server at port P["dns"], whose
# names say what it does.

from prelude import *

import http
import http.resolver as resolver
import stand_ins.network as network

sys.modules["network"] = network

network.ipconfig(dns="127.0.0.1")
resolver.PORT = P["dns"]
resolver.SECOND = 10000  # ms
opened = descriptors()


def get(name, timeout=20000):
    request = http.request("GET", "http://%s:%s/" % (name, P["http"]), None, None, opts(timeout))
    code, headers, body = asyncio.run(request)
    if code == 200:
        assert "Host: " + name in body.decode()
    return code, str(request.error)


def opts(timeout):
    return {"timeout": timeout}


# The name is asked for, once.
same(get("plain.test"), (200, "None"))

# Answers that are not to this question or not from there do no harm.
for kind in (
    "id question type echo query opcode none port source empty noise other "
    "aliases-down aliases-up chain-0 chain-1 chain-4 upper"
).split():
    same(get(kind + ".test"), (200, "None"), kind)
same(get("plain-dot.test.")[0], 200)

# After a lost packet the question is sent again.
resolver.SECOND = 300
for kind in ("lost-1", "lost-3"):
    same(get(kind + ".test"), (200, "None"), kind)
# When all are lost, it is given up, even if other packets come.
resolver.SECOND = 100
same(get("flood.test")[0], -4)
code, text = get("silent.test")
same(code, -4)
assert "did not answer for silent.test" in text, text
resolver.SECOND = 10000

# What fails does so in words, with the name.
for kind, words in (
    ("rcode-3", "no host"),
    ("rcode-2", "failed"),
    ("rcode-5", "failed"),
    ("nodata", "no host"),
    ("six", "no host"),
    ("circle", "malformed"),
    ("chain-12", "malformed"),
    ("pointer-self", "malformed"),
    ("pointer-ahead", "malformed"),
    ("pointer-label", "malformed"),
    ("pointer-far", "malformed"),
    ("pointer-reserved", "malformed"),
    ("pointer-endless", "malformed"),
):
    code, text = get(kind + ".test")
    same(code, -4, kind)
    assert words in text and kind + ".test" in text, (kind, text)
for n in range(16):
    code, text = get("cut-%d.test" % n)
    same(code, -4, n)
    assert "malformed" in text, (n, text)
same(get("cut-16.test")[0], 200)
same(get("a..test")[0], -4)
same(get("x" * 64 + ".test")[0], -4)
# A name has 253 characters at most (RFC 1035 section 2.3.4).
long = "plain." + ".".join(["x" * 61] * 4)
same(get(long), (200, "None"))
code, text = get(long + "x")
assert code == -4 and "bad host" in text, text

# The time limit is kept, whatever comes.
for kind in ("silent-limit", "flood-limit"):
    start = time.ticks_ms()
    same(get(kind + ".test", 300)[0], -8)
    assert since(start) < 5000

# Nothing but what `resolve` expects comes of any answer, and it ends.
seed = 1
for _ in range(3000):
    data = bytearray(b"\0\0\x80\0\0\1\0\4\0\0\0\0\1a\4test\0\0\1\0\1")
    while len(data) < 150:
        seed = seed * 1103515245 + 12345 & 0x3FFFFFFF
        # Many pointers, short labels and the bytes of a record.
        data.append(
            (seed >> 12) % 6
            if seed >> 10 & 1
            else (0xC0, 12, 0, 1, 4, seed >> 16 & 255)[seed >> 20 & 3]
        )
    try:
        found, seconds = resolver._find(data, 24, b"\1a\4test")
        assert found is None or isinstance(found, (str, bytes))
    except (IndexError, TypeError, ValueError):
        pass
same(descriptors(), opened)
