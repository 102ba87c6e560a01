# Where a body goes when not simply into memory: what all destinations have in common. Loaded when
# `dst`, `callback` or `fota` asks for one.

from micropython import const

from . import _running, small

_DOWNLOAD = const(-7)
_FOTA = const(-9)

# Those of the requests that are going on and have a destination of their own.
busy = []


def sink(r):
    """Make `r.sink`, the destination that the options of `r` ask for."""
    if r.opts.get("fota") not in (None, False):
        try:
            from .ota import Sink
        except ImportError:  # no esp32 here, or not installed as it would be of no use
            r.code = _FOTA
            raise ValueError("ota")
    elif isinstance(r.opts.get("dst"), str):
        if r.opts.get("resume"):
            from .resume import Sink
        else:
            from .file import Sink
    else:
        from .memory import Sink
    Sink(r)


class Base:
    """Compute the digest of what arrives and tell the progress; each Sink stores it.

    It has `open(status)`, `put(buf, pos, n)` and `end()`, which returns the result, and sets
    `code` where a failure of these is not ERROR_DOWNLOAD.
    """

    code = _DOWNLOAD
    accept = None  # or accept(status), the status to go on with, 0 to make the request again

    def __init__(self, r):
        # At once: whoever ends the request closes its sink, however much of it was made.
        r.sink = self
        self.r = r
        self.total = 0  # 0 when the server does not say
        self.done = 0  # bytes that are stored; transfer.py counts them
        self.buf = bytearray(512 if small else 4096)  # what a download is read with
        self.digest = None
        r.code = self.code
        fota = r.opts.get("fota")
        self.sha256 = (isinstance(fota, dict) and fota or r.opts).get("sha256")
        if self.sha256:
            from hashlib import sha256

            self.digest = sha256()

    def claim(self, name):
        """Raise ValueError when another request stores to the destination `name`."""
        core = _running()
        self.name = name
        self.loop = core and core._task_queue
        if busy:
            from .rivals import refuse

            refuse(self, busy)
        busy.append(self)

    def start(self, status):
        """Get ready for the body. Return what has to be done before, as an iterator to exhaust,
        or None when this response has nothing to store."""
        r = self.r
        # Only success replaces what is there.
        if r.method == "HEAD" or not 200 <= status < 300 or status == 204:
            if r.length != 0 or r.buf:
                r.keep = False
            return None
        self.total = max(r.length or 0, 0)
        r.code = self.code
        steps = self.open(status)
        self.tell()
        if steps:
            r.code = self.code
        return steps or ()

    def tell(self):
        # Call the progress callback, if there is one.
        r = self.r
        callback = r.opts.get("callback")
        if callback:
            r.code = 0  # what it raises is for the caller to see
            callback(self.total, self.done, r.opts.get("userdata"))

    def watch(self, buf, pos, n):
        """Compute the digest and tell the progress of buf[pos : pos + n], which is stored."""
        if self.digest:
            # A view of the whole would be allocated for nothing.
            self.digest.update(buf if n == len(buf) else memoryview(buf)[pos : pos + n])
        self.tell()

    def finish(self):
        """Make the complete download visible; return the body, or its size."""
        self.r.code = self.code
        if self.digest:
            from binascii import hexlify

            if hexlify(self.digest.digest()).decode() != self.sha256.lower():
                self.keep = False  # not even to go on from
                raise ValueError("digest")
        return self.end()

    def close(self):
        """Leave nothing behind of what `finish` did not complete."""
        if self in busy:
            busy.remove(self)
