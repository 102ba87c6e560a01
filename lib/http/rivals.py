# Requests that have a destination while another one has: whether it is the same. Loaded when there
# are two.

import os


def refuse(sink, others):
    """Raise ValueError when one of the sinks `others` stores to the destination of `sink`.

    Closes those that were left behind: where Ctrl-C came as they were closed, or with their loop.
    """
    name = sink.name
    for other in others[:]:
        ended = other.r.steps is False
        if ended or same(name, other.name, getattr(sink, "fat", False)):
            if not ended and other.loop in (None, sink.loop):
                raise ValueError("busy")
            other.close()


def same(a, b, fat):
    # Whether two names are of one destination, or one is the other's .part.
    if a[0] != "/" or b[0] != "/":
        return a == b
    try:
        a = canonical(a)
        b = canonical(b)
    except OSError:
        return False  # a folder is not there, or not any more
    if fat:
        a = a.lower()
        b = b.lower()
    return a == b or a.startswith(b + "part.") or b.startswith(a + "part.")


def canonical(path):
    # The file system knows its own way: through "..", and on POSIX through links.
    end = path.rfind("/")
    here = os.getcwd()
    os.chdir(path[:end].rstrip("/") or "/")
    try:
        folder = os.getcwd()
    finally:
        os.chdir(here)
    return folder + path[end:] + "."
