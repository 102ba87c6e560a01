"""The examples for boards, on the unix port, with stand-ins for what only a board has."""

import ast
import datetime
import hashlib
import json
import os
import re
import shutil
import ssl
import subprocess

import pytest
import trustme
from conftest import HANG, ROOT
from servers import Peer, answer, files, httpsbin

import example

EXAMPLES = ROOT / "examples"
STAND_INS = ROOT / "tests" / "device" / "stand_ins"
NAMES = ("wifi", "get", "sensor", "https", "download", "ota")
NAMES += ("json_post", "upload", "events", "retry")
HEAP = {32: "64k", 64: "128k"}  # objects of 64 bits take twice the memory

CLOSED = "http://127.0.0.1:1"
REFUSED = "127.0.0.1 port 1 refused the connection: does a server run there?"
WLAN = {"WIFI_SSID": "home", "WIFI_PASSWORD": "secret"}
CONNECTED = "wifi: connecting to home\nwifi: connected, this board is 192.0.2.7\n"
UNIX = "wifi: no module network here, so the machine has to be connected already\n"


@pytest.fixture
def run(mpy, tmp_path):
    """Return a function that runs an example as `make example` does, its settings in config.py."""

    def run(name, *, stand_ins=(), before="", env=None, **settings):
        folder = tmp_path / "stand_ins"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for each in stand_ins:
            shutil.copy(STAND_INS / f"{each}.py", folder)
        lines = [f"{key} = {value!r}\n" for key, value in settings.items()]
        (tmp_path / "config.py").write_text("".join(lines))
        script = tmp_path / "script.py"
        script.write_text(before + "\n" + (EXAMPLES / f"{name}.py").read_text())
        path = f".frozen:{ROOT / 'lib'}:{EXAMPLES}:{folder}"
        done = subprocess.run(
            [mpy.command, "-X", f"heapsize={HEAP[mpy.bits]}", script],
            cwd=tmp_path,
            env=dict(os.environ, MICROPYPATH=path, **(env or {})),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=HANG,
            check=False,
        )
        out = done.stdout.decode()  # as it is: a progress bar has "\r"
        assert done.returncode == 0, out
        assert "Traceback" not in out, out
        return out

    return run


def test_they_run_on_small_ports():
    """No f-strings and no methods that ports leave out."""
    for name in NAMES:
        tree = ast.parse((EXAMPLES / f"{name}.py").read_text())
        for node in ast.walk(tree):
            assert not isinstance(node, ast.JoinedStr), name
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("partition", "rpartition", "splitlines"), name


def defaults(name):
    """Return {setting: type} of an example's lines before it imports config."""
    found = {}
    for node in ast.parse((EXAMPLES / f"{name}.py").read_text()).body:
        if isinstance(node, ast.Assign):
            found[node.targets[0].id] = type(ast.literal_eval(node.value))
        elif isinstance(node, ast.Try):
            assert ast.unparse(node.body[0]) == "from config import *", name
            return found
    raise AssertionError(f"{name} does not import config")


def test_make_example_knows_their_settings():
    """And no other: the table of firmware/example.py says what each example does."""
    assert set(example.SETTINGS) == {path.stem for path in EXAMPLES.glob("*.py")} - {"tour"}
    for name, settings in example.SETTINGS.items():
        whole = (
            {"SECONDS": int} if name in ("sensor", "retry") else {}
        )  # seconds may be a fraction, too
        assert settings | whole == defaults(name), name


