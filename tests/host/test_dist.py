"""`make dist`: what it makes is what mip, pip and the type checkers take."""

import functools
import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading

import dist
import package
import pytest
from conftest import HANG, ROOT
from device import Device
from servers import Peer, answer
from virtual_board import VirtualBoard

VERSION = package.version()
HELLO = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
GET = """import http
code, headers, body = http.request("GET", "{}").wait()
print(http.__version__, code, body)
"""
GOT = f"{VERSION} 200 bytearray(b'hello')\n"


def run(*command, **options):
    done = subprocess.run(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=HANG,
        check=False,
        **options,
    )
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("make") / "dist"
    code, out = run("make", "-s", "dist", f"OUT={folder}", cwd=ROOT)
    assert code == 0, out
    assert f"python3 -m http.server -b 127.0.0.1 -d {folder} 8000\n" in out
    return folder


@pytest.fixture
def index(made):
    """Serve it as the line that `make dist` prints does; give the address, and the requests."""
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_request(self, code="-", size="-"):
            asked.append((self.path, int(code)))

    serve = functools.partial(Handler, directory=made)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def digests(files):
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def expected(compiled):
    return digests(package.compiled() if compiled else package.sources())


def asked_for(asked, compiled, version):
    """Check that mip found all that it asked for, and asked for nothing else."""
    first, *rest = asked
    assert first == (f"/package/{6 if compiled else 'py'}/http/{version}.json", 200)
    want = {f"/file/{digest[:2]}/{digest[:8]}" for digest in expected(compiled).values()}
    assert sorted(rest) == sorted((name, 200) for name in want)


@pytest.fixture(scope="module")
def virtual(tmp_path_factory):
    with VirtualBoard(tmp_path_factory.mktemp("board")) as board:
        yield board


# Prints name and digest of each file in a folder.
LIST = """
import binascii, hashlib, os
for name in os.listdir("/lib/http"):
    digest = hashlib.sha256()
    with open("/lib/http/" + name, "rb") as f:
        while True:
            data = f.read(256)
            if not data:
                break
            digest.update(data)
    print("http/" + name, binascii.hexlify(digest.digest()).decode())
"""


def installed(virtual, compiled, tmp_path):
    """Check the http on the virtual board, make a request with it, and remove it."""
    board = Device(virtual.port, installed=True)
    listed = board.mpremote("exec", LIST).splitlines()
    assert dict(line.split() for line in listed) == expected(compiled)
    with Peer(HELLO) as peer:
        out = board.run(tmp_path, "main", {"main": GET.format(peer.url)})
    assert out == GOT + "OK\n"
    board.mpremote("rm", "-r", ":/lib/http")


@pytest.mark.parametrize(
    "options, version, compiled",
    [
        (["http"], "latest", True),
        (["--no-mpy", "http@" + VERSION], VERSION, False),
    ],
    ids=["compiled", "source"],
)
def test_mpremote_mip(virtual, index, tmp_path, options, version, compiled):
    address, asked = index
    install = ("mip", "install", "--index", address, *options)
    out = Device(virtual.port).mpremote(*install)
    assert out.endswith("Done\n"), out
    asked_for(asked, compiled, version)
    # It goes on where it failed: it asks only for missing files.
    Device(virtual.port).mpremote("rm", ":/lib/http/head." + ("mpy" if compiled else "py"))
    del asked[:]
    assert Device(virtual.port).mpremote(*install).endswith("Done\n")
    assert len(asked) == 2
    installed(virtual, compiled, tmp_path)


@pytest.mark.parametrize(
    "more, version, compiled",
    [
        (f", version='{VERSION}'", VERSION, True),
        (", mpy=False", "latest", False),
    ],
    ids=["compiled", "source"],
)
def test_mip_on_a_board(virtual, index, tmp_path, more, version, compiled):
    address, asked = index
    install = f"import mip\nmip.install('http', index='{address}'{more})"
    out = Device(virtual.port).mpremote("exec", install)
    assert out.endswith("Done\n"), out
    asked_for(asked, compiled, version)
    installed(virtual, compiled, tmp_path)


