# A form, with files or without, as the body of a request: multipart/form-data, RFC 7578.

from binascii import hexlify
from micropython import const
from os import urandom

from .forms import data, pairs
from .source import Source, view

_SMALL = const(512)  # bytes: shorter values leave together with the lines before them


class Multipart(Source):
    """A form as the body of a request, whose Content-Type it sets.

    `fields` is a dict, or a list of (name, value) pairs. Each value is text, bytes or a number, or
    (filename, content) or (filename, content, content_type), where `content` is text, bytes or a
    binary file, which is sent from where it stands and never whole in memory.

    TypeError and ValueError for wrong fields are raised at once.
    """

    def __init__(self, fields):
        boundary = hexlify(urandom(16))
        self.content_type = b"Content-Type: multipart/form-data; boundary=%s\r\n" % boundary
        self._parts = parts = []  # bytes-like, or a Source
        text = b""
        for name, value in pairs(fields):
            text += b'--%s\r\nContent-Disposition: form-data; name="%s"' % (boundary, escape(name))
            if isinstance(value, tuple):
                if not 2 <= len(value) <= 3:
                    raise TypeError("a file is (filename, content[, content_type])")
                file, value = content(*value)
                text += file
            else:
                value = data(value)
            text += b"\r\n\r\n"
            if isinstance(value, Source) or len(value) > _SMALL:
                parts += (text, value)
                text = b"\r\n"
            else:
                text += bytes(value) + b"\r\n"
                if len(text) > _SMALL:
                    parts.append(text)
                    text = b""
        parts.append(text + b"--%s--\r\n" % boundary)
        size = 0
        for part in parts:
            n = part.size if isinstance(part, Source) else len(part)
            size = None if size is None or n is None else size + n
        self._frame(size)

    def rewind(self):
        if self.size is None:
            raise ValueError("twice")  # else each file is, when its turn comes

    def pieces(self):
        for part in self._parts:
            if not isinstance(part, Source):
                yield part
                continue
            if part.size is not None:
                part.rewind()  # it may have been sent before, or be there twice
            yield from part.pieces()


def content(filename, value, content_type=None):
    """Return the rest of the head of a part that is a file, and what it sends."""
    kind = bytes(data(content_type or "application/octet-stream"))
    for c in b"\r\n\0":
        if c in kind:
            raise ValueError("CR, LF or NUL in the content type of %s" % filename)
    file = b'; filename="%s"\r\nContent-Type: %s' % (escape(filename), kind)
    if hasattr(value, "readinto"):
        return file, Source(value)
    found = None if isinstance(value, str) else view(value)
    return file, data(value) if found is None else found


def escape(name):
    # As browsers do: WHATWG HTML, "multipart/form-data encoding algorithm". A backslash at the end
    # as well: to some servers it would make the quote after it one of the name.
    name = bytes(data(name)).replace(b'"', b"%22").replace(b"\r", b"%0D").replace(b"\n", b"%0A")
    return name[:-1] + b"%5C" if name[-1:] == b"\\" else name
