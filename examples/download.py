# Download a file with a progress bar. After a failure it tries again, and goes on where it stopped
# if the server can. The file gets its name only when it is complete and has the digest.

import time

import http
import wifi

URL = "http://httpbin.org/range/65536?duration=4&chunk_size=1024"
DST = "download.bin"
SHA256 = ""  # in hex; without it, no check
ATTEMPTS = 5
TIMEOUT = 60000  # milliseconds of one attempt
WIFI_SSID = ""
WIFI_PASSWORD = ""

try:
    from config import *  # settings of your own, if there is a file config.py
except ImportError:
    pass

WIDTH = 32


def progress(total, done, shown):
    # `shown` is the userdata of the request: the length of the bar that is drawn.
    part = WIDTH * done // total if total else done // 4096
    if part != shown[0]:
        shown[0] = part
        if total:
            bar = "#" * part + "." * (WIDTH - part)
            print("\r[%s] %d of %d" % (bar, done, total), end="")
        else:
            print("\r%d bytes" % done, end="")  # the server does not say how many


def download(url, dst):
    """Return the number of bytes, or None if every attempt failed."""
    opts = {"dst": dst, "resume": True, "redirects": 5, "timeout": TIMEOUT, "callback": progress}
    if SHA256:
        opts["sha256"] = SHA256
    for attempt in range(1, ATTEMPTS + 1):
        opts["userdata"] = [-1]
        request = http.request("GET", url, None, None, opts)
        code, headers, size = request.wait()
        if opts["userdata"][0] >= 0:
            print()  # ends the line of the bar
        if 200 <= code < 300:
            print("download: status", code, "- went on where it stopped" if code == 206 else "")
            return size
        if code > 0:
            print("download: attempt", attempt, "has status", code)
            if code < 500:
                return None  # it will be the same next time
        else:
            print("download: attempt", attempt, "failed with", code, "-", request.error)
        if attempt < ATTEMPTS:
            time.sleep(attempt)
    return None


def main():
    """Return whether the file is there."""
    try:
        wifi.connect(WIFI_SSID, WIFI_PASSWORD)
    except OSError as er:
        print(er)
        return False
    print("download:", URL)
    size = download(URL, DST)
    if size is None:
        print("download: gave up;", DST, "is as it was")
    else:
        print("download:", size, "bytes in", DST)
    return size is not None


if __name__ == "__main__":
    main()
