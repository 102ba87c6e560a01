# What went wrong, as a code and in words. Loaded when something did: texts take memory.

import sys
from micropython import const

# The codes of the task API, see __init__.py.
_STATE = const(-1)
_HEADER = const(-2)
_BODY = const(-3)
_CLOSE = const(-5)
_RX = const(-6)
_TIMEOUT = const(-8)

_ENOMEM = const(12)
_ENOSPC = const(28)

TEXTS = {
    "blank": "blank, control or non-ASCII character in the URL, or no URL",
    "scheme": "the URL does not start with http:// or https://",
    "userinfo": "bad percent-encoding in the user info of the URL",
    "port": "bad port in the URL",
    "host": "bad host in the URL",
    "ipv6": "no address was found: this port, or the host, has no IPv6",
    "verify": "the TLS of this port cannot verify a server, so ca_file cannot be honoured",
    "http": "the server does not speak HTTP/1",
    "limit": "response head larger than 8 KB",
    "status": "malformed status line, or a bare CR or NUL in the response head",
    "field": "malformed header line",
    "length": "malformed or contradicting Content-Length",
    "coding": "a Transfer-Encoding other than chunked, beside Content-Length, or in HTTP/1.0",
    "chunk": "malformed chunk",
    "many": "too many redirects",
    "location": "bad Location",
    "plain": "redirect to plain http although ca_file was given",
    "twice": "the redirect wants the body again, which cannot be sent twice",
    "busy": "another download to this dst, or another update, is going on",
    "fat": "the power failed as FAT renamed dst: keep the good one of dst, dst.part.old and "
    "dst.part elsewhere, and check the file system",
    "file": "dst is a folder or a device",
    "small": "dst is too small for the body",
    "digest": "the body does not have the given sha256",
    "range": "the server sent a range that was not asked for",
    "ota": "no over-the-air update here: only ESP32 has esp32.Partition",
    "magic": "not an ESP32 application image: it does not start with 0xE9",
    "big": "the image is larger than the OTA partition",
    # What options have to be.
    "opts": "opts must be a dict",
    "timeout": "timeout must be an integer, 0 to 536870911 ms",
    "redirects": "redirects must be an integer, 0 to 536870911",
    "dst": "dst must be a path (not empty, no NUL), a bytearray or a writable memoryview",
    "fota": 'fota must be True or {"sha256": digest}, and without dst',
    "resume": "resume needs a path as dst",
    "sha256": "sha256 must be 64 hex digits, as text, given once, for dst or fota",
    "callback": "callback must be callable",
    "adapter": "adapter must be an IP address or a network interface",
}


def failure(r, er):
    """Set `r.error` for the exception `er`, and return the code to report."""
    code = r.code
    if isinstance(er, OSError) and code in (_HEADER, _BODY, _RX) and (er.errno or 0) < 0:
        from .tls_errors import later

        code, er = later(r, er)
    if isinstance(er, EOFError):
        code = _CLOSE
        er = EOFError("the peer closed the connection before the response was complete")
    elif isinstance(er, OSError):
        if er.errno == _ENOMEM:
            code = _STATE
        elif not r.left():
            code = _TIMEOUT  # also of what cannot be interrupted: a look-up, or axTLS
        elif code in (_HEADER, _BODY):
            code = _RX
        elif er.errno == _ENOSPC:
            er = OSError(_ENOSPC, "no room on the file system")
    elif isinstance(er, ValueError):
        text = TEXTS.get(er.args[0] if er.args else None)
        if text:
            er = ValueError(text)
        elif er.args and isinstance(er.args[0], str):
            text = er.args[0].strip()  # mbedTLS puts line ends around its texts
            if "future" in text:
                text += " (is the clock set? a board starts in 2000)"
            er = ValueError(text)
    else:
        code = _STATE
    r.error = er
    keepalive = sys.modules.get("http.keepalive")
    if code == _STATE and keepalive:
        keepalive.close()  # gives back its memory before anybody tries again
    if r.opts.get("debug"):
        print("http: failed with", code, repr(er))
    return code
