# One request and its response (RFC 9112). The generator `exchange` knows the protocol and nothing
# of waiting: where it would block, it yields an event to wait for, and a driver resumes it. Code
# that few requests need is in files of its own, imported where it is needed.

import errno
import gc
import select
import socket
from micropython import const
from time import ticks_ms

from . import small
from .head import parse, request_head, split

_HEAD_LIMIT = const(8192)  # bytes, of interim and final response heads together
_SMALL_BODY = const(1024)  # a request body of up to this many bytes leaves with its head
_TURN = const(4)  # the time limit and other tasks have a turn every 1 << _TURN ms


class Connection:
    """A connection to an origin: its stream, and the bytes received but not used yet, `buf`.

    A driver waits for `poll`: the stream, or the socket below it. Of the present request, `sent`
    is true when some of it was sent; `head_size` counts the bytes of response heads received.
    `buf` becomes None where the connection cannot serve another request.
    """

    stream = None
    socket = None  # the one below a stream of TLS, until the handshake is complete
    buf = b""
    head_size = 0
    sent = False
    reused = False  # whether it was kept after an earlier request

    def open(self, *args):
        """Make `socket.socket(*args)`, which shall not block, its stream, and return it."""
        self.stream = self.poll = None  # their places, which may need memory, come first
        stream = self.stream = self.poll = socket.socket(*args)
        stream.setblocking(False)
        return stream

    def close(self):
        # Once: on unix, a second close would hit the next owner of the file number.
        stream = self.stream
        if stream:
            self.stream = None
            stream.close()
            if self.socket:
                # After a failed handshake, closing the stream has not closed it.
                self.socket.close()

    def receive(self):
        """Return some bytes that have arrived; None when there are none, b"" at the end."""
        # One call of the layer below. read() and readinto() go on until the buffer is full or they
        # meet EAGAIN, the end or an error. Then they forget the end, or the data before the error:
        # the answer of a server that resets the connection after it.
        # TLS lacks recv() on some ports. There readline() serves: it stops after a line, and what
        # ends a head is a line.
        # Many heads come in one piece of 256 bytes; a piece of 128 finds room in a heap that is in
        # pieces.
        stream = self.stream
        try:
            return getattr(stream, "recv", stream.readline)(128 if small else 256)
        except OSError as er:
            if er.errno != errno.EAGAIN:
                raise

    def receive_head(self, method):
        """Receive once of the answer to a request of `method`.

        Return (status, head, length) when the head of the final response is there, as `parse`
        does; else 0, or None when nothing came.
        """
        data = self.receive()
        if data is None:
            return None
        if not data:
            raise EOFError
        buf = self.buf + data
        while True:
            if not b"HTTP/1.".startswith(buf[:7]):
                raise ValueError("http")
            # A bare LF ends a line as well: RFC 9112 section 2.2.
            end = buf.find(b"\n\r\n") + 3
            bare = buf.find(b"\n\n") + 2
            if end == 2 or 1 < bare < end:
                end = bare
            whole = end > 1
            if self.head_size + (end if whole else len(buf) + 1) > _HEAD_LIMIT:
                raise ValueError("limit")
            if not whole:
                self.buf = buf
                return 0
            self.head_size += end
            response = parse(buf[:end], method)
            buf = self.buf = buf[end:]  # the start of the body, or the next head
            # Interim responses say nothing that matters here. 101 is final: HTTP ends with it.
            if response[0] >= 200 or response[0] == 101:
                return response


def exchange(r):
    """Perform the request `r`: a generator that yields what to wait for: POLLIN, POLLOUT or both,
    of `r.connection.poll`; 0 to go on at once; in tasks also -n to go on after n ms.

    Returns (status, headers, body), or (code, None, None) with the reason in `r.error`. Whatever
    happens, closing the generator included, the connection is closed, or kept for `keepalive`.
    """
    r.connection = headers = None
    if small:
        gc.collect()
    if not r.nodemcu:
        # Early, because code loaded between buffers would split the heap.
        from .headers import Headers

        headers = Headers()
    try:
        # Once, or more often: for redirects, and where the request has to be made again.
        while True:
            try:
                if r.destination and not r.sink:
                    r.destination(r)  # the class of a sink: makes one, and sets r.sink
                head = yield from send_request(r)
                result = yield from receive_response(r, headers, head)
                if result:
                    return result
            except Exception as er:
                # The caller's own code failed, in a callback or a body: the caller has to see it.
                # But in the callback API the callback is owed.
                if (r.calling or r.sink and r.sink.calling) and not r.nodemcu:
                    raise
                from .failure import failure

                code = failure(r, er)
                if code:
                    return code, None, None
            finally:
                if r.connection:
                    r.connection.close()
    finally:
        if r.sink:
            r.sink.close()


