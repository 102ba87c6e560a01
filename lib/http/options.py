# The options of the task API, loaded when some are given.

import socket


def check(opts):
    """Raise TypeError or ValueError for options that cannot be meant."""
    if not isinstance(opts, dict):
        refuse(TypeError, "opts")
    known = (
        ", timeout, redirects, dst, callback, userdata, sha256, resume, fota, keepalive, adapter, "
        "ipv6, debug,"
    )
    for key in opts:
        value = opts[key]
        if not isinstance(key, str) or "," in key or ", %s," % key not in known:
            raise ValueError("unknown option %r; there are %s" % (key, known[2:-1]))
        if key == "timeout" or key == "redirects":
            if not isinstance(value, int):
                refuse(TypeError, key)
            # Half the range of time.ticks_ms(), 6 days, is what a difference of ticks can tell.
            if not 0 <= value < 1 << 29:
                refuse(ValueError, key)
    dst = opts.get("dst")
    path = isinstance(dst, str)
    if "dst" in opts and not path and not hasattr(dst, "write"):
        if not isinstance(dst, (bytearray, memoryview)):
            refuse(TypeError, "dst")
        try:
            dst[:0] = b""
        except TypeError:
            refuse(TypeError, "dst")  # a memoryview that is read-only
    elif path and (not dst or "\0" in dst):
        refuse(ValueError, "dst")
    fota = opts.get("fota")
    if fota is False:
        fota = None
    if fota is not None:
        if fota is not True and (not isinstance(fota, dict) or set(fota) - {"sha256"}):
            refuse(ValueError, "fota")
        if dst is not None:
            refuse(ValueError, "fota")
    if opts.get("resume") and not path:
        refuse(ValueError, "resume")
    digest = opts.get("sha256")
    if isinstance(fota, dict) and "sha256" in fota:
        if digest is not None:
            refuse(ValueError, "sha256")
        digest = fota["sha256"]
    if digest is not None:
        if not isinstance(digest, str):
            refuse(TypeError, "sha256")
        if len(digest) != 64 or digest.lower().strip("0123456789abcdef"):
            refuse(ValueError, "sha256")
        if dst is None and fota is None:
            refuse(ValueError, "sha256")
    if opts.get("callback") and not callable(opts["callback"]):
        refuse(TypeError, "callback")
    adapter = opts.get("adapter", "")
    if not isinstance(adapter, str) and not hasattr(adapter, "ifconfig"):
        refuse(TypeError, "adapter")


def refuse(error, name):
    # In words, which take memory, only when something is wrong.
    from .failure import TEXTS

    raise error(TEXTS[name])


def bind(stream, adapter):
    """Make the socket `stream` use the interface `adapter`, an object or its IP address."""
    if not isinstance(adapter, str):
        adapter = adapter.ifconfig()[0]
    stream.bind(socket.getaddrinfo(adapter, 0)[0][-1])
