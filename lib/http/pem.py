# Certificates and keys as the caller gives them: PEM or DER data.

from micropython import const

# The ends of labels in PEM.
_CERTIFICATE = const(b"CERTIFICATE-----")
_KEY = const(b"PRIVATE KEY-----")

# The object identifier of RSA, encoded.
_RSA = const(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")


def check(ca_file, client_ca, client_key, client_password):
    """Return the four as a tuple of bytes or None.

    Raises TypeError and ValueError for what cannot be meant, paths of files above all.
    """
    found = []
    for name, data in (
        ("ca_file", ca_file),
        ("client_ca", client_ca),
        ("client_key", client_key),
        ("client_password", client_password),
    ):
        if isinstance(data, str):
            data = data.encode()
        elif data is not None and not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(name + " must be text or bytes")
        if data is not None:
            data = bytes(data)  # mbedTLS needs the NUL that MicroPython keeps after bytes
            if name != "client_password" and not _is_der(data) and b"-----BEGIN " not in data:
                raise ValueError(
                    name + " must be PEM or DER data; of a file, give open(path, 'rb').read()"
                )
        found.append(data)
    if found[3] is not None and found[2] is None:
        raise ValueError("client_password is for a client_key")
    if (found[1] is None) != (found[2] is None):
        raise ValueError("client_ca and client_key belong together")
    return tuple(found)


def _is_der(data):
    # A SEQUENCE; a short one has to be as long as it says, a path like "0.pem" is not.
    return data[:1] == b"\x30" and len(data) > 1 and (data[1] > 127 or data[1] + 2 == len(data))


def load(context, r, mbedtls):
    """Load what `r.tls` holds into `context`, of mbedTLS or of axTLS.

    Some builds of mbedTLS read only DER, and of it one certificate at a time: they add up.
    """
    ca, cert, key, password = r.tls
    if ca:
        try:
            context.load_verify_locations(ca)
        except ValueError:
            try:
                _each(context.load_verify_locations, ca)
            except ValueError:
                raise ValueError("invalid ca")
    if cert:
        key = _decrypted(key, password, r)
        if not mbedtls:
            # It has room for one certificate, and looks at both only as it makes a stream.
            key = _first(key, _KEY)[0]
            if _RSA in key[:40]:  # PKCS#8, which it does not know; PKCS#1 is in it
                from .keys import items

                key = items(items(key)[0][1])[2][1]
            context.load_cert_chain(_first(cert, _CERTIFICATE)[0], key)
            return
        try:
            context.load_cert_chain(cert, key)
        except ValueError:
            key = _first(key, _KEY)[0]
            _each(lambda data: context.load_cert_chain(data, key), cert)


def _each(function, certificates):
    found = False
    for data, _ in _der(certificates, _CERTIFICATE):
        function(data)
        found = True
    if not found:
        raise ValueError("invalid cert")


def _decrypted(key, password, r):
    try:
        data, fields = _first(key, _KEY)
        # PKCS#8 names its encryption by an object identifier of PKCS#5 at its start.
        if fields or b"\x2a\x86\x48\x86\xf7\x0d\x01\x05" in data[:40] or b" ENCRYPTED " in key:
            from .keys import decrypt

            return decrypt(data, fields, password, r)
        return key
    except (IndexError, TypeError, ValueError) as er:
        text = str(er)
        raise ValueError(text if "client_" in text else "invalid key")


def _first(data, label):
    for found in _der(data, label):
        return found
    raise ValueError("invalid key" if label == _KEY else "invalid cert")


def _der(data, label):
    """Yield each object of `data` as DER, with the header lines of its PEM form.

    Of PEM, those whose label ends with `label`. What is malformed is left to TLS.
    """
    if _is_der(data):
        yield data, b""
        return
    from binascii import a2b_base64

    end = 0
    while True:
        start = data.find(label, data.find(b"-----BEGIN ", end))
        if start < 0:
            return
        start += len(label)
        end = data.find(b"-----END ", start)
        text = data[start:end]
        fields = b""
        if b":" in text:  # RFC 1421, as older keys have it
            fields, text = text.replace(b"\r", b"").split(b"\n\n", 1)
        try:
            found = a2b_base64(text)
        except ValueError:
            found = b""  # not Base64
        yield found, fields


def certificates(ca_file=None, client_ca=None, client_key=None, client_password=None):
    """Set the certificates of every later request that has none of its own, in both APIs.

    Arguments as in `request`; without any, there are none again. A request that has only a client
    certificate of its own still trusts `ca_file` and nobody else.
    """
    from . import Request

    tls = check(ca_file, client_ca, client_key, client_password)
    Request.certificates = tls if any(tls) else None
