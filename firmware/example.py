#!/usr/bin/env python3
"""Run a script of examples/ on a board, with http and the examples mounted from this machine.

Names given as NAME=value are defined for the script: URL, WIFI_SSID, WIFI_PASSWORD and the like.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import package  # noqa: E402

TOOLS = pathlib.Path(sys.executable).parent
EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"


def main():
    there = ", ".join(sorted(path.stem for path in EXAMPLES.glob("*.py")))
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], epilog="Examples: " + there
    )
    parser.add_argument("port")
    parser.add_argument("name", help="of the example")
    parser.add_argument("settings", nargs="*", metavar="NAME=value")
    arguments = parser.parse_args()
    script = EXAMPLES / (arguments.name + ".py")
    if not script.exists():
        sys.exit(f"firmware/example.py: no example {arguments.name}; there are {there}")
    # Files that it names without a folder are in the board's flash, not in the mounted folder.
    lines = "import os, sys\nsys.path.insert(0, '/remote')\nos.chdir('/')\n"
    for setting in arguments.settings:
        name, equals, value = setting.partition("=")
        if not name.isidentifier() or not equals:
            sys.exit(f"firmware/example.py: {setting} is not NAME=value")
        if value.isdigit() and not name.startswith("WIFI_"):
            value = int(value)
        if value != "":
            lines += f"{name} = {value!r}\n"
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "http").mkdir()
        for file, data in package.compiled().items():
            pathlib.Path(folder, file).write_bytes(data)
        for path in EXAMPLES.glob("*.py"):
            shutil.copy(path, folder)
        command = [TOOLS / "mpremote", "connect", arguments.port, "mount", folder]
        command += ["exec", lines, "run", script]
        sys.exit(subprocess.run(command, check=False).returncode)


if __name__ == "__main__":
    main()
