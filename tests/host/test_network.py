"""What the network and its peers can do to a request: the codes of docs/api.md, concurrency."""

import ast
import concurrent.futures
import contextlib
import re
import signal
import socket
import subprocess
import time

import pytest
import trustme
from conftest import HANG, ROOT
from scripts import each_test
from servers import Peer, answer
from test_https import TlsPeer, context

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n" + b"x" * 2000


def slow(connection):
    connection.request()
    time.sleep(1)
    connection.send(OK)


def silent(connection):
    connection.request()
    return connection.wait_closed()


def half(connection):
    connection.request()
    connection.send(HALF)
    return connection.wait_closed()


def deaf(connection):
    """Read nothing after the first bytes."""
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.read()
    time.sleep(1.5)


def slow_reader(connection):
    while len(connection.received) < 3000000:
        connection.read()
        time.sleep(0.001)
    connection.send(OK)


def sink(connection):
    """Read everything, answer nothing."""
    connection.wait_closed()


@each_test("concurrency")
def test_concurrency(mpy, name):
    large = b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n" + bytes(3000000)

    def closed(connection):
        """Answer once those that the client lets wait have seen it close."""
        connection.request()
        peers["silent"].join()
        peers["half"].join()
        connection.send(OK)

    handlers = {
        "slow": slow,
        "silent": silent,
        "half": half,
        "deaf": deaf,
        "slow_reader": slow_reader,
        "sink": sink,
        "large": answer(large),
        "closed": closed,
    }
    with contextlib.ExitStack() as stack:
        peers = {key: stack.enter_context(Peer(handler)) for key, handler in handlers.items()}
        urls = {key: peer.url for key, peer in peers.items()}
        mpy.run("concurrency", name, heap="24m", **urls)
    assert not peers["silent"].errors
    assert not peers["half"].errors


def by_path(connection):
    head, _ = connection.request() if b"/deaf " not in peek(connection) else (b"GET /deaf ", b"")
    play = {
        b"/memory": lambda: connection.send(OK.replace(b"5", b"99999999")),
        b"/malformed": lambda: connection.send(b"HTTP/1.1 what?\r\n\r\n"),
        b"/loop": lambda: connection.send(redirect(b"/loop")),
        b"/location": lambda: connection.send(redirect(b"http://a b/")),
        b"/chunk": lambda: connection.send(chunked(b"x\r\n")),
        b"/close": lambda: None,
        b"/close-in-body": lambda: connection.send(HALF),
        b"/reset": connection.reset,
        b"/reset-in-body": lambda: (connection.send(HALF), time.sleep(0.05), connection.reset()),
        b"/small": lambda: connection.send(OK),
        b"/folder": lambda: connection.send(OK),
        b"/silent": connection.wait_closed,
        b"/silent-in-body": lambda: (connection.send(HALF), connection.wait_closed()),
        b"/slow-in-head": lambda: connection.send(HALF, 0.05),
        b"/slow-in-body": lambda: (connection.send(HALF), connection.send(b"x" * 500, 0.05)),
        b"/endless-body": lambda: endless(connection),
        b"/deaf": lambda: deaf(connection),
    }[head.split()[1]]
    with contextlib.suppress(OSError):
        play()


def peek(connection):
    return connection.sock.recv(200, socket.MSG_PEEK)


def redirect(location):
    return b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % location


def chunked(body):
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body


def endless(connection):
    connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
    stop = time.monotonic() + 5
    while time.monotonic() < stop:
        connection.send(bytes(65536))


@each_test("codes")
def test_codes(mpy, name):
    with Peer(by_path) as peer, socket.socket() as refusing:
        refusing.bind(("127.0.0.1", 0))
        urls = {
            "refused": f"http://127.0.0.1:{refusing.getsockname()[1]}/",
            "no name": "http://no-such-host.invalid/",
            "no route": "http://255.255.255.255/",
            "bad url": "http:/127.0.0.1/",
        }
        mpy.run("codes", name, heap="12m", url=peer.url, urls=urls)
    assert not peer.errors


def test_a_full_heap(mpy32):
    with socket.socket() as refusing:
        refusing.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{refusing.getsockname()[1]}/"
        mpy32.run("full", heap="160000", url=url)


