# GET with a callback, as in NodeMCU.

import http
import wifi

URL = globals().get("URL", "http://httpbin.org/get")
WIFI_SSID = globals().get("WIFI_SSID", "")
WIFI_PASSWORD = globals().get("WIFI_PASSWORD", "")

SHOWN = 1000  # bytes of the body


def show(code, body):
    if code < 0:
        print("get: failed")
        return
    print("get: status", code, "with", len(body), "bytes")
    try:
        print(body[:SHOWN].decode())
    except UnicodeError:
        print(bytes(body[:SHOWN]))


def main(url):
    try:
        wifi.connect(WIFI_SSID, WIFI_PASSWORD)
    except OSError as er:
        print(er)
        return
    print("get:", url)
    http.get(url, None, show)


main(URL)
