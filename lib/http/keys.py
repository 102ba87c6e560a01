# Encrypted private keys: PKCS#8 with PBES2 (RFC 8018), and the older PEM encryption of OpenSSL.
# Loaded when there is one.

import hashlib
from binascii import unhexlify
from cryptolib import aes
from errno import ETIMEDOUT
from micropython import const

_CBC = const(2)
_MOST = const(10000000)  # rounds; an ESP32 makes a few thousand in a second

_CIPHERS = "client_key has an unsupported cipher; AES-128-CBC and AES-256-CBC are supported"

# Object identifiers, encoded.
_PBES2 = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"
_PBKDF2 = b"\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"
_HMAC_SHA1 = b"\x2a\x86\x48\x86\xf7\x0d\x02\x07"
_HMAC_SHA256 = b"\x2a\x86\x48\x86\xf7\x0d\x02\x09"
_AES_CBC = {
    b"\x60\x86\x48\x01\x65\x03\x04\x01\x02": 16,
    b"\x60\x86\x48\x01\x65\x03\x04\x01\x2a": 32,
}


def decrypt(data, fields, password, r):
    """Return the private key in `data` as DER; `fields` are the header lines of its PEM form.

    Raises ValueError that says so for a wrong password and for what cannot be decrypted here, and
    OSError when the time of the request `r` is up.
    """
    if password is None:
        raise ValueError("client_key is encrypted: client_password is needed")
    if fields:
        key, iv = _older(fields, password)
    else:
        key, iv, data = _pbes2(data, password, r)
    plain = aes(key, _CBC, iv).decrypt(data)
    pad = plain[-1]
    plain = plain[: -pad or None]
    # Any key is a SEQUENCE that fills the whole.
    if not 0 < pad <= 16 or plain[:1] != b"\x30" or len(items(plain)) != 1:
        raise ValueError("client_password does not open client_key")
    return plain


def _older(fields, password):
    # DEK-Info: AES-256-CBC,<iv>; the key comes from MD5 over password and the start of the iv.
    if b"DEK-Info:" not in fields:
        raise ValueError("client_key is malformed")
    info = fields[fields.find(b"DEK-Info:") + 9 :].split(b"\n")[0].strip()
    name, iv = info.split(b",") if b"," in info else (info, b"")
    if name not in (b"AES-128-CBC", b"AES-256-CBC"):
        raise ValueError(_CIPHERS)
    if not hasattr(hashlib, "md5"):
        raise ValueError(
            "client_key needs MD5, which this board does not have; convert it to PKCS#8"
        )
    iv = unhexlify(iv)
    key = block = b""
    while len(key) < (16 if name == b"AES-128-CBC" else 32):
        block = hashlib.md5(block + password + iv[:8]).digest()
        key += block
    return key, iv


def _pbes2(data, password, r):
    algorithm, encrypted = [content for tag, content in items(items(data)[0][1])]
    scheme, parameters = [content for tag, content in items(algorithm)]
    if scheme != _PBES2:
        raise ValueError("client_key has an unsupported encryption; PBES2 is the supported one")
    derivation, cipher = [items(content) for tag, content in items(parameters)]
    if derivation[0][1] != _PBKDF2:
        raise ValueError("client_key has an unsupported key derivation; PBKDF2 is supported")
    if cipher[0][1] not in _AES_CBC:
        raise ValueError(_CIPHERS)
    salt, count, *rest = items(derivation[1][1])
    prf = _HMAC_SHA1  # the default of PBKDF2
    for tag, content in rest:
        if tag == 0x30:
            prf = items(content)[0][1]
    name = {_HMAC_SHA1: "sha1", _HMAC_SHA256: "sha256"}.get(prf)
    if not name or not hasattr(hashlib, name):
        raise ValueError("client_key has an HMAC that is unsupported, or not on this board")
    count = int.from_bytes(count[1], "big")
    if not 0 < count < _MOST:
        raise ValueError(
            "client_key wants %s rounds of PBKDF2" % ("no" if count < 1 else "too many")
        )
    digest = getattr(hashlib, name)
    key = _pbkdf2(digest, password, salt[1], count, _AES_CBC[cipher[0][1]], r)
    return key, cipher[1][1], encrypted


def _pbkdf2(digest, password, salt, count, size, r):
    if len(password) > 64:
        password = digest(password).digest()
    password += bytes(64 - len(password))
    inner = bytes([c ^ 0x36 for c in password])
    outer = bytes([c ^ 0x5C for c in password])
    key = b""
    i = 0
    while len(key) < size:
        i += 1
        block = salt + i.to_bytes(4, "big")
        total = 0
        for n in range(count):
            if not n & 255 and not r.left():
                raise OSError(ETIMEDOUT)
            block = digest(outer + digest(inner + block).digest()).digest()
            total ^= int.from_bytes(block, "big")
        key += total.to_bytes(len(block), "big")
    return key[:size]


def items(data):
    """Return the contents of the ASN.1 values that `data` is a row of, [(tag, content), ...];
    nothing when it is none.
    """
    found = []
    pos = 0
    while pos < len(data):
        size = data[pos + 1] if pos + 1 < len(data) else 255
        tag = data[pos]
        pos += 2
        if size > 127:
            end = pos + (size & 127)
            size = int.from_bytes(data[pos:end], "big")
            pos = end
        if pos + size > len(data):
            return ()
        found.append((tag, data[pos : pos + size]))
        pos += size
    return found
