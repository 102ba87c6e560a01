"""What requests load as they go on, loaded before: so that no thread meets a module that another
is still loading. Where the thread that imported http makes requests too, `import http.threads`
comes before the others start.
"""

from _thread import allocate_lock

from . import Request

_lock = allocate_lock()


def make(method, url, headers, body, opts, tls):
    """Return a request with all that it may need loaded; the arguments are those of `Request`."""
    with _lock:
        r = Request(method, url, headers, body, opts, tls)
        _load(r)
        return r


def _load(r):
    # Load what `r` may need until it ends, but the words of a failure.
    names = "blocking chunked exchange failure fields headers listing rare transfer upload"
    if r.redirects:
        names += " redirect"
    if r.keepalive:
        names += " keepalive retry"
    if r.adapter is not None:
        names += " adapter"
    if r.destination:
        names += " progress"
        if isinstance(r.opts.get("dst"), str):
            names += " fat rivals"
    if r.redirects or r.url[:5].lower() == "https":
        names += " tls tls_errors"
        if r.tls:
            names += " keys"
    for name in names.split():
        __import__(name, None, None, True, 1)
