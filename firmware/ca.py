#!/usr/bin/env python3
"""Write the certificate that a board needs to verify a server, for http's `ca_file`.

`make ca` runs this. It connects to HOST, which this machine's own trust store has to verify, and
writes the root of the chain: the smallest PEM that verifies the server. With --pin it writes the
issuer of the server's own certificate. That one vouches for fewer servers, but not for as long.
"""

import argparse
import pathlib
import socket
import ssl
import sys
import time
import urllib.parse

TIMEOUT = 20  # seconds, of connecting and of each read


def fail(message):
    sys.exit("firmware/ca.py: " + message)


def address(text):
    """Return host and port of `text`: a host, host:port, or a URL."""
    try:
        parts = urllib.parse.urlsplit(text if "//" in text else "//" + text)
        host, port = parts.hostname, parts.port or 443
    except ValueError:
        host = None
    if not host:
        fail(f"HOST={text} is no name of a server; write it like HOST=api.github.com")
    return host, port


def connect(host, port, context):
    """Return the chain of certificates that `context` verified, and the server's own.

    The chain is DER, and begins with the server's own, which ssl also decodes.
    """
    with socket.create_connection((host, port), TIMEOUT) as plain:
        with context.wrap_socket(plain, server_hostname=host) as tls:
            return verified_chain(tls), tls.getpeercert()


def verified_chain(tls):
    if hasattr(tls, "get_verified_chain"):  # from Python 3.13 on
        return tls.get_verified_chain()
    chain = tls._sslobj.get_verified_chain()  # from Python 3.10 on
    return [each.public_bytes(ssl._ssl.ENCODING_DER) for each in chain]


def trusted_chain(host, port):
    """Connect as this machine would; fail with the reason if it does not trust the server."""
    try:
        context = ssl.create_default_context()
        # Python 3.13 ends the chain at any certificate of the trust store, also below a root.
        context.verify_flags &= ~ssl.VERIFY_X509_PARTIAL_CHAIN
        return connect(host, port, context)
    except ssl.SSLCertVerificationError as er:
        fail(f"this machine does not trust {host}: {er.verify_message}; nothing was written")
    except ssl.SSLError as er:
        fail(f"{host} does not speak TLS at port {port}: {er.reason or er}")
    except socket.gaierror as er:
        fail(f"no address of {host}: {er.strerror}")
    except OSError as er:
        fail(f"no connection to {host} at port {port}: {er.strerror or er}")


def trusting(pem):
    """Return a context that trusts the certificates in `pem` alone, as a board will."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # an issuer is enough
    context.load_verify_locations(cadata=pem)
    return context


def smallest(host, port, issuers):
    """Return the shortest end of `issuers` that verifies the server, as PEM.

    The root is enough, unless the server does not send the others.
    """
    for start in reversed(range(len(issuers))):
        pem = "".join(map(ssl.DER_cert_to_PEM_cert, issuers[start:]))
        try:
            connect(host, port, trusting(pem))
            return pem
        except ssl.SSLCertVerificationError:
            pass
    fail(f"{host} showed another chain at the second connection; try again")


def describe(certificate):
    """Return name and end of a certificate, as ssl decodes it."""
    subject = dict(field[0] for field in certificate["subject"])
    name = subject.get("commonName") or ", ".join(subject.values())
    end = time.gmtime(ssl.cert_time_to_seconds(certificate["notAfter"]))
    return f"{name}, until {time.strftime('%Y-%m-%d', end)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("host", help="of the server, with :PORT if that is not 443")
    parser.add_argument("--out", default="", help="file to write; default ca.pem")
    parser.add_argument("--pin", action="store_true", help="the server's own issuer, not the root")
    arguments = parser.parse_args()
    if sys.version_info < (3, 10):  # whose ssl does not tell the chain
        fail("it needs Python 3.10 or later; `make clean`, then PYTHON=...")
    out = pathlib.Path(arguments.out or "ca.pem")
    host, port = address(arguments.host)
    chain, own = trusted_chain(host, port)
    issuers = chain[1:] or chain  # a certificate may vouch for itself
    try:
        pem = smallest(host, port, issuers[:1] if arguments.pin else issuers)
        out.write_text(pem)
    except OSError as er:
        fail(str(er))
    print(f"{out}: {len(pem)} bytes, with which a board can verify {host}:")
    for certificate in trusting(pem).get_ca_certs() or [own]:
        print("  " + describe(certificate))
    print(f"Copy it to the board, `mpremote cp {out} :`, and paste into your program:")
    print(f'http.certificates(open("{out.name}", "rb").read())')


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted")
