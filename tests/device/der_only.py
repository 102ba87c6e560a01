# PEM where mbedTLS reads only DER.

from prelude import *

import stand_ins.der_only  # noqa: F401
import http

opened = descriptors()
CA = P["ca"]
OTHER = P["other_ca"]
NOTE = b"A note.\n\n"


def get(url, *tls):
    request = http.request("GET", url, None, None, {"timeout": 10000}, *tls)
    code, headers, body = request.wait()
    return code, bytes(body) if code > 0 else str(request.error)


for ca in (
    CA,
    P["ca_der"],
    OTHER + CA,
    CA + OTHER,
    NOTE + OTHER + NOTE + CA + NOTE,
    CA.replace(b"\n", b"\r\n"),
    P["client_key"] + CA,
):
    same(get(P["url"], ca), (200, b"hello"), ca[:40])
for ca in (
    OTHER,
    P["client_key"],  # no certificate at all
    CA[:-60],
    CA[:200],
    CA + OTHER.replace(b"M", b"!"),
    CA.replace(b"-----BEGIN C", b"-----BEGIN X C").replace(b"E-----", b"EX-----"),
):
    code, error = get(P["url"], ca)
    same(code, -4, (ca[:60], error))
    assert ca is OTHER or "ca_file" in error, (ca, error)

# The client, with the certificate of the CA between it and the one that the server knows.
CHAIN, KEY = P["client"], P["client_key"]
for cert, key, *password in (
    (CHAIN, KEY),
    (NOTE + CHAIN, NOTE + KEY),
    (CHAIN, P["client_key_der"]),
    (CHAIN, P["encrypted"], "sesame"),
    (CHAIN, P["parameters"] + KEY),
):
    same(get(P["mutual"], CA, cert, key, *password), (200, b"client.example"))
code, error = get(P["mutual"], CA, CHAIN, KEY[:200])
same(code, -4)
assert "client_key" in error, error
code, error = get(P["mutual"], CA, CHAIN[:200], KEY)
same(code, -4)
assert "client_ca" in error, error
same(descriptors(), opened)
