"""What somebody sees who looks around at the REPL."""

import contextlib
import os
import pty
import select
import subprocess
import time

import pytest
from conftest import HANG, ROOT

FILES = sorted(
    path.stem for path in (ROOT / "lib" / "http").glob("*.py") if path.stem != "__init__"
)
USED = ["forms", "headers", "keepalive", "multipart", "source"]


@pytest.mark.device
def test_dir_shows_all_names_and_loads_nothing(mpy):
    mpy.run("names", files=FILES, used=USED)


class Repl:
    """The REPL of an interpreter, at a terminal."""

    def __init__(self, command, folder):
        self.terminal, other = pty.openpty()
        self.process = subprocess.Popen(
            [command],
            cwd=folder,
            env=dict(os.environ, MICROPYPATH=f".frozen:{ROOT / 'lib'}", TERM="dumb"),
            stdin=other,
            stdout=other,
            stderr=other,
        )
        os.close(other)
        self.until(">>> ")

    def until(self, end):
        """Return the output up to `end`."""
        text = ""
        deadline = time.monotonic() + HANG
        while not text.endswith(end):
            ready, _, _ = select.select([self.terminal], [], [], deadline - time.monotonic())
            assert ready, f"no {end!r} after {text!r}"
            text += os.read(self.terminal, 4096).decode()
        return text

    def run(self, line):
        """Return what `line` prints."""
        os.write(self.terminal, line.encode() + b"\r")
        return self.until("\r\n>>> ").split("\r\n", 1)[1][: -len("\r\n>>> ")]

    def tab(self, line):
        """Return the names that TAB shows after `line`."""
        os.write(self.terminal, line.encode() + b"\t")
        text = self.until(">>> " + line)  # the echo has come after such a prompt before
        os.write(self.terminal, b"\x03")
        self.until(">>> ")
        return text[len(line) : -len(">>> " + line)].split()

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)


@pytest.fixture
def repl(mpy, tmp_path):
    with contextlib.closing(Repl(mpy.command, tmp_path)) as repl:
        yield repl


def test_tab_shows_all_names_and_loads_nothing(repl):
    repl.run("import gc, http, sys")
    loaded = repl.run("sorted(sys.modules)")
    measure = "(gc.collect(), gc.mem_alloc())[1]"
    repl.run(measure)
    before = int(repl.run(measure))
    names = repl.tab("http.")
    assert int(repl.run(measure)) - before < 512  # what the REPL remembers, lines for one
    assert repl.tab("http.ERROR_C") == ["ERROR_CONNECT", "ERROR_CLOSE"]
    assert repl.run("sorted(sys.modules)") == loaded
    assert set(repl.run("' '.join(dir(http))").strip("'").split()) >= set(names)
    for name in (
        "request get post put delete certificates close Multipart urlencode last_error OK ERROR "
        "ERROR_FOTA ERROR_DOWNLOAD ERROR_STATE"
    ).split():
        assert name in names
    assert not set(FILES) & set(names)


def test_print_says_what_a_request_is(repl):
    repl.run("import http")
    assert repl.run("http.request('GET', 'http://a:b@c/')") == "<GET http://c/, not begun>"
