# Where a body goes when not into memory of its own: to a file, into the caller's buffer, or into
# memory while the progress is told. Loaded when `dst` or `callback` asks for it.

import os
from micropython import const

_BODY = const(-3)
_DOWNLOAD = const(-7)

_ENOSPC = const(28)


# The files that are being downloaded to.
_open = []


class Sink:
    def __init__(self, r, length):
        self._r = r
        self._total = max(length or 0, 0)  # 0 when the server does not say
        self._done = 0
        self._file = None
        r.code = _DOWNLOAD
        dst = self._dst = r.opts.get("dst")
        if isinstance(dst, str):
            if dst in _open:
                raise ValueError("busy")
            self._file = open(dst + ".part", "wb")
            _open.append(dst)
        elif dst is None:
            self._memory = bytearray(self._total)
        else:
            self._memory = memoryview(dst)
            self._check(self._total)

    def _check(self, size):
        if self._dst is not None and size > len(self._memory):
            raise ValueError("small")

    def tell(self):
        """Call the progress callback, if there is one."""
        callback = self._r.opts.get("callback")
        if callback:
            self._r.code = 0  # what it raises is for the caller to see
            callback(self._total, self._done, self._r.opts.get("userdata"))
        self._r.code = _BODY

    def write(self, buf, pos, n):
        """Take buf[pos : pos + n]."""
        self._r.code = _DOWNLOAD
        done = self._done + n
        if self._file:
            # With three arguments nothing is allocated, as a slice would be.
            if self._file.write(buf, pos, n) != n:
                raise OSError(_ENOSPC)
        else:
            self._check(done)
            self._memory[self._done : done] = memoryview(buf)[pos : pos + n]
        self._done = done
        self.tell()

    def finish(self):
        """Make the complete download visible; return the body or its size."""
        if self._dst is None:
            return self._memory
        if self._file:
            self._r.code = _DOWNLOAD
            self._file.flush()
            self._file.close()
            os.rename(self._dst + ".part", self._dst)
            self._file = None
            _open.remove(self._dst)
        return self._done

    def close(self):
        """Leave nothing behind of what `finish` did not complete."""
        if self._file:
            for undo in (self._file.close, lambda: os.remove(self._dst + ".part")):
                try:
                    undo()
                except OSError:
                    pass  # a full file system says so again; a card may have been pulled out
            self._file = None
            _open.remove(self._dst)
