# The header fields of a response.


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


class Headers:
    """A read-only mapping over the bytes of a response head.

    Names are looked up in any case; iterating gives the server's spelling. The values of a
    repeated field are joined by ", ", those of Set-Cookie (which may hold commas) by "\\n".
    Kept as bytes because that takes a third of a dict's memory.
    """

    def __init__(self, head=b""):
        self.head = head

    def get(self, name, default=None):
        value = field(self.head, name.lower().encode())
        if value is None:
            return default
        return _text(value)

    def __getitem__(self, name):
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name):
        return self.get(name) is not None

    def __iter__(self):
        seen = []
        for line in self.head.split(b"\n")[1:]:
            name = _text(line[: max(line.find(b":"), 0)])
            if name and name.lower() not in seen:
                seen.append(name.lower())
                yield name

    keys = __iter__

    def values(self):
        for name in self:
            yield self.get(name)

    def items(self):
        for name in self:
            yield name, self.get(name)

    def __len__(self):
        return len(list(self))

    def __repr__(self):
        return repr(dict(self.items()))


def _text(data):
    try:
        return data.decode()
    except UnicodeError:  # the ISO-8859-1 of old: RFC 9110 section 5.5
        return "".join(map(chr, data))
