# Fetch the URL given as argument (on a board: defined before), follow redirects, print code,
# headers and the first of the body.

import sys

import http

SHOWN = 1000  # bytes of the body

URL = globals().get("URL") or (sys.argv[1:] or [None])[0]
if not URL:
    print("usage: fetch.py URL")
    sys.exit(2)

request = http.request("GET", URL, None, None, {"timeout": 30000, "redirects": 10})
code, headers, body = request.wait()
if code < 0:
    print("failed with code", code, "-", request.error)
    sys.exit(1)
print(code)
for name, value in headers.items():
    print(name + ": " + value)
print()
try:
    print(body[:SHOWN].decode())
except UnicodeError:
    print(bytes(body[:SHOWN]))
if len(body) > SHOWN:
    print("... %d bytes in all" % len(body))
