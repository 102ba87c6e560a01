# The header fields of a response.


def field(head, name):
    """Return all values of the field `name` (lower case bytes) in `head`, or None.

    They are joined by ", ", those of Set-Cookie, which may hold commas themselves, by LF.
    """
    # C code searches a lower case copy faster than any loop looks at the lines.
    lower = head.lower()
    start = b"\n%s:" % name
    values = []
    i = lower.find(start)
    while i >= 0:
        i += len(start)
        # strip() takes VT and FF as well, which no valid value has.
        values.append(head[i : head.find(b"\n", i)].strip())
        i = lower.find(start, i)
    if len(values) > 1:
        from .listing import join

        return join(name, values)
    return values[0] if values else None


class Headers:
    """A read-only mapping over the bytes of a response head.

    Names are looked up in any case; iterating gives the server's spelling. The values of a
    repeated field are joined by ", ", those of Set-Cookie (which may hold commas) by "\\n".
    Kept as bytes because that takes a third of a dict's memory.
    """

    head = b""

    def get(self, name, default=None):
        value = field(self.head, name.lower().encode())
        if value is None:
            return default
        try:
            return value.decode()
        except UnicodeError:
            from .listing import latin_1

            return latin_1(value)

    def __getitem__(self, name):
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name):
        return self.get(name) is not None

    def items(self):
        from .listing import items

        return items(self.head)

    def __iter__(self):
        for name, _ in self.items():
            yield name

    keys = __iter__

    def values(self):
        for _, value in self.items():
            yield value

    def __len__(self):
        return len(list(self))

    def __repr__(self):
        return repr(dict(self.items()))
