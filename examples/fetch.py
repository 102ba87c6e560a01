# Fetch a URL, follow redirects, print status, headers and the beginning of the body. The URL is
# the argument; on a board, where a script has none, it stands here or in config.py.

import sys

import http

URL = ""

try:
    from config import *  # settings of your own, if there is a file config.py
except ImportError:
    pass

SHOWN = 1000  # bytes of the body


def printable(data):
    """Return `data` as text; bytes that are none, or would upset a terminal, as they are."""
    try:
        if all(c >= 32 or c in b"\t\r\n" for c in data):
            return data.decode()
    except UnicodeError:
        pass
    return bytes(data)


def main():
    """Return whether there was a response, of whatever status."""
    url = sys.argv[1] if len(sys.argv) > 1 else URL
    if not url:
        print("usage: fetch.py URL")
        return False
    request = http.request("GET", url, None, None, {"timeout": 30000, "redirects": 10})
    code, headers, body = request.wait()
    if code < 0:
        print("failed with code", code, "-", request.error)
        return False
    print(code)
    for name, value in headers.items():
        print("%s: %s" % (name, printable(value.encode())))
    print()
    print(printable(body[:SHOWN]))
    if len(body) > SHOWN:
        print("... %d bytes in all" % len(body))
    return True


if __name__ == "__main__" and not main():
    sys.exit(1)
