"""package.json, which `mpremote mip install github:owner/repo` and mip on a board read."""

import functools
import http.server
import json
import os
import pathlib
import subprocess
import threading

import pytest
from conftest import HANG, ROOT
from mpremote import mip
from mpremote.commands import CommandError
from servers import Peer

PACKAGE = json.loads((ROOT / "package.json").read_text())


class Folder:
    """What mip needs of an mpremote transport, for a folder in place of a board."""

    def __init__(self, path):
        self.path = path

    def fs_exists(self, name):
        return (self.path / name).exists()

    def fs_mkdir(self, name):
        (self.path / name).mkdir()

    def fs_writefile(self, name, data, progress_callback=None):
        (self.path / name).write_bytes(data)


@pytest.fixture
def repository():
    """Serve this repository as raw.githubusercontent.com would; give its address and the log."""
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            asked.append(self.path)

    serve = functools.partial(Handler, directory=ROOT)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def modules():
    # A new file that is not in Git yet counts too: it would be missed on a board.
    return {path.name for path in (ROOT / "lib" / "http").iterdir() if path.suffix == ".py"}


def test_it_lists_every_module_and_nothing_else():
    assert set(PACKAGE) == {"urls", "deps"}  # mip takes the version from the name of the branch
    assert PACKAGE["deps"] == []
    assert dict(PACKAGE["urls"]) == {f"http/{name}": f"lib/http/{name}" for name in modules()}
    assert len(PACKAGE["urls"]) == len(modules())
    others = {path.name for path in (ROOT / "lib" / "http").iterdir()} - modules()
    assert others <= {"__pycache__"}


def install(address, folder):
    # As `mpremote mip install --target lib` does.
    mip._install_package(Folder(folder), address, mip._PACKAGE_INDEX, "lib", None, True)


def test_mip_installs_it(mpy, repository, tmp_path):
    address, asked = repository
    install(address, tmp_path)
    assert sorted(asked) == sorted(["/package.json", *(f"/{path}" for _, path in PACKAGE["urls"])])
    installed = tmp_path / "lib" / "http"
    assert {path.name for path in installed.iterdir()} == modules()
    for name in modules():
        assert (installed / name).read_bytes() == (ROOT / "lib" / "http" / name).read_bytes()

    def hello(connection):
        connection.request()
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")

    script = "import http, sys\nprint(http.__file__)\n"
    script += "http.get(sys.argv[1], None, print)\n"
    script += "print(http.request('GET', sys.argv[1], {'A': 1}, None, {'dst': 'got'}).wait()[2])"
    (tmp_path / "main.py").write_text(script)
    with Peer(hello) as peer:
        done = subprocess.run(
            [mpy.command, "main.py", peer.url],
            cwd=tmp_path,
            env=dict(os.environ, MICROPYPATH=".frozen:lib"),
            capture_output=True,
            text=True,
            timeout=HANG,
            check=False,
        )
    assert done.stdout.split("\n")[:3] == [
        "lib/http/__init__.py",
        "200 bytearray(b'hello')",
        "5",
    ], done.stderr
    assert (tmp_path / "got").read_bytes() == b"hello"


def test_from_github_every_file_is_of_the_same_version(monkeypatch, tmp_path):
    """github:owner/repo@version: mip puts the paths beside package.json, on that branch or tag."""
    asked = []

    def urlopen(url):
        asked.append(url)
        path = pathlib.PurePosixPath(url.removeprefix("https://raw.githubusercontent.com/"))
        assert path.parts[:3] == ("owner", "repo", "v0.2.0")
        return open(ROOT.joinpath(*path.parts[3:]), "rb")

    monkeypatch.setattr(mip.urllib.request, "urlopen", urlopen)
    mip._install_package(Folder(tmp_path), "github:owner/repo", "", "lib", "v0.2.0", True)
    assert len(asked) == 1 + len(modules())
    assert {path.name for path in (tmp_path / "lib" / "http").iterdir()} == modules()


def test_what_is_not_there_is_an_error(repository, tmp_path):
    with pytest.raises(CommandError, match="Package not found"):
        install(repository[0] + "/lib", tmp_path)
