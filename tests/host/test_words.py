"""`.error` in words: whatever can fail here fails, and its sentence is read."""

import contextlib
import socket

from conftest import ROOT
from nameserver import Nameserver
from scripts import each_test
from servers import Peer, answer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def by_path(connection):
    head, _ = connection.request()
    path = head.split()[1]
    with contextlib.suppress(OSError):
        if path == b"/reset":
            connection.reset()
        elif path == b"/half":
            connection.send(OK[:-1])
            connection.wait_closed()
        elif path == b"/head":
            connection.send(OK[:9])
            connection.wait_closed()
        elif path == b"/silent":
            connection.wait_closed()
        elif path == b"/large":
            connection.send(OK.replace(b"5", b"400000") + bytes(400000))
        elif path == b"/cut":
            connection.send(OK[:-1])
        elif path == b"/308":
            connection.send(b"HTTP/1.1 308 A\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")
        elif path == b"/other":
            connection.send(b"220 mail.example ESMTP\r\n")
        else:
            connection.send(OK)


@contextlib.contextmanager
def refusing():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{sock.getsockname()[1]}/"


@contextlib.contextmanager
def full():
    """A server whose backlog is full: it answers no more connections, nor does it refuse them."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        while True:
            sock = stack.enter_context(socket.socket())
            sock.settimeout(0.5)
            try:
                sock.connect(listener.getsockname())
            except OSError:
                break
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def nothing(request, name, nth):
    return ()


@each_test("words")
def test_what_fails_says_why(mpy, name):
    with Peer(by_path) as peer, refusing() as refused, full() as busy, Nameserver(nothing) as dns:
        mpy.run("words", name, heap="4m", url=peer.url, refused=refused, busy=busy, dns=dns.port)
    assert not peer.errors


@each_test("words_dst")
def test_destinations_that_fail_say_why(mpy, name):
    with Peer(by_path) as peer:
        mpy.run("words_dst", name, heap="4m", url=peer.url)


@each_test("words_arguments")
def test_wrong_arguments_raise_with_words(mpy, name):
    mpy.run("words_arguments", name)


@each_test("words_numbers")
def test_numbers_of_other_ports(mpy, name):
    mpy.run("words_numbers", name, heap="2m")


def test_a_heap_too_full_for_words(mpy32):
    with refusing() as url:
        mpy32.run("words_full", heap="160000", url=url)


def test_words_are_loaded_when_something_failed(mpy):
    with Peer(answer(OK)) as peer, refusing() as refused:
        mpy.run("words_loaded", url=peer.url, refused=refused)


def test_every_file_of_words_is_small():
    """A failure needs one of them: none is more than a tenth of a GET's heap."""
    for path in (ROOT / "lib" / "http").glob("*_words.py"):
        assert path.stat().st_size < 5000, path
