"""Look-ups in tasks (RFC 1035), against a DNS server of dnslib."""

import random
import shutil
import socket
import struct
import threading

import pytest
from conftest import DEVICE
from nameserver import Nameserver, answer
from scripts import each_test
from servers import Peer

HERE = "127.0.0.1"  # where the peer is
TRAP = "127.0.0.99"  # nobody is there: a wrong answer, believed, leads to it


def echo(connection):
    head, _ = connection.request()
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(head), head))


class Play:
    """What the server answers to a name."""

    def __init__(self):
        # Another port of the server's address, and the server's port at another address.
        self.elsewhere = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        self.stop = threading.Event()

    def begin(self, port):
        self.elsewhere[0].bind((HERE, 0))
        self.elsewhere[1].bind(("127.0.0.2", port))

    def end(self):
        self.stop.set()
        for sock in self.elsewhere:
            sock.close()

    def __call__(self, request, name, nth):
        kind, _, rest = name.split(".")[0].partition("-")
        right = answer(request, f"{name} 60 A {HERE}").pack()
        wrong = answer(request, f"{name} 60 A {TRAP}").pack()
        reply = request.reply()
        if kind == "silent" or kind == "lost" and nth <= int(rest.split("-")[0]):
            return
        elif kind == "id":
            yield struct.pack(">H", (request.header.id + 1) & 0xFFFF) + wrong[2:]
        elif kind == "question":
            yield wrong.replace(b"\x08question", b"\x08questiom")
        elif kind == "type":
            yield wrong.replace(b"\x04test\0\0\1", b"\x04test\0\x1c", 1)
        elif kind == "echo":
            yield request.pack()
        elif kind == "query":  # QR is not set
            yield wrong[:2] + bytes([wrong[2] & 127]) + wrong[3:]
        elif kind == "opcode":
            yield wrong[:2] + bytes([wrong[2] | 16]) + wrong[3:]
        elif kind == "none":  # there is no question
            yield wrong[:4] + b"\0\0" + wrong[6:]
        elif kind == "port":
            yield self.elsewhere[0], wrong
        elif kind == "source":
            yield self.elsewhere[1], wrong
        elif kind == "empty":
            yield b""
        elif kind == "upper":  # names are the same in any case
            yield right.replace(b"\5upper\4test", b"\5UPPER\4Test", 1)
        elif kind == "noise":
            source = random.Random(nth)
            for size in (1, 2, 3, 11, 12, 100, 512):
                yield source.randbytes(size)
                yield right[:2] + source.randbytes(size)
        elif kind == "flood":
            while not self.stop.wait(0.0001):
                yield b"\0\0" + wrong[2:] if request.header.id else b"\0\1" + wrong[2:]
        elif kind == "tc":
            reply.header.tc = 1
            yield reply.pack()
        elif kind == "rcode":
            reply.header.rcode = int(rest)
            yield reply.pack()
        elif kind == "nodata":
            yield reply.pack()
        elif kind == "six":
            yield answer(request, f"{name} 60 AAAA ::1").pack()
        elif kind == "other":  # the address of another name comes first, and in another class
            first = answer(request, f"a.test 60 A {TRAP}", f"{name} 60 CH A {TRAP}")
            first.add_answer(*answer(request, f"{name.upper()} 60 A {HERE}").rr)
            yield first.pack()
        elif kind == "aliases":
            lines = [
                f"{name} 60 CNAME A.test",
                "a.test 60 CNAME b.example",
                f"b.example 60 A {HERE}",
                f"{name} 60 TXT hello",
            ]
            yield answer(request, *(lines if rest == "down" else lines[::-1])).pack()
        elif kind == "chain":  # each answer has one more alias
            left = int(rest)
            if left:
                yield answer(request, f"{name} 60 CNAME chain-{left - 1}.test").pack()
            else:
                yield right
        elif kind == "circle":
            yield answer(request, f"{name} 60 CNAME b.test", f"b.test 60 CNAME {name}").pack()
        elif kind == "cut":
            yield right[: len(request.pack()) + int(rest)]
        elif kind == "pointer":
            # The owner of the answer is a pointer: to itself, ahead, or one of two in a circle.
            start = len(request.pack())
            loops = {
                "self": struct.pack(">H", 0xC000 | start),
                "ahead": struct.pack(">HH", 0xC000 | start + 2, 0xC000 | start),
                "label": b"\1a" + struct.pack(">H", 0xC000 | start),
                "far": b"\xff\xff",
                "reserved": b"\x80\x0c",
                "endless": b"\x3f" + b"x" * 400,
            }
            yield right[:start] + loops[rest] + right[start + 2 :]
        elif kind == "ttl":
            yield answer(request, f"{name} {rest} A {HERE}").pack()
            return
        elif kind == "shortest":
            yield answer(request, f"{name} 9 CNAME a.test", f"a.test 60 A {HERE}").pack()
            return
        if kind in "plain lost id question type echo query opcode none port source empty noise":
            yield right


@pytest.fixture
def names():
    play = Play()
    with Nameserver(play) as server:
        play.begin(server.port)
        yield server
        play.end()


def run(mpy, script, names, name=None):
    shutil.copy(DEVICE / "stand_ins" / "network.py", mpy.folder)
    with Peer(echo) as peer:
        port = peer.url.split(":")[-1]
        mpy.run(script, name, heap="1m", http=port, dns=names.port)
    assert not peer.errors
    assert not names.errors


def test_answers(mpy, names):
    """Right and wrong answers, repeated questions, and the codes of failures."""
    run(mpy, "resolver", names)
    assert names.count("plain.test") == 1
    assert names.count("lost-3.test") == 4
    assert names.count("silent.test") == 4
    ids = {number for _, number, _ in names.asked}
    ports = {address[1] for _, _, address in names.asked}
    # Random ones of 16 and of 15 bits: that half of them fall together does not happen.
    questions = {(name, address) for name, _, address in names.asked}
    assert len(ids) > len(questions) / 2
    assert len(ports) > len(questions) / 2
    assert min(ports) >= 32768


def test_memory_of_one_answer(mpy, names):
    run(mpy, "resolver_ttl", names)
    assert names.count("ttl-9.test") == 5
    assert names.count("ttl-0.test") == 2
    assert names.count("shortest.test") == 2


@each_test("resolver_use")
def test_where_it_is_used(mpy, names, name):
    run(mpy, "resolver_use", names, name)
    clients = {name: address[0] for name, _, address in names.asked}
    assert clients == {
        "test_the_server_of_the_adapter": {
            "plain-adapter.test": "127.0.0.7",
            "plain-number.test": "127.0.0.7",
        },
        "test_an_empty_datagram_on_esp32": {"empty.test": HERE},
        "test_a_truncated_answer_is_one_for_getaddrinfo": {"tc.test": HERE},
        "test_a_port_without_network": {"plain.test": HERE},
        "test_the_callback_api_uses_it": {"plain.test": HERE},
    }.get(name, {})


def test_others_go_on(mpy, names):
    run(mpy, "resolver_turns", names)
