# Certificates and keys for TLS, from PEM or DER data. Loaded when TLS has some.

from micropython import const

# The ends of labels in PEM.
_CERTIFICATE = const(b"CERTIFICATE-----")
_KEY = const(b"PRIVATE KEY-----")

# The object identifier of RSA, encoded.
_RSA = const(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")


def is_der(data):
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

    Of PEM, those whose label ends with `label`. TLS itself refuses malformed ones.
    """
    if is_der(data):
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