def test_config_that_make_example_writes(mpy, tmp_path, monkeypatch):
    """It keeps what the user's own has, and any text is one to MicroPython."""
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    (tmp_path / "examples" / "config.py").write_text('WIFI_SSID = "mine"\nURL = "mine"')
    monkeypatch.setattr(example, "EXAMPLES", tmp_path / "examples")
    odd = 'it\'s "$HOME" \\ \n\x18 \u20ac'
    words = {"URL": odd, "SETTINGS": "SECONDS=0.5 COUNT=2"}
    (tmp_path / "board").mkdir()
    example.prepare(tmp_path / "board", example.settings("sensor", words))
    done = subprocess.run(
        [mpy.command, "-c", "from config import *; print([WIFI_SSID, URL, SECONDS, COUNT])"],
        cwd=tmp_path / "board",
        env=dict(os.environ, MICROPYPATH=".frozen:."),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ast.literal_eval(done.stdout) == ["mine", odd, 0.5, 2], done.stderr


def test_settings_at_the_top_of_a_script(mpy, tmp_path):
    """Without a config.py, settings edited into an example by hand are in force."""
    source = (EXAMPLES / "get.py").read_text()
    edited = re.sub("^URL = .*", f'URL = "{CLOSED}"', source, flags=re.MULTILINE)
    assert edited != source
    for name, text in (("get.py", edited), ("wifi.py", (EXAMPLES / "wifi.py").read_text())):
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [mpy.command, "get.py"],
        cwd=tmp_path,
        env=dict(os.environ, MICROPYPATH=f".frozen:{ROOT / 'lib'}"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == f"{UNIX}get: {CLOSED}\nget: failed\n"


RADIO = ("network",)


def test_wifi_where_there_is_none(run):
    assert run("wifi") == UNIX


def test_wifi_connects(run):
    assert run("wifi", stand_ins=RADIO, **WLAN) == CONNECTED


def test_wifi_without_settings(run):
    out = run("wifi", stand_ins=RADIO)
    assert out == "wifi: not connected; WIFI_SSID and WIFI_PASSWORD have to be set\n"


@pytest.mark.parametrize("there", ["office", "connecting"])
def test_wifi_takes_the_connection_that_is_there(run, there):
    out = run("wifi", stand_ins=RADIO, env={"WIFI": there})
    assert out == "wifi: connected, this board is 192.0.2.7\n"


def test_wifi_that_is_connected_as_it_should_be(run):
    out = run("wifi", stand_ins=RADIO, env={"WIFI": "home"}, **WLAN)
    assert out == "wifi: connected, this board is 192.0.2.7\n"


def test_wifi_leaves_another_network(run):
    assert run("wifi", stand_ins=RADIO, env={"WIFI": "office"}, **WLAN) == CONNECTED


def test_wifi_says_why_it_failed(run):
    # Not by the clock: a second of its 20 is one of its steps of 100 ms.
    hurry = "import sys, time\nclass Time: pass\nTime.now = 0\n"
    hurry += "Time.ticks_ms = lambda: Time.now\nTime.ticks_diff = time.ticks_diff\n"
    hurry += "def sleep_ms(ms): Time.now += 10 * ms\nTime.sleep_ms = sleep_ms\n"
    hurry += "sys.modules['time'] = Time\n"
    for ssid, password, why in (
        ("home", "wrong", "wrong password"),
        ("elsewhere", "secret", "no network of this name is in reach"),
    ):
        out = run(
            "wifi",
            before=hurry,
            stand_ins=("network",),
            WIFI_SSID=ssid,
            WIFI_PASSWORD=password,
        )
        assert out == f"wifi: connecting to {ssid}\nwifi: not connected after 20 s: {why}\n"
        assert "secret" not in out


@pytest.mark.parametrize("name", [name for name in NAMES if name != "wifi"])
def test_without_a_network_nothing_is_sent(run, name):
    def refuse(connection):
        raise AssertionError("it connected")

    why = "wifi: not connected; WIFI_SSID and WIFI_PASSWORD have to be set\n"
    with Peer(refuse) as peer:
        if name == "retry":
            out = run(name, stand_ins=("network",), URL=peer.url, ATTEMPTS=2, SECONDS=0)
            assert out == f"{why}retry: waiting 0.0 s\n{why}retry: gave up\n"
        else:
            assert run(name, stand_ins=("network", "esp32"), URL=peer.url) == why
    assert peer.errors == []


def test_get(run, httpbin_url):
    out = run("get", stand_ins=("network",), URL=httpbin_url + "/base64/aGVsbG8=", **WLAN)
    assert out == (
        f"{CONNECTED}get: {httpbin_url}/base64/aGVsbG8=\nget: status 200 with 5 bytes\nhello\n"
    )


def test_get_of_bytes_that_are_no_text(run, httpbin_url):
    out = run("get", URL=httpbin_url + "/bytes/3000?seed=1")
    assert "get: status 200 with 3000 bytes\nb'" in out


def test_get_that_fails(run):
    assert run("get", URL=CLOSED) == f"{UNIX}get: {CLOSED}\nget: failed\n"


@pytest.mark.parametrize(
    ("stand_ins", "data"),
    [((), None), (("machine",), {"adc": 4711}), (("esp32",), {"raw_temperature": 128})],
)
def test_sensor(run, stand_ins, data):
    def serve(connection):
        head, body = connection.request()
        number = json.loads(body)["number"]
        if number == 2:
            connection.reset()
            return None
        status = b"503 Full" if number == 3 else b"201 Created"
        connection.send(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % status)
        assert b"\r\nContent-Type: application/json\r\n" in head
        return json.loads(body)

    with Peer(serve) as peer:
        out = run("sensor", stand_ins=stand_ins, URL=peer.url, COUNT=4, SECONDS=0)
    assert peer.errors == []
    lines = out.split("\n")
    assert lines[1] == f"sensor: posting to {peer.url}"
    assert lines[2].endswith("status 201")
    assert "failed with -6 - 127.0.0.1 port " in lines[3]
    assert lines[4].endswith("status 503")
    assert lines[5].endswith("status 201")
    assert lines[6] == "sensor: 2 of 4 readings were taken"
    got = [each for each in peer.results if each]  # in the order in which their threads ended
    assert sorted(each.pop("number") for each in got) == [1, 3, 4]
    for each in got:
        assert each == data or (data is None and list(each) == ["uptime_ms"])


def test_sensor_with_httpbin(run, httpbin_url):
    out = run("sensor", URL=httpbin_url + "/post", COUNT=2, SECONDS=0.1)
    assert out.endswith("sensor: 2 of 2 readings were taken\n")


@pytest.fixture(scope="module")
def secure():
    with httpsbin() as (url, ca):
        yield url, ca


def test_https_sets_the_clock_first(run, secure):
    url, ca = secure
    out = run(
        "https",
        stand_ins=("board_clock", "ntptime", "network"),
        before="import board_clock",
        URL=url + "/uuid",
        CA_FILE=ca,
        **WLAN,
    )
    year = datetime.datetime.now(datetime.timezone.utc).year
    assert f"{CONNECTED}https: the clock says 2000 - asking NTP\nhttps: it is {year}-" in out
    assert out.endswith(f"https: verified, status 200 with 53 bytes of {url}/uuid\n")


def test_https_where_the_clock_is_set(run, secure):
    url, ca = secure
    out = run("https", URL=url + "/uuid", CA_FILE=ca)
    year = datetime.datetime.now(datetime.timezone.utc).year
    assert out.startswith(f"{UNIX}https: it is {year}-")


def test_https_refuses_whom_its_ca_does_not_know(run, secure):
    out = run("https", URL=secure[0])  # with the certificate of Amazon
    assert "https: failed with -4 - the server's certificate is not signed by ca_file" in out


@pytest.mark.parametrize("stand_ins", [("board_clock",), ("board_clock", "ntptime")])
def test_https_without_a_clock(run, stand_ins, tmp_path):
    # To a board in 2000 every certificate is one of the future, as this one is to this machine.
    authority = trustme.CA()
    now = datetime.datetime.now(datetime.timezone.utc)
    later = (now + datetime.timedelta(9), now + datetime.timedelta(99))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", not_before=later[0], not_after=later[1]).configure_cert(
        context
    )
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())

    def shake(connection):
        with context.wrap_socket(connection.sock, server_side=True):
            pass

    with Peer(shake) as peer:
        out = run(
            "https",
            stand_ins=stand_ins,
            before="import board_clock\nboard_clock.Clock.sleep = lambda seconds: None",
            env={"NTP": "0"},
            URL=peer.url.replace("http://127.0.0.1", "https://localhost"),
            CA_FILE="ca.pem",
        )
    if "ntptime" in stand_ins:
        assert out.count("https: no answer from pool.ntp.org - [Errno 110] ETIMEDOUT\n") == 5
    else:
        assert "https: no module ntptime here\n" in out
    assert "https: the clock is not set; expect the certificate to be refused\n" in out
    assert "https: failed with -4 - the server's certificate is not valid yet" in out
    assert "Is the clock set? A board starts in 2000" in out


