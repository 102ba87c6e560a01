# The head of a response: received here, checked, and looked into (RFC 9112 sections 2 to 6).

from errno import EAGAIN
from micropython import const

from . import small

BLANK = b" \t\r"

_TOKEN = const(b"-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+.^_`|~")


def receive(r):
    """Return what has arrived, some of it, as bytes; None for nothing, b"" at the end."""
    # One call of the layer below. read() and readinto() go on until they have it all or meet
    # EAGAIN, the end or an error, and forget the end, or what came before the error: the answer
    # of a server that resets the connection after it. TLS lacks recv() on some ports, but a line
    # of a head is not followed by the end. Many heads come in one piece of 256 bytes; one of 128
    # finds room where memory is in pieces.
    try:
        return getattr(r.stream, "recv", r.stream.readline)(128 if small else 256)
    except OSError as er:
        if er.errno != EAGAIN:
            raise


def receive_head(r):
    """Receive once; return the status when the head of the final response is there, else 0, or
    None when nothing came.

    Then `r.head` and `r.length` are set, and `r.buf` is the start of the body.
    """
    data = receive(r)
    if data is None:
        return None
    if not data:
        raise EOFError
    while True:
        buf = r.buf = r.buf + data
        if not b"HTTP/1.".startswith(buf[:7]):
            raise ValueError("http")
        # A bare LF ends a line as well: RFC 9112 section 2.2.
        stop = buf.find(b"\n\r\n") + 3
        bare = buf.find(b"\n\n", 0, stop if stop > 2 else len(buf)) + 2
        if bare > 1:
            stop = bare
        elif stop == 2:
            stop = 0
        if (stop or len(buf) + 1) > r.room:
            raise ValueError("limit")
        if not stop:
            return 0
        r.room -= stop
        r.head = buf[:stop]
        r.buf = buf[stop:]
        status = parse(r)
        # Interim responses say nothing that matters here. 101 is final: HTTP ends with it.
        if status >= 200 or status == 101:
            return status
        data = b""  # the next head may be there already


def parse(r):
    """Check r.head, a whole head. Return its status, and set r.length to that of the body after
    it: -1 when it is chunked, None when the end of the connection ends it (RFC 9112 section 6.3).

    Raises ValueError for what is malformed or ambiguous.
    """
    head = r.head
    status = head[9:12]
    if (
        not (head[7:8] + status).isdigit()
        or head[8] != 32
        or head[12] not in b" \r\n"
        or head.count(b"\r") != head.count(b"\r\n")
        or b"\0" in head
    ):
        raise ValueError("status")
    status = int(status)
    if status < 100:
        raise ValueError("status")
    start = head.find(b"\n") + 1
    while head[start] not in b"\r\n":
        name = head[start : head.find(b":", start)]
        if not name or name.strip(_TOKEN):
            # Or a line that goes on with the one before: RFC 9112 section 5.2.
            from .fold import fold

            r.head = fold(head)
            return parse(r)
        start = head.find(b"\n", start) + 1
    length = None
    lengths = field(head, b"content-length")
    if lengths is not None:
        # Some proxies repeat the field; equal values do no harm.
        for part in lengths.split(b","):
            part = part.strip(BLANK)
            if not part.isdigit() or len(part) > 18 or length not in (None, int(part)):
                raise ValueError("length")
            length = int(part)
    coding = field(head, b"transfer-encoding")
    if coding is not None:
        if coding.lower() != b"chunked" or length is not None or head[7] == 48:
            raise ValueError("coding")
        length = -1
    if r.method == "HEAD" or status < 200 or status == 204 or status == 304:
        length = 0
    r.length = length
    return status


def field(head, name):
    """Return all values of the field `name` (lower case bytes) in `head`, or None.

    They are joined by ", ", those of Set-Cookie, which may hold commas themselves, by LF.
    """
    # C code searches a lower case copy faster than any loop looks at the lines.
    lower = head.lower()
    start = b"\n" + name + b":"
    values = []
    i = lower.find(start)
    while i >= 0:
        i += len(start)
        values.append(head[i : head.find(b"\n", i)].strip(BLANK))
        i = lower.find(start, i)
    return joined(name, values) if values else None


def joined(name, values):
    return (b"\n" if name == b"set-cookie" else b", ").join(values)
