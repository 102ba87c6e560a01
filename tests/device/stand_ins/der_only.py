# A stand-in for an mbedTLS that reads only DER, as the unix port's own has been until August 2026:
# the one that is there, which is not shown any PEM. Of DER each call reads one certificate.

import sys
import tls as real


class Tls:
    MBEDTLS_VERSION = real.MBEDTLS_VERSION
    PROTOCOL_TLS_CLIENT = real.PROTOCOL_TLS_CLIENT
    CERT_NONE = real.CERT_NONE

    class SSLContext:
        def __init__(self, protocol):
            self.real = real.SSLContext(protocol)
            self.verify_mode = self.real.verify_mode

        def load_verify_locations(self, ca):
            if b"-----BEGIN " in ca:
                raise ValueError("invalid cert")
            self.real.load_verify_locations(ca)

        def load_cert_chain(self, cert, key):
            if b"-----BEGIN " in key:
                raise ValueError("invalid key")
            if b"-----BEGIN " in cert:
                raise ValueError("invalid cert")
            self.real.load_cert_chain(cert, key)

        def wrap_socket(self, sock, **named):
            self.real.verify_mode = self.verify_mode
            return self.real.wrap_socket(sock, **named)


sys.modules["tls"] = Tls
