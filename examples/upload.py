# Upload a file in a form, as a browser does, with a progress bar. It is never whole in memory.

import os

import http
import wifi

URL = globals().get("URL", "http://httpbin.org/post")
FILE = globals().get("FILE", "picture.jpg")
CONTENT_TYPE = globals().get("CONTENT_TYPE", "image/jpeg")
NOTE = globals().get("NOTE", "uploaded by a board")  # another field of the form
WIFI_SSID = globals().get("WIFI_SSID", "")
WIFI_PASSWORD = globals().get("WIFI_PASSWORD", "")

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
    """A destination for what nobody reads: httpbin, for one, sends back the whole file."""

    def write(self, data):
        pass


def upload(url, path):
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


def main(url, path):
    try:
        wifi.connect(WIFI_SSID, WIFI_PASSWORD)
    except OSError as er:
        print(er)
        return
    try:
        upload(url, path)
    except OSError as er:  # of the file: what the network does is a code
        print("upload: cannot read", path, "-", er)


main(URL, FILE)
