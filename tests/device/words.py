# What a request that failed says of it: between here and the server in P["url"].

from prelude import *

import http
import http.resolver as resolver
import stand_ins.network as network

HERE = P["url"][7:].replace(":", " port ")
network.ipconfig(dns="127.0.0.1")
resolver.PORT = P["dns"]
RUNS = None, asyncio.run
NETWORK = "is the network (Wi-Fi) connected"


def ask(url, code, method="GET", body=None, run=None, **opts):
    # (number, text) of a failure with this code.
    opts.setdefault("timeout", 60000)
    request = http.request(method, url, None, body, opts)
    same((run(request) if run else request.wait()), (code, None, None), (url, request.error))
    error = request.error
    if code == -8:
        assert isinstance(error, OSError), error
    number = error.errno if isinstance(error, OSError) else None
    text = str(error)
    if number is not None:
        same(error.args, (number, text))
    for opt in (method, body):
        assert text == text.strip() and "\n" not in text, text
    return number, text


def check(code, words, url, number=None, **more):
    got, text = ask(url, code, **more)
    same(text, words, url)
    same(got, number, url)


def port(url):
    return url[7:].strip("/").replace(":", " port ")


LINUX = sys.platform == "linux"
TIMEOUT = 110 if LINUX else 60


def test_nobody_there():
    for run in RUNS:
        check(
            -4,
            port(P["refused"]) + " refused the connection: does a server run there?",
            P["refused"],
            111 if LINUX else 61,
            run=run,
        )


def test_no_way_there():
    for run in RUNS:
        number, text = ask("http://255.255.255.255/", -4, run=run)
        same(text, "no way to 255.255.255.255: " + NETWORK + ", and the address right?")


def test_nobody_of_that_name():
    for run in RUNS:
        number, text = ask("http://no-such-host.invalid/", -4, run=run)
        # This machine may have no DNS server.
        assert text in (
            "no address of no-such-host.invalid found: is the name right, and "
            + NETWORK.replace("is ", "")
            + "?",
            "no DNS server answered: " + NETWORK + "?",
        ), text
        assert number < 0, number


def test_the_time_limit_at_each_step():
    silent = P["url"] + "/silent"
    for run in RUNS:
        check(
            -8,
            "no connection to %s within 400 ms" % port(P["busy"]),
            P["busy"],
            TIMEOUT,
            timeout=400,
            run=run,
        )
        words = "no answer from %s within 500 ms" % HERE
        check(-8, words, silent, TIMEOUT, timeout=500, run=run)
        for path in ("/half", "/head"):
            check(
                -8,
                "no complete response from %s within 500 ms" % HERE,
                P["url"] + path,
                TIMEOUT,
                timeout=500,
                run=run,
            )


def test_a_time_limit_that_is_meant_in_seconds():
    for run in RUNS:
        check(
            -8,
            "no answer from %s within 60 ms: timeout is in milliseconds" % HERE,
            P["url"] + "/silent",
            TIMEOUT,
            timeout=60,
            run=run,
        )


def test_the_server_goes():
    for run in RUNS:
        number, text = ask(P["url"] + "/reset", -6, run=run)
        same(text, HERE + " ended the connection: did the server fail, or does it want https?")
        same(number, 104 if LINUX else 54)
        words = "the peer closed the connection before the response was complete"
        check(-5, words, P["url"] + "/cut", run=run)


def test_the_server_is_another_one():
    for run in RUNS:
        check(
            -2,
            "127.0.0.1 does not speak HTTP/1: is it another service, or does it want https?",
            P["url"] + "/other",
            run=run,
        )


def test_an_adapter_of_another_device():
    for run in RUNS:
        check(
            -4,
            "the address of adapter is none of this device",
            P["url"],
            99 if LINUX else 49,
            adapter="192.0.2.1",
            run=run,
        )


def test_a_malformed_url():
    blank = "no URL, or a blank, control or non-ASCII character in it, to be written as %20"
    for run in RUNS:
        for url, words in (
            ("", blank),
            ("http://a b/", blank),
            ("192.168.1.5/", "the URL does not start with http:// or https://"),
            ("http://a:b/", "bad port in the URL: it is a number from 1 to 65535"),
            ("http://a%zz@b/", "bad percent-encoding in the user info of the URL"),
        ):
            check(-4, words, url, run=run)


def test_a_body_that_cannot_be_sent_twice():
    for run in RUNS:
        check(
            -2,
            "the redirect wants the body again, which cannot be sent twice: give bytes or a file",
            P["url"] + "/308",
            method="POST",
            body=iter([b"a"]),
            redirects=1,
            run=run,
        )


def test_a_dns_server_that_does_not_answer():
    # Until it is given up, and until the time limit.
    sys.modules["network"] = network
    resolver.SECOND = 40  # ms
    check(
        -4,
        "the DNS server did not answer for a.test: " + NETWORK + "?",
        "http://a.test/",
        run=asyncio.run,
    )
    resolver.SECOND = 1000
    check(
        -8,
        "no address of a.test within 310 ms",
        "http://a.test/",
        TIMEOUT,
        timeout=310,
        run=asyncio.run,
    )


def test_the_callback_api_has_the_same_words():
    http.get(P["refused"])
    assert "refused the connection" in str(http.last_error), http.last_error


def test_no_descriptor_is_left():
    # The words are loaded before: their file needs a descriptor too.
    ask(P["refused"], -4)
    files = []
    try:
        while True:
            files.append(open("/dev/null"))
            if len(files) > 100000:
                break
    except OSError as er:
        same(er.errno, 24)
        check(-4, "no socket is free: close other connections", P["url"], 24)
    for file in files:
        file.close()
