"""What leaves as a request: heads, bodies, redirects, and nothing injected."""

import re
import socket
import time
import urllib.parse

import package
import pytest
from scripts import each_test
from servers import Peer, answer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
TOO_LARGE = b"HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\n\r\ntoo large"


def response(body, fields=b"", status=b"200 OK"):
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (status, len(body), fields, body)


def uploads(connection):
    """Answer with the body of the request, or early as its path says."""
    if b" /early-unread " in connection.sock.recv(100, socket.MSG_PEEK):
        connection.sock.recv(100)  # closing with the rest unread resets the connection
        connection.send(TOO_LARGE)
        return
    if b" /interim-early " in connection.sock.recv(100, socket.MSG_PEEK):
        connection.sock.recv(100)
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.1)
        connection.send(TOO_LARGE)
        return
    while b"\r\n\r\n" not in connection.received:
        connection.read()
    path = connection.received.split()[1]
    if path == b"/early-open":
        connection.send(TOO_LARGE)
        time.sleep(0.3)  # reads nothing more, so the rest fills every buffer
    elif path == b"/early-close":
        connection.send(TOO_LARGE)
    elif path == b"/early-reset":
        connection.send(TOO_LARGE)
        time.sleep(0.3)
        connection.reset()
    elif path == b"/early-drip":
        connection.send(TOO_LARGE, 0.002)
        connection.wait_closed()
    elif path == b"/early-reading":
        connection.send(TOO_LARGE)
        connection.wait_closed()
    elif path == b"/early-malformed":
        connection.send(b"what?\r\n\r\n")
        connection.wait_closed()
    elif path == b"/early-nothing":
        pass
    elif path == b"/interim-discard":
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        head, body = connection.request()
        framing = head.split(b"\r\n")[-1]
        connection.send(response(b"", b"Framing: " + framing + b"\r\n"))
    else:
        head, body = connection.request()
        framing = head.split(b"\r\n")[-1]
        connection.send(response(body, b"Framing: " + framing + b"\r\n"))


@each_test("uploads")
def test_uploads(mpy, name):
    with Peer(uploads) as peer:
        mpy.run("uploads", name, heap="24m", url=peer.url)


def test_a_large_view_is_not_copied(mpy):
    with Peer(answer(OK)) as peer:
        mpy.run("large_view", heap="144k", url=peer.url)
    (_, body), *_ = peer.results
    assert len(body) == 80000


def redirects(connection):
    """Answer ?302=LOCATION with 302 and LOCATION, else with the request itself."""
    head, body = connection.request()
    path = head.split()[1].decode()
    found = re.search(r"\?(30\d)(?:=(.*))?$", path)
    if found:
        location = urllib.parse.unquote_to_bytes(found[2] or "")
        fields = b"Location: %s\r\n" % location if found[2] is not None else b""
        connection.send(response(b"", fields, found[1].encode() + b" R"))
    elif head.startswith(b"HEAD "):
        connection.send(OK)
    else:
        connection.send(response(head + b"\r\n\r\n" + body))


@each_test("redirects")
def test_redirects(mpy, httpbin_url, name):
    with Peer(redirects) as a, Peer(redirects) as b:
        mpy.run("redirects", name, url=httpbin_url, a=a.url, b=b.url)
    assert not a.errors
    assert not b.errors


@pytest.mark.device
@each_test("injection")
def test_injection(mpy, name):
    def handler(connection):
        head, _ = connection.request()
        query = re.match(rb"GET /redirect\?([0-9-]+) ", head)
        if query:
            location = b"http://a/" + bytes(map(int, query[1].split(b"-"))) + b"b"
            connection.send(response(b"", b"Location: " + location + b"\r\n", b"302 R"))
        else:
            connection.send(OK)
        return head

    with Peer(handler) as peer:
        mpy.run("injection", name, url=peer.url)
    # http refuses the others before it connects.
    assert bool(peer.results) == (name in ("test_location", "test_credentials_of_a_url"))
    assert not any(b"njected" in head.lower() for head in peer.results)


@pytest.mark.device
def test_head_and_small_body_leave_in_one_write(mpy):
    def handler(connection):
        request = connection.request()
        connection.send(OK)
        return connection.segments, request

    with Peer(handler) as peer:
        mpy.run("one_write", url=peer.url)
    for segments, (_, body) in peer.results:
        assert segments == 1
        assert len(body) in (0, 5, 1024)
    assert len(peer.results) == 5


@pytest.mark.device
def test_only_what_is_used_is_imported(mpy):
    with Peer(answer(response(b"hello"))) as peer:
        mpy.run("imports", url=peer.url, version=package.version())
