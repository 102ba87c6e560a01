# Upload a file in a form, as a browser does, with a progress bar. It is never whole in memory.

import os

import http
import wifi

URL = "http://httpbin.org/post"
FILE = "picture.jpg"
CONTENT_TYPE = "image/jpeg"
NOTE = "uploaded by a board"  # another field of the form
WIFI_SSID = ""
WIFI_PASSWORD = ""

try:
    from config import *  # settings of your own, if there is a file config.py
except ImportError:
    pass

WIDTH = 32


class Progress:
    """A binary file that draws how much of it has been read."""

    def __init__(self, file, size):
        self.file = file
        self.size = size
        self.shown = -1
        self.tell = file.tell
        self.seek = file.seek

    def readinto(self, buf):
        n = self.file.readinto(buf)
        done = self.file.tell()  # which is less again when a redirect wants it once more
        part = WIDTH * done // self.size
        if part != self.shown:
            self.shown = part
            bar = "#" * part + "." * (WIDTH - part)
            print("\r[%s] %d of %d" % (bar, done, self.size), end="")
        return n


class Nowhere:
    """A destination for a body that nobody reads: httpbin, for one, sends back the whole file."""

    def write(self, data):
        pass


def upload(url, path):
    """Return whether the server took the file."""
    size = os.stat(path)[6]
    print("upload:", path, "with", size, "bytes")
    with open(path, "rb") as f:
        # Pairs, as a dict has no order here.
        fields = [("note", NOTE), ("file", (path, Progress(f, size), CONTENT_TYPE))]
        opts = {"timeout": 300000, "redirects": 5, "dst": Nowhere()}
        request = http.request("POST", url, None, http.Multipart(fields), opts)
        code, headers, received = request.wait()
    if size:
        print()  # ends the line of the bar
    if code < 0:
        print("upload: failed with", code, "-", request.error)
    else:
        print("upload: status", code, "and an answer of", received, "bytes")
    return 200 <= code < 300


def main():
    """Return whether the server took the file."""
    try:
        wifi.connect(WIFI_SSID, WIFI_PASSWORD)
    except OSError as er:
        print(er)
        return False
    try:
        return upload(URL, FILE)
    except OSError as er:  # of the file: what the network does is a code
        print("upload: cannot read", FILE, "-", er)
        return False


if __name__ == "__main__":
    main()
