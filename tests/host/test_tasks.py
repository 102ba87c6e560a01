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


# The requests that the tests of mistakes.py make in the right way; none of the others arrives.
MADE = {
    "test_headers_and_json_may_look_like_options": [b"/5"] * 4,
    "test_print_shows_method_url_and_progress": [b"/6"] * 2,
    "test_a_misspelt_attribute": [b"/7"] * 2,
    "test_wait_after_a_forgotten_one": [b"/1"],
    "test_await_after_a_forgotten_one": [b"/2"],
    "test_every_right_way_to_await": [b"/3"] * 6,
    "test_a_second_await_does_the_first_no_harm": [b"/3"],
    "test_a_loop_runs_a_request": [b"/4"],
}


@pytest.mark.device
@each_test("mistakes")
def test_mistakes(mpy, name):
    with Peer(echo) as peer:
        mpy.run("mistakes", name, heap="1m", url=peer.url)
    assert not peer.errors
    assert [body.split()[1] for body in peer.results] == MADE.get(name, [])


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
