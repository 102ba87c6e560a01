# TLS, loaded when an https URL is requested. The module is `tls`: `ssl`, where there is one, is
# Python around it, and Debian's MicroPython has none.
#
# port                   library             verifies   handshake
# ESP32                  mbedTLS             yes        in the first write, does not block
# unix, Debian's         mbedTLS             yes        in the first write, does not block
# unix, MicroPython's    mbedTLS, DER only   yes        in the first write, does not block
# ESP8266                axTLS, DER only     no         as the stream is made, blocks

import gc
import tls
from micropython import const
from select import POLLOUT

_IPPROTO_TCP = const(6)
_TCP_NODELAY = const(1)

_CERT_NONE = const(0)
_CERT_REQUIRED = const(2)

# Not told by methods, which axTLS has too and which do nothing.
_MBEDTLS = hasattr(tls, "MBEDTLS_VERSION")

# The arguments and the context of the last request that had a client key.
_last = (None, None)


def start(r, connection, host, data):
    """Begin TLS over the socket of `connection`, and write `data`; a generator.

    Afterwards `connection.stream` is that of TLS. Returns how much of `data` was written.
    """
    host = host.strip("[]")
    ca = r.tls and r.tls[0]
    if ca and not _MBEDTLS:
        raise ValueError("tls", "verify")
    if not ca and (":" in host or host.replace(".", "").isdigit()):
        host = None  # SNI is for names: RFC 6066 section 3. To verify, mbedTLS wants it anyway.
    sock = connection.stream
    try:
        # Else the request waits for the server's delayed acknowledgement of the handshake's last
        # message: 40 ms of 47.
        sock.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
    except OSError:
        pass  # not an option of this port
    try:
        if _MBEDTLS:
            gc.collect()  # contexts hold memory that the collector does not see
        else:
            # axTLS sends in clear all that is written before the handshake is complete. It blocks
            # until the time limit at most; 2 ms more, for the 30 bits that a float has there.
            left = r.left()
            sock.settimeout(None if left < 0 else (left + 2) / 1000)
        stream = _context(r).wrap_socket(
            sock, server_hostname=host, do_handshake_on_connect=not _MBEDTLS
        )
        connection.socket = sock
        connection.stream = connection.poll = stream
        if not _MBEDTLS:
            stream.setblocking(False)
        write = stream.write
        n = write(data)
        while n is None:
            yield POLLOUT
            n = write(data)
    except (OSError, ValueError) as er:
        from .tls_errors import in_handshake

        if not _MBEDTLS:
            # A stream that axTLS failed to make sends an alert when it is collected: now, before
            # another socket gets the file number.
            gc.collect()
        raise in_handshake(r, er)
    # From now on TLS is read until it has nothing more before anything waits, so the socket below
    # tells what to wait for. poll() of a TLS stream takes 1 ms on unix.
    connection.poll = sock
    connection.socket = None
    return n


def _context(r):
    global _last
    args, context = _last
    if args is None or args != r.tls:
        _last = (None, None)  # room for the new one
        context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
        if _MBEDTLS:
            context.verify_mode = _CERT_REQUIRED if r.tls and r.tls[0] else _CERT_NONE
        if r.tls:
            from .pem import load

            load(context, r, _MBEDTLS)
            if r.tls[2]:
                # Opening an encrypted key takes as long as all of the request, on a board up to
                # a second. A context without a key is not worth its memory.
                _last = (r.tls, context)
    return context
