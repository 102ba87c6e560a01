# Going on with a download that failed (opts["resume"]): RFC 9110 sections 13.1.5 and 14. Beside
# <dst>.part, <dst>.part.etag tells what it is the beginning of, and of which version.

from binascii import hexlify
from hashlib import sha256

from .file import remove, stat
from .response import field


class Resume:
    def __init__(self, r, sink):
        self.r = r
        self.sink = sink  # whose `done` is what there is, and `keep` whether to go on from it
        self.total = 0
        self.asked = b""
        self.source = self.digest(r.url)
        self.possible = r.method == "GET" and not r.body
        size = stat(sink.path)
        if not self.possible or not size or not size[6] or not stat(sink.path + ".etag"):
            return
        with open(sink.path + ".etag", "rb") as f:
            source = f.readline()
            self.place = f.readline()
            self.validator = f.readline()
        if source == self.source and self.validator:
            sink.done = size[6]
            sink.keep = True
            self.asked = b"Range: bytes=%d-\r\nIf-Range: %s\r\n" % (size[6], self.validator)
            r.fields += self.asked

    def digest(self, url):
        # Not the URL itself: it may hold a password.
        return hexlify(sha256(url.encode()).digest()) + b"\n"

    def here(self):
        # Where redirects led. What follows the path is often a signature, another each time.
        return self.digest(self.r.url.split("?")[0])

    def judge(self, status):
        """Return the status to go on with, 0 to make the request again for the whole."""
        r = self.r
        sink = self.sink
        if status == 206 or status == 416 and sink.done:
            if not sink.done:
                raise ValueError("range")  # nobody asked for a part
            if self.same() and self.fits(field(r.head, b"content-range") or b"", status):
                if status == 416:
                    # All of it is there already: what failed was the last step.
                    r.keep = False
                    r.length = 0
                return 206
            status = 0
        if not status or 200 <= status < 300:
            # Another version, or no ranges: from the beginning.
            r.fields = r.fields.replace(self.asked, b"")
            sink.done = 0
        return status

    def same(self):
        # Whether it is the version that was begun. A server may not know If-Range, or answer 416
        # for another version.
        head = self.r.head
        found = field(head, b"etag"), field(head, b"last-modified")
        return self.place == self.here() and (self.validator in found or found == (None, None))

    def fits(self, value, status):
        # Whether a Content-Range goes on where the .part ends. Sets the total size.
        done = self.sink.done
        try:
            unit, span = value.split(None, 1)
            span, total = span.split(b"/")
            total = self.total = int(total)
            if unit.lower() != b"bytes":
                return False
            if status == 416:
                return span == b"*" and total == done
            first, last = span.split(b"-")
            size = int(last) + 1 - done
            return (
                int(first) == done
                and 0 < size <= total - done
                and self.r.length in (-1, None, size)
            )
        except ValueError:
            return False

    def start(self):
        """Begin a new .part for the response, and note what it is."""
        path = self.sink.path
        head = self.r.head
        # In this order, so that at no moment a .part lies beside what is not its own.
        remove(path + ".etag")
        remove(path)
        validator = field(head, b"etag")
        if not validator or validator[:2] == b"W/":
            # A weak ETag does not tell bytes; a date does when it was not the current second.
            validator = field(head, b"last-modified")
            if field(head, b"date") in (None, validator):
                validator = None
        self.sink.keep = validator and self.possible
        if self.sink.keep:
            with open(path + ".etag", "wb") as f:
                f.write(self.source + self.here() + validator)

    def read(self, digest):
        """Add what is there to the digest; a generator."""
        buf = self.sink.buf
        with open(self.sink.path, "rb") as f:
            n = f.readinto(buf)
            while n:
                digest.update(buf if n == len(buf) else buf[:n])
                yield 0
                n = f.readinto(buf)
