# Over-the-air update of an ESP32, which rolls back unless the new application confirms itself.
#
# It needs a partition table with two application partitions (ota_0, ota_1): MicroPython's OTA
# variants have one. One script does everything. Run it twice:
#
# 1. It downloads the image at URL (micropython.bin of a build, or an .app-bin of micropython.org;
#    not the .bin for esptool, which begins with the bootloader) into the partition that does not
#    run, and resets the board.
# 2. On the next boot it sees from the file STATE that an update waits. If the new application can
#    make a request, it confirms itself. If not, it resets the board, and the bootloader goes back
#    to the application before. It also goes back if the new one crashes, or hangs and is reset,
#    before it has confirmed itself. The boot after that says so, and the one after it tries again.
#
# On a board of your own main.py starts it: `import ota`, `ota.main()`.
#
# MicroPython's bootloaders for ESP32 go back like this: they are built with
# CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE. Both applications use the same file system.

import os
import time

import http
import wifi

URL = ""
SHA256 = ""  # of the image, in hex; without it only ESP-IDF checks it
CHECK_URL = ""  # the new application has to reach it; without one, URL
ATTEMPTS = 3
WIFI_SSID = ""
WIFI_PASSWORD = ""

try:
    from config import *  # settings of your own, if there is a file config.py
except ImportError:
    pass

CHECK_URL = CHECK_URL or URL
STATE = "ota.state"  # a file with the name of the partition that has the update


def read_state():
    try:
        with open(STATE) as f:
            return f.read()
    except OSError:
        return ""


def write_state(text):
    with open(STATE, "w") as f:
        f.write(text)


def remove_state():
    try:
        os.remove(STATE)
    except OSError:
        pass


def reset():
    import machine

    print("ota: reset")
    time.sleep_ms(100)  # for the last line to get out
    machine.reset()


def progress(total, done, shown):
    part = 10 * done // total if total else 0
    if part != shown[0]:
        shown[0] = part
        print("ota: %d of %d bytes" % (done, total))


def update(running, target):
    print("ota: %s runs, %s gets %s" % (running, target, URL))
    opts = {"fota": {"sha256": SHA256} if SHA256 else True, "timeout": 300000, "redirects": 5}
    opts["callback"] = progress
    opts["userdata"] = [-1]
    # First, because with the last byte the new application is the one to boot.
    write_state(target)
    request = http.request("GET", URL, None, None, opts)
    code, headers, size = request.wait()
    if not 200 <= code < 300:
        remove_state()
        print(
            "ota: no update,", "status" if code > 0 else "failed with", code, request.error or ""
        )
        return False
    print("ota: %d bytes are in %s, which boots next" % (size, target))
    reset()


def works():
    """Return whether this application reaches CHECK_URL."""
    for attempt in range(ATTEMPTS):
        try:
            wifi.connect(WIFI_SSID, WIFI_PASSWORD)
        except OSError as er:
            print(er)
        else:
            opts = {"timeout": 20000, "redirects": 5}
            request = http.request("HEAD", CHECK_URL, None, None, opts)
            code, headers, body = request.wait()
            print("ota: HEAD", CHECK_URL, "-", code, request.error or "")
            if 200 <= code < 300:
                return True
        time.sleep(1)
    return False


def confirm(partition, running, target):
    """Return whether the update to `target` works."""
    if running != target.replace("failed ", ""):
        print("ota: the update did not last, %s runs again" % running)
        remove_state()
        return False
    if target.startswith("failed "):
        print("ota: the bootloader does not roll back; %s stays, without a check" % running)
        remove_state()
        return False
    if not works():
        print(
            "ota: %s does not work, so it is not confirmed and the bootloader goes back" % running
        )
        write_state("failed " + running)
        reset()
    try:
        partition.mark_app_valid_cancel_rollback()
        print("ota: %s is confirmed" % running)
    except OSError as er:
        print("ota: %s works; this firmware has no rollback to cancel (%s)" % (running, er))
    remove_state()
    return True


def main():
    """Return False if an update is impossible or failed."""
    try:
        from esp32 import Partition
    except ImportError:
        print("ota: no module esp32 here: updates over the air are for ESP32")
        return False
    partition = Partition(Partition.RUNNING)
    running = partition.info()[4]
    try:
        target = partition.get_next_update().info()[4]
    except OSError:
        print("ota: no OTA partition beside %s: flash the OTA variant of the firmware" % running)
        return False
    state = read_state()
    if state and not CHECK_URL:
        print("ota: CHECK_URL or URL has to be set, to confirm the update in", state)
        return False
    if state:
        return confirm(Partition, running, state)
    if not URL:
        print("ota: URL has to be set to the image of an application")
        return False
    try:
        wifi.connect(WIFI_SSID, WIFI_PASSWORD)
    except OSError as er:
        print(er)
        return False
    return update(running, target)


if __name__ == "__main__":
    main()
