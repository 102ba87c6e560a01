# The URL, the head of the request that is made of it, and the head of the response (RFC 3986, RFC
# 9110, RFC 9112).

from micropython import const

_BLANK = const(b" \t\r\n")


def split(url):
    """Return (origin, target, userinfo) of the absolute `url`.

    `origin` is (tls, host, port), `host` in lower case and an IPv6 address with its brackets;
    `target` is the path and query of the request line, `userinfo` is None when absent.
    ValueError for anything else.
    """
    data = url.encode()
    if not data or min(data) < 33 or max(data) > 126:
        raise ValueError("blank")
    if "#" in url:
        url = url.split("#")[0]
    start = url.find("://") + 3
    scheme = url[:start].lower()
    tls = scheme == "https://"
    if not tls and scheme != "http://":
        raise ValueError("scheme")
    stop = url.find("/", start)
    if stop < 0:
        stop = len(url)
    query = url.find("?", start, stop)
    if query >= 0:
        stop = query
    host = url[start:stop]
    target = url[stop:]
    if not target.startswith("/"):
        target = "/" + target
    userinfo = None
    if "\\" in host:
        raise ValueError("host")  # which browsers take for a slash
    if "@" in host:
        userinfo, host = host.rsplit("@", 1)
    host = host.lower()
    port = 443 if tls else 80
    colon = host.rfind(":")
    if colon > host.rfind("]"):
        digits = host[colon + 1 :]
        host = host[:colon]
        if digits:
            # Not int() first: its error would show what may be half of a mistyped password.
            port = int(digits) if digits.isdigit() else 0
            if not 0 < port < 65536:
                raise ValueError("port")
    # Only what a name or an address has in it. "%" is for the zone of an IPv6 address.
    literal = host.startswith("[") and host.endswith("]")
    if not host or host.strip("abcdefghijklmnopqrstuvwxyz0123456789.-_" + "[:%]" * literal):
        raise ValueError("host")
    return (tls, host, port), target, userinfo


def request_head(r, origin, target, fields):
    """Return the head of the request `r` as bytes, with the lines `fields` of the caller's."""
    tls, host, port = origin
    data = b"%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nConnection: %s\r\n" % (
        r.method,
        target,
        # The port belongs to Host when it is not the scheme's own.
        host if port == (443 if tls else 80) else "%s:%d" % (host, port),
        "ESP8266" if r.nodemcu else "MicroPython",
        "keep-alive" if r.keepalive else "close",
    )
    if fields:
        from .fields import merge

        data = merge(data, fields)
    body = r.body
    if hasattr(body, "framing"):
        data += body.framing
    elif body or r.method in "POST PUT PATCH":
        # RFC 9110 section 8.6: these are expected to have a body, so that there is none has to
        # be said. A part of their names, which is no method, may say so too.
        data += b"Content-Length: %d\r\n" % len(body)
    return data + b"\r\n"


def parse(head, method):
    """Check `head`, a whole head of a response to `method`.

    Returns (status, head, length). `length` is that of the body: -1 when it is chunked, None when
    the end of the connection ends it (RFC 9112 section 6.3). Raises ValueError for what is
    malformed or ambiguous.
    """
    status = head[9:12]
    if (
        not (head[7:8] + status).isdigit()
        or head[8] != 32
        or head[12] not in b" \r\n"
        or head.count(b"\r") != head.count(b"\r\n")
        or b"\0" in head
        or head[9] == 48
    ):
        raise ValueError("status")
    lengths = coding = length = None
    start = head.find(b"\n") + 1
    while head[start] not in b"\r\n":
        colon = head.find(b":", start)
        name = head[start:colon]
        if not name.replace(b"-", b"").isalpha():
            # Other characters, or a line that goes on with the one before.
            from .rare import unfold

            unfolded = unfold(head, name)
            if unfolded:
                return parse(unfolded, method)
        start = head.find(b"\n", colon) + 1
        n = len(name)
        if n == 14 and name.lower() == b"content-length":
            value = head[colon + 1 : start].strip(_BLANK)
            lengths = value if lengths is None else lengths + b"," + value
        elif n == 17 and name.lower() == b"transfer-encoding":
            value = head[colon + 1 : start].strip(_BLANK).lower()
            coding = value if coding is None else b""
    status = int(status)
    if coding is not None:
        if coding != b"chunked" or lengths is not None or head[7] == 48:
            raise ValueError("coding")
        length = -1
    elif lengths is not None:
        if not lengths.isdigit() or len(lengths) > 18:
            from .rare import merge

            lengths = merge(lengths)
        length = int(lengths)
    if method == "HEAD" or status < 200 or status == 204 or status == 304:
        length = 0
    return status, head, length
