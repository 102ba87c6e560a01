# What a request that failed says of it: between here and the server in P["url"].

from prelude import *

import http
import http.resolver as resolver
import stand_ins.network as network

HERE = P["url"][7:].replace(":", " port ")
network.ipconfig(dns="127.0.0.1")
resolver.PORT = P["dns"]
resolver.SECOND = 40  # ms
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


for run in (None, asyncio.run):
    # Nobody there, no way there, nobody of that name.
    check(
        -4,
        port(P["refused"]) + " refused the connection: does a server run there?",
        P["refused"],
        111 if sys.platform == "linux" else 61,
        run=run,
    )
    number, text = ask("http://255.255.255.255/", -4, run=run)
    same(text, "no way to 255.255.255.255: " + NETWORK + ", and the address right?")
    number, text = ask("http://no-such-host.invalid/", -4, run=run)
    # This machine may have no DNS server.
    assert text in (
        "no address of no-such-host.invalid found: is the name right, and "
        + NETWORK.replace("is ", "")
        + "?",
        "no DNS server answered: " + NETWORK + "?",
    ), text
    assert number < 0, number

    # The time limit, at each step.
    late = 110 if sys.platform == "linux" else 60
    check(
        -8,
        "no connection to %s within 400 ms" % port(P["busy"]),
        P["busy"],
        late,
        timeout=400,
        run=run,
    )
    silent = P["url"] + "/silent"
    check(-8, "no answer from %s within 500 ms" % HERE, silent, late, timeout=500, run=run)
    check(
        -8,
        "no answer from %s within 60 ms: timeout is in milliseconds" % HERE,
        silent,
        late,
        timeout=60,
        run=run,
    )
    for path in ("/half", "/head"):
        check(
            -8,
            "no complete response from %s within 500 ms" % HERE,
            P["url"] + path,
            late,
            timeout=500,
            run=run,
        )

    # The server goes, or is another one.
    number, text = ask(P["url"] + "/reset", -6, run=run)
    same(text, HERE + " ended the connection: did the server fail, or does it want https?")
    same(number, 104 if sys.platform == "linux" else 54)
    check(-5, "the peer closed the connection before the response was complete", P["url"] + "/cut")
    check(
        -2,
        "127.0.0.1 does not speak HTTP/1: is it another service, or does it want https?",
        P["url"] + "/other",
        run=run,
    )

    # An address that is none of this device; a URL that is none.
    check(
        -4,
        "the address of adapter is none of this device",
        P["url"],
        99 if sys.platform == "linux" else 49,
        adapter="192.0.2.1",
        run=run,
    )
    for url, words in (
        ("", "no URL, or a blank, control or non-ASCII character in it, to be written as %20"),
        (
            "http://a b/",
            "no URL, or a blank, control or non-ASCII character in it, to be written as %20",
        ),
        ("192.168.1.5/", "the URL does not start with http:// or https://"),
        ("http://a:b/", "bad port in the URL: it is a number from 1 to 65535"),
        ("http://a%zz@b/", "bad percent-encoding in the user info of the URL"),
    ):
        check(-4, words, url, run=run)

    check(
        -2,
        "the redirect wants the body again, which cannot be sent twice: give bytes or a file",
        P["url"] + "/308",
        method="POST",
        body=iter([b"a"]),
        redirects=1,
        run=run,
    )

# A DNS server that does not answer, until it is given up and until the time limit.
sys.modules["network"] = network
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
    late,
    timeout=310,
    run=asyncio.run,
)

# The same words in the callback API, and with debug.
if hasattr(http, "last_error"):
    http.get(P["refused"])
    assert "refused the connection" in str(http.last_error), http.last_error

# No descriptor is left, so none for a file of words either, but those are loaded by now.
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
