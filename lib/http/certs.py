# The certificates and keys that the caller gives, as PEM or DER data.

from . import Request
from .pem import is_der


def certificates(ca_file=None, client_ca=None, client_key=None, client_password=None):
    """Set the certificates of every later request that has none of its own, in both APIs.

    Arguments as in `request`; without any, there are none again. A request that has only a client
    certificate of its own still trusts `ca_file` and nobody else.
    """
    tls = check(ca_file, client_ca, client_key, client_password)
    Request.certificates = tls if any(tls) else None


def of_request(*given):
    """Return the certificates of one request, `check`ed; without a CA, those that are trusted by
    `certificates()` stay."""
    tls = check(*given)
    others = Request.certificates
    return (others[0],) + tls[1:] if others and not tls[0] else tls


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
            if name != "client_password" and not is_der(data) and b"-----BEGIN " not in data:
                raise ValueError(
                    name + " must be PEM or DER data; of a file, give open(path, 'rb').read()"
                )
        found.append(data)
    if found[3] is not None and found[2] is None:
        raise ValueError("client_password is for a client_key")
    if (found[1] is None) != (found[2] is None):
        raise ValueError("client_ca and client_key belong together")
    return tuple(found)
