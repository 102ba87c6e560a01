# Download a file with a progress bar. What fails is tried again and goes on where it stopped, if
# the server can; under its name the file is there only when it is complete and has the digest.

import time

import http
import wifi

URL = globals().get("URL", "http://httpbin.org/range/65536?duration=4&chunk_size=1024")
DST = globals().get("DST", "download.bin")
SHA256 = globals().get("SHA256", "")  # in hex; without it, no check
ATTEMPTS = globals().get("ATTEMPTS", 5)
TIMEOUT = globals().get("TIMEOUT", 60000)  # milliseconds of one attempt
WIFI_SSID = globals().get("WIFI_SSID", "")
WIFI_PASSWORD = globals().get("WIFI_PASSWORD", "")

WIDTH = 32


def progress(total, done, shown):
    # `shown` is the userdata of the request: how much of the bar is drawn.
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
                return None  # will be so next time, too
        else:
            print("download: attempt", attempt, "failed with", code, "-", request.error)
        if attempt < ATTEMPTS:
            time.sleep(attempt)
    return None


def main(url, dst):
    try:
        wifi.connect(WIFI_SSID, WIFI_PASSWORD)
    except OSError as er:
        print(er)
        return
    print("download:", url)
    size = download(url, dst)
    if size is None:
        print("download: gave up;", dst, "is as it was")
    else:
        print("download:", size, "bytes in", dst)


main(URL, DST)
