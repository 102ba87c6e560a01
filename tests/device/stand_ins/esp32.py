# A stand-in for the esp32 module with two OTA partitions in files, and a bootloader that acts as
# the module is first imported: it rolls back what was started once and is not confirmed. Of the
# environment, OTA is "none" for a partition table without OTA, "keep" for a bootloader that does
# not roll back. What set_boot() of the real one refuses: see tests/device/ota.py.

import json
import os

TABLE = os.getenv("OTA")
OTHER = {"ota_0": "ota_1", "ota_1": "ota_0"}


def raw_temperature():
    return 128


def load():
    try:
        with open("otadata.json") as f:
            return json.load(f)
    except OSError:
        return {"boot": "ota_0", "states": {}}


def store():
    with open("otadata.json", "w") as f:
        json.dump(data, f)


data = load()
if TABLE != "keep":
    state = data["states"].get(data["boot"])
    if state == "new":
        data["states"][data["boot"]] = "pending"
    elif state == "pending":
        data["states"][data["boot"]] = "aborted"
        data["boot"] = OTHER[data["boot"]]
    store()
running = data["boot"]


class Partition:
    BOOT = 0
    RUNNING = 1

    def __init__(self, which):
        self.label = {self.BOOT: data["boot"], self.RUNNING: running}.get(which, which)

    def info(self):
        return (0, 16, 0x10000, 64 * 4096, self.label, False)

    def get_next_update(self):
        if TABLE == "none":
            raise OSError(2)
        return Partition(OTHER[self.label])

    def writeblocks(self, n, buf):
        with open(self.label + ".bin", "r+b" if n else "wb") as f:
            f.seek(n * 4096)
            f.write(buf)

    def set_boot(self):
        data["boot"] = self.label
        data["states"][self.label] = "new"
        store()

    @classmethod
    def mark_app_valid_cancel_rollback(cls):
        if TABLE == "keep":
            raise OSError(-261)
        data["states"][running] = "valid"
        store()
