# What wrong arguments raise, in words.

from prelude import *

import http

URL = "http://127.0.0.1/"


def says(words, **opts):
    try:
        http.request("GET", URL, None, None, opts)
    except (TypeError, ValueError) as er:
        same(str(er), words, opts)
    else:
        raise AssertionError("%r is taken" % (opts,))


def test_opts():
    same(raises(TypeError, http.request, "GET", URL, None, None, 5), "opts must be a dict")


def test_timeout():
    for value in ("5", 1.5, -1, 1 << 29):
        says("timeout must be an integer, 0 to 536870911 ms", timeout=value)


def test_redirects():
    for value in ("5", 1.5, -1, 1 << 29):
        says("redirects must be an integer, 0 to 536870911", redirects=value)


def test_dst():
    words = "dst must be a path (not empty, no NUL), a bytearray, a writable memoryview or an "
    for value in ("", "a\0", 5, b"a", memoryview(b"a")):
        says(words + "object with write()", dst=value)


def test_fota():
    for value in (1, "yes", {"sha1": "a"}):
        says('fota must be True or {"sha256": digest}, and without dst', fota=value)
    says('fota must be True or {"sha256": digest}, and without dst', fota=True, dst="a")


def test_resume():
    for dst in (None, bytearray(5)):
        says("resume needs a path as dst", resume=True, dst=dst)


def test_sha256():
    words = "sha256 must be 64 hex digits, as text, given once, for dst or fota"
    digest = "a" * 64
    for value in (5, b"a" * 64, digest + "a", "g" * 64):
        says(words, sha256=value, dst="a")
    says(words, sha256=digest)
    says(words, sha256=digest, fota={"sha256": digest})


def test_callback():
    says("callback must be callable", callback=5)


def test_adapter():
    says("adapter must be an IP address or a network interface", adapter=b"1.2.3.4")


def test_headers():
    for value in (5, ["A: b"]):
        text = raises(TypeError, http.request, "GET", URL, value)
        same(text, "headers must be a dict, or lines as text or bytes")
