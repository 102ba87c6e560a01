# Bodies that do not simply fill memory of a known size: in chunks, up to the end of the
# connection, or for a sink. Loaded when there is one.

from micropython import const
from select import POLLIN
from time import ticks_ms


_BUFFER = const(512)  # bytes, where there is no sink that has a buffer


class Transfer:
    """The way of the body from the connection of `r` to its sink, or into memory."""

    steps = ()  # to be taken before the body is read
    chunked = None

    def __init__(self, r, status, head, length):
        """`length` is -1 for chunks, None up to the end."""
        self.n = 0  # bytes of `buf` that the sink did not take: they are put again
        connection = self.connection = r.connection
        stream = connection.stream
        sink = self.sink = r.sink
        first = connection.buf  # came with the head
        connection.buf = b""
        if sink:
            self.steps = sink.start(status, head, length)
            if self.steps is None:
                # Nothing to store: there are no bytes to come, no sink, and the body is 0.
                if length != 0 or first:
                    connection.buf = None  # not read
                self.steps = ()
                self.left = self.sink = self.body = 0
                return
            self.buf = sink.buf
            # Here, as each look-up of a method allocates something.
            self.put = sink.put
            self.update = sink.progress and sink.progress.update
        else:
            self.buf = bytearray(_BUFFER)
            self.body = bytearray()
            self.put = self.update = None
        self.readinto = stream.readinto
        if length == -1:
            from .chunked import Chunked

            self.chunked = Chunked(stream, first)
            self.readinto = self.chunked.readinto
            first = b""
            length = None
        elif length is None:
            connection.buf = None  # will have ended
            if stream is not connection.poll:
                self.readinto = self.receive
        elif len(first) > length:
            connection.buf = first[length:]  # came after the body
            first = first[:length]
        self.left = length  # bytes to come, None where that is not known
        self.first = first

    def receive(self, buf, n):
        """Receive up to the end of TLS, as `readinto` of a stream does.

        The end may be all that tells the body is complete: see Connection.receive(). The mbedTLS
        of v1.24 has no recv(), and forgets an end that readline() came upon.
        """
        stream = self.connection.stream
        if hasattr(stream, "cipher") and not hasattr(stream, "recv"):
            data = stream.read(1)
        else:
            data = self.connection.receive()
        if data is None:
            return None
        n = len(data)
        buf[:n] = data
        return n

    def read(self, turn):
        """Receive and store, at least once, while the buffer gets full and 1 << `turn` ms are not
        over.

        Return how many bytes, None when nothing is there or the sink does not take it, 0 at the
        end. With None, `wait` is what to yield before the next call.
        """
        buf = self.buf
        readinto = self.readinto
        sink = self.sink
        put = self.put
        update = self.update
        left = self.left
        n = self.n
        if self.first:
            n = len(self.first)
            buf[:n] = self.first  # less than one reading of Connection.receive()
            self.first = None
        most = len(buf)
        total = 0
        now = ticks_ms() >> turn
        while True:
            if not n:
                # Nothing is asked for that need not come: readinto() would go on for it, and what
                # came before an error is lost then.
                if left is not None and left < most:
                    most = left
                n = readinto(buf, most)
                if not n:
                    self.wait = POLLIN
                    break
            if put:
                try:
                    wait = put(buf, n)
                except (OSError, ValueError) as er:
                    raise sink.failed(er)
                if wait is not None:
                    self.wait = wait
                    self.n = n  # once more
                    return None
                sink.done += n
                if update:
                    update(buf, n)
            else:
                self.body.extend(memoryview(buf)[:n])
            total += n
            if left is not None:
                left -= n
            if n < most or self.n or left == 0 or ticks_ms() >> turn != now:
                # Also after a piece that was put again: so it is counted before another waits.
                self.n = 0
                break
            n = 0
        self.left = left
        return total or n

    def finish(self):
        """Return the body, or what the sink gives for it."""
        if self.chunked:
            self.connection.buf = self.chunked.rest
        return self.sink.finish() if self.sink else self.body
