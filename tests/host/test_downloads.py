"""Bodies that go to a file: whatever happens, the older file or the new one is whole."""

import hashlib
import queue
import random
import re
import socket
import subprocess
import time

import pytest
from conftest import HANG, ROOT
from scripts import each_test, each_test_on_disk
from servers import Peer, files


def body_of(size):
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def bodies(connection):
    """Answer /FRAMING/SIZE."""
    while True:
        try:
            head, _ = connection.request()
        except ConnectionError:
            return
        connection.received = b""
        framing, size = re.match(rb"GET /(\w+)/(\d+) ", head).groups()
        size = int(size)
        body = body_of(size)
        if framing in (b"other", b"othercut"):
            body = bytes(255 - b for b in body)
        if framing == b"chunked":
            data = b"".join(
                b"%x\r\n%s\r\n" % (len(body[i : i + 700]), body[i : i + 700])
                for i in range(0, size, 700)
            )
            connection.send(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + data + b"0\r\n\r\n"
            )
        elif framing == b"badchunk":
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx")
            return
        elif framing == b"close":
            connection.send(b"HTTP/1.1 200 OK\r\n\r\n" + body)
            return
        else:
            status = framing if framing.isdigit() else b"200"
            connection.send(
                b"HTTP/1.1 %s x\r\nContent-Length: %d\r\n\r\n" % (status, size)
                + (
                    body
                    if framing in (b"length", b"other") or framing.isdigit()
                    else body[: size // 2]
                )
            )
            if framing == b"slow":
                time.sleep(0.3)
                connection.send(body[size // 2 :])
            if framing == b"stall":
                connection.wait_closed()
            if framing == b"reset":
                time.sleep(0.1)
                connection.reset()
            if framing in (b"stall", b"reset", b"cut", b"othercut"):
                return


@each_test_on_disk("downloads")
def test_downloads(mpy, fs, name):
    with Peer(bodies) as peer:
        mpy.run("downloads", name, heap="4m", url=peer.url, fs=fs)
    assert not peer.errors


def ranges(connection):
    """Serve 9,000 bytes, in the way and with the mistakes that the path names."""
    head, _ = connection.request()
    path = head.split()[1][1:].decode()
    asked = re.search(rb"(?i)\r\nrange: bytes=(\d+)-\r\n", head + b"\r\n")
    if_range = re.search(rb"(?i)\r\nif-range: (.*?)\r\n", head + b"\r\n")
    mood = re.search(rb"(?i)\r\nx-mood: (\w+)", head)
    body = body_of(9000)
    date = b"Date: Sat, 21 Nov 2026 10:00:00 GMT\r\n"
    older = b"Last-Modified: Sat, 21 Nov 2026 09:00:00 GMT\r\n"
    other = bytes(255 - b for b in body)
    fields = {
        "last-modified": date + older,
        "weak": b'ETag: W/"1"\r\n',
        "same-second": date + date.replace(b"Date", b"Last-Modified"),
        "no-date": older,
        "nothing": b"",
    }.get(path, b'ETag: "1"\r\n' + date + older)
    if path == "latest":
        target = {b"other": b"/chunked", b"sign": b"/etag?b"}.get(mood and mood[1], b"/etag?a")
        connection.send(b"HTTP/1.1 302 x\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % target)
        return
    path = path.split("?")[0]
    if path == "large":
        # Nobody knows how large it is.
        connection.send(b'HTTP/1.1 200 OK\r\nETag: "1"\r\n\r\n' + body_of(200000))
        return
    if mood and mood[1] == b"503":
        connection.send(b"HTTP/1.1 503 x\r\nContent-Length: 4\r\n\r\nbusy")
        return
    status, start, stop, total = b"206", int(asked[1]) if asked else 0, 9000, 9000
    if path == "unasked":
        start = 1
    elif not asked or path == "no-ranges":
        status, start = b"200", 0
    else:
        want = re.search(
            rb"Last-Modified: (.*)\r" if path == "last-modified" else rb'("1")', fields
        )
        if not if_range or if_range[1] != want[1]:
            connection.send(b"HTTP/1.1 500 If-Range\r\nContent-Length: 0\r\n\r\n")
            return
    if path == "piecemeal":
        stop = min(stop, start + 4000) if asked else stop
    body = body[start:stop]
    span = b"bytes %d-%d/%d" % (start, stop - 1, total)
    length = len(body)
    if status == b"206":
        if path == "other-start":
            span = b"bytes %d-%d/%d" % (start + 1, stop - 1, total)
        elif path == "other-size":
            body = body[:-1]
            length -= 1
        elif path == "overlong":
            body += bytes(40)
            length += 40
        elif path == "other-unit":
            span = span.replace(b"bytes", b"lines")
        elif path == "upper-unit":
            span = span.replace(b"bytes", b"BYTES")
        elif path in ("past-end", "past-end-chunked"):
            span = b"bytes %d-%d/%d" % (start, stop, total)
        elif path == "bad-content-range":
            span = b"bytes all of it"
        elif path == "multipart":
            fields += b"Content-Type: multipart/byteranges; boundary=x\r\n"
        elif path == "if-range-unknown":
            fields = fields.replace(b'"1"', b'"2"')
            body = other[start:stop]
        elif path == "no-validator":
            # Another version, and nothing that says so: RFC 9110 section 15.3.7.3.
            fields = b""
            body = other[start:stop]
        elif path == "last-modified-only":
            fields = older
            body = other[start:stop]
        elif path == "other-total":
            span = b"bytes %d-%d/%d" % (start, stop - 1, 9001)
        elif path.startswith("416"):
            status = b"416"
            body = b"no such range"
            length = len(body)
            span = b"bytes */%d" % (8999 if path == "416-other" else start)
            if path == "416-equal-of-another":
                fields = fields.replace(b'"1"', b'"2"')
            if path == "416-equal-of-nothing":
                fields = b""
        if path not in ("no-content-range", "multipart", "416-bare"):
            fields += b"Content-Range: " + span + b"\r\n"
    connection.send(b"HTTP/1.1 " + status + b" x\r\n" + fields)
    if status == b"206" and path in ("chunked", "overlong", "past-end-chunked"):
        connection.send(
            b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % length + body + b"\r\n0\r\n\r\n"
        )
    elif status == b"206" and path == "until-close":
        connection.send(b"\r\n" + body)
    else:
        connection.send(b"Content-Length: %d\r\n\r\n" % length)
        if mood and mood[1] == b"cut":
            body = body[:-10]
        connection.send(body)


@pytest.fixture(scope="module")
def static(tmp_path_factory):
    """A real server of files: its address and its folder."""
    folder = tmp_path_factory.mktemp("static")
    with files(folder) as url:
        yield {"static": url, "folder": str(folder)}


@each_test_on_disk("resume")
def test_resume(mpy, fs, name, httpbin_url, static):
    with Peer(ranges) as peer:
        mpy.run("resume", name, heap="4m", fs=fs, peer=peer.url, httpbin=httpbin_url, **static)
    assert not peer.errors


def ended(process):
    """Wait for the end of a process, which must be a good one; return what it printed."""
    out, _ = process.communicate(timeout=HANG)
    assert process.returncode == 0, out
    return out.decode()


@pytest.mark.parametrize("fs", ["host", "lfs", "fat"])
def test_killed(mpy64, fs):
    """SIGKILL at random moments: the old file or the whole new one is there, each time."""
    rounds = 100
    size = 150000
    version = 0
    clock = random.Random(fs)

    def serve(connection):
        connection.request()
        body = bytes([version]) * size
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for i in range(0, size, 10000):
            connection.send(body[i : i + 10000])
            time.sleep(0.002)

    def client(what):
        return mpy64.start("killed", heap="1m", url=peer.url, fs=fs, what=what, size=size)

    digests = {hashlib.sha256(bytes([n]) * size).hexdigest(): n for n in range(rounds + 1)}
    with Peer(serve) as peer:
        for what in ("format", "download"):
            start = time.monotonic()
            ended(client(what))
            takes = time.monotonic() - start
        counts = {"old": 0, "new": 0}
        held = 0
        for version in range(1, rounds + 1):
            process = client("download")
            try:
                # At most what it takes in all, and more often near the end, where files move. What
                # it takes on this machine now shows in how many are killed.
                process.wait(takes * clock.random() ** 0.5 * 1.1)
                ended(process)
                takes *= 0.9
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                takes *= 1.1
            out = ended(client("check"))
            found = digests.get(out.split()[0])
            assert found in (held, version), (version, out)
            counts["new" if found == version else "old"] += 1
            held = found
    assert min(counts.values()) > 5, counts


@each_test("allocation")
def test_allocation(mpy, name):
    with Peer(bodies) as peer:
        mpy.run("allocation", name, heap="1m", url=peer.url)


def test_free_memory_in_pieces(mpy):
    with Peer(bodies) as peer:
        mpy.run("fragmented", heap="160k", url=peer.url)


def events(connection, seen):
    """Send server-sent events, each when the one before has been seen; else as `bodies`."""
    begun = connection.sock.recv(100, socket.MSG_PEEK)
    if not begun:
        raise ConnectionError("the client closed before its request")
    path = begun.split()[1].decode()
    if path.startswith("/seen/"):
        connection.request()
        seen.put(int(path[6:]))
        connection.send(b"HTTP/1.1 204 x\r\n\r\n")
    elif path == "/events":
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for i in range(5):
            event = b"id: %d\ndata: event %d\n\n" % (i, i)
            connection.send(event[:7])
            connection.send(event[7:])
            assert seen.get(timeout=30) == i
    elif path == "/head/100":
        connection.request()
        connection.send(b"HTTP/1.1 200 x\r\nContent-Length: 100\r\n\r\n")
    else:
        bodies(connection)


def recipe(name):
    """Return the class `name` of docs/."""
    text = "".join(page.read_text() for page in sorted((ROOT / "docs").glob("*.md")))
    return re.search(rf"\nclass {name}:\n(    .*\n|\n)+", text)[0]


@each_test("streams")
def test_streams(mpy, name):
    seen = queue.Queue()
    recipes = recipe("Lines") + recipe("Wire")
    with Peer(lambda connection: events(connection, seen)) as peer:
        mpy.run("streams", name, heap="4m", url=peer.url, recipes=recipes, timeout=120)
    # Those that were cut off while they sent.
    assert all(isinstance(er, OSError) for er in peer.errors), peer.errors


@pytest.mark.parametrize("fs", ["host", "lfs"])
def test_resume_after_a_kill(mpy64, fs):
    """Killed again and again, a download comes to its end, and little is sent twice."""
    size = 400000
    body = body_of(size)
    sent = 0
    ranges = 0

    def serve(connection):
        nonlocal sent, ranges
        head, _ = connection.request()
        asked = re.search(rb"(?i)\r\nrange: bytes=(\d+)-", head)
        start = int(asked[1]) if asked else 0
        ranges += bool(asked)
        status = b"206 x\r\nContent-Range: bytes %d-%d/%d" % (start, size - 1, size)
        connection.send(
            b'HTTP/1.1 %s\r\nETag: "1"\r\nContent-Length: %d\r\n\r\n'
            % (status if asked else b"200 x", size - start)
        )
        for i in range(start, size, 5000):
            connection.send(body[i : i + 5000])
            sent += len(body[i : i + 5000])
            time.sleep(0.002)

    with Peer(serve) as peer:
        client = {"heap": "1m", "fs": fs, "url": peer.url, "size": size}
        client["resume"] = True
        mpy64.run("killed", what="format", **client)
        for kills in range(40):
            process = mpy64.start("killed", what="download", **client)
            try:
                process.wait(0.12 * 1.2**kills)  # longer each time: a busy machine is slow
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                continue
            ended(process)
            break
        else:
            pytest.fail("never complete")
        out = mpy64.run("killed", what="check", **client)
    assert out.split()[0] == hashlib.sha256(body).hexdigest()
    assert kills and ranges
    # At most the 64 KB that are not flushed yet, and the bytes on their way, each time.
    assert sent < size + kills * (65536 + 200000), (sent, kills)
