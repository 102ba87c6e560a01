# What makes the requests of programs with threads. `import` is not safe in threads: one of them
# can meet a module that another is still loading. So a request of any but the thread that imported
# http is made under a lock, and has all that it may need loaded.

import sys

from . import Request


def gate():
    from _thread import allocate_lock, get_ident

    lock = allocate_lock()
    first = get_ident()

    def request(*args):
        if get_ident() == first and "http.threads" not in sys.modules:
            return Request(*args)
        with lock:
            from .threads import load

            r = Request(*args)
            load(r)
            return r

    return request


try:
    _make = gate()
except ImportError:
    _make = Request  # no threads here
