"""`keepalive`: connections that serve several requests, and servers that close them."""

import itertools
import ssl
import threading
import time

import pytest
import trustme
from scripts import each_test
from servers import Peer
from test_https import TlsPeer, context


class Keeper:
    """Answers requests, each with the number of its connection and of itself on it."""

    def __init__(self):
        self.numbers = itertools.count(1)
        self.lock = threading.Lock()
        self.requests = []
        self.sent = threading.Event()  # bytes after an answer

    def __call__(self, connection):
        with self.lock:
            number = next(self.numbers)
        for n in itertools.count(1):
            if connection.received == b"" and not connection.read():
                return
            if b" /early " in connection.received:
                connection.send(b"HTTP/1.1 413 x\r\nContent-Length: 0\r\n\r\n")
                connection.wait_closed()
                return
            head, body = connection.request()
            connection.received = b""
            method, path = head.split()[:2]
            with self.lock:
                self.requests.append((number, method.decode(), path.decode()))
            if not self.answer(connection, path[1:].decode(), b"%d %d" % (number, n), n):
                return
            if path.startswith(b"/stray"):
                self.sent.set()

    def answer(self, connection, path, body, n):
        """Answer; return whether the connection stays open."""

        def send(status=b"200 OK", fields=b"", body=body, version=b"1.1", more=b""):
            length = b"Content-Length: %d\r\n" % len(body)
            head = b"HTTP/%s %s\r\n" % (version, status) + length + fields + b"\r\n"
            connection.send(head + body + more)

        if path in ("race", "race-begun", "mute") and n > 1:
            if path == "race-begun":
                connection.send(b"H")
            if path == "mute":
                connection.wait_closed()
            return False
        if path == "half-then" and n > 1:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nABCD")
            return False
        if path == "drop":
            return False
        if path == "sent":  # asked on another connection
            assert self.sent.wait(60)
            self.sent.clear()
        if path == "mute-at-once":
            connection.send(b"HTTP/1.1 200 OK\r\n")
            connection.wait_closed()
            return False
        if path in ("chunked", "stray-chunked"):
            data = b"%x\r\n%s\r\n0\r\nX: y\r\n\r\n" % (len(body), body)
            data += b"x" if path == "stray-chunked" else b""
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + data)
        elif path == "until-close":
            connection.send(b"HTTP/1.1 200 OK\r\n\r\n" + body)
            return False
        elif path == "interim":
            connection.send(b"HTTP/1.1 102 Processing\r\n\r\n")
            send()
        elif path == "nobody":
            connection.send(
                b"HTTP/1.1 %s\r\n" % (b"200 OK\r\nContent-Length: 9" if n % 2 else b"204 x")
            )
            connection.send(b"\r\n")
        elif path in ("close", "tab"):
            send(
                fields=b"Connection: foo, Close\r\n"
                if path == "close"
                else b"Connection: a,\tclose\r\n"
            )
        elif path in ("http10", "http10-keep"):
            send(version=b"1.0", fields=b"Connection: Keep-Alive\r\n" if "keep" in path else b"")
        elif path == "switch":
            send(b"101 x", b"Upgrade: x\r\n", body=b"")
        elif path == "five":
            send()
            return n < 5
        elif path == "half":
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            return False
        elif path == "silent":
            send()
            return False
        elif path == "reset-later":
            send()
            connection.reset()
            return False
        elif path == "stray":
            send(more=b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong")
        elif path == "stray-head":
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nstray")
        elif path == "stray-404":
            connection.send(b"HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\nstray")
        elif path in ("late-404", "late-once"):
            status = b"404" if path == "late-404" else b"200"
            connection.send(b"HTTP/1.1 %s x\r\nContent-Length: 5\r\n\r\n" % status)
            time.sleep(0.1)
            connection.send(b"stray")
        elif path == "long-head":
            send(fields=b"X: " + 700 * b"y" + b"\r\n")
        elif path == "to-drop":
            send(b"307 x", b"Location: /drop\r\n")
        elif path == "stray-later":
            send()
            time.sleep(0.02)
            connection.send(b"HTTP/1.1 408 Timeout\r\nContent-Length: 0\r\n\r\n")
        elif path == "huge":
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n")
            connection.wait_closed()
            return False
        elif path == "missing":
            send(b"404 x")
        elif path == "missing-empty":
            send(b"404 x", body=b"")
        elif path == "redirect":
            send(b"302 x", b"Location: /length\r\n")
        elif path == "no-body":
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
            return False
        else:
            send()
        return True


def check(keeper, peers, name):
    for peer in peers:
        # A client that closes early is one of the things tried.
        assert not [er for er in peer.errors if not isinstance(er, OSError)]
    paths = [path for _, _, path in keeper.requests]
    once = ("/drop", "/huge", "/stray-head", "/late-once")
    assert not [path for path in once if paths.count(path) > 1]
    if "cut_short" in name:
        assert paths.count("/half-then") == 4
    if "sent_again" in name:
        races = [method for _, method, path in keeper.requests if path == "/race"]
        assert [method for method in races if method in ("POST", "PATCH")] == ["POST", "PATCH"]


@each_test("keepalive")
def test_keepalive(mpy, name):
    keeper = Keeper()
    with Peer(keeper) as peer, Peer(keeper) as other:
        mpy.run("keepalive", name, heap="2m", url=peer.url, other=other.url)
    check(keeper, [peer, other], name)


@each_test("keepalive")
@pytest.mark.parametrize(
    "version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLSv1.2", "TLSv1.3"]
)
def test_keepalive_over_https(mpy, version, name):
    authority = trustme.CA()
    made = context(authority.issue_cert("localhost"))
    made.minimum_version = made.maximum_version = version
    keeper = Keeper()
    with TlsPeer(keeper, made) as peer, TlsPeer(keeper, made) as other:
        ca = authority.cert_pem.bytes()
        mpy.run("keepalive", name, heap="4m", url=peer.url, other=other.url, ca=ca)
    check(keeper, [peer, other], name)
