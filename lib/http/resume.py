# Going on with a download that failed (opts["resume"]): RFC 9110 sections 13.1.5 and 14. Beside
# <dst>.part, <dst>.part.etag tells what it is the beginning of, and of which version.

from binascii import hexlify
from hashlib import sha256
from micropython import const

from .file import exists, remove
from .response import field

_BUFFER = const(512)


class Resume:
    def __init__(self, r, part):
        self._r = r
        self._part = part
        self.offset = 0  # bytes in the .part to go on from
        self.total = 0
        self.usable = False  # whether the .part may be gone on from when this request fails
        self._fields = b""
        # Not the URL itself: it may hold a password.
        self._source = hexlify(sha256(r.url.encode()).digest())
        size = exists(part)
        if r.method != "GET" or not size or not size[6] or not exists(part + ".etag"):
            return
        with open(part + ".etag", "rb") as f:
            source = f.readline()[:-1]
            self._validator = f.readline()
        if source == self._source and self._validator:
            self.usable = True
            self.offset = size[6]
            self._fields = b"Range: bytes=%d-\r\nIf-Range: %s\r\n" % (size[6], self._validator)
            r.fields += self._fields

    def judge(self, status):
        """Return the status to go on with, 0 to make the request again for the whole."""
        r = self._r
        if status != 206 and status != 416 or not self.offset:
            if status == 206:
                raise ValueError("range")  # nobody asked for a part
            return status
        length = r.length
        if self._same(r.head) and self._fits(field(r.head, b"content-range") or b"", status):
            if status == 416:
                # All of it is there already: what failed was the last step.
                r.keep = r.keep and length == 0
                r.length = 0
            return 206
        r.fields = r.fields.replace(self._fields, b"")
        self.offset = 0
        self.usable = False
        return 0

    def _same(self, head):
        # A server may not know If-Range, or answer 416 for another version.
        found = field(head, b"etag"), field(head, b"last-modified")
        return self._validator in found or found == (None, None)

    def _fits(self, value, status):
        # Whether a Content-Range goes on where the .part ends. Sets the total size.
        try:
            unit, span = value.split(None, 1)
            span, total = span.split(b"/")
            total = int(total)
            self.total = total
            if unit.lower() != b"bytes":
                return False
            if status == 416:
                return span == b"*" and total == self.offset
            first, last = span.split(b"-")
            size = int(last) + 1 - self.offset
            return (
                int(first) == self.offset
                and 0 < size <= total - self.offset
                and self._r.length in (-1, None, size)
            )
        except ValueError:
            return False

    def start(self):
        """Begin a new .part for the response, and note what it is."""
        head = self._r.head
        # In this order, so that at no moment a .part lies beside what is not its own.
        remove(self._part + ".etag")
        remove(self._part)
        validator = field(head, b"etag")
        if not validator or validator[:2] == b"W/":
            # A weak ETag does not tell bytes; a date does when it was not the current second.
            validator = field(head, b"last-modified")
            if validator == field(head, b"date"):
                validator = None
        self.usable = bool(validator)
        if self.usable:
            with open(self._part + ".etag", "wb") as f:
                f.write(self._source + b"\n" + validator)

    def read(self, update):
        """Compute the digest of what is there; a generator."""
        buf = bytearray(_BUFFER)
        with open(self._part, "rb") as f:
            n = f.readinto(buf)
            while n:
                update(buf if n == _BUFFER else buf[:n])
                yield 0
                n = f.readinto(buf)
