"""The runner of the scripts: it must not take a failure for a success."""

import os
import re
import subprocess
import sys

import pytest
from conftest import ROOT


def test_a_script_that_hangs_is_interrupted_and_fails(mpy):
    with pytest.raises(pytest.fail.Exception) as failed:
        mpy.run("hang", timeout=1)
    assert "hang hung for 1 s and ended with 1:" in str(failed.value)
    # It says where it was, by file and line.
    assert re.search(r'hang.py", line [67], .*\nKeyboardInterrupt', str(failed.value)), (
        failed.value
    )


def test_a_script_that_raises_fails(mpy):
    with pytest.raises(pytest.fail.Exception, match=r'chain.py", line 7(.*\n)+KeyError: count'):
        mpy.run("chain")


def test_a_task_that_nothing_can_wake_fails(mpy):
    # From v1.26 on its loop does not end: it has to be interrupted.
    with pytest.raises(pytest.fail.Exception, match="nothing can wake the task|hung for 20 s"):
        mpy.run("asleep", timeout=20)


def pytest_run(*args, **env):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *args],
        cwd=ROOT,
        env=dict(os.environ, **env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


SERVERS = """
import socket, urllib.parse
from servers import Peer, answer, httpbin
with Peer(answer(b"")) as peer, httpbin() as url:
    for each in (peer.url, url):
        found = urllib.parse.urlsplit(each)
        for host in ("127.0.0.1", "127.0.0.2"):
            with socket.socket() as client:
                outcome = client.connect_ex((host, found.port))
                print(found.hostname, host, "refused" if outcome else "listens")
"""


def test_servers_listen_at_bind_and_tell_host():
    """On Linux each 127.x.y.z is an address of its own."""
    if not sys.platform.startswith("linux"):
        pytest.skip("127.0.0.2 is no address here")
    done = subprocess.run(
        [sys.executable, "-c", SERVERS],
        cwd=ROOT / "tests" / "host",
        env=dict(os.environ, SERVER_HOST="127.0.0.2", SERVER_BIND="127.0.0.1"),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert done.stdout == 2 * "127.0.0.2 127.0.0.1 listens\n127.0.0.2 127.0.0.2 refused\n"


def test_without_32_bits_the_rest_runs_and_the_last_lines_say_so(mpy64):
    tests = ["tests/host/test_memory.py::test_heap", "tests/host/test_tasks.py::test_turns"]
    code, out = pytest_run(*tests, MICROPYTHON32="none", MICROPYTHON32_WHY="tried in vain")
    lines = out.splitlines()
    assert code == 0, out
    assert re.match(r"=+ 4 passed, 16 skipped in", lines[-1]), lines[-1]
    at = next(i for i, line in enumerate(lines) if "= not run =" in line)
    assert lines[at + 1].startswith("Whatever is of 32 bits: ")
    assert lines[at + 2] == "Why: tried in vain"


def test_an_interpreter_that_was_named_is_not_done_without(mpy64):
    code, out = pytest_run("tests/host/test_memory.py", MICROPYTHON32=mpy64.command)
    assert code and f"MICROPYTHON32={mpy64.command} is of 64 bits" in out, out


def test_no_board_is_said_in_a_line():
    code, out = pytest_run("tests/host", "--port", "/dev/nothing")
    assert code == 2 and "no board answers at PORT=/dev/nothing" in out, out
    assert "Traceback" not in out, out
