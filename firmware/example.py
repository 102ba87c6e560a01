#!/usr/bin/env python3
"""Run a script of examples/ on a board, with http and the examples mounted from this machine.

$URL, $WIFI_SSID, $WIFI_PASSWORD and what $SETTINGS holds as NAME=value, quoted as for a shell, is
defined for the script; a number where the script has a number.
"""

import argparse
import ast
import keyword
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import install  # noqa: E402
import package  # noqa: E402

TOOLS = pathlib.Path(sys.executable).parent
EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples"


# sys.exit() resets a board, which mpremote takes for a failure of its own.
RUN = """
import os, sys
sys.path.insert(0, '/remote')
os.chdir('/')  # files without a folder are in the flash, not in what is mounted
try:
    exec(compile(open('/remote/{name}.py').read(), '{name}.py', 'exec'), globals())
except SystemExit as er:
    print('{failed}' if er.args and er.args[0] else '')
"""
FAILED = "the example ended with a failure"


def fail(message):
    sys.exit("firmware/example.py: " + message)


def numbers(script):
    """Return the names of the settings that are numbers in the text `script`."""
    found = re.findall(r'^(\w+) = globals\(\)\.get\("\w+", ([\d.]+)\)', script, re.MULTILINE)
    return {name for name, _ in found}


def settings(environment, script):
    """Return lines that define what the environment sets."""
    given = {name: environment.get(name, "") for name in ("URL", "WIFI_SSID", "WIFI_PASSWORD")}
    for setting in shlex.split(environment.get("SETTINGS", "")):
        name, equals, value = setting.partition("=")
        if not equals or not name.isidentifier() or keyword.iskeyword(name):
            fail(f"{setting} in SETTINGS is not NAME=value")
        given[name] = value
    lines = ""
    for name, value in given.items():
        if value and name in numbers(script):
            try:
                value = ast.literal_eval(value)
            except (SyntaxError, ValueError):
                fail(f"{name} has to be a number, not {value}")
        if value != "":
            lines += f"{name} = {value!r}\n"
    return lines


def main():
    names = sorted(path.stem for path in EXAMPLES.glob("*.py") if path.stem != "tour")
    there = ", ".join(names)
    parser = argparse.ArgumentParser(
        description=__doc__.split("\n\n")[0], epilog="Examples: " + there
    )
    parser.add_argument("port")
    parser.add_argument("name", help="of the example")
    arguments = parser.parse_args()
    name = arguments.name
    if name not in names:
        fail(f"no example {name}; there are {there}")
    lines = settings(os.environ, (EXAMPLES / (name + ".py")).read_text())
    install.connect(arguments.port).close()  # says what to do if there is no board
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "http").mkdir()
        for file, data in package.compiled().items():
            pathlib.Path(folder, file).write_bytes(data)
        for path in EXAMPLES.glob("*.py"):
            shutil.copy(path, folder)
        script = lines + RUN.format(name=name, failed=FAILED)
        command = [TOOLS / "mpremote", "connect", arguments.port, "mount", folder, "exec", script]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        failed = False
        for line in process.stdout:
            failed = failed or line.strip() == FAILED.encode()
            sys.stdout.buffer.write(line)
            sys.stdout.flush()
        sys.exit(process.wait() or failed)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        fail("interrupted")
