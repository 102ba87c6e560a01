# Whether a request that failed is made once more. Loaded when one fails and `keepalive` was used.

import gc
from errno import ENOMEM

from . import keepalive


def retry(r, er):
    """Return whether to make the request `r` once more, which failed with `er`.

    Closes the idle connection where that gives it memory, forgets a sink made by half, and rewinds
    the body.
    """
    connection = r.connection
    reused = connection and connection.reused
    if not r.left():
        return False
    if isinstance(er, MemoryError) or isinstance(er, OSError) and er.errno == ENOMEM:
        # Without the connection that was kept there may be room.
        if connection and connection.sent or not (reused or keepalive._idle):
            return False
        keepalive.close()
        if r.sink and not connection:
            r.sink.close()  # it may be made by half
            r.sink = None
        gc.collect()
        return True
    # Only where the server closed the connection while the request was on its way, which it then
    # has not looked at, and where it does no harm if it has: RFC 9110 section 9.2.2.
    if not reused or not isinstance(er, (OSError, EOFError)):
        return False
    if connection.buf or connection.head_size:
        return False  # some of an answer came
    if r.method not in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"):
        return False
    if hasattr(r.body, "rewind"):
        try:
            r.body.rewind()
        except (OSError, ValueError):
            return False
    return True
