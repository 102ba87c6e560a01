# A heap that is full but for one hole, of every size: where there is no room for the words of a
# failure, its code comes without them. P["url"] refuses connections.

from prelude import *

import http.exchange
import http.failure
import http.head

http.small = True  # collects, so that the hole is what there is
blocks = [None] * 3000


def fill():
    i, n = 0, 4096
    while n >= 8:
        try:
            blocks[i] = bytearray(n)
            i += 1
        except MemoryError:
            n //= 2


def empty():
    for i in range(len(blocks)):
        blocks[i] = None


def forget():
    # So that they are loaded again.
    sys.modules.pop("http.net_words", None)
    if hasattr(http, "net_words"):
        del http.net_words


def ask():
    r = http.request("GET", P["url"])
    return r.wait()[0], r.error


code = error = hole = size = None  # names that need no room later
ask()
seen = {}
for size in range(256, 24000, 128):
    forget()
    gc.collect()
    hole = bytearray(size)
    fill()
    hole = None
    try:
        code, error = ask()
    except MemoryError:
        code = error = None
    empty()
    gc.collect()
    if code is not None:
        assert isinstance(error, MemoryError if code == -1 else OSError), (code, error)
        # In words or not, the number is there.
        assert code == -1 or error.errno in (111, 61), error
        code = code, "refused" in str(error)
    seen[code] = seen.get(code, 0) + 1
print(seen)
# From the fullest heap on: too full for it, for its words, and for neither.
assert set(seen) - {None} == {(-1, False), (-4, False), (-4, True)}, seen
assert seen[-4, False] > 10, seen
