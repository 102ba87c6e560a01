# Nothing of a request ends up where it does not belong: CR, LF and NUL in every part of it.

from prelude import *

import http

URL = P["url"]
SPLIT = "\r\nX-Injected: yes"

# Characters that end a line, a word or a C string.
BREAKS = ("\r\n", "\r", "\n", "\0", " ", SPLIT, SPLIT + "\r\n\r\nGET /injected HTTP/1.1\r\n")


def test_method():
    for c in BREAKS:
        for place in ("GET" + c, c + "GET", "G" + c + "ET"):
            raises(ValueError, http.request, place, URL)
            raises(ValueError, http.request, URL, place, None, None, print)


def test_url():
    for c in BREAKS:
        for url in (
            URL + c,
            URL + "/" + c,
            URL + "/" + c + "x",
            c + URL,
            URL.replace("//", "//u" + c + "@"),
        ):
            same(http.request("GET", url).wait(), (-4, None, None), url)
            calls = []
            http.get(url, None, lambda *args: calls.append(args))
            same(calls, [(-1, None)])


def test_location():
    for c in BREAKS:
        if "Injected" not in c:
            # The peer makes it a Location.
            url = URL + "/redirect?" + "-".join([str(x) for x in c.encode()])
            same(http.request("GET", url, None, None, {"redirects": 2}).wait()[0], -2, c)


def test_field_name():
    for c in BREAKS:
        for name in ("X" + c, c + "X", "X" + c + "Y"):
            raises(ValueError, http.request, "GET", URL, {name: "a"})
            raises(ValueError, http.request, "GET", URL, {name.encode(): "a"})
            raises(ValueError, http.get, URL, {name: "a"}, print)


def test_field_name_is_a_token():
    for name in ("X y", '"X"', "X(y)", "X/y", "X\xa0", "Caf\u00e9", "X\x7f", "", "[X]"):
        for headers in (
            {name: "a"},
            {name.encode(): "a"},
            name + ": a\r\n",
            "A: b\r\n" + name + ":a",
        ):
            raises(ValueError, http.request, "GET", URL, headers)
            raises(ValueError, http.get, URL, headers, print)


def test_field_value():
    for c in BREAKS:
        if c == " ":
            continue  # a value may hold it
        for value in ("a" + c, c + "a", "a" + c + "b"):
            for v in (value, value.encode(), bytearray(value.encode())):
                raises(ValueError, http.request, "GET", URL, {"X": v})
                raises(ValueError, http.get, URL, {"X": v}, print)


def test_one_host():
    for headers in (
        {"Host": "a", "host": "b"},
        {"Host": "a", b"HOST": "a"},
        "Host: a\r\nX: y\r\nhost: a\r\n",
    ):
        assert "Host" in raises(ValueError, http.request, "GET", URL, headers)
        assert "Host" in raises(ValueError, http.get, URL, headers, print)


def test_block_of_lines():
    # It may hold CRLF between lines, and nowhere else.
    for block in (
        "X: a\r\n\r\n",
        "\r\nX: a\r\n",
        "X: a\r\n\r\nGET /injected HTTP/1.1\r\n",
        "X: a\nX-Injected: yes\r\n",
        "X: a\rX-Injected: yes\r\n",
        "X: a\0\r\n",
        "X: a\r\n X-Injected: yes\r\n",
        "X : a\r\n",
        "X\r\n",
        ": a\r\n",
        "\n",
        "X: a\n",
        "X: a\r\r\n",
    ):
        for data in (block, block.encode()):
            raises(ValueError, http.request, "GET", URL, data)
            raises(ValueError, http.get, URL, data, print)


def test_credentials_of_a_url():
    same(http.request("GET", URL.replace("//", "//u%0d%0aX-Injected:%20yes:p@")).wait()[0], 200)
