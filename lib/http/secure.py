# TLS, loaded when an https URL is requested. Which library is below, and so what it can do, is
# told by what only that library has: not by methods, which axTLS has too and which do nothing.

import sys
from errno import ETIMEDOUT
from micropython import const

try:
    import tls
except ImportError:
    try:
        import ssl as tls  # v1.21 and v1.22, where it is in C and holds all of it
    except ImportError:
        import ussl as tls

_IPPROTO_TCP = const(6)
_TCP_NODELAY = const(1)

_CERT_NONE = const(0)
_CERT_REQUIRED = const(2)

# mbedTLS verifies. Its contexts do since it names itself, v1.22; before, wrap_socket() does, and
# of the ports that are meant ESP32 is the one known to have it. axTLS verifies nothing.
_CONTEXT = hasattr(tls, "MBEDTLS_VERSION")
_MBEDTLS = _CONTEXT or sys.platform == "esp32"

# The arguments and the context of the last request that had a client key.
_last = (None, None)


def secure(r, host):
    """Return the TLS stream over `r.stream`.

    With mbedTLS the handshake is part of the first write, which does not block. Others might send
    that write in clear: with them it is made here, and blocks until the time limit at most.
    """
    host = host.strip("[]")
    ca = r.tls and r.tls[0]
    if ca and not _MBEDTLS:
        raise ValueError("verify")
    if not ca and (":" in host or host.replace(".", "").isdigit()):
        host = None  # SNI is for names: RFC 6066 section 3. To verify, mbedTLS wants it anyway.
    try:
        # Else the request waits for the server's delayed acknowledgement of the handshake's last
        # message: 40 ms of 47.
        r.stream.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
    except OSError:
        pass  # not an option of this port
    if _MBEDTLS:
        return wrap(r, host, False)
    left = r.left()
    # 2 ms more, for the 30 bits that a float has there.
    r.stream.settimeout(None if left < 0 else (left + 2) / 1000)
    stream = wrap(r, host, True)
    stream.setblocking(False)
    return stream


def wrap(r, host, handshake):
    global _last

    def check():
        if not r.left():
            raise OSError(ETIMEDOUT)

    if _CONTEXT or not hasattr(tls, "wrap_socket"):
        args, context = _last
        if args is None or args != r.tls:
            _last = (None, None)  # room for the new one
            context = _context(r.tls, check)
            if r.tls and r.tls[2]:
                # Opening an encrypted key takes as long as all of the request, on a board up to
                # a second. A context without a key is not worth its memory.
                _last = (r.tls, context)
        return context.wrap_socket(
            r.stream, server_hostname=host, do_handshake_on_connect=handshake
        )
    # Up to v1.21, and to v1.22 with axTLS.
    options = {"server_hostname": host, "do_handshake": handshake}
    if r.tls:
        ca, cert, key, password = r.tls
        if ca:
            options["cert_reqs"] = _CERT_REQUIRED
            options["cadata"] = ca
        if cert:
            options["cert"], options["key"] = _pair(cert, key, password, check)
    return tls.wrap_socket(r.stream, **options)


def _context(args, check):
    ca, cert, key, password = args or (None,) * 4
    context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    if _MBEDTLS:
        # The default differs: none in `ssl`, required in `tls`.
        context.verify_mode = _CERT_REQUIRED if ca else _CERT_NONE
    if ca:
        context.load_verify_locations(ca)
    if cert:
        context.load_cert_chain(*_pair(cert, key, password, check))
    return context


def _pair(cert, key, password, check):
    # Certificate and key as the library takes them: axTLS takes only DER.
    from .pem import der

    try:
        data, fields = der(key)
        # PKCS#8 names its encryption by an object identifier of PKCS#5 at its start.
        if fields or b"\x2a\x86\x48\x86\xf7\x0d\x01\x05" in data[:40] or b" ENCRYPTED " in key:
            from .keys import decrypt

            key = decrypt(data, fields, password, check)
    except (IndexError, TypeError, ValueError) as er:
        text = str(er)
        raise ValueError(text if "client_" in text else "client_key is malformed")
    if not _MBEDTLS:
        cert = der(cert)[0]
        key = der(key)[0]
    return cert, key
