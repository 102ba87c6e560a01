# The work that a response head makes is linear in its size: 64 times as many lines take about 64
# times as long, not 4,096 times. Ratios of the best of several tries, so that the machine does not
# matter.

from prelude import *

from http.rare import unfold
from http.headers import Headers, field

FEW = 30
TIMES = 64


def fastest(work, *args):
    best = None
    for _ in range(7):
        gc.collect()
        start = time.ticks_us()
        work(*args)
        took = time.ticks_diff(time.ticks_us(), start)
        best = took if best is None else min(best, took)
    return best


def head(line, n):
    # A response head with `line` in it `n` times.
    lines = [line % i if "%" in line else line for i in range(n)]
    return ("HTTP/1.1 200 OK\r\nA: b\r\n%s\r\n" % "".join(lines)).encode()


def mapping(data):
    headers = Headers()
    headers.head = data
    return headers


def is_linear(line, work):
    few = head(line, FEW)
    many = head(line, FEW * TIMES)
    ratio = fastest(work, many) / fastest(work, few)
    assert ratio < 10 * TIMES, (line, ratio)


def test_folded_lines():
    is_linear(" c\r\n", lambda data: unfold(data, b""))


def test_fields_with_a_fold():
    is_linear("A: b\r\n c\r\n", lambda data: unfold(data, b""))


def test_items():
    is_linear("A: c\r\n", lambda data: list(mapping(data).items()))


def test_field():
    is_linear("A: c\r\n", lambda data: field(data, b"a"))


def test_get_of_each_name():
    # A dictionary of MicroPython takes longer for more names, but far less than a search for each.
    data = head("X-%d: y\r\n", 800)
    headers = mapping(data)
    for _ in range(20):
        all_items = fastest(lambda: list(headers.items()))
        each = fastest(lambda: [headers.get(name) for name in headers])
        if each > 3 * all_items:
            break
    else:
        raise AssertionError((each, all_items))
