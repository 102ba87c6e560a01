"""What runs on boards: the device tests on the virtual board, and the tools that reach a board."""

import hashlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse

import package
import pytest
from conftest import DEVICE, HANG, REPORT, ROOT
from device import Device
from scripts import each_test
from servers import BIND, Peer, answer, files
from test_downloads import bodies
from virtual_board import VirtualBoard


def everyday(connection):
    """Answer /echo and /connection, and /FRAMING/SIZE as the tests of downloads have it."""
    path = connection.sock.recv(100, 2).split()[1].decode()  # 2: MSG_PEEK
    if path not in ("/echo", "/connection", "/refused"):
        bodies(connection)
        return
    while True:
        try:
            head, body = connection.request()
        except ConnectionError:
            return
        connection.received = b""
        if path == "/connection":
            body = b"%d" % connection.sock.getpeername()[1]
        status = b"404 no" if path == "/refused" else b"200 OK"
        connection.send(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)


@pytest.mark.device
@each_test("everyday")
def test_everyday(mpy, name):
    with Peer(everyday) as peer:
        mpy.run("everyday", name, url=peer.url)
    assert not peer.errors


@pytest.mark.device
def test_bodies(mpy):
    with Peer(everyday) as peer:
        mpy.run("bodies", url=peer.url)
    assert not peer.errors


@pytest.mark.board_only
def test_report(device, tmp_path, request):
    with Peer(everyday) as peer:
        report = (DEVICE / "report.py").read_text()
        modules = {"report": report, "parameters": f"P = {{'url': {peer.url!r}}}"}
        out = device.run(tmp_path, "report", modules)
        host = urllib.parse.urlsplit(peer.url).hostname
        server = f"server: {host}, listening at {BIND}"
    *lines, end = out.splitlines()
    assert end == "OK", out
    request.config.stash[REPORT] = [*lines, server]
    values = dict(line.split(": ", 1) for line in lines)
    assert re.search(r"- platform \w+$", values.pop("board")), out
    assert re.match(r"MicroPython v1\.\d+", values.pop("MicroPython")), out
    where = "/lib/|/rom/|the firmware" if device.installed else "http/"
    assert re.match(rf"{re.escape(package.version())} from ({where})", values.pop("http")), out
    assert len(values) == 5 and all(int(value) > 0 for value in values.values()), out


@pytest.fixture(scope="module")
def virtual(tmp_path_factory):
    with VirtualBoard(tmp_path_factory.mktemp("board")) as board:
        yield board


@pytest.fixture(scope="module")
def board(virtual):
    return Device(virtual.port)


def test_mpremote_runs_code(virtual, board, tmp_path):
    assert board.mpremote("exec", "print(6 * 7)") == "42\n"
    assert board.mpremote("eval", "6 * 7") == "42\n"
    assert "ZeroDivisionError" in board.mpremote("exec", "1 / 0")
    script = tmp_path / "script.py"
    script.write_text("import gc\ngc.collect()\nprint(gc.mem_free())\n")
    free = int(board.mpremote("run", script))
    assert abs(free - virtual.heap) < virtual.heap / 18


def test_mpremote_copies_files(board, tmp_path):
    data = bytes(range(256)) * 30
    (tmp_path / "data.bin").write_bytes(data)
    assert "cp" in board.mpremote("cp", tmp_path / "data.bin", ":data.bin")
    assert "7680 data.bin" in board.mpremote("ls")
    board.mpremote("cp", ":data.bin", tmp_path / "back.bin")
    assert (tmp_path / "back.bin").read_bytes() == data
    board.mpremote("exec", "1", "soft-reset")
    assert "7680 data.bin" in board.mpremote("ls")
    board.mpremote("rm", ":data.bin")
    assert "data.bin" not in board.mpremote("ls")


def test_mpremote_mounts_a_folder(board, tmp_path):
    (tmp_path / "module.py").write_text("print('mounted', 3)\n")
    assert "mounted 3\n" in board.mpremote("mount", tmp_path, "exec", "import module")


def test_mpremote_resets_the_board(board):
    assert board.mpremote("exec", "a = 1", "exec", "print(a)") == "1\n"
    assert "NameError" in board.mpremote("exec", "a = 1", "soft-reset", "exec", "print(a)")


