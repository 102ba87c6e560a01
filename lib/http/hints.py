# What tells a user of a mistake what to write instead. Loaded when somebody made one.


def mistake(r):
    """Raise RuntimeError: `r` was performed already, or nobody waits for it."""
    if r.start is not None:
        raise RuntimeError("a request is performed once; make a new one")
    raise RuntimeError(
        "a request has to be waited for: code, headers, body = http.request(...).wait(), or, in a "
        "task, await http.request(...)"
    )
