"""firmware/unix.py against archives of packages on loopback: whole ones, and ones that are broken
as real ones were found to be. apt, its signatures and the MicroPython in the package are real.
"""

import contextlib
import functools
import hashlib
import http.server
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import threading

import pytest
import unix
from conftest import ROOT

ARCH = unix.ARCHITECTURES.get((platform.machine(), 64))
UNPACKED = unix.BUILD / f"root-{ARCH}"  # as unix.py unpacked it
UPDATED = "its index does not match its Release file: it is being updated"
SCRIPT = pathlib.Path(unix.__file__)

archive_only = pytest.mark.skipif(
    not (UNPACKED.is_dir() and shutil.which("apt-get") and shutil.which("gpg")),
    reason="needs apt, gpg and a MicroPython fetched into build/",
)


def command(*args, **options):
    return subprocess.run(args, check=True, capture_output=True, **options).stdout


@contextlib.contextmanager
def serving(folder):
    """Serve `folder` by HTTP; give its address and the list of the paths that are asked for."""
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            asked.append(self.path)

    handler = functools.partial(Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/debian", asked
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """The home of gpg with the keys "good" and "bad"; good.gpg is the public one."""
    # Not below pytest's folder: the path of gpg's socket must be short.
    home = pathlib.Path(command("mktemp", "-d").decode().strip())
    gpg = ("gpg", "--homedir", home, "--batch", "--quiet")
    for name in ("good", "bad"):
        command(*gpg, "--passphrase", "", "--quick-gen-key", name, "rsa2048", "sign", "never")
    command(*gpg, "--output", home / "good.gpg", "--export", "good")
    yield home
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The path of a package with the MicroPython that is in build/."""
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(UNPACKED, folder / "root", symlinks=True)
    (folder / "root/DEBIAN").mkdir()
    (folder / "root/DEBIAN/control").write_text(
        f"Package: micropython\nVersion: 1.25.0-1\nArchitecture: {ARCH}\n"
        "Maintainer: nobody <a@b>\nDescription: test\n"
    )
    # Not compressed much, which takes time.
    command("dpkg-deb", "--root-owner-group", "-Zxz", "-z0", "-b", folder / "root", folder)
    return next(folder.glob("*.deb"))


class Archive:
    """An archive of Debian's in `folder`, signed by a key of `keys`."""

    def __init__(self, folder, keys, package):
        self.folder = folder / "debian"
        self.keys = keys
        self.path = f"pool/main/m/micropython/{package.name}"
        (self.folder / self.path).parent.mkdir(parents=True)
        os.link(package, self.folder / self.path)
        self.size = package.stat().st_size
        self.digest = hashlib.sha256(package.read_bytes()).hexdigest()

    def index(self, suite):
        return self.folder / f"dists/{suite}/main/binary-{ARCH}/Packages"

    def suite(self, suite, *, key="good", name="micropython"):
        """Add a suite that has the package, under `name`."""
        index = self.index(suite)
        index.parent.mkdir(parents=True)
        index.write_text(
            f"Package: {name}\nVersion: 1.25.0-1\nArchitecture: {ARCH}\nFilename: {self.path}\n"
            f"Size: {self.size}\nSHA256: {self.digest}\nDescription: test\n\n"
        )
        data = index.read_bytes()
        release = index.parent.parent.parent / "Release"
        release.write_text(
            f"Origin: Debian\nSuite: {suite}\nCodename: {suite}\nComponents: main\n"
            f"Architectures: {ARCH}\nDate: Sat, 21 Nov 2026 10:00:00 UTC\nSHA256:\n"
            f" {hashlib.sha256(data).hexdigest()} {len(data)} main/binary-{ARCH}/Packages\n"
        )
        command(
            *("gpg", "--homedir", self.keys, "--batch", "--yes", "--quiet", "--local-user", key),
            *("--output", release.with_name("InRelease"), "--clearsign", release),
        )

    def update(self, suite):
        """Leave the suite as a mirror does that is being updated: a new index, an old Release."""
        self.index(suite).write_text(self.index(suite).read_text() + "\n")


@pytest.fixture
def archive(tmp_path, keys, package, monkeypatch):
    monkeypatch.setattr(unix, "BUILD", tmp_path / "build")
    monkeypatch.setattr(unix, "KEYRINGS", [str(keys / "good.gpg")])
    monkeypatch.setattr(unix, "POOL", tmp_path / "pool.txt")
    made = Archive(tmp_path, keys, package)
    unix.POOL.write_text(f"# comment\n{made.digest}  {made.path}\n{'0' * 64}  pool/x_other.deb\n")
    with serving(tmp_path) as (url, asked):
        made.url, made.asked = url, asked
        monkeypatch.setenv("DEBIAN", url + "/")
        yield made


def runs(launcher):
    assert command(launcher, "-c", "print('runs')") == b"runs\n"


@archive_only
def test_trixie_is_first(archive, capsys):
    for suite in unix.SUITES:
        archive.suite(suite)
    launcher = unix.debian(64)
    runs(launcher)
    assert capsys.readouterr().err.endswith(f"  trixie of {archive.url}: taken\n")
    assert not [path for path in archive.asked if "forky" in path]
    # It is fetched once.
    archive.asked.clear()
    assert unix.debian(64) == launcher
    assert archive.asked == []
    # One that does not start any more is fetched again.
    launcher.write_text("#!/bin/sh\nexit 1\n")
    runs(unix.debian(64))


@archive_only
def test_another_suite_while_one_is_being_updated(archive, capsys):
    archive.suite("trixie")
    archive.update("trixie")
    archive.suite("sid")
    runs(unix.debian(64))
    assert capsys.readouterr().err.splitlines()[1:] == [
        f"  trixie of {archive.url}: {UPDATED}",
        f"  forky of {archive.url}: it has no such suite",
        f"  sid of {archive.url}: taken",
    ]


@archive_only
def test_the_pool_while_all_are_being_updated(archive, capsys):
    for suite in unix.SUITES:
        archive.suite(suite)
        archive.update(suite)
    runs(unix.debian(64))
    err = capsys.readouterr().err
    assert err.count("it is being updated") == 3
    assert err.endswith(f"  the pool of {archive.url}: taken\n")


def missing(told):
    with pytest.raises(unix.Missing) as raised:
        unix.debian(64)
    lines = str(raised.value).splitlines()
    assert len(lines) == len(told), lines
    for line, (place, words) in zip(lines, told):
        assert line.startswith(place) and words in line, line
    assert not list(unix.BUILD.glob("micropython-*"))


@archive_only
def test_what_was_tampered_with_is_not_unpacked(archive):
    archive.suite("trixie", key="bad")
    archive.suite("forky")
    path = archive.folder / archive.path
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.unlink()  # a link to the package of other tests
    path.write_bytes(data)
    missing(
        [
            ("trixie of ", "it is not signed by a key that is known here"),
            ("forky of ", "its index does not match"),
            ("sid of ", "it has no such suite"),
            ("the pool of ", "does not have the SHA-256 that is known of it"),
        ]
    )
    assert not (unix.BUILD / f"root-{ARCH}").exists()


@archive_only
def test_what_is_not_there(archive):
    archive.suite("trixie", name="other")
    (archive.folder / archive.path).unlink()
    missing(
        [
            ("trixie of ", f"it has no MicroPython for {ARCH}"),
            ("forky of ", "it has no such suite"),
            ("sid of ", "it has no such suite"),
            ("the pool of ", "404 for micropython"),
        ]
    )


@archive_only
def test_no_network(archive, monkeypatch):
    with serving(archive.folder) as (url, _):
        pass  # nobody listens there any more
    monkeypatch.setenv("DEBIAN", url)
    missing([(url, "it cannot be reached")])  # and is not asked again


@archive_only
def test_security_updates_where_there_are(archive, monkeypatch, tmp_path):
    archive.suite("trixie")
    work = tmp_path / "work"
    for there in (False, True):
        if there:
            archive.suite("trixie-security")
        archive.asked.clear()
        debs = unix.from_suite(ARCH, archive.url, "trixie", [archive.url], work)
        assert [deb.name for deb in debs] == [pathlib.Path(archive.path).name]
        got = f"/debian/dists/trixie-security/main/binary-{ARCH}/Packages" in archive.asked
        assert got == there


def test_the_pool_is_whole():
    lines = [line.split() for line in unix.POOL.read_text().splitlines() if line[0] != "#"]
    names = {arch: set() for arch in unix.ARCHITECTURES.values()}
    for digest, path in lines:
        assert len(bytes.fromhex(digest)) == 32
        package, _, arch = pathlib.Path(path).stem.split("_")
        names[arch].add(package)
    assert names["amd64"] == names["i386"] == names["arm64"]
    assert "micropython" in names["amd64"]


def asked(*args, **env):
    done = subprocess.run(
        [sys.executable, SCRIPT, *args],
        env=dict(os.environ, **env),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip(), done.stderr


def test_what_is_given_is_taken_or_refused(mpy64, tmp_path):
    assert asked(MICROPYTHON=mpy64.command) == (0, mpy64.command, "")
    old = tmp_path / "old"
    old.write_text("#!/bin/sh\necho micropython 1 23 2147483647\n")
    old.chmod(0o755)
    for variable, value, why in (
        ("MICROPYTHON", "/no/such", "not there"),
        ("MICROPYTHON", sys.executable, "no MicroPython"),
        ("MICROPYTHON", str(old), "v1.23"),
        ("MICROPYTHON32", mpy64.command, "of 64 bits"),
        ("MICROPYTHON32", "none", "MICROPYTHON32=none"),
    ):
        bits = "32" if variable.endswith("32") else "64"
        code, out, err = asked("--bits", bits, **{variable: value})
        assert (code, out) == (1, "") and why in err, err
        assert len(err.splitlines()) == 1


def test_the_path_goes_first(mpy64, tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()
    link = folder / "micropython"
    link.symlink_to(mpy64.command)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    assert asked(PATH=path, MICROPYTHON="") == (0, str(link), "")


def test_make_says_what_was_given():
    done = subprocess.run(
        ["make", "-s", "run"],
        cwd=ROOT,
        env=dict(os.environ, MICROPYTHON=sys.executable),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert f"MICROPYTHON={sys.executable} is no MicroPython; it must be" in done.stderr


@pytest.mark.parametrize("bits", [64, 32])
def test_without_apt_it_says_what_to_do(bits, tmp_path):
    script = tmp_path / "firmware" / "unix.py"
    script.parent.mkdir()
    shutil.copy(SCRIPT, script)
    command = [sys.executable, script, "--bits", str(bits)]
    env = {"PATH": str(tmp_path)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    start = lines.index(f"firmware/unix.py: no MicroPython v1.24 or later of {bits} bits:")
    assert "DEBIAN=address" in lines[start + 1] or "Debian: nothing of" in lines[start + 1]
    assert "brew install micropython" in done.stderr
    assert lines[-1].endswith(f"MICROPYTHON{'32' * (bits == 32)}=/path/to/micropython.")


def test_a_machine_for_which_there_is_none(monkeypatch):
    monkeypatch.delenv("MICROPYTHON32", raising=False)
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    monkeypatch.setattr(shutil, "which", lambda *args, **options: None)
    with pytest.raises(unix.Missing) as raised:
        unix.find(32)
    lines = str(raised.value).splitlines()
    assert lines[0] == "no MicroPython v1.24 or later of 32 bits:"
    assert lines[1] == f"Debian: nothing of 32 bits for {sys.platform} on riscv64"
    assert lines[-1].endswith("MICROPYTHON32=/path/to/micropython.")
