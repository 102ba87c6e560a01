# An absolute http URL, split into what a request needs (RFC 3986, RFC 9110 section 4.2).


def split(url):
    """Return (origin, target, userinfo) of the absolute `url`.

    `origin` is (tls, host, port), `host` in lower case and an IPv6 address with its brackets;
    `target` is the path and query of the request line, `userinfo` is None when absent.
    ValueError for anything else.
    """
    data = url.encode()
    if not data or min(data) < 33 or max(data) > 126:
        raise ValueError("blank")
    if "#" in url:
        url = url.split("#")[0]
    start = url.find("://") + 3
    scheme = url[:start].lower()
    tls = scheme == "https://"
    if not tls and scheme != "http://":
        raise ValueError("scheme")
    stop = url.find("/", start)
    if stop < 0:
        stop = len(url)
    query = url.find("?", start, stop)
    if query >= 0:
        stop = query
    host = url[start:stop]
    target = url[stop:]
    if not target.startswith("/"):
        target = "/" + target
    userinfo = None
    if "\\" in host:
        raise ValueError("host")  # which browsers take for a slash
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
            port = int(digits) if digits.isdigit() else 0
            if not 0 < port < 65536:
                raise ValueError("port")
    # Only what a name or an address has in it. "%" is for the zone of an IPv6 address.
    literal = host.startswith("[") and host.endswith("]")
    if not host or host.strip("abcdefghijklmnopqrstuvwxyz0123456789.-_" + "[:%]" * literal):
        raise ValueError("host")
    return (tls, host, port), target, userinfo
