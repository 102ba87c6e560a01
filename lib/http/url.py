# An absolute http URL, split into what a request needs (RFC 3986, RFC 9110 section 4.2).


def split(url):
    """Return (tls, host, port, target, userinfo) of the absolute `url`.

    `host` is in lower case and keeps the brackets of an IPv6 address, `target` is the path and
    query of the request line, `userinfo` is None when absent. ValueError for anything else.
    """
    data = url.encode()
    if not data or min(data) < 33 or max(data) > 126:
        raise ValueError("blank")
    url = url.split("#")[0]
    start = url.find("://") + 3
    scheme = url[:start].lower()
    tls = scheme == "https://"
    if not tls and scheme != "http://":
        raise ValueError("scheme")
    url = url[start:]
    host = url.split("/")[0].split("?")[0]
    target = url[len(host) :]
    if target[:1] != "/":
        target = "/" + target
    userinfo = None
    if "@" in host:
        userinfo, host = host.rsplit("@", 1)
    host = host.lower()
    port = 443 if tls else 80
    colon = host.rfind(":")
    if colon > host.rfind("]"):
        digits = host[colon + 1 :]
        host = host[:colon]
        if digits:
            # Not int() first: its error would show what may be half of a mistyped password.
            if not digits.isdigit() or not 0 < int(digits) < 65536:
                raise ValueError("port")
            port = int(digits)
    if (":" in host) != (host[:1] == "[" and host[-1:] == "]") or not host:
        raise ValueError("host")
    return tls, host, port, target, userinfo
