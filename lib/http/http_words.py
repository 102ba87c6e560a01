# Faults of a URL, a look-up or a response, in words. Loaded when there is one.

TEXTS = {
    "blank": "no URL, or a blank, control or non-ASCII character in it, to be written as %20",
    "scheme": "the URL does not start with http:// or https://",
    "userinfo": "bad percent-encoding in the user info of the URL",
    "port": "bad port in the URL: it is a number from 1 to 65535",
    "host": "bad host in the URL",
    "ipv6": "no IPv6 address was found for %s: this port, or the host, has none",
    "dns": "the DNS server did not answer for %s: is the network (Wi-Fi) connected?",
    "name": "no host %s: the DNS server knows no IPv4 address of that name; is it right?",
    "answer": "the DNS server failed to look %s up, or its answer is malformed: try another",
    "http": "%s does not speak HTTP/1: is it another service, or does it want https?",
    "limit": "response head larger than 8 KB",
    "status": "malformed status line, or a bare CR or NUL in the response head",
    "field": "malformed header line in the response head",
    "length": "malformed or contradicting Content-Length in the response",
    "coding": "a Transfer-Encoding other than chunked, beside Content-Length, or in HTTP/1.0",
    "chunk": "malformed chunk in the response",
    "many": "too many redirects, or a circle of them",
    "location": "bad Location in a redirect",
    "plain": "redirect to plain http although ca_file was given",
    "twice": "the redirect wants the body again, which cannot be sent twice: give bytes or a file",
    "range": "the server sent a range that was not asked for",
}


def words(r, code, er, number):
    """Return what the reason in the ValueError `er` means, None if it is no reason."""
    reason = er.args[0] if er.args else None
    text = TEXTS.get(reason)
    if text and "%s" in text:  # not the %20 above
        from .head import split

        text = text % split(r.url)[0][1]
    return text
