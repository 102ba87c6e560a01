# GET with a callback, as in NodeMCU.

import http
import wifi

URL = "http://httpbin.org/get"
WIFI_SSID = ""
WIFI_PASSWORD = ""

try:
    from config import *  # settings of your own, if there is a file config.py
except ImportError:
    pass

SHOWN = 1000  # bytes of the body

codes = []  # of the calls of show()


def show(code, body):
    codes.append(code)
    if code < 0:
        print("get: failed")
        return
    print("get: status", code, "with", len(body), "bytes")
    print(printable(body[:SHOWN]))


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
    try:
        wifi.connect(WIFI_SSID, WIFI_PASSWORD)
    except OSError as er:
        print(er)
        return False
    print("get:", URL)
    http.get(URL, None, show)  # returns after the callback, as no loop of asyncio runs
    return codes[-1] > 0


if __name__ == "__main__":
    main()
