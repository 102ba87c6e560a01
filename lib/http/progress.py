# What a download computes and reports as it arrives: its digest (opts["sha256"]) and how far it is
# (opts["callback"]). Loaded when one is asked for, or an update, whose options are checked here.


def check(opts, refuse):
    """Call `refuse(error, name)` where `fota` or `sha256` in `opts` cannot be meant."""
    dst = opts.get("dst")
    digest = opts.get("sha256")
    fota = opts.get("fota", False)
    if fota is not False:
        if fota is not True and (not isinstance(fota, dict) or set(fota) - {"sha256"}):
            refuse(ValueError, "fota")
        if dst is not None:
            refuse(ValueError, "fota")
        if fota is not True and "sha256" in fota:
            if digest is not None:
                refuse(ValueError, "sha256")
            digest = fota["sha256"]
    if digest is not None:
        if not isinstance(digest, str):
            refuse(TypeError, "sha256")
        if len(digest) != 64 or digest.lower().strip("0123456789abcdef"):
            refuse(ValueError, "sha256")
        if dst is None and fota is False:
            refuse(ValueError, "sha256")


class Progress:
    wrong = False  # whether the digest is

    def __init__(self, sink):
        opts = sink.r.opts
        self.sink = sink
        self.callback = opts.get("callback")
        fota = opts.get("fota")
        self.sha256 = (isinstance(fota, dict) and fota or opts).get("sha256")
        self.digest = None
        if self.sha256:
            from hashlib import sha256

            self.digest = sha256()

    def report(self):
        if self.callback:
            sink = self.sink
            sink.calling = True
            self.callback(sink.total, sink.done, sink.r.opts.get("userdata"))
            sink.calling = False

    def update(self, buf, n):
        """Add buf[:n], which is stored, to the digest, and report how far the download is."""
        if self.digest:
            # A view of the whole would be allocated for nothing.
            self.digest.update(buf if n == len(buf) else memoryview(buf)[:n])
        self.report()

    def verify(self):
        """Raise ValueError unless the digest is what it has to be."""
        if self.digest:
            from binascii import hexlify

            if hexlify(self.digest.digest()).decode() != self.sha256.lower():
                self.wrong = True
                raise ValueError("digest")
