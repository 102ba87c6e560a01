# Where a body goes when not simply into memory: what all destinations have in common.

from micropython import const

from . import _running, small

_DOWNLOAD = const(-7)

# Those of the requests that are going on and have a destination of their own.
busy = []


class Base:
    """Compute the digest of what arrives and report the progress; each Sink stores it.

    A Sink may `prepare()` before the request is sent. It has `open(head)`, which may return an
    iterator of steps to take before the body, `put(buf, pos, n)`, which stores buf[pos : pos + n],
    and `end()`, which returns the result.
    """

    code = _DOWNLOAD  # of a failure of these
    fields = b""  # lines that the request has to have

    def __init__(self, r):
        # At once: whoever ends the request closes its sink, however much of it was made.
        r.sink = self
        self.r = r
        self.total = 0  # bytes, 0 when the server does not say
        self.done = 0  # bytes that are stored
        self.buf = bytearray(512 if small else 4096)  # what a download is read with
        self.digest = None
        self.callback = r.opts.get("callback")
        fota = r.opts.get("fota")
        self.sha256 = (isinstance(fota, dict) and fota or r.opts).get("sha256")
        if self.sha256:
            from hashlib import sha256

            self.digest = sha256()
        self.watched = self.digest or self.callback  # whether `update` has anything to do
        try:
            self.prepare()
        except (OSError, ValueError) as er:
            raise self.failed(er)

    def prepare(self):
        pass

    def claim(self, name):
        """Raise ValueError when another request stores to the destination `name`."""
        core = _running()
        self.name = name
        self.loop = core and core._task_queue
        if busy:
            from .rivals import refuse

            refuse(self, busy)
        busy.append(self)

    def failed(self, er):
        """Return what to raise for `er`, which a method of this destination raised."""
        return ValueError(self.code, er)

    def accept(self, status, head, length):
        """Return the status that the response has for the caller, 0 to make another request."""
        return status

    def start(self, status, head, length):
        """Get ready for the body. Return an iterator of the steps that takes, or None when this
        response has nothing to store: only success replaces what is there."""
        if self.r.method == "HEAD" or not 200 <= status < 300 or status == 204:
            return None
        self.total = length if length and length > 0 else 0
        try:
            steps = self.open(head)
        except (OSError, ValueError) as er:
            raise self.failed(er)
        self.progress()
        return steps or ()

    def progress(self):
        if self.callback:
            r = self.r
            r.calling = True
            self.callback(self.total, self.done, r.opts.get("userdata"))
            r.calling = False

    def update(self, buf, n):
        """Add buf[:n], which is stored, to the digest, and report the progress."""
        if self.digest:
            # A view of the whole would be allocated for nothing.
            self.digest.update(buf if n == len(buf) else memoryview(buf)[:n])
        self.progress()

    def finish(self):
        """Make the complete download visible; return the body, or its size."""
        try:
            self.verify()
            return self.end()
        except (OSError, ValueError) as er:
            raise self.failed(er)

    def verify(self):
        if self.digest:
            from binascii import hexlify

            if hexlify(self.digest.digest()).decode() != self.sha256.lower():
                self.keep = False  # not even to go on from
                raise ValueError("digest")

    def close(self):
        """Leave nothing behind of what `finish` did not complete."""
        if self in busy:
            busy.remove(self)
