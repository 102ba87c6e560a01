# The head of a response, as pure functions on bytes (RFC 9112 sections 2 to 6).


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
        more = head[i : head.find(b"\n", i)].strip()
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
            part = part.strip()
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
