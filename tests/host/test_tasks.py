"""The task API, as docs/api.md has it."""

import socket
import time

import pytest
from scripts import each_test
from servers import Peer


def echo(connection):
    """Answer a request with its head, or as its path says."""
    head, _ = connection.request()
    path = head.split()[1]
    body = head + b"\r\n\r\n"
    if path == b"/malformed":
        connection.send(b"nonsense\r\n\r\n")
        return
    if path == b"/half":
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
        return
    if path == b"/slow":
        time.sleep(0.1)
    if path == b"/peer":
        body = connection.sock.getpeername()[0].encode()
    if head.startswith(b"HEAD "):
        body = b""
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
    return head


@each_test("tasks")
def test_rules(mpy, httpbin_url, name):
    with Peer(echo) as peer, Peer(echo, socket.AF_INET6) as peer6:
        mpy.run(
            "tasks",
            name,
            heap="1m",
            url=httpbin_url,
            echo=peer.url,
            echo6=peer6.url,
            adapter="127.0.0.7",
        )
    assert not peer.errors and not peer6.errors


@pytest.mark.device
def test_mistakes(mpy):
    with Peer(echo) as peer:
        mpy.run("mistakes", heap="1m", url=peer.url)
    # Of all the requests that were not waited for, none made a connection.
    assert not peer.errors
    paths = sorted(body.split()[1] for body in peer.results)
    assert paths == [b"/1", b"/2"] + [b"/3"] * 7 + [b"/4"] + [b"/5"] * 4 + [b"/6"] * 2 + [b"/7"]


@pytest.mark.device
def test_debug_prints_steps_and_no_secrets(mpy, httpbin_url):
    out = mpy.run("debug", url=httpbin_url)
    assert "connecting to 127.0.0.1" in out
    assert "status 302" in out
    assert "failed with -4" in out
    for secret in ("sesame", "c2VzYW1l", "dXNlcjpzZXNhbWU"):
        assert secret not in out


@each_test("turns")
def test_turns(mpy, name):
    mpy.run("turns", name, heap="1m")


@each_test("lookup")
def test_lookup(mpy, name):
    with Peer(echo) as peer:
        mpy.run("lookup", name, url=peer.url)
