# Server-sent events (WHATWG HTML, section 9.2), line by line as they arrive, in a task beside
# others. When the connection ends, it asks for what came after the last event that had an id.

import asyncio

import http
import wifi

URL = "https://stream.wikimedia.org/v2/stream/page-create"
COUNT = 10  # events, 0 for ever
ATTEMPTS = 5  # without an event in between
TIMEOUT = 600000  # milliseconds; then it connects again
WIFI_SSID = ""
WIFI_PASSWORD = ""

try:
    from config import *  # settings of your own, if there is a file config.py
except ImportError:
    pass

PIECE = 512  # bytes that are looked at together
LINE = 2048  # bytes; a longer line is left out, for no server to fill the memory
SHOWN = 60  # characters of an event


class Enough(Exception):
    """What write() raises ends the request, and reaches who made it."""


class Events:
    """A destination that calls `show(kind, data)` for each event."""

    def __init__(self, show):
        self.show = show
        self.id = ""  # of the last event
        self.retry = 3000  # milliseconds, unless the server has another wish
        self.begin()

    def begin(self):
        # What the end of a connection has cut off is no event.
        self.rest = b""
        self.skip = False  # the rest of a line that is too long
        self.kind = ""
        self.data = []

    def write(self, data):
        data = bytes(data[:PIECE])  # the rest is offered again
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        for line in lines:
            if not self.skip:
                try:
                    self.line(line.rstrip(b"\r").decode())
                except UnicodeError:
                    raise OSError("a line is not UTF-8")  # ends the connection
            self.skip = False
        if self.skip or len(self.rest) > LINE:
            self.rest = b""
            self.skip = True
        return len(data)

    def line(self, line):
        colon = line.find(":")
        name = line if colon < 0 else line[:colon]
        value = "" if colon < 0 else line[colon + 1 :]
        if value[:1] == " ":
            value = value[1:]
        if name == "data":
            self.data.append(value)
        elif name == "event":
            self.kind = value
        elif name == "id":
            self.id = value
        elif name == "retry" and value.isdigit():
            self.retry = int(value)
        elif not line and self.data:
            data, kind = "\n".join(self.data), self.kind
            self.data, self.kind = [], ""
            self.show(kind or "message", data)


async def follow(url, events):
    """Give `events` what the server sends, over as many connections as it takes."""
    failures = 0
    while failures < ATTEMPTS:
        headers = {"Accept": "text/event-stream"}
        if events.id:
            headers["Last-Event-ID"] = events.id
        events.begin()
        before = events.show.count
        request = http.request("GET", url, headers, None, {"dst": events, "timeout": TIMEOUT})
        code, headers, size = await request
        if code == 204 or 400 <= code < 500:
            print("events: status", code, "- there will be no more")
            return
        failures = 0 if events.show.count > before else failures + 1
        if code < 0:
            print("events: failed with", code, "-", request.error)
        else:
            print("events: the connection ended, status", code)
        await asyncio.sleep_ms(events.retry)
    print("events: gave up")


class Show:
    def __init__(self):
        self.count = 0

    def __call__(self, kind, data):
        self.count += 1
        print("events: %r %d - %r" % (kind, self.count, data[:SHOWN]))
        if self.count == COUNT:
            raise Enough


async def alive(ticks):
    # Stands for the rest of your program.
    while True:
        ticks[0] += 1
        await asyncio.sleep_ms(20)


async def tasks():
    ticks = [0]
    task = asyncio.create_task(alive(ticks))
    enough = False
    try:
        await follow(URL, Events(Show()))
    except Enough:
        enough = True
        print("events: that was enough")
    task.cancel()
    print("events: another task ran", ticks[0], "times meanwhile")
    return enough


def main():
    """Return whether as many events came as were wanted."""
    try:
        wifi.connect(WIFI_SSID, WIFI_PASSWORD)
    except OSError as er:
        print(er)
        return False
    print("events:", URL)
    return asyncio.run(tasks())


if __name__ == "__main__":
    main()