DATA = bytes(i * i % 251 for i in range(40000))
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def data_url(tmp_path):
    """The address of DATA."""
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "data").write_bytes(DATA)
    with files(tmp_path / "www") as url:
        yield url + "/data"


@pytest.fixture
def older(tmp_path):
    """The file of an earlier download, which has to stay as it is."""
    (tmp_path / "download.bin").write_bytes(b"older")
    yield
    assert (tmp_path / "download.bin").read_bytes() == b"older"
    assert sorted(tmp_path.glob("download.bin.*")) == []


def test_download(run, data_url, tmp_path):
    out = run("download", URL=data_url, SHA256=DIGEST)
    bar = "[" + 32 * "#" + "]"
    assert out.startswith(f"{UNIX}download: {data_url}\n\r[{32 * '.'}] 0 of 40000\r[#")
    assert f"\r{bar} 40000 of 40000\ndownload: status 200" in out
    assert out.endswith("download: 40000 bytes in download.bin\n")
    assert (tmp_path / "download.bin").read_bytes() == DATA
    assert sorted(tmp_path.glob("download.bin.*")) == []


def test_download_of_another_digest(run, data_url, older):
    out = run("download", URL=data_url, SHA256="0" * 64, ATTEMPTS=1)
    assert "download: attempt 1 failed with -7 - the body does not have the given sha256" in out


