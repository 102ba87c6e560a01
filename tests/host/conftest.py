"""Runs scripts of tests/device on the unix port of MicroPython, 64-bit and 32-bit."""

import os
import pathlib
import subprocess
import sys

import pytest
from servers import httpbin

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEVICE = ROOT / "tests" / "device"

sys.path.insert(0, str(ROOT / "firmware"))

import unix  # noqa: E402


def pytest_report_header(config):
    return [f"MicroPython, {bits} bits: {unix.find(bits)}" for bits in (64, 32)]


class MicroPython:
    """An interpreter that runs scripts against servers of this process."""

    def __init__(self, bits, folder):
        self.bits = bits
        self.folder = folder
        self.command = unix.find(bits)

    def start(self, script, *, uses=(), heap="512k", **parameters):
        """Start tests/device/<script>.py with `parameters` in P; return the process.

        `uses` names other files of that folder to put before it.
        """
        sources = [(DEVICE / f"{name}.py").read_text() for name in ("prelude", *uses, script)]
        path = self.folder / f"{script}.py"
        path.write_text("\n".join([f"P = {parameters!r}", *sources, "print('OK')", ""]))
        return subprocess.Popen(
            [self.command, "-X", f"heapsize={heap}", str(path)],
            cwd=self.folder,
            env=dict(os.environ, MICROPYPATH=f".frozen:{ROOT / 'lib'}"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, script, *, timeout=60, **parameters):
        """Run a script as `start` does; return what it printed.

        It fails the test when the script raises, prints no OK at its end, or takes more than
        `timeout` seconds (it is killed then).
        """
        process = self.start(script, **parameters)
        try:
            out, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
            pytest.fail(f"{script} hung for {timeout} s and was killed:\n{out.decode()}")
        out = out.decode(errors="replace")
        if process.returncode or not out.endswith("OK\n"):
            pytest.fail(f"{script} ended with {process.returncode}:\n{out}", pytrace=False)
        return out[:-3]


@pytest.fixture(params=[64, 32], ids=["64bit", "32bit"])
def mpy(request, tmp_path):
    return MicroPython(request.param, tmp_path)


@pytest.fixture
def mpy64(tmp_path):
    return MicroPython(64, tmp_path)


@pytest.fixture
def mpy32(tmp_path):
    return MicroPython(32, tmp_path)


@pytest.fixture(scope="session")
def httpbin_url():
    with httpbin() as url:
        yield url
