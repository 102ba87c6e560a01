# Post a dict as JSON, and read the JSON that comes back.

import json
import sys

import http
import wifi

URL = "http://httpbin.org/post"
WIFI_SSID = ""
WIFI_PASSWORD = ""

try:
    from config import *  # settings of your own, if there is a file config.py
except ImportError:
    pass


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
        print("json_post: the answer is not JSON but", repr(headers.get("Content-Type")))
        return None


def main():
    """Return whether the server answered in JSON."""
    try:
        wifi.connect(WIFI_SSID, WIFI_PASSWORD)
    except OSError as er:
        print(er)
        return False
    data = {"board": sys.platform, "readings": [21.5, 21.75], "door": None}
    answer = post(URL, data)
    if answer is None:
        return False
    # httpbin sends back what it received.
    print("json_post: the server received", answer.get("json"))
    return True


if __name__ == "__main__":
    main()