@pytest.mark.parametrize("compiled", [True, False], ids=["mpy", "source"])
def test_mip_on_unix(mpy, index, tmp_path, compiled):
    address, asked = index
    (tmp_path / "lib").mkdir()
    with Peer(HELLO) as peer:
        (tmp_path / "main.py").write_text(
            f"import mip\nmip.install('http', index='{address}', mpy={compiled})\n"
            + GET.format(peer.url)
        )
        code, out = run(
            *(mpy.command, "main.py"),
            cwd=tmp_path,
            env=dict(os.environ, MICROPYPATH=f".frozen:{tmp_path}/lib"),
        )
    assert code == 0 and out.endswith("Done\n" + GOT), out
    asked_for(asked, compiled, "latest")
    found = {f"http/{path.name}": path.read_bytes() for path in (tmp_path / "lib/http").iterdir()}
    assert digests(found) == expected(compiled)


def test_a_version_that_is_not_there(virtual, index):
    out = Device(virtual.port).mpremote("mip", "install", "--index", index[0], "http@9.9.9")
    assert "Package not found" in out


def everything(folder):
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_the_digests_are_those_of_all_files(made):
    files = everything(made)
    sums = dict(line.split("  ")[::-1] for line in files.pop("SHA256SUMS").decode().splitlines())
    assert sums == digests(files)


