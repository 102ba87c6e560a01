# One request and its response. The generator `exchange` knows the protocol and nothing about
# waiting: where it would block it yields what it waits for, and a driver resumes it. What few
# requests need is in modules of its own, imported where it is needed.

import gc
import socket
import sys
from errno import EINPROGRESS
from micropython import const
from select import POLLIN, POLLOUT
from time import ticks_ms

from . import small
from .response import receive_head
from .url import split

# Codes of the task API, see __init__.py: what a failure means where it happens.
_STATE = const(-1)
_HEADER = const(-2)
_BODY = const(-3)
_CONNECT = const(-4)
_RX = const(-6)

_HEAD_LIMIT = const(8192)  # bytes, of interim and final response heads together
_SMALL = const(1024)  # a request body of up to this many bytes leaves with its head


def exchange(r):
    """Perform the request `r`: a generator that yields POLLIN and POLLOUT for `r.poll`, or
    0 to go on at once.

    Returns (status, headers, body), or (code, None, None) with the reason in `r.error`. Whatever
    happens, closing the generator included, the connection is closed, or kept for `keepalive`.
    """
    if r.code is not None:
        raise RuntimeError("a request is performed once; make a new one")
    if small:
        gc.collect()
    r.start = ticks_ms()  # of the time limit
    r.code = _STATE
    headers = None
    if not r.nodemcu:
        # Early, because code loaded between buffers would split the heap.
        from .headers import Headers

        headers = Headers()
    # One round, or more: for redirects, and where the request has to be made again.
    while True:
        again = r.reused = False
        try:
            if r.sink is None and ("dst" in r.opts or "callback" in r.opts or "fota" in r.opts):
                from .sink import sink

                sink(r)

            # URL and connection.
            r.code = _CONNECT
            origin, target, userinfo = split(r.url)
            if userinfo is not None:
                from .fields import authorize

                authorize(r, userinfo)
            r.buf = b""
            r.head = None
            r.room = _HEAD_LIMIT
            stream = None
            if r.keep:
                from .keepalive import take

                stream = take(r, origin)
            if not stream:
                stream = r.poll = r.stream = connect(r, origin)

            # Request head, while the connection is being made.
            data = head(r, origin, target)
            body = r.body
            if isinstance(body, (bytes, bytearray)) and len(body) <= _SMALL:
                data += body
                body = None
            if small:
                gc.collect()
            if r.reused:
                r.code = _RX
            else:
                # A write belongs to connecting: only that tells on every port that the
                # connection was refused (on ESP32, poll does not), and it makes the handshake
                # of TLS.
                yield POLLOUT
            if origin[0] and not r.reused:
                from .secure import secure

                n = yield from secure(r, origin[1], data)
                stream = r.stream
            else:
                write = stream.write
                n = write(data)
                while n is None:
                    yield POLLOUT
                    n = write(data)

            # Response head.
            status = None
            if len(data) > n or body is not None:
                r.code = _RX
                from .upload import send

                status = (yield from send(r, data, n, body)) or 0
            origin = target = data = None  # makes room, as what follows does
            r.code = _HEADER
            while not status:
                # TLS may hold data that poll does not see: axTLS the rest of a record. 0 waits
                # for nothing, but lets the time limit and other tasks have their turn.
                yield 0 if stream is not r.poll and status == 0 else POLLIN
                status = receive_head(r)
            if r.opts.get("debug"):
                print("http: status", status, "length", r.length)
            if r.redirects is not None and status // 100 == 3:
                from .redirect import redirect

                again = redirect(r, status)
            elif r.sink and r.sink.accept:
                status = r.sink.accept(status)
                again = not status
            if again:
                continue

            # Response body.
            if headers is None:
                r.head = None  # makes room
            else:
                headers.head = r.head
            r.code = _BODY
            length = r.length
            if r.sink or length is None or length < 0:
                from .transfer import transfer

                body = yield from transfer(r, status)
            else:
                body = bytearray(length)
                n = len(r.buf)
                if n > length:
                    r.keep = False  # whatever it is that came after the response
                    r.buf = r.buf[:length]
                    n = length
                body[:n] = r.buf
                r.buf = None
                rest = memoryview(body)
                got = 0
                while n < length:
                    # The rest often is there already: reading tells as fast as poll() does.
                    yield POLLIN if got is None else 0
                    got = stream.readinto(rest[n:])
                    if got == 0:
                        raise EOFError
                    n += got or 0
            if r.keep:
                from .keepalive import keep

                keep(r)
            return status, headers, body
        except Exception as er:
            # The caller's own code may fail too, in a callback or a body: that is for him to see.
            if not r.code:
                raise
            # A connection that was kept may be gone by now, or take the memory of this one.
            keepalive = sys.modules.get("http.keepalive")
            again = keepalive and keepalive.again(r, er)
            if not again:
                from .failure import failure

                return failure(r, er), None, None
        finally:
            try:
                if r.sink and not again:
                    r.sink.close()
            finally:
                # On unix a second close would close the number again, whoever has it then.
                if r.stream:
                    r.stream.close()
                    r.stream = r.poll = None
                if r.socket:
                    # After a failed handshake, closing the stream has not closed the socket.
                    r.socket.close()
                    r.socket = None


def head(r, origin, target):
    """Return the head of the request, as bytes."""
    tls, host, port = origin
    data = b"Host: %s\r\nUser-Agent: %s\r\nConnection: %s\r\n" % (
        # The port belongs to Host when it is not the scheme's own.
        host if port == (443 if tls else 80) else "%s:%d" % (host, port),
        "ESP8266" if r.nodemcu else "MicroPython",
        "keep-alive" if r.keep else "close",
    )
    if r.fields:
        from .fields import merge

        data = merge(data, r.fields)
    data = b"%s %s HTTP/1.1\r\n" % (r.method, target) + data
    body = r.body
    if hasattr(body, "framing"):
        data += body.framing
    elif body or r.method in "POST PUT PATCH".split():
        # RFC 9110 section 8.6: these are expected to have a body, so that there is none has to
        # be said.
        data += b"Content-Length: %d\r\n" % len(body)
    return data + b"\r\n"


def connect(r, origin):
    """Begin to connect; return the socket, which does not block."""
    _, host, port = origin
    family = socket.AF_INET
    if host.startswith("[") or r.opts.get("ipv6"):
        family = socket.AF_INET6
        host = host.strip("[]")
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
    address = found and found[0][-1]  # None where lwIP has no IPv6
    if not address:
        raise ValueError("ipv6")
    stream = r.stream = socket.socket(family, socket.SOCK_STREAM)
    stream.setblocking(False)
    if "adapter" in r.opts:
        from .options import bind

        bind(stream, r.opts["adapter"])
    if r.opts.get("debug"):
        print("http: connecting to", host, port)
    try:
        stream.connect(address)
    except OSError as er:
        if er.errno != EINPROGRESS:
            raise
    return stream
