# Who makes the requests of programs with threads. `import` is not safe in threads: one of them can
# meet a module that another is still loading. So for a request of any but the thread that imported
# http (and once http.threads is loaded, of that one too) all that it may need is loaded under a
# lock.

import sys

from . import Request

try:
    import _thread

    lock = _thread.allocate_lock()
    first = _thread.get_ident()

    def _maker():
        """Return what makes a request in this thread."""
        if _thread.get_ident() == first and "http.threads" not in sys.modules:
            return Request
        with lock:
            from .threads import make
        return make

except ImportError:
    _maker = None  # no threads here
