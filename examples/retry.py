# A request that is made again as long as its failure may pass: the Wi-Fi is gone, the server is
# down or busy. The pauses double, so that many boards do not keep a server down.

import os
import time

import http
import wifi

URL = "http://httpbin.org/status/200,500,503"
ATTEMPTS = 6
SECONDS = 1  # the first pause
TIMEOUT = 10000  # milliseconds of one attempt
WIFI_SSID = ""
WIFI_PASSWORD = ""

try:
    from config import *  # settings of your own, if there is a file config.py
except ImportError:
    pass

LONGEST = 60  # seconds, whatever the server wishes

CODES = (
    http.ERROR_STATE,  # the memory may be free again
    http.ERROR_CONNECT,
    http.ERROR_CLOSE,
    http.ERROR_RX,
    http.ERROR_TIMEOUT,
)
STATUSES = (408, 429, 500, 502, 503, 504)


def pause(attempt, headers):
    """Return the seconds to wait after `attempt`, which counts from 1."""
    seconds = min(LONGEST, SECONDS * 2 ** (attempt - 1))
    # Not all boards at once: between a half and the whole.
    seconds *= (256 + os.urandom(1)[0]) / 512
    wish = headers.get("Retry-After", "") if headers else ""
    if wish.isdigit():
        seconds = min(LONGEST, max(seconds, int(wish)))
    return seconds


def fetch(method, url, headers=None, body=None):
    """Return (code, headers, body) of the first attempt that leaves nothing to hope for, or None.

    A request whose answer is lost may have been carried out. So retry only what may happen twice:
    GET, PUT and DELETE, or a POST that the server knows again (an Idempotency-Key).
    """
    for attempt in range(1, ATTEMPTS + 1):
        answer = None
        try:
            wifi.connect(WIFI_SSID, WIFI_PASSWORD)  # does nothing while it is connected
        except OSError as er:
            print(er)
        else:
            request = http.request(method, url, headers, body, {"timeout": TIMEOUT})
            code, answer, got = request.wait()
            if code < 0:
                print("retry: attempt", attempt, "failed with", code, "-", request.error)
            else:
                print("retry: attempt", attempt, "has status", code)
            if code not in CODES and code not in STATUSES:
                return code, answer, got
        if attempt < ATTEMPTS:
            seconds = pause(attempt, answer)
            print("retry: waiting %.1f s" % seconds)
            time.sleep(seconds)
    return None


def main():
    """Return whether an attempt succeeded."""
    result = fetch("GET", URL)
    if not result:
        print("retry: gave up")
        return False
    code, headers, body = result
    if code < 0:
        print("retry: no attempt can succeed")
        return False
    print("retry: status", code, "with", len(body), "bytes")
    return code < 400


if __name__ == "__main__":
    main()
