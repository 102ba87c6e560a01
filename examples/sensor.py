# A task that posts a reading as JSON every few seconds. After a failure it says so and goes on
# with the next one. Other tasks of the board run meanwhile.

import asyncio
import json
import time

import http
import wifi

URL = "http://httpbin.org/post"
SECONDS = 5  # from one reading to the next
COUNT = 5  # readings; 0 for no end
WIFI_SSID = ""
WIFI_PASSWORD = ""

try:
    from config import *  # settings of your own, if there is a file config.py
except ImportError:
    pass


def reading():
    """Return a reading that needs nothing attached to the board."""
    try:
        import esp32

        # Degrees Celsius of the newer chips; Fahrenheit of the first ESP32.
        for name in ("mcu_temperature", "raw_temperature"):
            if hasattr(esp32, name):
                return {name: getattr(esp32, name)()}
    except ImportError:
        pass
    try:
        from machine import ADC

        return {"adc": ADC(0).read_u16()}  # pin A0 of an ESP8266
    except (ImportError, ValueError):
        return {"uptime_ms": time.ticks_ms()}


async def post(url, number):
    """Post one reading; return whether the server took it."""
    data = reading()
    data["number"] = number
    body = json.dumps(data)
    request = http.request(
        "POST", url, {"Content-Type": "application/json"}, body, {"timeout": 10000}
    )
    code, headers, answer = await request
    if code < 0:
        print("sensor:", body, "failed with", code, "-", request.error)
    else:
        print("sensor:", body, "status", code)
    return 200 <= code < 300


async def sensor(url):
    number = sent = 0
    while True:
        number += 1
        sent += await post(url, number)
        if number == COUNT:
            break
        await asyncio.sleep(SECONDS)
    print("sensor: %d of %d readings were taken" % (sent, number))
    return sent == number


async def tasks():
    # Create tasks of your own here.
    return await asyncio.create_task(sensor(URL))


def main():
    """Return whether the server took every reading."""
    try:
        wifi.connect(WIFI_SSID, WIFI_PASSWORD)
    except OSError as er:
        print(er)
        return False
    print("sensor: posting to", URL)
    return asyncio.run(tasks())


if __name__ == "__main__":
    main()
