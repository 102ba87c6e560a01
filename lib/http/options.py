# The options of the task API, loaded when some are given.

import socket

_KNOWN = ("timeout", "dst", "adapter", "debug", "ipv6", "callback", "userdata", "redirects")


def check(opts):
    """Raise TypeError or ValueError for options that cannot be meant."""
    if not isinstance(opts, dict):
        raise TypeError("opts must be a dict")
    for key in opts:
        if key not in _KNOWN:
            raise ValueError("unknown option %r; there are %s" % (key, ", ".join(_KNOWN)))
    for key in ("timeout", "redirects"):
        value = opts.get(key, 0)
        if not isinstance(value, int):
            raise TypeError("%s must be an integer" % key)
        # Half the range of time.ticks_ms(), 6 days, is what a difference of ticks can tell.
        if not 0 <= value < 1 << 29:
            raise ValueError("%s out of range" % key)
    dst = opts.get("dst", "")
    if not isinstance(dst, str):
        if not isinstance(dst, (bytearray, memoryview)):
            raise TypeError("dst must be a path, a bytearray or a memoryview")
        dst[:0] = b""  # TypeError for a memoryview that is read-only
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
