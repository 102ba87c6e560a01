# A peer that always has something to say still leaves the time limit and other tasks their turns.
# receive_response() reads its body from a stream that always has more. No real peer,
# and no real flash, is as fast or as slow at every moment, so the clock is that of this test.

from prelude import *

from select import POLLIN

import http.exchange
import http.transfer

now = [0]
http.exchange.ticks_ms = http.transfer.ticks_ms = lambda: now[0]


class Stream:
    def __init__(self, size, pause=0):
        self.left = size
        self.pause = pause  # every so many calls there is nothing
        self.calls = 0

    def readinto(self, buf, n=50):
        self.calls += 1
        if self.pause and not self.calls % self.pause:
            return None
        now[0] += 1
        n = min(n, self.left, 50)
        self.left -= n
        return n


class Request:
    method = "GET"
    redirects = keepalive = debug = False

    def __init__(self, stream, sink=None):
        self.connection = http.exchange.Connection()
        self.connection.stream = self.connection.poll = stream
        self.sink = sink


class Flash:
    # A sink that takes `takes` ms for each piece.
    buf = bytearray(4096)
    progress = None
    done = 0

    def __init__(self, takes):
        self.takes = takes
        self.ends = []

    def accept(self, status, head, length):
        return status

    def start(self, status, head, length):
        return ()

    def put(self, buf, n):
        now[0] += self.takes
        self.ends.append(now[0])

    def finish(self):
        self.ends.append(now[0])
        return self.done


def turns(pause=0, length=100000, sink=None):
    """Return what receive_response() yields, and the most ms that passed without that."""
    r = Request(Stream(100000, pause), sink)
    steps = http.exchange.receive_response(r, None, (200, b"", length))
    found = []
    longest = 0
    while True:
        before = now[0]
        try:
            found.append(next(steps))
        except StopIteration:
            return found, max(longest, now[0] - before)
        longest = max(longest, now[0] - before)


def test_pieces_that_take_a_millisecond():
    for length in (100000, None):
        found, longest = turns(0, length)
        same(set(found), {0})
        assert 100 <= len(found) <= 400, len(found)
        assert longest <= 20, longest


def test_waiting_is_a_turn():
    found, longest = turns(3)
    same(longest, 2)
    assert found.count(POLLIN) > 900, found.count(POLLIN)
    found, longest = turns(40)
    assert found.count(0) > 50, found.count(0)
    assert longest <= 20, longest


def test_slow_flash_holds_others_up_for_one_write():
    # And for the bytes that were read for it, no more. The end is a turn of its own.
    for takes in (20, 50, 110):
        flash = Flash(takes)
        found, longest = turns(0, 100000, flash)
        same((set(found), len(found)), ({0}, 2000))
        same(longest, takes + 1)
        same(flash.done, 100000)
        same(flash.ends[-1], flash.ends[-2])


def test_fast_flash_costs_no_turns():
    found, longest = turns(0, 100000, Flash(0))
    assert 100 <= len(found) <= 400, len(found)
