# Following a redirect (RFC 9110 section 15.4), loaded when there is one.

from .head import split
from .headers import field


def redirect(r, status, head):
    """Make `r` the request that the response asks for; return False if it asks for none.

    Changes its URL, method, body and fields, and counts it. Raises ValueError when it cannot be
    followed.
    """
    location = field(head, b"location")
    if location is None or status not in (301, 302, 303, 307, 308):
        return False
    if r.redirects < 0:
        raise ValueError("many")
    r.redirects = r.redirects - 1 or -1  # how many more; 0 would be to follow none
    old, target, userinfo = split(r.url)
    if userinfo is not None:
        from .fields import authorize

        r.fields = authorize(r.fields, userinfo)
    try:
        r.url = join(r.url, target, location.decode())
        new = split(r.url)[0]
    except ValueError:
        raise ValueError("location")
    if r.tls and r.tls[0] and old[0] and not new[0]:
        raise ValueError("plain")
    drop = ()
    if new != old:
        # Another origin: what the first one was trusted with, or called, stays there.
        drop = ("authorization", "cookie", "proxy-authorization", "host")
    if (status == 303 and r.method != "HEAD") or (status < 303 and r.method == "POST"):
        r.method = "GET"
        r.body = b""
        drop += ("content-type", "content-encoding", "content-language", "content-location")
    elif hasattr(r.body, "rewind"):
        r.body.rewind()
    if r.fields:
        from .fields import block

        r.fields = block(r.fields, drop)
    return True


def join(base, target, reference):
    """Resolve `reference` against the URL `base`, whose path and query are `target`.

    RFC 3986 section 5.2.
    """
    path = target[: first("?", target)]
    absolute = reference.find(":", 0, first("/?#", reference)) > 0
    if absolute:
        base = reference
    elif reference[:2] == "//":
        absolute = True
        base = base[: base.find("//")] + reference
    authority = base.find("://") + 3
    end = first("/?#", base, authority)
    origin = base[:end]
    if absolute:
        reference = base[end:]
        if reference[:1] != "/":
            reference = "/" + reference
    elif not first("?#", reference):
        return origin + (path + reference if reference[:1] == "?" else target)
    elif reference[0] != "/":
        reference = path[: path.rfind("/") + 1] + reference
    end = first("?#", reference)
    segments = []
    for segment in reference[:end].split("/"):
        if segment == ".." and len(segments) > 1:
            segments.pop()
        elif segment not in (".", ".."):
            segments.append(segment)
    if segment in (".", ".."):
        segments.append("")
    return origin + "/".join(segments) + reference[end:]


def first(chars, text, start=0):
    # The index of the first of `chars` from `start` on, or the length of the text.
    end = len(text)
    for c in chars:
        i = text.find(c, start, end)
        if i >= 0:
            end = i
    return end
