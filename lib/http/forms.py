# The fields of a form, as those of multipart.py and as the text of a query.

from micropython import const

_SAFE = const(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def urlencode(fields):
    """Return `fields` as the text of a query, or of a form (application/x-www-form-urlencoded).

    `fields` is a dict, or a list of (name, value) pairs; each is text, bytes or a number.
    """
    out = bytearray()
    for pair in pairs(fields):
        for part in pair:
            for c in data(part):
                if c in _SAFE:
                    out.append(c)
                elif c == 32:
                    out.append(43)  # +
                else:
                    out.extend(b"%%%02X" % c)
            out.append(61)  # =
        out[-1] = 38  # &
    return out[:-1].decode()


def pairs(fields):
    """Return the (name, value) pairs of a dict, or of a list that holds them."""
    if isinstance(fields, dict):
        return fields.items()
    if not isinstance(fields, (list, tuple)):
        raise TypeError("fields must be a dict, or a list of (name, value)")
    for pair in fields:
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise TypeError("fields must be a dict, or a list of (name, value)")
    return fields


def data(value):
    """Return text, bytes or a number as bytes-like."""
    if isinstance(value, (int, float)):
        value = str(value)
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError("names and values must be text, bytes or numbers, not %r" % value)
    return value
