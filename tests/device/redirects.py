# Redirects, on the httpbin at P["url"], and on two peers (two origins) that answer ?N=LOCATION
# with status N and that Location, and anything else with the request they received.

from prelude import *

import http
import io

A = P["a"]
B = P["b"]


def go(method, url, headers=None, body=None, redirects=5, **opts):
    opts["redirects"] = redirects
    request = http.request(method, url, headers, body, opts)
    code, headers, got = request.wait()
    if code < 0:
        return code, str(request.error)
    return code, got.decode()


def to(status, location):
    return "?%d=%s" % (status, "".join(["%%%02x" % c for c in location.encode()]))


def test_none_is_followed_unless_asked_for():
    code, headers, body = http.request("GET", P["url"] + "/redirect/1").wait()
    same((code, headers["location"]), (302, "/get"))
    code, headers, body = http.request(
        "GET", P["url"] + "/redirect/1", None, None, {"redirects": 0}
    ).wait()
    same(code, 302)


def test_as_many_as_were_allowed_are_followed():
    same(go("GET", P["url"] + "/redirect/3", redirects=3)[0], 200)
    same(go("GET", P["url"] + "/absolute-redirect/3", redirects=3)[0], 200)
    same(
        go("GET", P["url"] + "/redirect/4", redirects=3),
        (-2, "too many redirects, or a circle of them"),
    )


def test_every_form_of_location():
    for base, location, want in (
        ("/d/x", A + "/abs?x=y", "/abs?x=y"),
        ("/d/x", A, "/"),
        ("/d/x", "//" + A[7:] + "/y", "/y"),
        ("/d/x", "/y", "/y"),
        ("/d/x", "y", "/d/y"),
        ("/d/x", "y?z", "/d/y?z"),
        ("/d/x", "?z", "/d/x?z"),
        ("/d/x", "?a=/b/../c", "/d/x?a=/b/../c"),
        ("/d/x", "./y", "/d/y"),
        ("/d/x", "../y", "/y"),
        ("/d/e/x", "../../../y", "/y"),
        ("/d/e/x", "..", "/d/"),
        ("/d/e/x", ".", "/d/e/"),
        ("/d/e/x", "./", "/d/e/"),
        ("/d/e/x", "y/./z/../w", "/d/e/y/w"),
        ("/d/x", "y#fragment", "/d/y"),
        ("/d/x", "/y?a:b", "/y?a:b"),
        ("/d/x", "y?u=http://e/", "/d/y?u=http://e/"),
        ("/d/x", A + "/a/./b/../y", "/a/y"),
        ("/d/x", A + "/../y?z=/../w", "/y?z=/../w"),
        ("/d/x", A + "/a/..", "/"),
        ("/d/x", A + "?y", "/?y"),
        ("/d/x", "//" + A[7:] + "/a/../y", "/y"),
        ("/d/x", A.upper() + "/./Y", "/Y"),
    ):
        code, body = go("GET", A + base + to(302, location))
        same(code, 200, location)
        same(body.split(" ")[1], want, (base, location))


def test_a_bad_location_is_refused():
    for location in (
        "http://a b/",
        "ftp://h/",
        "mailto:a@b",
        "http://:80/",
        "/caf\u00e9",
        "http://h:99999/",
        A + "\\@b/",
    ):
        code, error = go("GET", A + to(302, location))
        same((code, error), (-2, "bad Location in a redirect"), location)
    same(go("GET", A + "?302=/caf%e9"), (-2, "bad Location in a redirect"))  # not UTF-8


def test_a_redirect_to_itself_ends():
    same(go("GET", A + to(302, "")), (-2, "too many redirects, or a circle of them"))


def test_what_is_no_redirect_is_the_result():
    same(go("GET", A + "?302")[0], 302)  # no Location: the response is the result
    for status in (300, 304, 305, 306):
        same(go("GET", A + to(status, "/y"))[0], status)


def test_method_and_body_of_the_next_request():
    for status, method, want in (
        (301, "GET", "GET"),
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "DELETE", "GET"),
        (301, "PUT", "PUT"),
        (302, "DELETE", "DELETE"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
        (308, "PUT", "PUT"),
        (307, "GET", "GET"),
    ):
        sent = None if method == "GET" else "data"
        code, body = go(method, A + to(status, "/y"), {"Content-Type": "a/b", "X": "y"}, sent)
        same((code, body.split(" ")[0]), (200, want), (status, method))
        kept = want == method
        same("Content-Type: a/b" in body, kept)
        same(body.endswith("\r\n\r\ndata"), kept and sent is not None)
        same("Content-Length: 4" in body, kept and sent is not None)
        assert "X: y" in body
    same(go("HEAD", A + to(303, "/y")), (200, ""))


def test_a_body_that_can_be_rewound_is_sent_again():
    with open("redirect.txt", "w") as f:
        f.write("skipped" + "content" * 500)
    with open("redirect.txt", "rb") as f:
        f.seek(7)
        code, body = go("PUT", A + to(307, "/y"), None, f)
        same(code, 200)
        assert body.endswith("\r\n\r\n" + "content" * 500) and "skipped" not in body
    os.remove("redirect.txt")


def test_a_body_that_cannot_be_rewound_is_not():
    code, error = go("PUT", A + to(307, "/y"), None, iter([b"a"]))
    same(code, -2)
    assert "twice" in error, error
    same(go("POST", A + to(303, "/y"), None, iter([b"a"]))[0], 200)


def test_a_stream_gets_the_body_of_the_last_response_only():
    stream = io.BytesIO()
    opts = {"redirects": 5, "dst": stream}
    code, headers, n = http.request("GET", A + to(302, "/y"), None, None, opts).wait()
    same((code, n), (200, len(stream.getvalue())))
    same(stream.getvalue().startswith(b"GET /y "), True)


def test_credentials_stay_with_their_origin():
    secrets = {"authorization": "sesame", "Cookie": "sesame", "X": "y"}
    for headers in (secrets, "authorization: sesame\r\nCookie: sesame\r\nX: y\r\n"):
        code, body = go("GET", A + to(302, "/y"), headers)
        same((code, body.count("sesame")), (200, 2))
        code, body = go("GET", A + to(302, A + "/y"), headers)
        same((code, body.count("sesame")), (200, 2))
        code, body = go("GET", A + to(302, B + "/y"), headers)
        same((code, body.count("sesame"), "X: y" in body), (200, 0, True))
        # Nor do they come back with a redirect to where they belong.
        code, body = go("GET", A + to(302, B + to(302, A + "/y")), headers)
        same((code, body.count("sesame")), (200, 0))
        # Another name of the same host is another origin.
        code, body = go("GET", A + to(302, A.replace("127.0.0.1", "localhost") + "/y"), headers)
        same((code, body.count("sesame")), (200, 0))


def test_a_host_of_the_callers_own_stays_with_its_origin():
    for location, want in (("/y", True), (B + "/y", False)):
        code, body = go("GET", A + to(302, location), {"Host": "secret.example"})
        same((code, "secret" in body, "Host: " + B[7:] in body), (200, want, not want))


def test_credentials_of_the_url_stay_with_their_origin():
    basic = "Authorization: Basic dTpw"
    user = A.replace("//", "//u:p@")
    for location, want in (
        ("/y", True),
        (A + "/y", True),
        (B + "/y", False),
        (B.replace("//", "//u:p@"), True),
    ):
        code, body = go("GET", user + to(302, location))
        same((code, basic in body), (200, want), location)
