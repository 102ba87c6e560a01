# What the numbers of other ports are taken for, with a stand-in for their `errno`.

from prelude import *

import http

# From py/mperrno.h of MicroPython (ESP8266, and Linux), sys/errno.h of newlib (ESP32).
LINUX = {
    "EIO": 5, "EBADF": 9, "ENOMEM": 12, "EADDRINUSE": 98, "ECONNABORTED": 103, "ECONNRESET": 104,
    "ENOBUFS": 105, "ENOTCONN": 107, "ETIMEDOUT": 110, "ECONNREFUSED": 111, "EHOSTUNREACH": 113,
    "EINPROGRESS": 115,
}  # fmt: skip
NEWLIB = {
    "EIO": 5, "EBADF": 9, "ENOMEM": 12, "EADDRINUSE": 112, "ECONNABORTED": 113, "ECONNRESET": 104,
    "ENOBUFS": 105, "ENOTCONN": 128, "ETIMEDOUT": 116, "ECONNREFUSED": 111, "EHOSTUNREACH": 118,
    "EINPROGRESS": 119,
}  # fmt: skip


class Errno:
    pass


def port(numbers):
    # The files that name numbers, loaded anew.
    for name in numbers:
        setattr(Errno, name, numbers[name])
    Errno.errorcode = {numbers[name]: name for name in numbers}
    sys.modules["errno"] = Errno
    for name in ("failure", "net_words", "tls_words"):
        sys.modules.pop("http." + name, None)
    return __import__("http.failure", None, None, ["failure"]).failure


class Connection:
    # As it stands when it has been begun; `sent` when the request was.
    buf = b""
    head_size = 0
    reused = False
    stream = True

    def __init__(self, sent, origin):
        self.sent = sent
        self.origin = origin


def fail(failure, er, sent, url="http://board.lan:8080/x", look_up=False):
    request = http.request("GET", url)
    request.start = time.ticks_ms()
    request.connection = None
    if not look_up:
        request.connection = Connection(sent, (url[:5] == "https", "board.lan", 8080))
    code = failure(request, er)
    if isinstance(er, OSError) and isinstance(request.error, OSError):
        same(abs(request.error.errno), abs(er.errno))
    return code, str(request.error)


REFUSED = (-4, "board.lan port 8080 refused the connection: does a server run there?")
DEAF = (-4, "board.lan port 8080 does not answer: is it on, and its address right?")
NO_WAY = (-4, "no way to board.lan: is the network (Wi-Fi) connected, and the address right?")
NO_NAME = (
    -4,
    "no address of board.lan found: is the name right, and the network (Wi-Fi) connected?",
)
NO_SOCKET = (-4, "no socket is free: close other connections")
SHORT = "the network is short of memory: close other connections, and try again in 20 s"
ENDED = (
    -6,
    "board.lan port 8080 ended the connection: did the server fail, or does it want https?",
)
LOST = (-6, "the connection to board.lan port 8080 was lost: is the network (Wi-Fi) connected?")

# For each port: the words of a failed look-up, before the request was sent, and after it.
TABLES = (
    (
        NEWLIB,
        {-202: NO_NAME, -2: NO_NAME, -200: NO_NAME, -203: (-1, SHORT), 118: NO_WAY},
        {104: REFUSED, 111: REFUSED, 113: DEAF, 116: DEAF, 118: NO_WAY, 114: NO_WAY, 23: NO_SOCKET,
         12: (-1, SHORT), 105: (-4, SHORT),
         112: (-4, "no connection to board.lan port 8080: " + str(OSError(112))),
         95: (-4, "no connection to board.lan port 8080: " + str(OSError(95)))},
        {104: ENDED, 113: LOST, 128: LOST, 116: LOST, 118: (-6, NO_WAY[1]), 12: (-1, SHORT),
         105: (-6, SHORT), 5: (-6, "broken connection to board.lan port 8080: [Errno 5] EIO")},
    ),
    (
        LINUX,
        {-2: NO_NAME, -16: NO_NAME, -6: NO_NAME, 113: NO_WAY},
        {104: REFUSED, 111: REFUSED, 103: DEAF, 110: DEAF, 113: NO_WAY, 101: NO_WAY,
         12: (-1, SHORT), 105: (-4, SHORT), 24: NO_SOCKET,
         -1: (-4, "no connection to board.lan port 8080: " + str(OSError(-1)))},
        {104: ENDED, 32: ENDED, 103: LOST, 107: LOST, 110: LOST, 9: LOST, 113: (-6, NO_WAY[1]),
         12: (-1, SHORT), 105: (-6, SHORT)},
    ),
)  # fmt: skip


