# The options of the task API, loaded when some are given.


def apply(r, opts):
    """Give the request `r` what `opts` say. None as a value is the same as not given.

    Sets the attributes of `r` that have the names of options, `r.opts` for its sink, and
    `r.destination`, which makes the sink. Raises TypeError or ValueError for options that cannot
    be meant.
    """
    if not isinstance(opts, dict):
        refuse(TypeError, "opts")
    known = (
        ", timeout, redirects, dst, callback, userdata, sha256, resume, fota, keepalive, adapter, "
        "ipv6, debug,"
    )
    found = r.opts = {}
    stored = False
    for key in opts:
        value = opts[key]
        if not isinstance(key, str) or "," in key or ", %s," % key not in known:
            raise ValueError("unknown option %r; there are %s" % (key, known[2:-1]))
        if value is None:
            continue
        found[key] = value
        if key == "timeout" or key == "redirects":
            if not isinstance(value, int):
                refuse(TypeError, key)
            # Half the range of time.ticks_ms(), 6 days, is what a difference of ticks can tell.
            if not 0 <= value < 1 << 29:
                refuse(ValueError, key)
        if key in ("timeout", "redirects", "keepalive", "adapter", "ipv6", "debug"):
            setattr(r, key, value)
        else:
            stored = True  # the rest is about where the body goes
    if "adapter" in found:
        from .adapter import check

        check(r.adapter)
    if stored:
        r.destination = _destination(found)


def _destination(opts):
    # Return the class of the sink that `opts` ask for, or None.
    dst = opts.get("dst")
    path = isinstance(dst, str)
    stream = hasattr(dst, "write")
    if dst is not None and not path and not stream:
        if not isinstance(dst, (bytearray, memoryview)):
            refuse(TypeError, "dst")
        try:
            dst[:0] = b""
        except TypeError:
            refuse(TypeError, "dst")  # a memoryview that is read-only
    elif path and (not dst or "\0" in dst):
        refuse(ValueError, "dst")
    if opts.get("resume") and not path:
        refuse(ValueError, "resume")
    callback = opts.get("callback")
    if callback and not callable(callback):
        refuse(TypeError, "callback")
    if "sha256" in opts or "fota" in opts:
        from .progress import check

        check(opts, refuse)
        if opts.get("fota", False) is not False:
            return _ota()
    if path:
        if opts.get("resume"):
            from .resume import Sink
        else:
            from .file import Sink
        return Sink
    if stream:
        from .stream import Sink

        return Sink
    if callback or dst is not None:
        from .memory import Sink

        return Sink


def _ota():
    try:
        from .ota import Sink
    except ImportError:  # no esp32 here, or not installed as it would be of no use

        def no_ota(r):
            raise ValueError(-9, ValueError("ota"))  # ERROR_FOTA

        return no_ota
    return Sink


def refuse(error, name):
    # In words, which take memory, only when something is wrong.
    from .opts_words import TEXTS

    raise error(TEXTS[name])