CHANGES = f"""# Changelog

## Unreleased

## {VERSION} (2026-01-02)

### Added

- A thing.

## {VERSION}1

- Another.
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory, made):
    """A release, made elsewhere, from files of another time and other rights."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for name in ("lib", "firmware", "typings"):
        shutil.copytree(
            ROOT / name,
            folder / name,
            copy_function=shutil.copyfile,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")
    (folder / "CHANGELOG.md").write_text(CHANGES)
    seconds = json.loads((made / "index.json").read_text())["updated"]

    def make(*options, **env):
        return run(
            *(sys.executable, folder / "firmware" / "dist.py", *options),
            cwd=folder,
            env=dict(os.environ, **env),
            umask=0o077,
        )

    options = ("--address", "https://x.example/http/", "--tag", "v" + VERSION, "--notes", "notes")
    code, out = make(*options, SOURCE_DATE_EPOCH=str(seconds), TZ="Asia/Tokyo")
    assert code == 0, out
    return folder, make


def test_the_same_commit_gives_the_same_bytes(made, release):
    here, there = (everything(path) for path in (made, release[0] / "dist"))
    assert {name for name in here if here[name] != there.get(name)} == {
        "index.html",  # has the address
        "SHA256SUMS",
    }
    assert set(here) == set(there)


def test_a_release_says_where_it_is(release):
    folder, _ = release
    notes = (folder / "notes").read_text()
    assert notes.startswith("## Install\n")
    assert notes.endswith("\n\n## Changes\n\n### Added\n\n- A thing.\n")
    page = (folder / "dist" / "index.html").read_text()
    wheel = f"https://x.example/http/micropython_http_stubs-{VERSION}-py3-none-any.whl"
    assert (folder / "dist" / wheel.rsplit("/", 1)[1]).exists()
    for text in (notes, page):
        assert "mpremote mip install --index https://x.example/http http" in text
        assert 'mip.install("http", index="https://x.example/http")' in text
        assert "pip install --target typings " + wheel in text
        assert f"http@{VERSION}" in text and "$" not in text and "127.0.0.1" not in text


def test_a_tag_that_does_not_fit_is_refused(release):
    folder, make = release
    code, out = make("--tag", "v9.9.9")
    assert code and f"__init__.py says {VERSION}, and the tag is v9.9.9" in out, out
    (folder / "CHANGELOG.md").write_text("# Changelog\n")
    code, out = make("--tag", "v" + VERSION)
    assert code and f"CHANGELOG.md has no section {VERSION}" in out, out
    code, out = make(SOURCE_DATE_EPOCH="")
    assert code and "say SOURCE_DATE_EPOCH=seconds" in out, out
    (folder / "mine").mkdir()
    (folder / "mine" / "file").touch()
    code, out = make("--out", "mine")
    assert code and "mine holds something else" in out and (folder / "mine" / "file").exists(), out


def test_earlier_versions_stay(made, tmp_path):
    package.write(tmp_path, everything(made))
    for kind in ("6", "py"):
        new = tmp_path / "package" / kind / "http" / f"{VERSION}.json"
        old = new.with_name("0.1.10.json")
        old.write_text(new.read_text().replace(VERSION, "0.1.10"))
        new.rename(new.with_name("0.1.9.json"))
    (tmp_path / "file" / "00").mkdir(exist_ok=True)
    (tmp_path / "file" / "00" / "00old").write_text("old")
    files, _ = dist.build(earlier=tmp_path)
    assert files["file/00/00old"] == b"old"
    assert b'"0.1.10"' in files["package/6/http/0.1.10.json"]
    assert VERSION.encode() in files["package/py/http/latest.json"]
    versions = json.loads(files["index.json"])["packages"][0]["versions"]
    assert versions == dict.fromkeys(["6", "py"], ["0.1.9", "0.1.10", VERSION])
    assert re.search(rb"  file/00/00old\n", files["SHA256SUMS"])
    # A published version stays as it is.
    (tmp_path / "package" / "6" / "http" / f"{VERSION}.json").write_text("{}")
    with pytest.raises(SystemExit, match=f"6/http/{VERSION}.json was published with other"):
        dist.build(earlier=tmp_path)


GOOD = """import http

opts: http.Options = {"timeout": 5000}
code, headers, body = http.request("GET", "http://x/", None, None, opts).wait()
http.get("http://x/", None, lambda code, body: print(code, body))
version: str = http.__version__
"""
BAD = 'import http\n\nhttp.get(1)\nhttp.request("GET", "http://x/", None, None, {"timeut": 1})\n'
CHECKERS = {
    "pyright": ["--pythonpath"],
    "mypy": ["--strict", "--python-executable"],
}
SETTINGS = {
    "pyrightconfig.json": '{"stubPath": "typings"}',
    "mypy.ini": "[mypy]\nmypy_path = typings\n",
}


@pytest.fixture(scope="module")
def project(made, tmp_path_factory):
    """A project in a new environment, in which pip installed the stubs as the README has it."""
    folder = tmp_path_factory.mktemp("project")
    run(sys.executable, "-m", "venv", folder / "env")
    wheel = next(made.glob("*.whl"))
    pip = (folder / "env" / "bin" / "python", "-m", "pip", "--disable-pip-version-check")
    code, out = run(*pip, "install", "--no-index", "--target", "typings", wheel, cwd=folder)
    assert code == 0, out
    assert (folder / "typings" / "http.pyi").read_bytes() == (
        ROOT / "typings" / "http.pyi"
    ).read_bytes()
    for name, text in SETTINGS.items():
        (folder / name).write_text(text)
    (folder / "good.py").write_text(GOOD)
    (folder / "bad.py").write_text(BAD)
    return folder


@pytest.mark.parametrize("checker", CHECKERS)
def test_type_checkers_take_the_stubs_that_pip_installed(project, checker, tmp_path):
    def check(name, folder=project):
        python = project / "env" / "bin" / "python"
        command = (sys.executable, "-m", checker, *CHECKERS[checker], python, name)
        return run(*command, cwd=folder)

    code, out = check("good.py")
    assert code == 0, out
    code, out = check("bad.py")
    assert code and {int(line) for line in re.findall(r"bad\.py:(\d+)", out)} == {3, 4}, out
    # Without them it is CPython's `http` that is checked.
    shutil.copy(project / "good.py", tmp_path)
    code, out = check("good.py", tmp_path)
    assert code and "good.py:5" in out, out


def test_the_settings_are_those_of_the_readme():
    text = (ROOT / "typings" / "README.md").read_text()
    assert f"`{SETTINGS['pyrightconfig.json']}`" in text
    assert "`mypy_path = typings`" in text
