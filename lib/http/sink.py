# Where a body goes when not simply into memory: what all destinations have in common. Loaded when
# `dst`, `callback` or `fota` asks for one.

from micropython import const

_BODY = const(-3)
_DOWNLOAD = const(-7)


def choose(r):
    """Return the Sink that the options of `r` ask for."""
    if r.opts.get("fota"):
        from .ota import Image as kind
    elif isinstance(r.opts.get("dst"), str):
        from .file import File as kind
    else:
        from .memory import Memory as kind
    return kind(r)


class Sink:
    """Count what arrives, compute its digest and tell the progress; subclasses store it.

    They have `_open(status)`, `_store(buf, pos, n)` and `_complete()`, which returns the result,
    and set `code` when a failure there is not ERROR_DOWNLOAD.
    """

    code = _DOWNLOAD

    def __init__(self, r):
        self._r = r
        self.total = 0  # 0 when the server does not say
        self.done = 0
        self.update = None
        r.code = self.code
        fota = r.opts.get("fota")
        self._want = r.opts.get("sha256") or isinstance(fota, dict) and fota.get("sha256")
        if self._want:
            from hashlib import sha256

            self._digest = sha256()
            self.update = self._digest.update

    def judge(self, status):
        """Return the status to go on with, or 0 to make the request again."""
        return status

    def wants(self, status):
        # Only success replaces what is there.
        return self._r.method != "HEAD" and 200 <= status < 300 and status != 204

    def begin(self, status):
        """Get ready for the body. Return what has to be done before, as an iterator to exhaust,
        or None when this response has nothing to store."""
        r = self._r
        if not self.wants(status):
            r.keep = r.keep and r.length == 0
            return None
        self.total = max(r.length or 0, 0)
        r.code = self.code
        steps = self._open(status)
        self.tell()
        return steps or ()

    def tell(self):
        # Call the progress callback, if there is one.
        callback = self._r.opts.get("callback")
        if callback:
            self._r.code = 0  # what it raises is for the caller to see
            callback(self.total, self.done, self._r.opts.get("userdata"))
        self._r.code = _BODY

    def write(self, buf, pos, n):
        """Take buf[pos : pos + n]."""
        self._r.code = self.code
        self._store(buf, pos, n)
        if self.update:
            # A view of the whole would be allocated for nothing.
            self.update(buf if n == len(buf) else memoryview(buf)[pos : pos + n])
        self.done += n
        self.tell()

    def finish(self):
        """Make the complete download visible; return the body, or its size."""
        self._r.code = self.code
        if self.update:
            from binascii import hexlify

            if hexlify(self._digest.digest()).decode() != self._want.lower():
                self.reject()
                raise ValueError("digest")
        return self._complete()

    def reject(self):
        # What has arrived is of no use, not even to go on from.
        pass

    def close(self):
        """Leave nothing behind of what `finish` did not complete."""
