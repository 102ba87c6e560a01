#!/usr/bin/env python3
"""Run a script of examples/ on a board. The board sees http and the examples in a mounted folder.

The script finds its settings in a file config.py: $URL, $WIFI_SSID, $WIFI_PASSWORD, and the words
NAME=value of $SETTINGS, which are quoted as for a shell.
"""

import argparse
import os
import pathlib
import shlex
import shutil
import sys
import tempfile

from mpremote.transport import TransportError, stdout_write_bytes
from serial import SerialException

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import install  # noqa: E402
import package  # noqa: E402

EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"

# The settings of each example, with their types.
WIFI = {"WIFI_SSID": str, "WIFI_PASSWORD": str}
SETTINGS = {
    "download": {"URL": str, "DST": str, "SHA256": str, "ATTEMPTS": int, "TIMEOUT": int, **WIFI},
    "events": {"URL": str, "COUNT": int, "ATTEMPTS": int, "TIMEOUT": int, **WIFI},
    "fetch": {"URL": str},
    "get": {"URL": str, **WIFI},
    "https": {"URL": str, "CA_FILE": str, **WIFI},
    "json_post": {"URL": str, **WIFI},
    "ota": {"URL": str, "SHA256": str, "CHECK_URL": str, "ATTEMPTS": int, **WIFI},
    "retry": {"URL": str, "ATTEMPTS": int, "SECONDS": float, "TIMEOUT": int, **WIFI},
    "sensor": {"URL": str, "SECONDS": float, "COUNT": int, **WIFI},
    "upload": {"URL": str, "FILE": str, "CONTENT_TYPE": str, "NOTE": str, **WIFI},
    "wifi": WIFI,
}

# A board that resets says no more, and mpremote would wait for ever. So an example that wants to
# reset the board only ends here; the reset comes when nobody waits any more.
RUN = """
import os, sys
sys.path.insert(0, '/remote')
os.chdir('/')  # files without a folder go to the flash, not to the mounted folder
import {name} as example
class Reset(BaseException):
    pass
def stop():
    raise Reset
reset, example.reset = getattr(example, 'reset', None), stop
try:
    outcome = example.main()
except Reset:
    outcome = 'reset'
"""


def fail(message):
    sys.exit("firmware/example.py: " + message)


def settings(name, environment):
    """Return {setting: value} for the example `name`, from the environment."""
    given = [(key, environment.get(key)) for key in ("URL", "WIFI_SSID", "WIFI_PASSWORD")]
    given = [(key, value) for key, value in given if value]
    words = environment.get("SETTINGS", "")
    try:
        for word in shlex.split(words):
            key, equals, value = word.partition("=")
            if not equals:
                fail(f"{word} in SETTINGS is not NAME=value")
            given.append((key, value))
    except ValueError as er:
        fail(f"SETTINGS={words}: {er}")
    types = SETTINGS[name]
    values = {}
    for key, value in given:
        if key not in types:
            fail(f"{name} has no setting {key}; it has {', '.join(types)}")
        try:
            values[key] = types[key](value)
        except ValueError:
            fail(f"{key} has to be a number, not {value}")
    return values


def prepare(folder, values):
    """Put into `folder` what the board needs: http, the examples, and `values` in config.py."""
    package.write(folder, package.compiled())
    for path in EXAMPLES.glob("*.py"):
        shutil.copy(path, folder)
    # Settings in a config.py of the user's own stay, unless these replace them.
    with open(pathlib.Path(folder, "config.py"), "a", encoding="utf-8") as file:
        for key, value in values.items():
            file.write(f"\n{key} = {value!r}\n")


def run(board, folder, name):
    """Run the example `name` with `folder` mounted; return whether it did what it is for."""
    board.mount_local(folder)
    board.exec_raw_no_follow(RUN.format(name=name))
    _, error = board.follow(timeout=None, data_consumer=stdout_write_bytes)
    if error:
        stdout_write_bytes(error)
        return False
    outcome = board.eval("outcome")
    board.umount_local()
    if outcome == "reset":
        print("the board restarts")
        board.exec_raw_no_follow("reset()")
    else:
        board.exit_raw_repl()
    return outcome


def main():
    there = ", ".join(SETTINGS)
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], epilog="Examples: " + there
    )
    parser.add_argument("port")
    parser.add_argument("name", help="of the example")
    arguments = parser.parse_args()
    name = arguments.name
    if name not in SETTINGS:
        fail(f"no example {name}; there are {there}")
    values = settings(name, os.environ)
    board = install.connect(arguments.port)
    try:
        install.check(board)
        with tempfile.TemporaryDirectory() as folder:
            prepare(folder, values)
            if not run(board, folder, name):
                fail(f"the example {name} ended with a failure")
    except (TransportError, SerialException, OSError) as er:
        fail(f"the connection to the board failed: {er}")
    except KeyboardInterrupt:
        board.serial.write(b"\x03")  # else the example would go on
        fail("interrupted")
    finally:
        board.close()


if __name__ == "__main__":
    main()
