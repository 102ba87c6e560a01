# Fetch the URL given as argument, follow redirects, print code, headers and the first of the body.

import sys

import http

SHOWN = 1000  # bytes of the body

if len(sys.argv) != 2:
    print("usage: fetch.py URL")
    sys.exit(2)

request = http.request("GET", sys.argv[1], None, None, {"timeout": 30000, "redirects": 10})
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
