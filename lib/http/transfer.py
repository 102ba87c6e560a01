# Bodies that do not simply fill memory of a known size: in chunks, up to the end of the
# connection, or for a sink. Loaded when there is one.

from micropython import const


_BUFFER = const(512)  # bytes, where there is no sink that has a buffer


class Transfer:
    """The way of the body from the connection of `r` to its sink, or into memory."""

    steps = ()  # to be taken before the body is read

    def __init__(self, r, status, head, length):
        """`length` is -1 for chunks, None up to the end; later None for both, 0 for no body."""
        connection = self.connection = r.connection
        sink = self.sink = r.sink
        self.stream = connection.stream
        self.length = self.left = length  # `left`: bytes to come, where that is known
        self.first = connection.buf  # came with the head
        connection.buf = b""
        # The end may be all that tells the body is complete: see Connection.receive(). The mbedTLS
        # of v1.24 has no recv(), and forgets an end that readline() came upon.
        self.until_end = length is None
        stream = self.stream
        self.one = length is None and hasattr(stream, "cipher") and not hasattr(stream, "recv")
        self.readinto = self.stream.readinto
        if sink:
            self.steps = sink.start(status, head, length)
            if self.steps is None:
                if length != 0 or self.first:
                    connection.buf = None  # not read
                self.steps = ()
                self.length = self.sink = self.body = 0
                return
            self.buf = sink.buf
        else:
            self.buf = bytearray(_BUFFER)
            self.body = bytearray()
        if length == -1:
            from .chunked import Chunked

            self.chunked = Chunked(connection.stream, self.first)
            self.readinto = self.chunked.readinto
            self.first = b""
            self.length = self.left = None

    def read(self):
        """Receive once and store it; return how much, None when nothing is there, 0 at the end."""
        buf = self.first
        left = self.left
        if buf:
            self.first = b""
            n = len(buf)
        elif self.until_end and self.stream is not self.connection.poll:
            buf = self.stream.read(1) if self.one else self.connection.receive()
            n = None if buf is None else len(buf)
        else:
            # Nothing is asked for that need not come: readinto() would go on for it, and what
            # came before an error is lost then.
            buf = self.buf
            n = len(buf)
            n = self.readinto(buf, n if left is None or left > n else left)
        if not n:
            return n
        if left is not None:
            if n > left:
                self.connection.buf = buf[left:]  # came after the body
                n = left
            self.left = left - n
        sink = self.sink
        if sink:
            try:
                sink.put(buf, 0, n)
            except (OSError, ValueError) as er:
                raise sink.failed(er)
            sink.done += n
            if sink.watched:
                sink.update(buf, n)
        else:
            self.body.extend(memoryview(buf)[:n])
        return n

    def finish(self):
        """Return the body, or what the sink gives for it."""
        if self.until_end:
            self.connection.buf = None  # has ended
        elif self.length is None:
            self.connection.buf = self.chunked.rest
        return self.sink.finish() if self.sink else self.body
