"""https over axTLS, which ESP8266 has: by a stand-in, and by the interpreter that
$MICROPYTHON_AXTLS names, where there is one.
"""

import contextlib
import os
import socket
import ssl
import threading

import pytest
import trustme
from conftest import MicroPython
from scripts import each_test
from servers import Peer
from test_https import TlsPeer, convert, der, speaks_plain, who

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
EARLY = b"HTTP/1.1 413 Too Large\r\nServer: x\r\nContent-Length: 9\r\n\r\ntoo large"


class Records:
    """A socket that speaks in the records of stand_ins/axtls.py, one for each sendall()."""

    def __init__(self, sock):
        self.sock = sock

    def __getattr__(self, name):
        return getattr(self.sock, name)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.sock.close()

    def sendall(self, data):
        for i in range(0, len(data), 16384):
            piece = data[i : i + 16384]
            self.sock.sendall(b"\x17\x03\x03" + len(piece).to_bytes(2, "big") + piece)

    def recv(self, size):
        header = self._exactly(5)
        assert header[:1] in (b"", b"\x17"), f"no record: {header}"
        return self._exactly(int.from_bytes(header[3:], "big"))

    def unwrap(self):
        self.sock.sendall(b"\x15\x03\x03\x00\x02\x01\x00")

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            more = self.sock.recv(size - len(data))
            if not more:
                return b""
            data += more
        return data


class RecordPeer(Peer):
    """A Peer that makes the handshake of stand_ins/axtls.py; the request has to come after it."""

    hello = b"HELLO\n"

    def __init__(self, handler):
        super().__init__(handler)
        self.url = f"https://localhost:{self.port}"

    def _handle(self, sock):
        try:
            sock.settimeout(60)
            first = sock.recv(100)
            if not first:
                sock.close()
                return  # refused before the handshake
            if first != self.hello:
                raise ssl.SSLError(f"no handshake for this server: {first}")
            sock.settimeout(0.15)
            with contextlib.suppress(socket.timeout):
                raise AssertionError(f"before the handshake was complete: {sock.recv(100)}")
            sock.sendall(b"READY\n")
        except Exception as er:
            self.errors.append(er)
            sock.close()
            return
        super()._handle(Records(sock))


def close_notify(connection):
    connection.sock.settimeout(0)
    with contextlib.suppress(ssl.SSLWantReadError):
        connection.sock.unwrap()  # else it waits for that of the client


class Server:
    """Answers as the path of the request says; "/done" waits for what the last one sent later."""

    def __init__(self):
        self.sent = threading.Event()  # bytes after an answer
        self.over = threading.Event()  # the test

    def done(self, connection):
        connection.request()
        assert self.sent.wait(60)
        self.sent.clear()
        connection.send(HELLO)

    def __call__(self, connection):
        for count in range(1, 100):
            while b"\r\n\r\n" not in connection.received:
                if not connection.read():
                    return
            path = connection.received.split()[1].decode()
            if path == "/early":
                connection.send(EARLY)
            if path in ("/early", "/deaf"):
                self.over.wait(8)
                return
            if path == "/notified":
                connection.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
                close_notify(connection)
                self.over.wait(8)
                return
            _, body = connection.request()
            connection.received = b""
            if path == "/count":
                body = b"%d" % count
            elif path == "/long":
                body = 3000 * b"long "
            elif path != "/echo":
                body = b"hello"
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            if path in ("/stray", "/byte", "/close", "/reset"):
                self.later(connection, path)
                self.sent.set()

    def later(self, connection, path):
        if path == "/stray":
            connection.send(HELLO.replace(b"hello", b"wrong"))
        elif path == "/byte":
            connection.send(b"x")
        elif path == "/reset":
            connection.reset()
        else:
            close_notify(connection)
            connection.sock.shutdown(socket.SHUT_WR)


def named(connection):
    connection.request()
    connection.send(HELLO.replace(b"5\r\n\r\nhello", b"14\r\n\r\nclient.example"))


@pytest.fixture(scope="module")
def authority():
    return trustme.CA(key_type=trustme.KeyType.RSA)


@pytest.fixture(scope="module")
def server_cert(authority):
    return authority.issue_cert("localhost", key_type=trustme.KeyType.RSA)


@pytest.fixture(scope="module")
def certificates(authority):
    """The certificates and keys of axtls.py."""
    client = authority.issue_cert("client.example", key_type=trustme.KeyType.RSA)
    key = client.private_key_pem.bytes()
    return {
        "ca": authority.cert_pem.bytes(),
        "client": client.cert_chain_pems[0].bytes(),
        "client_key": key,
        "client_der": der(client.cert_chain_pems[0]),
        "client_key_pkcs8": convert(key, "pkcs8", "-topk8", "-nocrypt"),
        "client_key_der": convert(key, "rsa", "-traditional", "-outform", "DER"),
    }


def run(mpy, name, kind, mutual, **parameters):
    """Run a test of axtls.py against a server of `kind`, and `mutual` that wants a certificate."""
    server = Server()
    with contextlib.ExitStack() as stack:
        peers = {
            "url": kind(server),
            "mutual": mutual,
            "done": Peer(server.done),
            "silent": Peer(lambda connection: connection.wait_closed()),
            "closing": Peer(lambda connection: connection.read()),
            "speaks_plain": Peer(speaks_plain),
        }
        # So that it stops taking bytes, which nobody reads, before it has them all.
        peers["url"].listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        urls = {key: stack.enter_context(peer).url for key, peer in peers.items()}
        for key in ("silent", "closing", "speaks_plain"):
            urls[key] = urls[key].replace("http://127.0.0.1", "https://localhost")
        stack.callback(server.over.set)
        mpy.run("axtls", name, heap="8m", **urls, **parameters)
    assert not [er for er in peers["url"].errors if not isinstance(er, OSError)]


@each_test("axtls")
def test_axtls(mpy, certificates, name):
    class Mutual(RecordPeer):
        hello = b"HELLO certified\n"

    run(mpy, name, RecordPeer, Mutual(named), stand_in=True, **certificates)


@pytest.mark.skipif("MICROPYTHON_AXTLS" not in os.environ, reason="MICROPYTHON_AXTLS is not set")
@each_test("axtls")
def test_real_axtls(tmp_path, authority, server_cert, certificates, name):
    def context():
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server_cert.configure_cert(made)
        made.maximum_version = ssl.TLSVersion.TLSv1_2
        made.set_ciphers("AES128-SHA:@SECLEVEL=0")
        return made

    mpy = MicroPython(32, tmp_path)
    mpy.command = os.environ["MICROPYTHON_AXTLS"]
    mutual = context()
    mutual.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(mutual)
    mutual = TlsPeer(who, mutual)
    run(mpy, name, lambda server: TlsPeer(server, context()), mutual, **certificates)
