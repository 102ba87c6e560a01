# The header fields of a response, as the caller gets them.

from .response import BLANK, field, joined


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

    def items(self):
        # In one pass: to look each name up would take as many passes as there are names.
        names = []
        values = {}
        for line in self.head.split(b"\n")[1:]:
            colon = line.find(b":")
            if colon > 0:
                name = line[:colon].lower()
                if name not in values:
                    names.append(line[:colon])
                    values[name] = []
                values[name].append(line[colon + 1 :].strip(BLANK))
        for name in names:
            lower = name.lower()
            yield _text(name), _text(joined(lower, values[lower]))

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


def _text(data):
    try:
        return data.decode()
    except UnicodeError:  # the ISO-8859-1 of old: RFC 9110 section 5.5
        text = bytearray()
        for c in data:
            if c > 127:
                text.append(0xC0 | c >> 6)
                c &= 0xBF
            text.append(c)
        return text.decode()
