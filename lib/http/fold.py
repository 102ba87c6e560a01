# Obsolete line folding of header fields, loaded when a server still does it.


def fold(head):
    """Join every line of `head` that starts with a blank to the one before it by a space.

    RFC 9112 section 5.2. ValueError where there is no such line, or no field before it.
    """
    if b"\n " not in head and b"\n\t" not in head:
        raise ValueError("field")
    first = head.find(b"\n")
    for blank in b" \t":
        i = head.find(bytes((10, blank)))
        while i >= 0:
            if i == first:
                raise ValueError("field")
            head = head[:i].rstrip() + b" " + head[i + 1 :].lstrip(b" \t")
            i = head.find(bytes((10, blank)))
    return head
