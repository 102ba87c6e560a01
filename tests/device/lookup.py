# What depends on the look-up of a name, with a stand-in for the socket module that finds any
# name at the peer's address, after P["ms"].

from prelude import *

import socket

import http
import http.exchange

HOST, PORT = P["url"][7:].split(":")


class Socket:
    AF_INET = socket.AF_INET
    AF_INET6 = socket.AF_INET6
    SOCK_STREAM = socket.SOCK_STREAM
    socket = socket.socket
    asked = []
    error = None
    ms = 0

    def getaddrinfo(host, port, *args):
        Socket.asked.append((host, port))
        time.sleep_ms(Socket.ms)
        if Socket.error:
            raise Socket.error
        return socket.getaddrinfo(HOST, int(PORT), *args)


http.exchange.socket = Socket


def head(url):
    code, headers, body = http.request("GET", url).wait()
    same(code, 200)
    return body.decode().split("\r\n")


def test_the_host_field_and_the_name_that_is_looked_up():
    # The port is in Host when it is not the scheme's own; names are in lower case.
    for url, host, asked in (
        ("http://example.test/", "example.test", ("example.test", 80)),
        ("http://Example.TEST:80/", "example.test", ("example.test", 80)),
        ("http://example.test:/", "example.test", ("example.test", 80)),
        ("http://example.test:443/", "example.test:443", ("example.test", 443)),
        ("http://example.test:8080?a", "example.test:8080", ("example.test", 8080)),
    ):
        assert "Host: " + host in head(url), (url, head(url))
        same(Socket.asked[-1], asked)


def test_the_time_of_a_look_up_counts():
    # Blocking or not, whether it succeeds or not.
    Socket.ms = 300
    for error in (None, OSError(-2)):
        Socket.error = error
        for run in (lambda r: r.wait(), asyncio.run):
            request = http.request("GET", "http://example.test/", None, None, {"timeout": 200})
            start = time.ticks_ms()
            same(run(request), (-8, None, None))
            in_time(start, Socket.ms)


def test_a_look_up_that_fails():
    Socket.error = OSError("a text in place of a number")  # as VFS and drivers have it
    same(http.request("GET", "http://example.test/").wait()[0], -4)
    for number in (-2, -202):
        Socket.error = OSError(number)
        request = http.request("GET", "http://example.test/")
        same(request.wait()[0], -4)
        same((request.error.errno, request.error.args[0]), (number, number))
        same(str(request.error)[:33], "no address of example.test found:")


def test_a_port_without_ipv6():
    # lwIP on ESP32 gives no address, others may find nothing at all.
    for answer in ([(10, 1, 0, "", None)], []):
        found, Socket.getaddrinfo = Socket.getaddrinfo, lambda *args: answer
        for url, opts in (("http://[::1]/", None), ("http://example.test/", {"ipv6": True})):
            request = http.request("GET", url, None, None, opts)
            same(request.wait(), (-4, None, None))
            assert "IPv6" in str(request.error), request.error
        Socket.getaddrinfo = found


def test_no_memory_for_a_connection():
    # As lwIP says it.
    Socket.error = OSError(12)
    request = http.request("GET", "http://example.test/")
    same((request.wait()[0], request.error.errno), (-1, 12))
