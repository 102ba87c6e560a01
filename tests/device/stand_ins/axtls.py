# A stand-in for the tls module of ESP8266, which is axTLS, with its rules: a context verifies
# nothing; before the handshake is complete, what is written goes in clear; a read of the socket
# takes the header of a record or its rest, and no more; a write does not return before
# all of it is gone; there is no recv(); poll() does not see decrypted data.
#
# A record is a header of 5 bytes, the length in the last two, and what it is about, not encrypted.
# The handshake is the line HELLO, answered by READY; HELLO certified with a certificate.

import io
import select
import sys

_HEADER = 5
_EAGAIN = 11


class AxTls:
    PROTOCOL_TLS_CLIENT = 0
    CERT_NONE = 0

    class SSLContext:
        key = cert = None

        def __init__(self, protocol):
            pass

        def load_cert_chain(self, cert, key):
            self.cert, self.key = cert, key

        def wrap_socket(self, sock, server_hostname=None, do_handshake_on_connect=True):
            for name, data in (("key", self.key), ("cert", self.cert)):
                # A SEQUENCE, its length in two bytes as certificates and keys have it, and not
                # PKCS#8, which holds the object identifier of RSA.
                if data is not None and (
                    data[:2] != b"\x30\x82"
                    or len(data) != 4 + int.from_bytes(data[2:4], "big")
                    or name == "key"
                    and b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01" in data[:40]
                ):
                    raise ValueError("invalid " + name)
            return AxStream(sock, do_handshake_on_connect, self.cert is not None)


class AxStream(io.IOBase):
    def __init__(self, sock, handshake, certified):
        self.sock = sock
        self.clear = not handshake
        self.record = b""  # as it comes
        self.data = b""  # decrypted, not yet read
        if handshake:
            sock.write(b"HELLO certified\n" if certified else b"HELLO\n")
            line = sock.readline()
            if line != b"READY\n":
                raise OSError(-256 if line == b"" else -261)

    def _read(self, size):
        # As much as `size`, b"" at the end, None for nothing.
        if not self.data:
            need = _HEADER
            if len(self.record) >= need:
                need += int.from_bytes(self.record[3:5], "big")
                if len(self.record) == need:
                    return b""  # after close_notify
            try:
                data = self.sock.recv(need - len(self.record))
            except OSError as er:
                if er.errno == _EAGAIN:
                    return None
                raise
            if not data:
                return b""
            self.record += data
            if len(self.record) < need or need == _HEADER:
                return None
            if self.record[0] == 0x15:  # close_notify, which stays there
                return b""
            self.data, self.record = self.record[_HEADER:], b""
        data, self.data = self.data[:size], self.data[size:]
        return data

    def readinto(self, buf, size=None):
        n = len(buf) if size is None else size
        got = 0
        while got < n:
            data = self._read(n - got)
            if not data:
                return got if got or data is not None else None
            buf[got : got + len(data)] = data
            got += len(data)
        return got

    def readline(self, size):
        line = b""
        while len(line) < size and line[-1:] != b"\n":
            data = self._read(1)
            if not data:
                return line if line or data is not None else None
            line += data
        return line

    def write(self, buf, start=0, size=None):
        data = memoryview(buf)[start:]
        data = data[: len(data) if size is None else size]
        for i in range(0, len(data), 16384):
            piece = bytes(data[i : i + 16384])
            if not self.clear:
                piece = b"\x17\x03\x03" + len(piece).to_bytes(2, "big") + piece
            while piece:
                n = self.sock.write(piece)
                piece = piece[n:] if n else piece
        return len(data)

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


sys.modules["tls"] = AxTls
