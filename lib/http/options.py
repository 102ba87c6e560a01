# The options of the task API, loaded when some are given.

import socket


def check(opts):
    """Raise TypeError or ValueError for options that cannot be meant."""
    if not isinstance(opts, dict):
        raise TypeError("opts must be a dict")
    known = (
        "timeout dst adapter debug ipv6 callback userdata fota redirects sha256 resume keepalive"
    ).split()
    for key in opts:
        if key not in known:
            raise ValueError("unknown option %r; there are %s" % (key, ", ".join(known)))
    for key in ("timeout", "redirects"):
        value = opts.get(key, 0)
        if not isinstance(value, int):
            raise TypeError("%s must be an integer" % key)
        # Half the range of time.ticks_ms(), 6 days, is what a difference of ticks can tell.
        if not 0 <= value < 1 << 29:
            raise ValueError("%s out of range" % key)
    dst = opts.get("dst")
    path = isinstance(dst, str)
    if "dst" in opts and not path:
        if not isinstance(dst, (bytearray, memoryview)):
            raise TypeError("dst must be a path, a bytearray or a memoryview")
        dst[:0] = b""  # TypeError for a memoryview that is read-only
    elif path and (not dst or "\0" in dst):
        raise ValueError("dst must be a path")
    fota = opts.get("fota")
    if fota is False:
        fota = None
    if fota is not None:
        if fota is not True and (not isinstance(fota, dict) or set(fota) - {"sha256"}):
            raise ValueError('fota must be True or {"sha256": digest}')
        if dst is not None:
            raise ValueError("dst and fota exclude each other")
    if opts.get("resume") and not path:
        raise ValueError("resume needs a path as dst")
    digest = opts.get("sha256")
    if isinstance(fota, dict) and "sha256" in fota:
        if digest is not None:
            raise ValueError("sha256 is given twice")
        digest = fota["sha256"]
    if digest is not None:
        if not isinstance(digest, str):
            raise TypeError("sha256 must be text, in hex")
        if len(digest) != 64 or digest.lower().strip("0123456789abcdef"):
            raise ValueError("sha256 must be 64 hex digits")
        if dst is None and fota is None:
            raise ValueError("sha256 is for dst or fota")
    if opts.get("callback") and not callable(opts["callback"]):
        raise TypeError("callback must be callable")
    adapter = opts.get("adapter", "")
    if not isinstance(adapter, str) and not hasattr(adapter, "ifconfig"):
        raise TypeError("adapter must be an IP address or a network interface")


def bind(stream, adapter):
    """Make the socket `stream` use the interface `adapter`, an object or its IP address."""
    if not isinstance(adapter, str):
        adapter = adapter.ifconfig()[0]
    stream.bind(socket.getaddrinfo(adapter, 0)[0][-1])
