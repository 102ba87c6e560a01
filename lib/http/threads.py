"""What requests load as they go on, loaded before: so that no thread meets a module that another
is still loading. Where the thread that imported http makes requests too, `import http.threads`
comes before the others start.
"""


def load(r):
    """Load what the request `r` may need until it ends, but the words of a failure."""
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
