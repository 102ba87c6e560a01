# What the scripts of this folder need, each of which begins with `from prelude import *`: P, the
# parameters that its runner gives it (addresses of servers above all), a few modules and checks.
# A script is one test, or has several: functions test_…, `async` or not, which run one by one,
# each in a fresh interpreter.

import asyncio
import gc
import os
import sys
import time

from parameters import P


def same(got, want, what=""):
    if got != want:
        raise AssertionError("%s: got %r, want %r" % (what, got, want))


def raises(kind, function, *args, **kwargs):
    # The text of the exception of type `kind` that the call has to raise.
    try:
        function(*args, **kwargs)
    except kind as er:
        return str(er)
    raise AssertionError("no %s for %r %r" % (kind.__name__, args, kwargs))


def run_to_end(task):
    # asyncio.run(), which alone returns without a word where nothing can wake `task` any more.
    async def whole():
        await task
        return True

    same(asyncio.run(whole()), True, "nothing can wake the task")


async def cancelled(task):
    # Cancel `task`, which has to end by that.
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return
    raise AssertionError("not cancelled")


_told = []


def descriptors():
    # How many files and sockets are open. A board does not tell, nor does macOS: 0, and said.
    for folder in ("/proc/self/fd", "/dev/fd"):
        try:
            return len(os.listdir(folder))
        except OSError:
            pass
    if not _told:
        _told.append(True)
        print("open descriptors are not counted here")
    return 0


def run(test):
    # A test of a script. It leaves no descriptor open, other than of an idle connection.
    before = descriptors()
    coroutine = test()
    if coroutine:
        run_to_end(coroutine)
    keepalive = sys.modules.get("http.keepalive")
    if keepalive:
        keepalive.close()
    gc.collect()
    same(descriptors(), before, "open descriptors")


def since(start):
    return time.ticks_diff(time.ticks_ms(), start)


def slack():
    # How many ms a limit of time leaves to this machine as it is now, slow or busy: twenty times
    # what a piece of work takes, and more. That is about 800 where nothing else runs.
    start = time.ticks_ms()
    for _ in range(400000):
        pass
    return 20 * since(start) + 300


def in_time(start, limit, what=""):
    # What began at `start` and has `limit` ms ends now: not before, nor much later.
    ms = since(start)
    assert limit <= ms, (what, ms)
    more = slack()
    assert ms < limit + more, (what, ms, more)


class Ticker:
    # A task that measures the longest time that others keep it from running.
    def __init__(self):
        self.longest = 0
        self.task = asyncio.create_task(self.run())

    async def run(self):
        while True:
            start = time.ticks_ms()
            await asyncio.sleep_ms(10)
            self.longest = max(self.longest, since(start) - 10)


async def turns_for_others(make, what=""):
    # Await make() beside a Ticker: it must not be held up. A busy machine does that, too, but not
    # each time.
    for _ in range(5):
        ticker = Ticker()
        result = await make()
        ticker.task.cancel()
        if ticker.longest < slack() // 4:
            return result
    raise AssertionError("%s held others up for %d ms" % (what, ticker.longest))
