# What went wrong, as a code and in words. Loaded when something did: texts take memory.

import sys
from micropython import const

# Codes of the task API, see codes.py.
_STATE = const(-1)
_CONNECT = const(-4)
_CLOSE = const(-5)
_RX = const(-6)
_DOWNLOAD = const(-7)
_TIMEOUT = const(-8)

_ENOMEM = const(12)
_ENOSPC = const(28)

# The reason that a ValueError gives, the code of such a failure (without its sign), and its words.
TEXTS = {
    "blank": "4blank, control or non-ASCII character in the URL, or no URL",
    "scheme": "4the URL does not start with http:// or https://",
    "userinfo": "4bad percent-encoding in the user info of the URL",
    "port": "4bad port in the URL",
    "host": "4bad host in the URL",
    "ipv6": "4no address was found: this port, or the host, has no IPv6",
    "dns": "4the DNS server did not answer: what is the address of %s?",
    "name": "4no host %s: the DNS server knows no IPv4 address of that name",
    "answer": "4the DNS server failed to look %s up, or its answer is malformed",
    "verify": "4the TLS of this port cannot verify a server, so ca_file cannot be honoured",
    "http": "2the server does not speak HTTP/1",
    "limit": "2response head larger than 8 KB",
    "status": "2malformed status line, or a bare CR or NUL in the response head",
    "field": "2malformed header line",
    "length": "2malformed or contradicting Content-Length",
    "coding": "2a Transfer-Encoding other than chunked, beside Content-Length, or in HTTP/1.0",
    "chunk": "3malformed chunk",
    "many": "2too many redirects",
    "location": "2bad Location",
    "plain": "4redirect to plain http although ca_file was given",
    "twice": "2the redirect wants the body again, which cannot be sent twice",
    "busy": "7another download to this dst, or another update, is going on",
    "fat": "7the power failed as FAT renamed dst: keep the good one of dst, dst.part.old and "
    "dst.part elsewhere, and check the file system",
    "file": "7dst is a folder or a device",
    "small": "7dst is too small for the body",
    "digest": "7the body does not have the given sha256",
    "range": "2the server sent a range that was not asked for",
    "ota": "9no over-the-air update here: only ESP32 has esp32.Partition",
    "magic": "9not an ESP32 application image: it does not start with 0xE9",
    "big": "9the image is larger than the OTA partition",
    # What options have to be: a TypeError or ValueError, no code.
    "opts": "0opts must be a dict",
    "timeout": "0timeout must be an integer, 0 to 536870911 ms",
    "redirects": "0redirects must be an integer, 0 to 536870911",
    "dst": "0dst must be a path (not empty, no NUL), a bytearray, a writable memoryview or an "
    "object with write()",
    "fota": '0fota must be True or {"sha256": digest}, and without dst',
    "resume": "0resume needs a path as dst",
    "sha256": "0sha256 must be 64 hex digits, as text, given once, for dst or fota",
    "callback": "0callback must be callable",
    "adapter": "0adapter must be an IP address or a network interface",
}


def failure(r, er):
    """Set `r.error` for the exception `er`, which ended the request `r`; return its code."""
    connection = r.connection
    code = _CONNECT
    if connection and (connection.sent or connection.reused):
        code = _RX
    if isinstance(er, ValueError) and er.args and isinstance(er.args[0], int):
        code, er = er.args  # of a destination: see Base.failed
    number = getattr(er, "errno", 0)
    if not isinstance(number, int):
        number = 0  # a text, or none, in an OSError of the port's own
    if number < 0 and code == _RX:
        from .tls_errors import later

        code, er = later(r, er)
    if isinstance(er, OSError):
        if number == _ENOMEM:
            code = _STATE
        elif not r.left():
            code = _TIMEOUT  # also of what cannot be interrupted: a look-up, or axTLS
        elif number < 0 and not (connection and connection.stream):
            # Of getaddrinfo(): -2 on unix, -202 of lwIP.
            er = OSError(number, "no host of this name was found")
        elif number == _ENOSPC:
            er = OSError(_ENOSPC, "no room on the file system")
    elif isinstance(er, EOFError):
        code = _CLOSE
        er = EOFError("the peer closed the connection before the response was complete")
    elif isinstance(er, ValueError):
        text = er.args[0] if er.args else ""
        if text in TEXTS:
            text = TEXTS[text]
            if code > _DOWNLOAD:
                code = -int(text[0])
            er = ValueError(text[1:] % er.args[1:])
        elif isinstance(text, str):
            text = text.strip()  # mbedTLS puts line ends around its texts
            if "future" in text:
                text += " (is the clock set? a board starts in 2000)"
            er = ValueError(text)
    else:
        code = _STATE
    r.error = er
    keepalive = sys.modules.get("http.keepalive")
    if code == _STATE and keepalive:
        keepalive.close()  # gives back its memory before anybody tries again
    if r.debug:
        print("http: failed with", code, repr(er))
    return code
