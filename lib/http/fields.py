# The header lines of a request, loaded when the caller gives some.

from .token import TOKEN


def of_request(headers, nodemcu, opts):
    """Return the `headers` of a request as `block` does, without those that cannot be set."""
    if isinstance(headers, dict) and ("timeout" in headers or "dst" in headers):
        from .hints import check

        check(headers)
    drop = "content-length host connection user-agent".split()
    return block(headers, drop if nodemcu else drop[:1], opts and opts.get("resume"))


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
        from .hints import refuse

        refuse("headers", headers)
    kept = b""
    hosts = 0
    for line in lines:
        if not line:
            raise ValueError("empty line in headers")
        name = line[: max(line.find(b":"), 0)]
        check(name, line)
        for c in b"\r\n\0":
            if c in line:
                raise ValueError("CR, LF or NUL in header %s" % name.decode())
        name = name.lower().decode()
        if name == "host":
            hosts += 1
            if hosts > 1:
                raise ValueError("two Host lines in headers")  # RFC 9112 section 3.2
        if name == "transfer-encoding":
            raise ValueError("Transfer-Encoding is chosen by the body, not by a header")
        if resume and name == "range":
            raise ValueError("with resume, Range is chosen by what is there, not by a header")
        if name not in drop:
            kept += line + b"\r\n"
    return kept


def check(name, line):
    """Raise ValueError unless `name`, how `line` begins, is a token."""
    if not name or name.strip(TOKEN):
        raise ValueError("%r has to be, or to begin with, a name and a colon" % line)


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
    """Return the lines of `defaults` whose field is not in `fields`, and `fields`.

    A request line in `defaults` stays: no field has its name.
    """
    seen = b"\n" + fields.lower()
    for line in reversed(defaults.split(b"\r\n")):
        if line and b"\n%s:" % line.split(b":")[0].lower() not in seen:
            fields = line + b"\r\n" + fields
    return fields


def authorize(fields, userinfo):
    """Return `fields` with `userinfo` of the URL as Authorization, unless it has one."""
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
    return merge(line, fields)
