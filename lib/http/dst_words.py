# Failures of the destination of a body (dst, fota), in words. Loaded when there is one.

TEXTS = {
    "busy": "another download to this dst, or another update, is going on",
    "fat": "the power failed as FAT renamed dst: keep the good one of dst, dst.part.old and "
    "dst.part elsewhere, and check the file system",
    "file": "dst is a folder or a device",
    "small": "dst is too small for the body",
    "digest": "the body does not have the given sha256",
    "ota": "no over-the-air update here: only ESP32 has esp32.Partition",
    "magic": "not an ESP32 application image: it does not start with 0xE9",
    "big": "the image is larger than the OTA partition",
    # Of LittleFS, which has numbers of its own, of FAT, ROMFS and POSIX: those of Linux, that
    # below 35 are the same everywhere. 91 is ENAMETOOLONG of newlib, 63 of macOS.
    1: "%s may not be written: it is protected",
    2: "the folder of %s does not exist: make it with os.mkdir()",
    5: "the file system failed to write %s: is the flash worn, or the card loose?",
    13: "%s may not be written: it is protected, or the folder is full",
    16: "the file system of %s is not ready: is the card in?",
    17: "%s is there already, as something else",
    19: "no file system is mounted at %s, or the card is out",
    20: "the folder of %s is a file",
    21: "%s is a folder",
    22: "%s is no name that this file system takes",
    23: "no file can be opened: too many are open",
    24: "no file can be opened: too many are open",
    27: "%s is too large for this file system",
    28: "no room on the file system for %s: remove what is not needed",
    30: "the file system of %s can only be read",
    36: "the name %s is too long",
    63: "the name %s is too long",
    84: "the file system of %s is damaged: back up, and format it anew",
    91: "the name %s is too long",
}


def words(r, code, er, number):
    """Return what `er`, an OSError of this number or a ValueError, means; None if it says so."""
    if isinstance(er, ValueError):
        return TEXTS.get(er.args[0] if er.args else None)
    dst = r.opts.get("dst")
    if dst is None:
        # The second argument, if any, is what ESP-IDF calls it.
        name = er.args[1] if len(er.args) > 1 else "error %d" % number
        return "the update failed: %s; is the image whole, and for this chip?" % name
    if not number:
        return None  # a text, of a driver, or of an object with write(data)
    if not isinstance(dst, str):
        dst = "dst"
    text = TEXTS.get(number, "%%s cannot be written: error %d" % number)
    return text % dst if "%s" in text else text