def test_ctrl_c_interrupts(virtual, board):
    process = subprocess.Popen(
        [
            *(pathlib.Path(sys.executable).parent / "mpremote", "connect", virtual.port),
            *("exec", "print('begun')\nwhile True: print('x' * 99)"),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "begun\n"
    process.kill()
    process.communicate()
    assert board.mpremote("exec", "print(1)") == "1\n"


def test_an_assert_counts(board, tmp_path):
    """As the compiler leaves it out where it optimizes."""
    assert "AssertionError" in board.run(tmp_path, "wrong", {"wrong": "assert not 1\n"})


def test_a_script_that_hangs_is_interrupted(board, tmp_path):
    modules = {"parameters": "P = {}"}
    for name in ("prelude", "hang"):
        modules[name] = (DEVICE / f"{name}.py").read_text()
    out = board.run(tmp_path, "hang", modules, timeout=2)
    assert re.search(
        r'interrupted after 2 s\n.*hang.py", line 6.*\nKeyboardInterrupt', out, re.S
    ), out
    assert board.run(tmp_path, "good", {"good": "print('good')"}) == "good\nOK\n"


@pytest.mark.parametrize("seconds", [0, 0.05, 0.1])
def test_the_board_is_usable_after_mpremote_is_killed(board, tmp_path, seconds):
    """Killed while it serves a file, mpremote leaves the board in a call that nobody answers."""
    (tmp_path / "x").write_text("x")
    command = [pathlib.Path(sys.executable).parent / "mpremote", "connect", board.port]
    command += ["mount", tmp_path, "exec", "print('begun')\nwhile True: open('x').read()"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    while process.stdout.readline() != "begun\n":
        assert process.poll() is None
    time.sleep(seconds)
    process.kill()
    process.communicate()
    assert board.run(tmp_path, "good", {"good": "print('good')"}) == "good\nOK\n"


def make(*args):
    done = subprocess.run(
        ["make", "-s", *args], cwd=ROOT, capture_output=True, text=True, timeout=HANG, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_device_reports_and_servers_listen_at_bind():
    """Scripts connect to HOST, the servers listen at BIND: behind NAT the two differ."""
    options = ("PORT=", "INSTALLED=", "HOST=localhost", "BIND=127.0.0.1")
    code, out = make("test-device", *options, "ARGS=-k 'test_report or test_bodies'")
    assert code == 0, out
    # What the servers make of the two is tested in test_runner.py.
    lines = out[out.index("= report, to paste into an issue =") :].splitlines()
    assert "server: localhost, listening at 127.0.0.1" in lines, out
    assert f"http: {package.version()} from http/__init__.mpy" in lines
    for line in (
        r"board: .+ - platform \w+",
        r"MicroPython: MicroPython v1\.\d+.*",
        r"free heap, bytes: \d+",
        r"commit: [-.\w]+, http mounted",
        r"this machine: \w+, Python 3[.\d]+, mpremote 1[.\d]+, mpy-cross [.\w]+.*",
        r"tests: 2 passed",
        r"  passed, \d+\.\d s: test_board\.py::test_bodies\[board\]",
    ):
        assert [each for each in lines if re.fullmatch(line, each)], (line, out)


def test_device_without_a_board_reports_too():
    code, out = make("test-device", "PORT=/dev/nothing", "INSTALLED=1", "ARGS=-k test_report")
    assert code and "no board answers at PORT=/dev/nothing" in out, out
    assert "\nboard: /dev/nothing\ncommit: " in out and ", http installed\n" in out, out
    assert "\ntests: none\n" in out, out


@pytest.fixture
def fresh(tmp_path_factory):
    """A board with nothing on it."""
    with VirtualBoard(tmp_path_factory.mktemp("fresh")) as board:
        yield Device(board.port)


@pytest.fixture
def used(fresh, tmp_path):
    """A board with files in the places of http: one of a version of it, and others."""
    for name in ("", "/http", "/http/old"):
        fresh.mpremote("mkdir", ":lib" + name)
    (tmp_path / "left.py").write_text("old = 1\n")
    for name in ("http/head.py", "http/old/x.py", "http.py"):
        fresh.mpremote("cp", tmp_path / "left.py", ":lib/" + name)
    return fresh


def install(board, *options):
    """Install http; return what `make install` says."""
    code, out = make("install", "PORT=" + board.port, *options)
    assert code == 0, out
    return out


def check_get(board, folder):
    """Check that the http on the board gets something."""
    with Peer(everyday) as peer:
        script = f"import http\nprint(http.request('GET', '{peer.url}/length/9').wait()[0])\n"
        installed = Device(board.port, installed=True)
        assert installed.run(folder, "driver", {"driver": script}) == "200\nOK\n"


def test_install_keeps_files_that_may_be_the_users(used):
    code, out = make("install", "PORT=" + used.port, "FORCE=0")
    assert code and "in the way of this http" in out and "FORCE=1" in out, out
    assert "/lib/http.py, /lib/http/old" in out
    assert " head.py\n" in used.mpremote("ls", ":lib/http")


def test_install_by_force(used, tmp_path):
    out = install(used, "FORCE=1")
    assert re.search(r"board: micropython v1\.\d+\.\d+, ", out)
    assert "leaving out ota: the board has no esp32" in out
    assert "/lib/http/exchange.mpy 100 %" in out
    for name in ("http/head.py", "http/old", "http.py"):
        assert "removing /lib/" + name in out
    assert "import http: /lib/http/__init__.mpy, " in out
    listed = used.mpremote("ls", ":lib/http")
    assert " head.mpy\n" in listed
    for name in (" head.py\n", " ota.mpy\n", " old/\n"):
        assert name not in listed
    check_get(used, tmp_path)


def test_install_writes_only_changed_files(fresh, tmp_path):
    install(fresh)
    (tmp_path / "head.mpy").write_bytes(b"M\6\0\x1f broken")
    fresh.mpremote("cp", tmp_path / "head.mpy", ":lib/http/head.mpy")
    out = install(fresh)
    assert "written in 1 of them" in out, out
    check_get(fresh, tmp_path)


def test_install_into_rom(fresh, tmp_path):
    """MicroPython would find the files in /lib first, so they go."""
    install(fresh)
    out = install(fresh, "ROMFS=1")
    assert "import http: /rom/lib/http/__init__.mpy, " in out
    assert "http" not in fresh.mpremote("ls", ":lib")
    check_get(fresh, tmp_path)


def test_install_into_rom_keeps_other_files_there(fresh, tmp_path):
    (tmp_path / "rom").mkdir()
    (tmp_path / "rom" / "left.py").write_text("old = 1\n")
    out = fresh.mpremote("romfs", "deploy", tmp_path / "rom")
    assert "deployed" in out
    code, out = make("install", "PORT=" + fresh.port, "ROMFS=1")
    assert code and "left.mpy" in out and "FORCE=1" in out, out
    install(fresh, "ROMFS=1", "FORCE=1")


def test_install_without_a_board():
    code, out = make("install", "PORT=/dev/nothing")
    assert code and "no board answers at /dev/nothing" in out, out


def test_install_without_a_port():
    code, out = make("install")
    assert code and "PORT=" in out, out


def test_install_into_rom_of_a_board_without(tmp_path):
    with VirtualBoard(tmp_path, rom=False) as board:
        code, out = make("install", "PORT=" + board.port, "ROMFS=1")
    assert code and "no partition for ROMFS" in out, out


def test_install_on_a_full_board(fresh):
    fill = """
f = open('/fill', 'wb')
try:
    while f.write(bytes(4096)): f.flush()
except OSError: pass
try: f.close()
except OSError: pass"""
    fresh.mpremote("exec", fill)
    code, out = make("install", "PORT=" + fresh.port)
    assert code and "are free; remove files" in out and "removing" not in out, out


def example(virtual, name, *settings):
    code, out = make("example", "PORT=" + virtual.port, "NAME=" + name, *settings)
    assert code == 0, out
    return out.replace("\r\n", "\n")


def test_example_fetch(virtual, httpbin_url):
    out = example(virtual, "fetch", f"URL={httpbin_url}/base64/aGVsbG8=")
    assert "\n200\n" in out and out.endswith("hello\n"), out


def test_example_get(virtual, httpbin_url):
    out = example(virtual, "get", f"URL={httpbin_url}/base64/aGVsbG8=")
    assert "get: status 200 with 5 bytes\nhello\n" in out


def test_examples_download_and_upload(virtual, board, httpbin_url, tmp_path):
    (tmp_path / "file.bin").write_bytes(bytes(30000))
    with files(tmp_path) as url:
        digest = hashlib.sha256(bytes(30000)).hexdigest()
        settings = f"SETTINGS=DST=got.bin SHA256={digest}"
        assert "30000" in example(virtual, "download", f"URL={url}/file.bin", settings)
    assert "30000 got.bin" in board.mpremote("ls")
    settings = "SETTINGS=FILE=got.bin CONTENT_TYPE=a/b"
    out = example(virtual, "upload", f"URL={httpbin_url}/post", settings)
    assert "] 30000 of 30000\nupload: status 200 and an answer of " in out, out


def test_example_sensor(virtual, httpbin_url):
    settings = "SETTINGS=COUNT=2 SECONDS=1"
    out = example(virtual, "sensor", f"URL={httpbin_url}/post", settings)
    assert out.count("status 200") == 2, out


def test_example_json_post(virtual, httpbin_url):
    out = example(virtual, "json_post", f"URL={httpbin_url}/post")
    assert "json_post: the server received {" in out and "'readings': [21.5, 21.75]" in out, out


def test_example_retry(virtual, httpbin_url):
    out = example(virtual, "retry", f"URL={httpbin_url}/status/201")
    assert "retry: attempt 1 has status 201\nretry: status 201 with 0 bytes\n" in out, out


def test_example_events(virtual):
    with Peer(answer(b"HTTP/1.1 200 x\r\n\r\nevent: x\ndata: y\n\ndata: z\n\n")) as peer:
        out = example(virtual, "events", f"URL={peer.url}", "SETTINGS=COUNT=2")
    assert "events: 'x' 1 - 'y'\nevents: 'message' 2 - 'z'\nevents: that was enough\n" in out, out


def test_the_shell_runs_no_value_of_a_setting(virtual):
    odd = 'it\'s "$HOME" `x`; exit & \\'
    code, out = make("example", "PORT=" + virtual.port, "NAME=fetch", "URL=" + odd)
    assert code and "failed with code -4" in out and "ended with a failure" in out, out


def test_example_with_a_setting_that_is_no_number(virtual):
    code, out = make("example", "PORT=" + virtual.port, "NAME=sensor", "SETTINGS=COUNT=x")
    assert code and "COUNT has to be a number" in out, out


def test_example_that_does_not_exist(virtual):
    code, out = make("example", "PORT=" + virtual.port, "NAME=nothing")
    assert code and "no example nothing; there are" in out, out


@pytest.mark.parametrize(
    "name, settings",
    [
        ("get", ""),
        ("download", "ATTEMPTS=1"),
        ("sensor", "COUNT=1"),
        ("json_post", ""),
        ("retry", "ATTEMPTS=1"),
        ("events", "ATTEMPTS=1"),
    ],
)
def test_example_that_fails_ends_with_a_failure(virtual, name, settings):
    closed = "URL=http://127.0.0.1:1/"
    code, out = make(
        "example", "PORT=" + virtual.port, "NAME=" + name, closed, "SETTINGS=" + settings
    )
    assert code and "failed" in out and "Traceback" not in out, out


@pytest.mark.parametrize("name", ["get", "fetch"])
def test_example_shows_a_body_that_is_no_text(virtual, name):
    """mpremote would take 0x18 for a command of the mounted folder, and 0x04 for the end."""
    body = b"a\x18b\x04c\x1b[2J"
    head = b"HTTP/1.1 200 OK\r\nX: y\x18z\r\nContent-Length: %d\r\n\r\n" % len(body)
    with Peer(answer(head + body)) as peer:
        out = example(virtual, name, "URL=" + peer.url)
    assert repr(body) in out
    assert "Traceback" not in out


def test_example_refuses_settings_that_it_does_not_know(virtual):
    for name, settings, words in (
        (
            "sensor",
            "COUT=3",
            "sensor has no setting COUT; it has URL, SECONDS, COUNT, WIFI_SSID, ",
        ),
        ("get", "COUNT=3", "get has no setting COUNT; it has URL, WIFI_SSID, WIFI_PASSWORD"),
        ("get", "COUNT", "COUNT in SETTINGS is not NAME=value"),
        ("get", "URL='x", "SETTINGS=URL='x: No closing quotation"),
    ):
        code, out = make("example", "PORT=" + virtual.port, "NAME=" + name, "SETTINGS=" + settings)
        assert code and words in out and "Traceback" not in out, out


# A reset of a real board ends whatever runs, at once and without a word to mpremote.
MACHINE = """
import ffi
def reset():
    ffi.open("libc.so.6").func("v", "_exit", "i")(66)
"""


def test_example_that_resets_the_board_ends(tmp_path):
    image = b"\xe9" + bytes(20000)
    (tmp_path / "machine.py").write_text(MACHINE)
    shutil.copy(ROOT / "tests" / "device" / "stand_ins" / "esp32.py", tmp_path)
    handler = answer(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(image) + image)
    with VirtualBoard(tmp_path) as virtual, Peer(handler) as peer:
        board = Device(virtual.port)
        board.mpremote("mkdir", ":lib")
        for name in ("machine.py", "esp32.py"):
            board.mpremote("cp", tmp_path / name, ":lib/" + name)
        out = example(virtual, "ota", "URL=" + peer.url)
        assert "ota: 20001 bytes are in ota_1, which boots next\n" in out
        assert out.endswith("the board restarts\n")
        # The next start is the one of the new application.
        assert "ota: ota_1 is confirmed\n" in example(virtual, "ota", "URL=" + peer.url)


# A board that says it runs an older MicroPython than it does.
OLD = """
import sys as new
class Old:
    implementation = ("micropython", (1, 23, 0, ""))
    def __getattr__(self, name):
        return getattr(new, name)
new.modules["sys"] = Old()
"""


def test_older_firmware_is_refused(tmp_path):
    (tmp_path / "boot.py").write_text(OLD)
    with VirtualBoard(tmp_path) as virtual:
        board = Device(virtual.port)
        board.mpremote("cp", tmp_path / "boot.py", ":boot.py")
        words = "the board runs MicroPython v1.23.0, and http needs v1.24 or later"
        for target in (("install",), ("install", "ROMFS=1"), ("example", "NAME=get")):
            code, out = make(*target, "PORT=" + virtual.port)
            assert code and words in out, out
            assert "https://micropython.org/download/" in out and "make flash" in out, out
        assert "http" not in board.mpremote("ls", ":")


def test_install_replaces_what_mip_installed(tmp_path):
    """A .py beside a .mpy wins; so none of mip's stays."""
    with VirtualBoard(tmp_path) as virtual:
        board = Device(virtual.port)
        board.mpremote("mkdir", ":lib")
        board.mpremote("cp", "-r", ROOT / "lib" / "http", ":lib/")
        assert " aio.py\n" in board.mpremote("ls", ":lib/http")
        code, out = make("install", "PORT=" + virtual.port)
        assert code == 0 and "import http: /lib/http/__init__.mpy" in out, out
        assert ".py\n" not in board.mpremote("ls", ":lib/http")
        # `mip install --target` puts it where MicroPython may look first.
        board.mpremote("rm", "-r", ":lib/http")
        board.mpremote("cp", "-r", ROOT / "lib" / "http", ":")
        for options in ((), ("ROMFS=1",)):
            code, out = make("install", "PORT=" + virtual.port, *options)
            assert code and "mpremote rm -r :/http" in out, out
            assert "http" not in board.mpremote("ls", ":lib")


def test_example_that_is_interrupted(virtual, board):
    """The example ends on the board, too."""
    process = subprocess.Popen(
        [sys.executable, ROOT / "firmware" / "example.py", virtual.port, "sensor"],
        env=dict(os.environ, URL="http://127.0.0.1:1/", SETTINGS="COUNT=0 SECONDS=0.1"),
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for line in process.stdout:
            if "failed with" in line:
                break
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[0]
    finally:
        process.kill()
    assert process.returncode == 1
    assert said.endswith("firmware/example.py: interrupted\n") and "Traceback" not in said, said
    assert board.mpremote("exec", "print(1)") == "1\n"