def connect(r, connection, origin):
    """Look the host up and begin to connect; a generator. Sets the stream of `connection`, which
    does not block."""
    _, host, port = origin
    family = socket.AF_INET
    if ":" in host or r.ipv6:
        family = socket.AF_INET6
        host = host.strip("[]")
    elif r.task and small < 2 and not host.replace(".", "").isdigit():
        # In a task, and with a heap for it, a name is looked up without holding others up.
        if small:
            gc.collect()
        from .resolver import resolve

        host = (yield from resolve(r, connection, host)) or host
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
    address = found and found[0][-1]  # None where lwIP has no IPv6
    if not address:
        raise ValueError("ipv6")
    stream = connection.open(family, socket.SOCK_STREAM)
    connection.origin = origin
    if r.adapter is not None:
        from .adapter import bind

        bind(stream, r.adapter)
    if r.debug:
        print("http: connecting to", host, port)
    try:
        stream.connect(address)
    except OSError as er:
        if er.errno != errno.EINPROGRESS:
            raise


def send_request(r):
    """Connect, and send the request; a generator.

    Returns None when all was sent. Else what `upload` does: the response head that came before, or
    0 when sending failed and an answer may be there.
    """
    connection = r.connection = None
    origin, target, userinfo = split(r.url)
    fields = r.fields
    if r.sink:
        fields += r.sink.fields
    if userinfo is not None:
        from .fields import authorize

        fields = authorize(fields, userinfo)
    if r.keepalive:
        from .keepalive import take

        connection = take(r, origin)
    if not connection:
        connection = r.connection = Connection()
        yield from connect(r, connection, origin)
    # While the connection is being made:
    data = request_head(r, origin, target, fields)
    body = r.body
    if isinstance(body, (bytes, bytearray)) and len(body) <= _SMALL_BODY:
        data += body
        body = None
    if small:
        gc.collect()
    if not connection.reused:
        # A write belongs to connecting: only that tells on every port that the connection was
        # refused (on ESP32, poll does not), and it makes the handshake of TLS.
        yield select.POLLOUT
    if origin[0] and not connection.reused:
        from .tls import start

        n = yield from start(r, connection, origin[1], data)
    else:
        write = connection.stream.write
        n = write(data)
        while n is None:
            yield select.POLLOUT
            n = write(data)
    connection.sent = True
    if n < len(data) or body is not None:
        from .upload import upload

        return (yield from upload(r, connection, data, n, body))


def receive_response(r, headers, head):
    """Receive the response, or after `head`, which `send_request` returned, the rest of it; a
    generator.

    Returns (status, headers, body), or None where another request has to be made: `r` was changed
    to it, for a redirect or for the whole in place of a range.
    """
    connection = r.connection
    stream = connection.stream
    keep = r.keepalive and head is None  # else the request was not all sent
    while not head:
        # TLS may hold data that poll does not see: axTLS the rest of a record. 0 waits for
        # nothing, but lets the time limit and other tasks have their turn.
        yield 0 if head == 0 and stream is not connection.poll else select.POLLIN
        head = connection.receive_head(r.method)
    status, head, length = head
    if r.debug:
        print("http: status", status, "length", length)
    if r.redirects and status // 100 == 3:
        from .redirect import redirect

        if redirect(r, status, head):
            return None
    elif r.sink:
        status = r.sink.accept(status, head, length)
        if not status:
            return None
    if headers is not None:
        headers.head = head
    transfer = None
    n = len(connection.buf)
    if r.sink or length is None or length < n:  # also -1, for chunks
        from .transfer import Transfer

        transfer = Transfer(r, status, head, length)
        yield from transfer.steps
        length = transfer.left
        n = 0  # `transfer` counts what came with the head
    else:
        body = bytearray(length)
        rest = memoryview(body)
        rest[:n] = connection.buf  # came with the head
        connection.buf = b""
    turn = ticks_ms() >> _TURN
    while n != length:
        # Reading tells as fast as poll() whether there is more.
        got = transfer.read(_TURN) if transfer else stream.readinto(rest[n:])
        if got:
            n += got
            if ticks_ms() >> _TURN == turn:
                continue
            yield 0
        elif got is None:
            yield transfer.wait if transfer else select.POLLIN
        elif length is None:
            break
        else:
            raise EOFError
        turn = ticks_ms() >> _TURN
    if transfer:
        body = transfer.finish()
    if keep and connection.buf == b"":
        from .keepalive import store

        store(r, head)
    return status, headers, body
