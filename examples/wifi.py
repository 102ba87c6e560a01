# Wi-Fi for the other examples, which import it: connect() returns the address of the board. On its
# own this script only connects.
#
# The settings of every example stand at its top. Edit them there, or write those that differ into
# a file config.py beside it, say WIFI_SSID = "…" and WIFI_PASSWORD = "…". Then
#
#   mpremote mount examples run examples/get.py
#
# runs one (`mount` is for `import wifi`); `make example` does it all, http included.

import time

WIFI_SSID = ""
WIFI_PASSWORD = ""

try:
    from config import *  # settings of your own, if there is a file config.py
except ImportError:
    pass

REASONS = (
    ("STAT_NO_AP_FOUND", "no network of this name is in reach"),
    ("STAT_WRONG_PASSWORD", "wrong password"),
    ("STAT_HANDSHAKE_TIMEOUT", "wrong password, or a weak signal"),
    ("STAT_BEACON_TIMEOUT", "the signal is too weak"),
    ("STAT_ASSOC_FAIL", "the access point refuses this board"),
    ("STAT_CONNECT_FAIL", "the access point refuses this board"),
)


def connect(ssid="", password="", timeout=20):
    """Connect within `timeout` seconds; return the address, or None where there is no Wi-Fi.

    Without `ssid`, it waits for the network that the board already uses, or already joins. What
    goes wrong is an OSError with a message.
    """
    try:
        import network
    except ImportError:
        print("wifi: no module network here, so the machine has to be connected already")
        return None
    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)
    if not ssid:
        if not wlan.isconnected() and wlan.status() != network.STAT_CONNECTING:
            raise OSError("wifi: not connected; WIFI_SSID and WIFI_PASSWORD have to be set")
    elif not wlan.isconnected() or wlan.config("ssid") != ssid:
        print("wifi: connecting to", ssid)
        wlan.disconnect()
        time.sleep_ms(200)  # until then ESP32 may take the old connection for the new one
        wlan.connect(ssid, password)
    start = time.ticks_ms()
    while not wlan.isconnected():
        if time.ticks_diff(time.ticks_ms(), start) > timeout * 1000:
            status = wlan.status()
            wlan.disconnect()  # ESP32 would try for ever
            raise OSError("wifi: not connected after %s s: %s" % (timeout, reason(status)))
        time.sleep_ms(100)
    address = wlan.ifconfig()[0]
    print("wifi: connected, this board is", address)
    return address


def reason(status):
    import network

    for name, text in REASONS:
        if getattr(network, name, None) == status:
            return text
    return "status %s" % status


def main():
    """Return whether the board is connected."""
    try:
        connect(WIFI_SSID, WIFI_PASSWORD)
    except OSError as er:
        print(er)
        return False
    return True


if __name__ == "__main__":
    main()