@pytest.mark.parametrize(
    ("status", "attempts"),
    [(404, 1), (503, 2)],  # the second can be another next time
)
def test_download_that_the_server_refuses(run, older, status, attempts):
    with Peer(answer(b"HTTP/1.1 %d x\r\nContent-Length: 0\r\n\r\n" % status)) as peer:
        out = run("download", URL=peer.url, ATTEMPTS=2)
    assert len(peer.results) == attempts
    assert out.endswith(
        f"download: attempt {attempts} has status {status}\n"
        "download: gave up; download.bin is as it was\n"
    )


def test_download_without_a_server(run, older):
    out = run("download", URL=CLOSED, ATTEMPTS=2)
    assert f"download: attempt 2 failed with -4 - {REFUSED}\n" in out


def test_download_goes_on_where_it_stopped(run, tmp_path):
    def serve(connection):
        head, _ = connection.request()
        if b"Range: bytes=" in head:
            start = int(head.split(b"Range: bytes=")[1].split(b"-")[0])
            connection.send(
                b'HTTP/1.1 206 x\r\nETag: "1"\r\nContent-Range: bytes %d-39999/40000\r\n'
                b"Content-Length: %d\r\n\r\n%s" % (start, 40000 - start, DATA[start:])
            )
            return start
        connection.send(b'HTTP/1.1 200 x\r\nETag: "1"\r\nContent-Length: 40000\r\n\r\n')
        connection.send(DATA[:15000])
        return 0

    with Peer(serve) as peer:
        out = run("download", URL=peer.url, SHA256=DIGEST, DST="big.bin")
    assert "download: attempt 1 failed with -5 - the peer closed" in out
    assert "download: status 206 - went on where it stopped\n" in out
    assert out.endswith("download: 40000 bytes in big.bin\n")
    assert peer.results == [0, 15000]
    assert (tmp_path / "big.bin").read_bytes() == DATA


