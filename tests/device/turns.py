# A peer that always has something to say still leaves the time limit and other tasks their turns:
# its body is read by transfer() from a stream without an end of what is there. No real peer is as
# fast at every moment.

from prelude import *

from http.transfer import transfer
from select import POLLIN


class Stream:
    def __init__(self, size, pause=0):
        self.left = size
        self.pause = pause  # every so many calls there is nothing
        self.calls = 0

    def readinto(self, buf, n):
        self.calls += 1
        if self.pause and not self.calls % self.pause:
            return None
        n = min(n, self.left, 50)
        self.left -= n
        return n


class Request:
    sink = None
    buf = b""

    def __init__(self, stream, length):
        self.stream = self.poll = stream
        self.length = length


def turns(pause, length=100000):
    return list(transfer(Request(Stream(100000, pause), length), 200))


same(turns(0), [0] * 125)
same(turns(0, None), [0] * 125)
# To wait is a turn, too.
same(set(turns(7)), {POLLIN})
found = turns(40)
same(found[:4], [0, 0, POLLIN, 0])
assert found.count(0) > 80, found.count(0)
