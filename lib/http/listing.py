# All header fields of a response at once, repeated ones, and values that are not UTF-8. Few
# programs need them.


def items(head):
    """Yield the name of each field in `head`, as the server wrote it, with its value."""
    # In one pass: to look each name up would take as many passes as there are names.
    names = []
    values = {}
    for line in head.split(b"\n")[1:]:
        colon = line.find(b":")
        if colon > 0:
            name = line[:colon].lower()
            if name not in values:
                names.append(line[:colon])
                values[name] = []
            values[name].append(line[colon + 1 :].strip())
    for name in names:
        lower = name.lower()
        yield name.decode(), text(join(lower, values[lower]))


def join(name, values):
    """Return `values`, the list of those of the field `name` (lower case), as one."""
    return (b"\n" if name == b"set-cookie" else b", ").join(values)


def text(data):
    try:
        return data.decode()
    except UnicodeError:
        return latin_1(data)


def latin_1(data):
    """Return `data` as text: it is in the ISO-8859-1 of old, RFC 9110 section 5.5."""
    found = bytearray()
    for c in data:
        if c > 127:
            found.append(0xC0 | c >> 6)
            c &= 0xBF
        found.append(c)
    return found.decode()