def test_download_without_a_length(run, tmp_path):
    with Peer(answer(b"HTTP/1.1 200 x\r\n\r\n" + DATA)) as peer:
        out = run("download", URL=peer.url)
    assert "\r0 bytes\r" in out
    assert out.endswith(" bytes\ndownload: status 200 \ndownload: 40000 bytes in download.bin\n")
    assert (tmp_path / "download.bin").read_bytes() == DATA


def test_json_post(run, httpbin_url):
    out = run("json_post", stand_ins=("network",), URL=httpbin_url + "/post", **WLAN)
    assert out.startswith(CONNECTED + "json_post: the server received {")
    for part in ("'board': 'linux'", "'readings': [21.5, 21.75]", "'door': None"):
        assert part in out


@pytest.mark.parametrize(
    ("url", "text"),
    [
        (CLOSED, "failed with -4 - " + REFUSED),
        ("{httpbin}/status/418", "status 418"),
        ("{httpbin}/status/200", "the answer is not JSON but 'text/html; charset=utf-8'"),
    ],
    ids=["closed", "418", "no JSON"],
)
def test_json_post_that_fails(run, httpbin_url, url, text):
    url = url.format(httpbin=httpbin_url)
    assert run("json_post", URL=url) == f"{UNIX}json_post: {text}\n"


@pytest.fixture
def picture(tmp_path):
    (tmp_path / "picture.jpg").write_bytes(DATA)


def test_upload(run, httpbin_url, picture):
    out = run("upload", URL=httpbin_url + "/post")
    assert out.startswith(
        f"{UNIX}upload: picture.jpg with 40000 bytes\n\r[{32 * '.'}] 512 of 40000"
    )
    end = r"40000 of 40000\nupload: status 200 and an answer of (\d+) bytes\n$"
    assert f"\r[{32 * '#'}] 40000" in out
    assert int(re.search(end, out)[1]) > 40000  # httpbin sends the file back
    assert out.count("\r[") == 33


