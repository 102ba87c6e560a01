# Rare lines in the head of a response: names of other characters than letters and hyphens,
# obsolete line folding, a list of Content-Length. Loaded when a server sends one.

from .token import TOKEN


def unfold(head, name):
    """Return None when `name`, how a line of `head` begins, is a token. Else join every line that
    begins with a blank to the one before it by a space (RFC 9112 section 5.2), and return that.

    ValueError where there is no such line, or no field before it.
    """
    if name and not name.strip(TOKEN):
        return None
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
            lines[i - 1] = lines[i - 1].rstrip(b" \t\r")
            lines[i] = b" " + line.lstrip(b" \t")
    return b"".join(lines)


def merge(lengths):
    """Return the one value that all of `lengths` have: those of Content-Length, with commas.

    Some proxies repeat Content-Length, or its value: equal ones do no harm (RFC 9112 section 6.3).
    ValueError when they differ, or when one is no number.
    """
    found = None
    for value in lengths.split(b","):
        value = value.strip(b" \t")
        if not value.isdigit() or len(value) > 18 or found not in (None, int(value)):
            raise ValueError("length")
        found = int(value)
    return found
