# Makes the requests of programs with threads. `import` is not safe in threads: one of them
# can meet a module that another is still loading. So a request of any but the thread that imported
# http is made under a lock, and has all that it may need loaded.

import sys

from . import Request

try:
    from _thread import allocate_lock, get_ident

    gate = allocate_lock(), get_ident()

    def _make(method, url, headers, body, opts, tls):
        # Not a closure: MicroPython allocates the arguments of one that has so many.
        lock, first = gate
        if get_ident() == first and "http.threads" not in sys.modules:
            return Request(method, url, headers, body, opts, tls)
        with lock:
            from .threads import load

            r = Request(method, url, headers, body, opts, tls)
            load(r)
            return r

except ImportError:
    _make = Request  # no threads here
