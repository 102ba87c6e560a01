# The header lines of a request, loaded when the caller gives some.


def block(headers, drop, resume=False):
    """Return `headers` as a block of whole lines (bytes) without the fields named in `drop`.

    `headers` is a dict, whose values are text, bytes or numbers, or a block of lines that each
    end in CRLF (the last one may lack it). `drop` holds names in lower case.
    Raises TypeError and ValueError for what cannot be a header.
    """
    if isinstance(headers, dict):
        lines = [_line(name, headers[name]) for name in headers]
    elif isinstance(headers, (str, bytes, bytearray)):
        data = _bytes(headers)
        if data[-2:] == b"\r\n":
            data = data[:-2]
        lines = data.split(b"\r\n")
    else:
        raise TypeError("headers must be a dict, or lines as text or bytes")
    kept = b""
    for line in lines:
        if not line:
            raise ValueError("empty line in headers")
        colon = line.find(b":")
        name = line[: max(colon, 0)]
        # A blank or control character in a name would make two servers read two things.
        if not name or min(name) <= 32 or max(name) >= 127:
            raise ValueError("bad header name: %r" % line[: colon if colon > 0 else 20])
        for c in b"\r\n\0":
            if c in line:
                raise ValueError("CR, LF or NUL in header %s" % name.decode())
        name = name.lower().decode()
        if name == "transfer-encoding":
            raise ValueError("Transfer-Encoding is chosen by the body, not by a header")
        if resume and name == "range":
            raise ValueError("with resume, Range is chosen by what is there, not by a header")
        if name not in drop:
            kept += line + b"\r\n"
    return kept


def check(name):
    """Raise ValueError unless the text `name` is a token: RFC 9110 section 5.6.2."""
    for c in name:
        if not "!" <= c <= "~" or c in '"(),/:;<=>?@[\\]{}':
            raise ValueError("bad character in %r" % name)
    if not name:
        raise ValueError("empty method")


def _bytes(value):
    return value.encode() if isinstance(value, str) else bytes(value)


def _line(name, value):
    if not isinstance(name, (str, bytes)):
        raise TypeError("a header name must be text")
    name = _bytes(name)
    if isinstance(value, (int, float)):
        value = str(value)
    elif not isinstance(value, (str, bytes, bytearray)):
        raise TypeError("the value of %s must be text, bytes or a number" % name.decode())
    if b":" in name:
        raise ValueError("colon in a header name: %r" % name)
    return name + b": " + _bytes(value)


def merge(defaults, fields):
    """Return the lines of `defaults` whose field is not in `fields`, and `fields`."""
    seen = b"\n" + fields.lower()
    for line in defaults.split(b"\r\n"):
        if line and b"\n" + line[: line.find(b":") + 1].lower() not in seen:
            fields = line + b"\r\n" + fields
    return fields


def authorize(r, userinfo):
    """Send `userinfo` of the URL as Basic credentials, unless there is an Authorization."""
    from binascii import b2a_base64, unhexlify

    if ":" not in userinfo:
        userinfo += ":"  # RFC 7617 section 2
    parts = userinfo.encode().split(b"%")
    data = parts[0]
    try:
        for part in parts[1:]:
            data += unhexlify(part[:2]) + part[2:]
    except ValueError:
        raise ValueError("userinfo")  # without the text of it
    line = b"Authorization: Basic " + b2a_base64(data)[:-1] + b"\r\n"
    r.fields = merge(line, r.fields)