def test_numbers_of_each_port():
    for numbers, look_up, before, after in TABLES:
        failure = port(numbers)
        for table, sent in ((look_up, False), (before, False), (after, True)):
            for number in table:
                got = fail(failure, OSError(number), sent, look_up=table is look_up)
                same(got, table[number], (numbers is NEWLIB, number, sent))


def test_numbers_of_getaddrinfo_in_a_text():
    # As on unix.
    for numbers in (NEWLIB, LINUX):
        failure = port(numbers)
        for number, words in ((-2, NO_NAME[1]), (-5, NO_NAME[1]), (-3, "no DNS server answered")):
            request = http.request("GET", "http://board.lan:8080/")
            request.start = time.ticks_ms()
            request.connection = None
            same(failure(request, OSError("[addrinfo error %d]" % number)), -4)
            same(request.error.errno, number)
            same(str(request.error)[: len(words)], words)


def test_texts_in_place_of_numbers():
    # And nothing at all: so drivers raise them.
    for numbers in (NEWLIB, LINUX):
        failure = port(numbers)
        for er in (OSError("Wifi Internal Error"), OSError()):
            request = http.request("GET", "http://board.lan:8080/")
            request.start = time.ticks_ms()
            request.connection = Connection(False, (False, "board.lan", 8080))
            same(failure(request, er), -4)
            assert str(er) in str(request.error), request.error


URL = "https://board.lan:8080/"
# Numbers of mbedTLS 3 (its ssl.h, x509.h) and of axTLS (its ssl.h), as tls.py gives them.
HANDSHAKE = (
    (OSError(-0x7200, "MBEDTLS_ERR_SSL_INVALID_RECORD"), "board.lan port 8080 does not speak TLS"),
    (OSError(-0x7700), "does not speak TLS: does it want http://? (error -0x7700)"),
    (OSError(-261, "INVALID_PROT_MSG"), "does not speak TLS"),
    (OSError(-0x6E80), "no version or cipher of TLS in common"),
    (OSError(-0x6E00), "no version or cipher of TLS in common"),
    (OSError(-266, "NO_CIPHER"), "no version or cipher of TLS in common"),
    (OSError(-263, "INVALID_VERSION"), "no version or cipher of TLS in common"),
    (OSError(-0x2700), "is the clock set?"),
    (OSError(-257, "RECORD_OVERFLOW"), "larger pieces"),
    (OSError(-0x6C00, "MBEDTLS_ERR_SSL_INTERNAL_ERROR"), "TLS with board.lan port 8080 failed"),
    (ValueError("tls", "refused"), "certificate of the client"),
    (ValueError("tls", "verify"), "cannot verify"),
    (ValueError("tls", "The certificate validity has expired\n"), "expired, or the clock is wr"),
    (
        ValueError("tls", "The certificate validity starts in the future\n"),
        "A board starts in 2000; it says %d-" % time.gmtime()[0],
    ),
    (
        ValueError(
            "tls", "The certificate Common Name (CN) does not match with the expected CN\n"
        ),
        "is for another host than board.lan",
    ),
    (
        ValueError(
            "tls",
            "The certificate validity has expired\nThe certificate is not correctly signed by the "
            "trusted CA\n",
        ),
        ", and it is not signed by ca_file",
    ),
    (ValueError("tls", "invalid ca"), "ca_file is malformed"),
    (ValueError("tls", "invalid cert"), "client_ca is malformed"),
    (ValueError("tls", "invalid key"), "client_key is malformed"),
    (ValueError("tls", "client_key is malformed"), "client_key is malformed"),
)


def test_tls_in_the_handshake():
    failure = port(LINUX)
    for er, words in HANDSHAKE:
        code, text = fail(failure, er, False, URL)
        same(code, -4, text)
        assert words in text and "  " not in text and "\n" not in text, (words, text)


def test_tls_after_the_handshake():
    failure = port(LINUX)
    same(fail(failure, OSError(-0x7180, "X"), True, URL)[0], -6)
    text = fail(failure, OSError(-0x7180, "X"), True, URL)[1]
    same(text, "the TLS connection to board.lan port 8080 broke (error -0x7180 X)")
    same(fail(failure, OSError(-0x7780), True, URL)[0], -4)  # TLS 1.3 refuses a client
    same(fail(failure, OSError(-0x7F00), True, URL)[0], -1)
    same(fail(failure, OSError(-104), True, URL)[0], -6)
    same(
        fail(failure, OSError(104), True, URL)[1],
        "board.lan port 8080 ended the connection: did the server fail, or does it want http?",
    )
