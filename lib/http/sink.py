# Where a body goes when not simply into memory: what all destinations have in common.

from . import _running, small

# Those of the requests that are going on and have a destination of their own.
busy = []


class Base:
    """What each Sink does besides storing.

    Its life: it is made before the request is sent, which calls `prepare()`. `accept()` sees each
    response head. `start()` calls `open(head)`, which may return an iterator of steps to take
    before the body. `put(buf, n)` stores buf[:n]; where it returns a number, the exchange yields
    that, and puts the same again. `finish()` calls `end()`, which returns the result. `close()`
    comes last, whatever happened. A Sink has `prepare`, `open`, `put` and `end` of its own.
    """

    code = -7  # ERROR_DOWNLOAD, of a failure of these
    fields = b""  # lines that the request has to have
    total = 0  # bytes, 0 when the server does not say
    done = 0  # bytes that are stored
    progress = None
    calling = False  # whether the caller's own code runs: a callback, or a write()
    always = False  # whether the body is stored whatever the status is

    def __init__(self, r):
        # First: the end of the request closes the sink, even one that is made by half.
        self.r = r
        r.sink = self
        try:
            self.buf = bytearray(512 if small else 4096)  # what a download is read with
        except MemoryError:
            self.buf = bytearray(512)  # a large heap may be in pieces
        opts = r.opts
        if "callback" in opts or "sha256" in opts or "fota" in opts:
            from .progress import Progress

            self.progress = Progress(self)
        try:
            self.prepare()
        except (OSError, ValueError) as er:
            raise self.failed(er)

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
        return er if self.calling else ValueError(self.code, er)

    def accept(self, status, head, length):
        """Return the status that the response has for the caller, 0 to make another request."""
        return status

    def start(self, status, head, length):
        """Get ready for the body. Return an iterator of steps to take before it, or None when this
        response has nothing to store: only success replaces what is there."""
        self.total = length if length and length > 0 else 0
        if not self.always and (
            self.r.method == "HEAD" or not 200 <= status < 300 or status == 204
        ):
            return None
        try:
            steps = self.open(head)
        except (OSError, ValueError) as er:
            raise self.failed(er)
        if self.progress:
            self.progress.report()
        return steps or ()

    def finish(self):
        """Make the complete download visible; return the body, or its size."""
        try:
            if self.progress:
                self.progress.verify()
            return self.end()
        except (OSError, ValueError) as er:
            raise self.failed(er)

    def close(self):
        """Leave nothing behind of a download that `finish` did not complete."""
        if self in busy:
            busy.remove(self)
