# Post a dict as JSON, and read the JSON that comes back.

import json
import sys

import http
import wifi

URL = globals().get("URL", "http://httpbin.org/post")
WIFI_SSID = globals().get("WIFI_SSID", "")
WIFI_PASSWORD = globals().get("WIFI_PASSWORD", "")


def post(url, data):
    """Return what the server answers to `data`, or None."""
    request = http.request("POST", url, None, data, {"timeout": 10000})
    code, headers, body = request.wait()
    if code < 0:
        print("json_post: failed with", code, "-", request.error)
        return None
    if not 200 <= code < 300:
        print("json_post: status", code)
        return None
    try:
        return json.loads(body)
    except ValueError:
        print("json_post: the answer is no JSON but", headers.get("Content-Type"))
        return None


def main(url):
    try:
        wifi.connect(WIFI_SSID, WIFI_PASSWORD)
    except OSError as er:
        print(er)
        return
    data = {"board": sys.platform, "readings": [21.5, 21.75], "door": None}
    answer = post(url, data)
    if answer is not None:
        # httpbin sends back what it received.
        print("json_post: the server received", answer.get("json"))


main(URL)