def test_upload_of_an_empty_file(run, httpbin_url, tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    out = run("upload", URL=httpbin_url + "/post", FILE="empty")
    assert out.startswith(
        f"{UNIX}upload: empty with 0 bytes\nupload: status 200 and an answer of "
    )


def test_upload_over_a_redirect(run, picture):
    def serve(connection):
        head, body = connection.request()
        if head.startswith(b"POST / "):
            connection.send(b"HTTP/1.1 307 x\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n")
        else:
            connection.send(b"HTTP/1.1 201 x\r\nContent-Length: 0\r\n\r\n")
        return body

    with Peer(serve) as peer:
        out = run("upload", URL=peer.url, NOTE='"x"', CONTENT_TYPE="image/png")
    assert out.endswith("upload: status 201 and an answer of 0 bytes\n")
    assert out.count(f"\r[{32 * '#'}] 40000 of 40000") == 2
    first, second = peer.results
    assert first == second
    assert b'; name="note"\r\n\r\n"x"\r\n' in first
    assert b'filename="picture.jpg"\r\nContent-Type: image/png\r\n\r\n' + DATA + b"\r\n" in first


def test_upload_without_a_server(run, picture):
    out = run("upload", URL=CLOSED)
    assert out.endswith(f"upload: failed with -4 - {REFUSED}\n")


def test_upload_of_a_file_that_is_not_there(run):
    out = run("upload", URL=CLOSED, FILE="none.jpg")
    assert out == f"{UNIX}upload: cannot read none.jpg - [Errno 2] ENOENT\n"


def test_events(run):
    asked = []

    def serve(connection):
        head, _ = connection.request()
        asked.append(re.findall(rb"\r\n(?:Accept|Last-Event-ID): ([^\r]*)", head + b"\r\n"))
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        if len(asked) == 1:
            for (
                each
            ) in b": hello\nretry: 30\n\nid: 1\ndata:one\n\nid\nevent: other\r\ndata: two\r\n":
                connection.send(bytes([each]))
            connection.send(b"data:  lines\n\nid: 7\ndata: h\xc3\xa9\n\ndata: cut off\n")
        elif len(asked) == 2:
            connection.send(b"data: bad \xff\n\n")
        elif len(asked) == 3:
            connection.send(b"data: " + b"x" * 50000)
        else:
            connection.send(b"data: " + b"x" * 50000 + b"z\ndata: " + b"y" * 99 + b"\n\n")
            connection.send(b"event\n\ndata\n\ndata: late\n\n")
            connection.wait_closed()

    with Peer(serve) as peer:
        out = run("events", URL=peer.url, COUNT=5)
    lines = out.split("\n")
    ticks = int(lines.pop(-2).split()[-3])
    assert ticks > 2
    assert lines == [
        UNIX.strip(),
        f"events: {peer.url}",
        "events: 'message' 1 - 'one'",
        "events: 'other' 2 - 'two\\n lines'",
        "events: 'message' 3 - 'h\\xe9'",
        "events: the connection ended, status 200",
        "events: failed with -7 - a line is not UTF-8",
        "events: the connection ended, status 200",
        f"events: 'message' 4 - '{60 * 'y'}'",
        "events: 'message' 5 - ''",
        "events: that was enough",
        "",
    ]
    kind = b"text/event-stream"
    assert [sorted(each) for each in asked] == [[kind], *[sorted([b"7", kind])] * 3]


@pytest.mark.parametrize("status", [204, 404])
def test_events_that_the_server_ends(run, httpbin_url, status):
    out = run("events", URL=f"{httpbin_url}/status/{status}")
    assert f"events: status {status} - there will be no more\n" in out


def test_events_of_which_none_comes(run):
    with Peer(answer(b"HTTP/1.1 200 x\r\n\r\nretry: 1\n")) as peer:
        out = run("events", URL=peer.url, ATTEMPTS=3)
    assert out.count("events: the connection ended, status 200\n") == 3
    assert "events: gave up\n" in out
    assert len(peer.results) == 3


# A clock that runs when somebody sleeps: a second of the 20 of wifi.connect() is one of its steps
# of 100 ms. `network.WLAN` is made once there, as on a board.
WEATHER = """
import network, sys, time
class Time:
    now = 0
    ticks_diff = time.ticks_diff
    def ticks_ms(): return Time.now
    def sleep_ms(ms): Time.now += 10 * ms
    def sleep(seconds):
        Time.now += int(1000 * seconds)
        weather.pop(0)()
sys.modules['time'] = Time
board = network.WLAN(0)
board.active(True)
network.WLAN = lambda interface: board
connect = board.connect
def lost():
    board.disconnect()
    board.connect = lambda *args: setattr(board, 'state', network.STAT_NO_AP_FOUND)
def back():
    board.connect = connect
weather = [lost, lambda: None, back, lambda: None]
"""


def test_retry(run):
    answers = [b"503 x\r\nRetry-After: 7", None, b"200 OK"]

    def serve(connection):
        connection.request()
        status = answers.pop(0)
        if status:
            connection.send(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")

    with Peer(serve) as peer:
        out = run(
            "retry", stand_ins=("network",), before=WEATHER, URL=peer.url, ATTEMPTS=5, **WLAN
        )
    gone = "wifi: connecting to home\nwifi: not connected after 20 s: "
    gone += "no network of this name is in reach\n"
    pattern = (
        f"{CONNECTED}retry: attempt 1 has status 503\nretry: waiting 7.0 s\n"
        f"{gone}retry: waiting @\n{gone}retry: waiting @\n"
        f"{CONNECTED}retry: attempt 4 failed with -5 - the peer closed the connection before the "
        "response was complete\nretry: waiting @\nwifi: connected, this board is 192.0.2.7\n"
        "retry: attempt 5 has status 200\nretry: status 200 with 0 bytes\n"
    )
    assert re.sub(r"\d\.\d s", "@", out) == re.sub(r"\d\.\d s", "@", pattern)
    waits = [float(each) for each in re.findall(r"waiting (\d\.\d) s", out)]
    assert waits[0] == 7
    for n, wait in enumerate(waits[1:], 1):
        assert 2**n / 2 <= wait <= 2**n, waits


@pytest.mark.parametrize("status", [404, 200])
def test_retry_takes_an_answer_that_will_not_change(run, httpbin_url, status):
    out = run("retry", URL=f"{httpbin_url}/status/{status}")
    text = f"retry: attempt 1 has status {status}\nretry: status {status} with 0 bytes\n"
    assert out == UNIX + text


def test_retry_knows_what_does_not_pass(run):
    with Peer(answer(b"what?\r\n\r\n")) as peer:
        out = run("retry", URL=peer.url)
    assert out.endswith("retry: no attempt can succeed\n")
    assert len(peer.results) == 1


def test_retry_gives_up(run):
    out = run("retry", URL=CLOSED, ATTEMPTS=3, SECONDS=0)
    assert out.count("refused the connection") == 3
    assert out.endswith("retry: gave up\n")


IMAGE = b"\xe9" + DATA
BOARD = ("esp32", "machine", "network")


@pytest.fixture
def images():
    """A server of an image at /app, that can also be asked whether it is there."""

    def serve(connection):
        head, _ = connection.request()
        method, path = head.split()[:2]
        if path != b"/app":
            connection.send(b"HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n")
        else:
            connection.send(b"HTTP/1.1 200 x\r\nContent-Length: %d\r\n\r\n" % len(IMAGE))
            if method == b"GET":
                connection.send(IMAGE)
        return method + b" " + path

    with Peer(serve) as peer:
        yield peer
    assert peer.errors == []


def otadata(folder):
    data = json.loads((folder / "otadata.json").read_text())
    return data["boot"], data["states"]


@pytest.fixture
def updated(run, images, tmp_path):
    """Run the first step of an update; the next start of the example is the next boot."""

    def update(**env):
        digest = hashlib.sha256(IMAGE).hexdigest()
        out = run("ota", stand_ins=BOARD, env=env, URL=images.url + "/app", SHA256=digest, **WLAN)
        assert out.startswith(f"{CONNECTED}ota: ota_0 runs, ota_1 gets {images.url}/app\n")
        size = len(IMAGE)
        assert f"ota: 0 of {size} bytes\n" in out
        assert f"ota: {size} of {size} bytes\n" in out
        end = f"ota: {size} bytes are in ota_1, which boots next\nota: reset\nmachine.reset()\n"
        assert out.endswith(end)
        assert (tmp_path / "ota_1.bin").read_bytes()[:size] == IMAGE
        return images.url

    return update


def test_ota_confirms_itself(run, updated, tmp_path):
    url = updated() + "/app"
    out = run("ota", stand_ins=BOARD, URL=url, **WLAN)
    assert out == f"{CONNECTED}ota: HEAD {url} - 200 \nota: ota_1 is confirmed\n"
    assert otadata(tmp_path) == ("ota_1", {"ota_1": "valid"})
    assert not (tmp_path / "ota.state").exists()
    # The next update goes the other way round.
    out = run("ota", stand_ins=BOARD, URL=url, **WLAN)
    assert f"ota: ota_1 runs, ota_0 gets {url}\n" in out


def test_ota_rolls_back_what_does_not_work(run, updated, tmp_path):
    url = updated() + "/app"
    out = run("ota", stand_ins=BOARD, URL=url, CHECK_URL=CLOSED, ATTEMPTS=1, **WLAN)
    assert f"ota: HEAD {CLOSED} - -4 {REFUSED}\n" in out
    assert "ota: ota_1 does not work, so it is not confirmed and the bootloader goes back\n" in out
    assert out.endswith("machine.reset()\n")
    assert otadata(tmp_path) == ("ota_1", {"ota_1": "pending"})
    out = run("ota", stand_ins=BOARD, URL=url, **WLAN)
    assert out == "ota: the update did not last, ota_0 runs again\n"
    assert otadata(tmp_path) == ("ota_0", {"ota_1": "aborted"})
    assert not (tmp_path / "ota.state").exists()


def test_ota_rolls_back_what_crashes(run, updated, tmp_path):
    url = updated() + "/app"
    run("wifi", stand_ins=BOARD, before="import esp32")  # a boot that does not come to it
    assert otadata(tmp_path) == ("ota_1", {"ota_1": "pending"})
    out = run("ota", stand_ins=BOARD, URL=url, **WLAN)
    assert out == "ota: the update did not last, ota_0 runs again\n"


def test_ota_with_a_bootloader_that_does_not_roll_back(run, updated):
    url = updated(OTA="keep") + "/app"
    bad = dict(URL=url, CHECK_URL=CLOSED, ATTEMPTS=1, **WLAN)
    out = run("ota", stand_ins=BOARD, env={"OTA": "keep"}, **bad)
    assert out.endswith("machine.reset()\n")
    out = run("ota", stand_ins=BOARD, env={"OTA": "keep"}, **bad)
    assert out == "ota: the bootloader does not roll back; ota_1 stays, without a check\n"


def test_ota_that_works_without_a_rollback(run, updated):
    url = updated(OTA="keep") + "/app"
    out = run("ota", stand_ins=BOARD, env={"OTA": "keep"}, URL=url, **WLAN)
    end = "ota: ota_1 works; this firmware has no rollback to cancel (-261)\n"
    assert out.endswith(end)


def test_ota_does_not_judge_without_a_url(run, updated, tmp_path):
    updated()
    out = run("ota", stand_ins=BOARD, **WLAN)
    assert out == "ota: CHECK_URL or URL has to be set, to confirm the update in ota_1\n"
    assert otadata(tmp_path) == ("ota_1", {"ota_1": "pending"})


@pytest.mark.parametrize(
    ("url", "digest", "text"),
    [
        ("{images}/none", "", "ota: no update, status 404"),
        ("{images}/app", "0" * 64, "failed with -9 the body does not have the"),
        (CLOSED, "", "ota: no update, failed with -4 " + REFUSED),
    ],
    ids=["404", "digest", "closed"],
)
def test_ota_that_fails_changes_nothing(run, images, tmp_path, url, digest, text):
    url = url.format(images=images.url)
    out = run("ota", stand_ins=BOARD, URL=url, SHA256=digest, **WLAN)
    assert text in out
    assert "reset" not in out
    assert otadata(tmp_path) == ("ota_0", {})
    assert not (tmp_path / "ota.state").exists()


def test_ota_on_another_port(run):
    out = run("ota", URL=CLOSED)
    assert out == "ota: no module esp32 here: updates over the air are for ESP32\n"


def test_ota_without_a_partition_for_it(run):
    out = run("ota", stand_ins=BOARD, env={"OTA": "none"}, URL=CLOSED)
    assert out == "ota: no OTA partition beside ota_0: flash the OTA variant of the firmware\n"


def test_ota_without_a_url(run):
    out = run("ota", stand_ins=BOARD)
    assert out == "ota: URL has to be set to the image of an application\n"
