# Sentences for a user's mistakes, which say what to write instead; and print() of a request.


def mistake(r):
    """Raise RuntimeError: `r` was performed already, or nobody waits for it."""
    if r.start is not None:
        raise RuntimeError("a request is performed once; make a new one")
    raise RuntimeError(
        "a request has to be waited for: code, headers, body = http.request(...).wait(), or, in a "
        "task, await http.request(...)"
    )


_TEXTS = {
    "url": "method and url must be text",
    "headers": "headers must be a dict, or lines as text or bytes",
    "body": "body must be text, bytes, a dict or list, http.Multipart, or in what is waited for a "
    "binary file or an iterator of bytes",
    "callback": "callback must be callable",
}
_CALLBACK = (
    "the callback is the last argument: http.get(url, headers, callback), http.post(url, headers, "
    "body, callback), http.request(url, method, headers, body, callback); None is for no headers "
    "and no body"
)
_OPTIONS = (
    "options are for requests that are waited for, and come after the body: "
    "http.request(method, url, headers, body, opts); None is for no headers and no body"
)


def refuse(name, value):
    """Raise TypeError: `value` is none for the argument `name`, but maybe for another one."""
    text = _TEXTS[name]
    if callable(value):
        text = _CALLBACK
    elif name == "callback" and isinstance(value, dict):
        text = _OPTIONS
    raise TypeError(text)


def check(given):
    """Raise TypeError if `given`, headers or a body, is what opts are meant to be."""
    if given and not set(given) - set(
        "timeout redirects dst callback userdata sha256 resume fota keepalive adapter ipv6 "
        "debug".split()
    ):
        raise TypeError(_OPTIONS)


def repr(r):
    """Return the text that print() shows of the request `r`: method, URL and progress."""
    state = "not begun"
    if r.error:
        state = "failed, %r" % (r.error,)
    elif r.steps is False:
        state = "done"
    elif r.start is not None:
        state = "under way"
    return "<%s %s, %s>" % (r.method, without_userinfo(r.url), state)


def without_userinfo(url):
    # Also where it is so malformed that it would not be taken for user info: a password with a
    # slash.
    start = url.find("://") + 3 if "://" in url else 0
    host = url[start:]
    for c in "/?#":
        host = host.split(c)[0]
    rest = url[start + len(host) :]
    host = host.split("@")[-1]
    port = host[host.rfind("]") + 1 :].split(":", 1)
    if "@" in rest and port[1:] and not port[1].isdigit():
        rest = rest.split("@", 1)[1]
        host = ""
    return url[:start] + host + rest