def outcomes(connection):
    """The peer of leaks.py."""
    path = b"/early"
    if b" /early " not in peek(connection):
        head, _ = connection.request()
        path = head.split()[1]
    if path == b"/timeout":
        connection.wait_closed()
        return
    if path == b"/early":
        connection.read()
    connection.send(
        {
            b"/good": OK,
            b"/chunked": chunked(b"5\r\nhello\r\n0\r\n\r\n"),
            b"/redirect": redirect(b"/good"),
            b"/truncated": HALF,
            b"/malformed": b"what?\r\n\r\n",
            b"/early": OK.replace(b"200 OK", b"413 Too Large"),
        }[path]
    )


def test_nothing_leaks(mpy):
    """Over 300 requests of every outcome."""
    with Peer(outcomes) as peer, socket.socket() as refusing:
        refusing.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{refusing.getsockname()[1]}/"
        mpy.run("leaks", heap="1m", url=peer.url, refused=refused, rounds=12)
    assert len(peer.results) + len(peer.errors) > 300


def test_first_requests_in_threads(mpy, httpbin_url):
    for _ in range(3):
        mpy.run("threads", "test_first_requests", heap="2m", url=httpbin_url)


def test_a_thread_loads_all_before_it_waits(mpy, httpbin_url, refused):
    authority = trustme.CA()
    handler = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    with TlsPeer(handler, context(authority.issue_cert("localhost"))) as peer:
        ca = authority.cert_pem.bytes()
        urls = {"url": httpbin_url, "refused": refused, "https": peer.url, "ca": ca}
        mpy.run("threads", "test_all_is_loaded_before_wait", heap="2m", **urls)


def test_interrupt(mpy):
    def interrupt(connection):
        connection.request()
        process.result().send_signal(signal.SIGINT)
        connection.wait_closed()

    process = concurrent.futures.Future()
    with Peer(interrupt) as peer:
        process.set_result(mpy.start("interrupt", silent=peer.url))
        out, _ = process.result().communicate(timeout=HANG)
    assert process.result().returncode == 0, out
    assert len(peer.results) == 2


def cut(connection):
    connection.request()
    connection.send(OK.replace(b"\r\n\r\n", b'\r\nETag: "1"\r\n\r\n')[:-1])


@pytest.fixture
def interrupted():
    with Peer(cut) as peer, socket.socket() as refusing:
        refusing.bind(("127.0.0.1", 0))
        refused = f"http://127.0.0.1:{refusing.getsockname()[1]}/"
        yield {"cut": peer.url, "refused": refused}


def test_an_interrupted_download_leaves_its_destination_free(mpy, interrupted):
    mpy.run("interrupt_download", tries=0, **interrupted)


def test_a_download_interrupted_at_any_moment_leaves_its_destination_free(mpy, interrupted):
    """Real signals; where one breaks the interpreter itself, another process goes on."""
    tried = runs = 0
    patience = 4
    while tried < 80:
        runs += 1
        assert runs < 80, f"{tried} tries in {runs} processes"
        process = mpy.start("interrupt_download", tries=8, **interrupted)
        try:
            out, _ = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
        assert b"AssertionError" not in out, out.decode()
        tried += out.count(b"tried\n")
        if not out.count(b"tried\n"):
            patience *= 1.5  # a slow machine


def half_chunked(connection):
    connection.request()
    connection.send(chunked(b"5\r\nhel"))
    connection.wait_closed()


@each_test("idle")
def test_waiting_is_idle(mpy, name):
    handlers = {"silent": silent, "half": half, "half_chunked": half_chunked, "deaf": deaf}
    with contextlib.ExitStack() as stack:
        urls = {key: stack.enter_context(Peer(handlers[key])).url for key in handlers}
        mpy.run("idle", name, heap="20m", **urls)


def test_every_reason_has_words():
    folder = ROOT / "lib" / "http"
    code = "".join(path.read_text() for path in folder.glob("*.py"))
    texts = {
        key
        for path in folder.glob("*_words.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Assign) and node.targets[0].id == "TEXTS"
        for key in ast.literal_eval(node.value)
        if isinstance(key, str)
    }
    reasons = re.findall(r'(?:ValueError|refuse)\((?:\w+Error, )?"(\w+)"\)', code)
    # options.py refuses two by a variable, adapter.py one by itself; of TLS tls_words.py says all.
    assert texts == {*reasons, "timeout", "redirects", "adapter"} - {"tls"}
    codes = re.search(r"_CODES = const\(\s*\"(.*)\"", (folder / "failure.py").read_text())[1]
    assert {word[1:] for word in codes.split()} < texts
