"""The callback API, as docs/api.md has it, and the examples of both reference pages."""

import threading

import pytest
from scripts import each_test
from servers import Peer


def response(body, status=b"200 OK"):
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


class Echo:
    """Answers a request with its head, or as its path says."""

    def __init__(self):
        self.count = 0

    def __call__(self, connection):
        head, _ = connection.request()
        path = head.split()[1]
        if path == b"/malformed":
            connection.send(b"nonsense\r\n\r\n")
        elif path == b"/memory":
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
        elif path == b"/counted":
            connection.send(response(b"%d" % self.count))
        elif path != b"/close":
            self.count += path == b"/count"
            connection.send(response(head + b"\r\n"))


@pytest.mark.device
@each_test("reference")
def test_reference_pages(mpy, httpbin_url, name):
    mpy.run("reference", name, url=httpbin_url)


@pytest.mark.device
@each_test("callbacks")
def test_rules(mpy, httpbin_url, refused, name):
    with Peer(Echo()) as peer:
        mpy.run("callbacks", name, url=httpbin_url, echo=peer.url, refused=refused)
    assert not peer.errors


@pytest.mark.device
def test_chain_of_1000(mpy):
    def handler(connection):
        connection.request()
        connection.send(response(b"x"))

    with Peer(handler) as peer:
        mpy.run("chain", heap="64k", url=peer.url, count=1000)
    assert len(peer.results) == 1000


@pytest.mark.device
def test_deadline(mpy):
    stop = threading.Event()

    def handler(connection):
        head, _ = connection.request()
        path = head.split()[1]
        data = {
            b"/silent": b"",
            b"/drip": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 8000,
            b"/interim": b"HTTP/1.1 100 C\r\n\r\n" * 400,
        }[path]
        try:
            for i in range(len(data)):
                connection.send(data[i : i + 1])
                if stop.wait(0.01):
                    break
        except OSError:
            return
        connection.wait_closed()

    with Peer(handler) as peer:
        mpy.run("deadline", url=peer.url)
        stop.set()
