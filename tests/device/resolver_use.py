# Where the resolver is used, and where getaddrinfo() is, for which a stand-in notes what it is
# asked for.

from prelude import *

import io
import socket
from select import poll

import http
import http.exchange
import http.resolver as resolver
import stand_ins.network as network

sys.modules["network"] = network

resolver.PORT = P["dns"]
resolver.SECOND = 20000  # ms


class WLAN:
    def __init__(self, interface):
        raise AssertionError("an interface was created")


network.WLAN = WLAN


class Socket:
    AF_INET = socket.AF_INET
    AF_INET6 = socket.AF_INET6
    SOCK_STREAM = socket.SOCK_STREAM
    socket = socket.socket
    asked = []

    def getaddrinfo(host, port, *args):
        Socket.asked.append(host)
        return socket.getaddrinfo("127.0.0.1", int(P["http"]))


http.exchange.socket = Socket


def asked(host, run=asyncio.run, **opts):
    # What getaddrinfo() was asked for.
    Socket.asked.clear()
    code = run(http.request("GET", "http://%s/" % host, None, None, opts))[0]
    six = "[" in host or "ipv6" in opts  # and there is no address of IPv6 here
    same(code, -4 if six else 200, host)
    return Socket.asked[0]


class Adapter:
    def ifconfig(self):
        return "127.0.0.7", "255.0.0.0", "127.0.0.1", self.dns


adapter = Adapter()
adapter.dns = "0.0.0.0"


def test_no_server_or_one_that_ipv4_does_not_reach():
    for server in ("0.0.0.0", "", "::1", "FE80::1"):
        network.ipconfig(dns=server)
        same(asked("plain.test"), "plain.test", server)


def test_the_server_of_the_adapter():
    adapter.dns = "127.0.0.1"
    same(asked("plain-adapter.test", adapter=adapter), "127.0.0.1")
    network.WLAN = lambda number: (adapter,)[number]
    same(asked("plain-number.test", adapter=network.STA_IF), "127.0.0.1")
    network.ipconfig(dns="127.0.0.1")
    adapter.dns = "0.0.0.0"
    same(asked("plain.test", adapter=adapter), "plain.test")


class Esp32Socket(io.IOBase):
    # A socket for datagrams with the rule of ESP32's modsocket.c: an empty one is the end, after
    # which nothing is read any more, until bind().
    def __init__(self, *args):
        self.sock = socket.socket(*args)
        self.ended = False
        self.setblocking = self.sock.setblocking
        self.sendto = self.sock.sendto
        self.close = self.sock.close

    def bind(self, address):
        self.ended = False
        self.sock.bind(address)

    def recvfrom(self, n):
        if self.ended:
            return b"", None
        data, peer = self.sock.recvfrom(n)
        self.ended = not data
        return data, peer

    def ioctl(self, request, events):
        poller = poll()
        poller.register(self.sock, events)
        for _, ready in poller.ipoll(0):
            return ready
        return 0


def test_an_empty_datagram_on_esp32():
    # The answer that follows is taken, and not only that to another question a second later.
    network.ipconfig(dns="127.0.0.1")
    Socket.socket = lambda *args: (Esp32Socket if args[1] == socket.SOCK_DGRAM else socket.socket)(
        *args
    )
    try:
        same(asked("empty.test", timeout=15000), "127.0.0.1")
    finally:
        Socket.socket = socket.socket


def test_names_that_are_not_asked_for():
    network.ipconfig(dns="127.0.0.1")
    for host in (
        "localhost",
        "localhost.",
        "printer",
        "printer.local",
        "printer.LOCAL.",
        "127.0.0.1",
    ):
        same(asked(host), host.lower())
    same(asked("[::1]"), "::1")
    same(asked("plain.test", ipv6=True), "plain.test")


def test_outside_of_a_task_getaddrinfo_is_used():
    network.ipconfig(dns="127.0.0.1")
    same(asked("plain.test", lambda request: request.wait()), "plain.test")


def test_on_a_small_heap_getaddrinfo_is_used():
    network.ipconfig(dns="127.0.0.1")
    http.exchange.small = 2
    same(asked("plain.test"), "plain.test")


def test_a_truncated_answer_is_one_for_getaddrinfo():
    network.ipconfig(dns="127.0.0.1")
    same(asked("tc.test"), "tc.test")


def test_a_port_without_ipconfig():
    del network.ipconfig
    same(asked("plain.test"), "plain.test")


def test_a_port_without_network():
    del sys.modules["network"]
    os.rename("network.py", "hidden.py")
    same(asked("plain.test"), "plain.test")
    os.rename("hidden.py", "network.py")
    again = __import__("network")
    again.ipconfig(dns="127.0.0.1")
    same(asked("plain.test"), "127.0.0.1")


async def test_the_callback_api_uses_it():
    network.ipconfig(dns="127.0.0.1")
    got = []
    http.get("http://plain.test/", None, lambda code, body: got.append(code))
    while not got:
        await asyncio.sleep_ms(5)
    same((got, Socket.asked), ([200], ["127.0.0.1"]))
