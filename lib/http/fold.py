# Obsolete line folding of header fields, loaded when a server still does it.


def fold(head):
    """Join every line of `head` that starts with a blank to the one before it by a space.

    RFC 9112 section 5.2. ValueError where there is no such line, or no field before it.
    """
    if b"\n " not in head and b"\n\t" not in head:
        raise ValueError("field")
    lines = head.split(b"\n")
    for i in range(1, len(lines)):
        line = lines[i]
        if line[:1] not in (b" ", b"\t"):
            lines[i] = b"\n" + line
        elif i == 1:
            raise ValueError("field")
        else:
            lines[i - 1] = lines[i - 1].rstrip()
            lines[i] = b" " + line.lstrip(b" \t")
    return b"".join(lines)
