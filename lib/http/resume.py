# A download to a path that goes on from what a failed one left (opts["resume"]): RFC 9110 sections
# 13.1.5, 14 and 15.3.7. Beside <dst>.part, <dst>.part.etag tells what it is the beginning of.

import os
from binascii import hexlify
from hashlib import sha256
from micropython import const

from .file import Sink as File
from .file import POSIX, remove, stat
from .headers import field

_FLUSH = const(0xFFFF)  # what LittleFS has not flushed is lost without power: at most 64 KB

_EIO = const(5)
_ENOSPC = const(28)

_LINK = const(0xA000)  # the type that ilistdir() gives


class Sink(File):
    def prepare(self):
        File.prepare(self)  # super() would make a closure of each that calls it
        r = self.r
        self.size = 0  # of the whole, 0 when nobody said
        self.source = mark(r.url)
        self.possible = r.method == "GET" and not r.body
        if self.possible:
            self.find()

    def find(self):
        """Ask for the rest, where the .part is a beginning of the same resource.

        Sets `done` to what there is, and `fields` to Range and If-Range.
        """
        found = stat(self.path)
        if not found or not found[6] or POSIX and linked(self.path):
            return
        try:
            with open(self.path + ".etag", "rb") as f:
                source = f.readline()
                self.place = f.readline()
                size = int(f.readline())
                self.validator = f.read()
        except (OSError, ValueError):
            return
        done = found[6]
        if source == self.source and self.validator:
            if size == done:
                done -= 1  # the last byte again: a 206 confirms the version, a 416 does not
            self.done = done
            self.size = size
            self.fields = b"Range: bytes=%d-\r\nIf-Range: %s\r\n" % (done, self.validator)

    def accept(self, status, head, length):
        """Return the status to go on with, 0 to make the request again for the whole.

        Then `done` is 0, and `fields` is empty.
        """
        if status == 206 and not self.done:
            raise ValueError("range")  # nobody asked for a part
        if status == 206 and not self.fits(head, length) or status == 416 and self.done:
            status = 0
        if not status or 200 <= status < 300 and status != 206:
            # Another version, or no ranges: from the beginning.
            self.fields = b""
            self.done = 0
        return status

    def fits(self, head, length):
        # Whether a 206 is of the version that was begun, and goes on where the .part ends. A
        # server may not know If-Range, so only the same validator tells. Sets `size`.
        done = self.done
        try:
            unit, span = (field(head, b"content-range") or b"").split(None, 1)
            span, size = span.split(b"/")
            first, last = span.split(b"-")
            size = int(size)
            left = int(last) + 1 - done
            first = int(first)
        except ValueError:
            return False
        if self.size not in (0, size):
            return False
        self.size = size
        return (
            self.place == here(self.r)
            and self.validator in (field(head, b"etag"), field(head, b"last-modified"))
            and unit.lower() == b"bytes"
            and first == done
            and 0 < left <= size - done
            and length in (-1, None, left)
        )

    def open(self, head):
        path = self.path
        if self.done:
            self.total = self.size
            self.reserve(self.total - self.done)
            self.file = open(path, "r+b")
            if self.progress and self.progress.digest:
                return self.read()
            self.file.seek(self.done)
            return None
        # In this order, so that at no moment a .part lies beside the .etag of another.
        remove(path + ".etag")
        remove(path)
        File.open(self, head)
        validator = field(head, b"etag")
        if not validator or validator[:2] == b"W/":
            # A weak ETag does not tell bytes; a date does when it was not the current second.
            validator = field(head, b"last-modified")
            if field(head, b"date") in (None, validator):
                validator = None
        if validator and self.possible:
            with open(path + ".etag", "wb") as f:
                f.write(b"%s%s%d\n%s" % (self.source, here(self.r), self.total, validator))
            self.keep = True

    def read(self):
        # Add the .part to the digest; a generator. Then the file stands at its end.
        left = self.done
        buf = memoryview(self.buf)
        while left:
            try:
                n = self.file.readinto(buf[:left])
                if not n:
                    raise OSError(_EIO)  # shorter than it was
            except OSError as er:
                raise self.failed(er)
            self.progress.digest.update(buf[:n])
            left -= n
            yield 0

    def put(self, buf, n):
        File.put(self, buf, n)
        if (self.done & _FLUSH) + n > _FLUSH:
            self.file.flush()

    def finish(self):
        if self.total not in (0, self.done):
            raise EOFError  # of a range the server may send less than it was asked for
        return File.finish(self)

    def end(self):
        done = File.end(self)
        remove(self.path + ".etag")
        return done

    def close(self):
        er = self.r.error
        if isinstance(er, OSError) and er.errno == _ENOSPC:
            self.keep = False  # it would fill the file system for ever
        elif self.progress and self.progress.wrong:
            self.keep = False  # not even to go on from
        File.close(self)


def mark(url):
    # Not the URL itself: it may hold a password.
    return hexlify(sha256(url.encode()).digest()) + b"\n"


def linked(path):
    # Whether it is a symbolic link, as far as the file system tells.
    name = path[path.rfind("/") + 1 :]
    kind = 0
    for entry in os.ilistdir(path[: -len(name)] or "."):  # to its end, or LittleFS crashes later
        if entry[0] == name:
            kind = entry[1]
    return kind == _LINK


def here(r):
    # Where redirects led. What follows the path is often a signature, another each time.
    return mark(r.url.split("?")[0])
