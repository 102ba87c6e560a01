# A task that posts a reading as JSON every few seconds; what fails is told and the next one is
# sent all the same. Other tasks of the board run meanwhile.

import json
import time

import http
import wifi

try:
    import asyncio
except ImportError:
    import uasyncio as asyncio  # v1.20

URL = globals().get("URL", "http://httpbin.org/post")
SECONDS = globals().get("SECONDS", 5)  # from one reading to the next
COUNT = globals().get("COUNT", 5)  # readings, 0 for ever
WIFI_SSID = globals().get("WIFI_SSID", "")
WIFI_PASSWORD = globals().get("WIFI_PASSWORD", "")


def reading():
    """Return what this board can measure without anything attached."""
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


async def main(url):
    # Create the tasks of your own here.
    await asyncio.create_task(sensor(url))


try:
    wifi.connect(WIFI_SSID, WIFI_PASSWORD)
except OSError as er:
    print(er)
else:
    print("sensor: posting to", URL)
    asyncio.run(main(URL))
