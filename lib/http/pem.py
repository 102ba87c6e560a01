# Certificates and keys as the caller gives them: PEM or DER data.


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


def der(data):
    """Return the first object of `data` as DER, and the header lines of its PEM form.

    Raises ValueError for what is neither.
    """
    if _is_der(data):
        return data, b""
    from binascii import a2b_base64

    data = data.replace(b"\r", b"")
    start = data.find(b"\n", data.find(b"-----BEGIN ")) + 1
    text = data[start : data.index(b"-----END ", start)]
    fields = b""
    if b":" in text:  # RFC 1421, as older keys have it
        fields, text = text.split(b"\n\n", 1)
    return a2b_base64(text), fields


def certificates(ca_file=None, client_ca=None, client_key=None, client_password=None):
    """Set the certificates of every later request that has none of its own, in both APIs.

    Arguments as in `request`; without any, there are none again. A request that has only a client
    certificate of its own still trusts `ca_file` and nobody else.
    """
    from . import Request

    tls = check(ca_file, client_ca, client_key, client_password)
    Request.certificates = tls if any(tls) else None
