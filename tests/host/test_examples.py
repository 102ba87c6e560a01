"""The commands of the README, and what they say when something is missing."""

import os
import shlex
import shutil
import subprocess
import sys

from conftest import HANG, ROOT


def make(*args, input="", **env):
    return subprocess.run(
        ["make", "-s", *args],
        cwd=ROOT,
        env=dict(os.environ, **env),
        input=input,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )


def test_tour_prints_each_example_and_its_result():
    done = make("run")
    assert done.returncode == 0, done.stdout + done.stderr
    out = done.stdout
    assert out.count(">>> ") == 15
    for line in (
        '>>> http.get(URL + "/ip", None, callback)\n200 bytearray(',
        '"origin": "127.0.0.1"',
        '"data": "abc=123"',
        "(-8, None, None) no answer from 127.0.0.1 port ",
        'ca_file=CA).wait()\n... print(code, headers["content-type"], body)\n200 application/json',
        "(-4, None, None) the server's certificate is for another host than 127.0.0.1\n",
        "[########################################] 65536 of 65536",
        "-65535/65536 65536",
        "200 200 200 200 200 in ",
        "task 4 has 200",
        "callback has 200",
    ):
        assert line in out
    assert "failed" not in out
    ms = int(out.split()[-2])
    assert 1000 <= ms < 6000  # six requests of a second each, side by side
    (ROOT / "data.bin").unlink()


def test_fetch(httpbin_url):
    done = make("run", f"URL={httpbin_url}/base64/aGVsbG8=")
    lines = done.stdout.splitlines()
    assert (lines[0], lines[-1]) == ("200", "hello")
    assert "Content-Length: 5" in lines
    done = make("run", f"URL={httpbin_url}/bytes/5000?seed=1")
    assert done.stdout.endswith("... 5000 bytes in all\n")
    done = make("run", "URL=http://127.0.0.1:1/")
    assert done.returncode
    assert "failed with code -4 - 127.0.0.1 port 1 refused the connection: " in done.stdout


def test_repl_without_a_board():
    done = make("repl", input="print(http.request('GET', URL + '/uuid').wait()[0])\n")
    assert "a local httpbin is at URL = http://127.0.0.1:" in done.stdout
    assert "\n200\n" in done.stdout


def test_readme_shows_real_output(mpy, httpbin_url):
    blocks = (ROOT / "README.md").read_text().split("```")
    code, output = blocks[1].removeprefix("python\n"), blocks[3].removeprefix("output\n")
    script = code.replace("http://httpbin.org", httpbin_url)
    output = output.replace("httpbin.org port 80", httpbin_url[7:].replace(":", " port "))
    env = dict(os.environ, MICROPYPATH=f".frozen:{ROOT / 'lib'}")
    command = [mpy.command, "-c", script]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.stdout == output


def test_help():
    assert "make run URL=" in make("help").stdout


def prepare(folder, python):
    """Run make's first step in an empty folder with `python`, a script for sh, as its Python."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    stub = folder / "python"
    stub.write_text(f"#!/bin/sh\n{python}\n")
    stub.chmod(0o755)
    done = subprocess.run(
        ["make", "-s", "-C", folder, ".venv/made", f"PYTHON={stub}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert not (folder / ".venv").exists()
    return done.stderr.replace(str(stub), "STUB").splitlines()[0]


def test_make_says_what_is_missing(tmp_path):
    version = "Python 3.9 or later is needed, and STUB is not: name one with PYTHON=..."
    assert prepare(tmp_path, "exit 127") == version
    old = f"{shlex.quote(sys.executable)} -c 'import sys; sys.version_info = (3, 8)\n'\"$2\""
    assert prepare(tmp_path, old) == version
    bare = f'[ "$2" != \'import ensurepip, venv\' ] && exec {shlex.quote(sys.executable)} "$@"'
    venv = "STUB has no module venv; on Debian and Ubuntu: apt install python3-venv"
    assert prepare(tmp_path, bare) == venv
