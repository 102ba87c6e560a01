# How http.secure uses the TLS of ports that are not at hand: stand-ins for axTLS and for the ssl
# modules of v1.20 and v1.21 that behave as the real ones were found to. The "handshake" of a
# stand-in is the line HELLO, answered by READY.

from prelude import *

import io
import select

import http

opened = descriptors()
CA = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
calls = []


class Stream(io.IOBase):
    # Passes everything through, as TLS would encrypt it.
    def __init__(self, sock, handshake):
        self.sock = sock
        self.pending = not handshake
        if handshake:
            sock.write(b"HELLO\n")
            if sock.readline() != b"READY\n":
                raise OSError(-256)

    def write(self, buf, *args):
        if self.pending and self.clear:
            calls.append("in clear")
        elif self.pending:
            # mbedTLS makes the handshake first, and says so by taking nothing.
            self.pending = None
            self.sock.write(b"HELLO\n")
            return None
        elif self.pending is None:
            if self.sock.readline() is None:
                return None
            self.pending = False
        return self.sock.write(buf)

    clear = False

    def readinto(self, buf):
        return self.sock.readinto(buf)

    def readline(self, n):
        return self.sock.readline(n)

    def setblocking(self, flag):
        self.sock.setblocking(flag)

    def close(self):
        self.sock.close()

    def ioctl(self, request, flags):
        if request == 3:
            poller = select.poll()
            poller.register(self.sock, flags)
            ready = poller.poll(0)
            return ready[0][1] if ready else 0
        return -1


class ClearStream(Stream):
    clear = True


class AxContext:
    # Takes everything, verifies nothing.

    def __init__(self, protocol):
        pass

    def load_verify_locations(self, *args, **kwargs):
        calls.append("axTLS was to verify")

    def load_cert_chain(self, cert, key):
        calls.append(("cert", cert, key))

    def wrap_socket(self, sock, server_hostname=None, do_handshake_on_connect=True):
        calls.append(("context", server_hostname, do_handshake_on_connect))
        return ClearStream(sock, do_handshake_on_connect)


class AxTls:
    PROTOCOL_TLS_CLIENT = 0
    CERT_NONE = 0
    SSLContext = AxContext


def wrap_socket(sock, **options):
    calls.append(("wrap_socket", options))
    return Stream(sock, options.get("do_handshake", True))


class Ssl120:
    pass


Ssl120.wrap_socket = staticmethod(wrap_socket)


class Ssl121(Ssl120):
    PROTOCOL_TLS_CLIENT = 0

    class SSLContext:
        def __init__(self, protocol):
            calls.append("a context that cannot verify")


Ssl121.wrap_socket = staticmethod(wrap_socket)


class System:
    modules = sys.modules

    def __init__(self, platform):
        self.platform = platform


def use(module, platform):
    calls.clear()
    sys.modules.pop("http.secure", None)
    sys.modules["tls"] = module
    sys.modules["sys"] = System(platform)


def get(peer, *tls, timeout=60000):
    opts = {"timeout": timeout}
    request = http.request("GET", P[peer], None, None, opts, *tls)
    code, headers, body = request.wait()
    return code, bytes(body) if code > 0 else str(request.error)


# axTLS, by context and by wrap_socket: it blocks in the handshake, which is complete before the
# request leaves; it verifies nothing, so it is not asked to.
for module in (AxTls, Ssl120, Ssl121):
    use(module, "esp8266")
    same(get("ready"), (200, b"hello"))
    if module is AxTls:
        same(calls, [("context", P["host"], True)])
    else:
        same(calls, [("wrap_socket", {"server_hostname": P["host"], "do_handshake": True})])
    calls.clear()
    code, error = get("ready", CA)
    same((code, calls), (-4, []))
    assert "cannot verify" in error, error
    start = time.ticks_ms()
    same(get("silent", timeout=300)[0], -8)
    in_time(start, 300)
    same(get("closing")[0], -4)
    same(descriptors(), opened)

# Its client certificates are DER.
use(AxTls, "esp8266")
PEM = "-----BEGIN X-----\nMAMCAQU=\n-----END X-----\n"
same(get("ready", None, PEM, PEM)[0], 200)
same(calls[0], ("cert", b"\x30\x03\x02\x01\x05", b"\x30\x03\x02\x01\x05"))

# A unix port of v1.20 is not known to verify.
use(Ssl120, "linux")
same(get("ready", CA)[0], -4)
same(calls, [])

# ESP32 of v1.20 and v1.21: mbedTLS, verified by wrap_socket, without blocking.
for module in (Ssl120, Ssl121):
    use(module, "esp32")
    same(get("ready", CA), (200, b"hello"))
    options = calls[0][1]
    same((options["cert_reqs"], options["cadata"]), (2, CA.encode()))
    same((options["server_hostname"], options["do_handshake"]), (P["host"], False))
    use(module, "esp32")
    same(get("ready"), (200, b"hello"))
    assert "cert_reqs" not in calls[0][1] and "cadata" not in calls[0][1], calls
    use(module, "esp32")
    same(get("ready", None, PEM, PEM)[0], 200)
    same((calls[0][1]["cert"], calls[0][1]["key"]), (PEM.encode(), PEM.encode()))
    same(get("silent", timeout=300)[0], -8)
    same(descriptors(), opened)
assert "in clear" not in calls
