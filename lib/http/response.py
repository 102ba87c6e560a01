# The head of a response: received here, checked, and looked into (RFC 9112 sections 2 to 6).

from errno import EAGAIN
from micropython import const

_RECEIVE = const(256)  # bytes at a time: many heads come in one piece, any small heap has room


def receive(r):
    """Return what has arrived, some of it, as bytes; None for nothing, b"" at the end."""
    # One call of the layer below. read() and readinto() go on until they have it all or meet
    # EAGAIN, the end or an error, and forget the end, or what came before the error: the answer
    # of a server that resets the connection after it. TLS lacks recv() on some ports, but a line
    # of a head is not followed by the end.
    try:
        return getattr(r.stream, "recv", r.stream.readline)(_RECEIVE)
    except OSError as er:
        if er.errno != EAGAIN:
            raise


def receive_head(r):
    """Receive once; return the status when the head of the final response is there, else 0, or
    None when nothing came.

    Then `r.head` and `r.length` are set, and r.buf[r.pos :] is the start of the body.
    """
    data = receive(r)
    if data is None:
        return None
    if not data:
        raise EOFError
    buf = r.buf = r.buf + data
    end = len(buf)
    while True:
        pos = r.pos
        if not b"HTTP/1.".startswith(buf[pos : pos + 7]):
            raise ValueError("http")
        # A bare LF ends a line as well: RFC 9112 section 2.2.
        stop = buf.find(b"\n\r\n", pos) + 3
        bare = buf.find(b"\n\n", pos, stop if stop > 2 else end) + 2
        if bare > 1:
            stop = bare
        elif stop == 2:
            stop = 0
        if (stop or end + 1) - pos > r.room:
            raise ValueError("limit")
        if not stop:
            return 0
        r.room -= stop - pos
        r.pos = stop
        r.head = buf[pos:stop]
        if b"\n " in r.head or b"\n\t" in r.head:
            from .fold import fold

            r.head = fold(r.head)
        status, r.length = parse(r.head, r.method)
        # Interim responses say nothing that matters here. 101 is final: HTTP ends with it.
        if status >= 200 or status == 101:
            return status


def field(head, name):
    """Return all values of the field `name` (lower case bytes) joined by ", ", or None.

    Those of Set-Cookie, which may hold commas themselves, are joined by LF.
    """
    # C code searches a lower case copy faster than any loop looks at the lines.
    lower = head.lower()
    name = b"\n" + name + b":"
    value = None
    i = lower.find(name)
    while i >= 0:
        i += len(name)
        more = head[i : head.find(b"\n", i)].strip(b" \t\r")
        if value is None:
            value = more
        else:
            value += (b"\n" if name == b"\nset-cookie:" else b", ") + more
        i = lower.find(name, i)
    return value


def parse(head, method):
    """Check a whole head. Return its status, and the length of the body after it: -1 when it is
    chunked, None when the end of the connection ends it (RFC 9112 section 6.3).

    Raises ValueError for what is malformed or ambiguous.
    """
    status = head[9:12]
    if (
        not (head[7:8] + status).isdigit()
        or status < b"100"
        or head[8] != 32
        or head[12] not in b" \r\n"
        or head.count(b"\r") != head.count(b"\r\n")
        or b"\0" in head
    ):
        raise ValueError("status")
    start = head.find(b"\n") + 1
    while head[start] not in b"\r\n":
        stop = head.find(b"\n", start)
        colon = head.find(b":", start, stop)
        if colon <= start or head[start] in b" \t" or head[colon - 1] in b" \t":
            raise ValueError("field")
        start = stop + 1
    status = int(status)
    length = None
    value = field(head, b"content-length")
    if value is not None:
        # Some proxies repeat the field; equal values do no harm.
        for part in value.split(b","):
            part = part.strip(b" \t")
            if not part.isdigit() or len(part) > 18 or length not in (None, int(part)):
                raise ValueError("length")
            length = int(part)
    value = field(head, b"transfer-encoding")
    if value is not None:
        if value.lower() != b"chunked" or length is not None or head[7] == 48:
            raise ValueError("coding")
        length = -1
    if method == "HEAD" or status < 200 or status in (204, 304):
        length = 0
    return status, length
