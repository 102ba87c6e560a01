# What the scripts of this folder need, each of which begins with `from prelude import *`: P, the
# parameters that its runner gives it (addresses of servers above all), a few modules and checks.

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


def descriptors():
    # How many files and sockets are open; 0 where nothing tells.
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0


def since(start):
    return time.ticks_diff(time.ticks_ms(), start)
