"""What README.md and docs/ show: each block of Python is run, and prints what stands below it."""

import ast
import gzip
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess

import pytest
import trustme
from conftest import DEVICE, HANG, ROOT
from servers import Peer

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
PAGES += [ROOT / folder / "README.md" for folder in ("boards", "examples", "tests", "typings")]
PAGES += sorted((ROOT / "docs").glob("*.md"))

# What stands for a board's modules where there are none.
STAND_INS = ("board_clock", "esp32", "machine", "network", "ntptime")
MACHINE = "e831cd5dd8f4"  # what unique_id() of the stand-in is

BIG = bytes(i * 7 % 251 for i in range(100000))
IMAGE = b"\xe9" + bytes(16383)  # begins as an application for ESP32 does
LOG = b"12:00 21.5\n12:01 21.6\n12:02 21.4\n"
EVENTS = (
    ": a comment",
    "",
    "data: hello",
    "",
    "data: two",
    "data: lines",
    "",
    "data: goodbye",
    "",
)


def name_of(page):
    return str(page.relative_to(ROOT))


class Block:
    """A block of Python of a page, and the output it must have, None for any."""

    def __init__(self, page, heading, line, source):
        self.page = page
        self.id = f"{name_of(page)}:{line} {heading}"
        self.source = source
        self.output = None


def blocks():
    """Return all of them. An `output` block is of all blocks of Python since the one before it."""
    found = []
    for page in PAGES:
        heading, fence, waiting = "", None, []
        for number, line in enumerate(page.read_text().splitlines(), 1):
            if fence is None and line.startswith("```"):
                fence, lines = (line[3:], number), []
            elif line == "```":
                text = "\n".join(lines) + "\n"
                if fence[0] == "python":
                    waiting.append(Block(page, heading, fence[1], text))
                    found.append(waiting[-1])
                elif fence[0] == "output":
                    for block in waiting:
                        block.output = text
                    waiting = []
                fence = None
            elif fence:
                lines.append(line)
            elif line.startswith("#"):
                heading = line.strip("# ")
    return found


BLOCKS = blocks()
ON_A_BOARD = [
    block for block in BLOCKS if re.search(r"(?m)^import (machine|network|ntptime)$", block.source)
]


class Example:
    """What example.com has."""

    def __init__(self):
        self.busy = 2  # how often it is, before it is no more
        self.cut = 1  # how many downloads end early

    def __call__(self, connection):
        head = connection.request()[0].decode()
        path = head.split()[1]
        status, fields = "200 OK", ""
        if path == "/hello":
            body = b"hello"
        elif path == "/log.txt":
            body = LOG
        elif path == "/big.bin":
            return self.big(connection, head)
        elif path == "/micropython.bin" or path == "/updates/kitchen.bin":
            body = IMAGE
        elif path == "/updates/boards.json":
            digest = hashlib.sha256(IMAGE).hexdigest()
            entry = {"version": "1.3", "image": "kitchen.bin", "sha256": digest}
            body = json.dumps({MACHINE: entry}).encode()
        elif path == "/busy":
            body = b"at last"
            self.busy -= 1
            if self.busy >= 0:
                status, body = "503 Busy", b""
        elif path == "/data.json" and "gzip" in head:
            fields = "Content-Encoding: gzip\r\n"
            body = gzip.compress(b'{"a": 1}')
        elif path == "/events":
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
            for line in EVENTS:
                connection.send(line.encode() + b"\n")
            connection.wait_closed()
            return None
        else:
            status, body = "404 Not Found", b""
        head = f"HTTP/1.1 {status}\r\n{fields}Content-Length: {len(body)}\r\n\r\n"
        connection.send(head.encode() + body)
        return None

    def big(self, connection, head):
        first = re.search(r"Range: bytes=(\d+)-", head)
        first = int(first[1]) if first else 0
        body = BIG[first:]
        status = "200 OK"
        fields = 'ETag: "big-1"\r\n'
        if first:
            status = "206 Partial Content"
            fields += f"Content-Range: bytes {first}-{len(BIG) - 1}/{len(BIG)}\r\n"
        head = f"HTTP/1.1 {status}\r\n{fields}Content-Length: {len(body)}\r\n\r\n"
        self.cut -= 1
        connection.send(head.encode() + (body[:70000] if self.cut >= 0 else body))


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def hosts(httpbin_url, authority):
    """Return {what stands in a page: where it is here}."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    example = Example()

    def secure(connection):
        connection.sock = context.wrap_socket(connection.sock, server_side=True)
        example(connection)
        connection.sock.shutdown(socket.SHUT_RDWR)

    with Peer(example) as plain, Peer(secure) as tls:
        yield {
            "http://httpbin.org": httpbin_url,
            "http://example.com": plain.url,
            "https://example.com": tls.url.replace("127.0.0.1", "localhost").replace(
                "http", "https"
            ),
        }


def localized(source, hosts):
    """Return `source` with servers of this machine in place of the hosts of a page."""
    for host, url in hosts.items():
        scheme, name = host.split("://")
        local = url.split("://")[1]
        source = re.sub(
            rf"\b{scheme}://(\w+:\w+@)?{re.escape(name)}\b",
            lambda found: f"{scheme}://{found[1] or ''}{local}",
            source,
        )
    left = re.findall(r"https?://(?:\w+:\w+@)?[\w.]+\.(?:org|com)\b", source)
    assert not [host for host in left if not host.startswith("ftp")], left
    return source


def delocalized(text, hosts):
    """Return the output, with the hosts of the page again."""
    for host, url in hosts.items():
        scheme, name = host.split("://")
        text = text.replace(url, host)
        where = url.split("://")[1].replace(":", " port ")
        text = text.replace(where, f"{name} port {443 if scheme == 'https' else 80}")
    return text


@pytest.fixture
def folder(tmp_path, authority):
    """Return a folder with the files that the pages speak of, and a board's modules."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    (tmp_path / "door.jpg").write_bytes(b"\xff\xd8" + bytes(range(256)) * 195 + bytes(78))
    for name in STAND_INS:
        shutil.copy(DEVICE / "stand_ins" / f"{name}.py", tmp_path)
    return tmp_path


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.id)
def test_block(mpy, block, hosts, folder):
    assert block.output is not None, "no output stands below it"
    (folder / "block.py").write_text(localized(block.source, hosts))
    done = subprocess.run(
        [mpy.command, "-X", "heapsize=512k", "block.py"],
        cwd=folder,
        env=dict(os.environ, MICROPYPATH=f".frozen:{ROOT / 'lib'}:{folder}", WIFI="home"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    assert (delocalized(done.stdout, hosts), done.returncode) == (block.output, 0), done.stderr


@pytest.mark.board_only
@pytest.mark.parametrize("block", ON_A_BOARD, ids=lambda block: block.id)
def test_block_on_a_board(device, block, hosts, folder, request):
    """In the heap of a board. The modules of a board are stand-ins there, too."""
    if request.config.option.port != "virtual":
        pytest.skip("a real board has its own network, partitions and pins")
    modules = {}
    for name in STAND_INS:
        modules[name] = (folder / f"{name}.py").read_text()
        (folder / f"{name}.py").unlink()  # it would win over the compiled one
    modules["block"] = localized(block.source, hosts)
    # A reset would end the mount, too.
    modules["machine"] = modules["machine"].replace("sys.exit()", "raise KeyboardInterrupt")
    out = delocalized(device.run(folder, "block", modules), hosts)
    end = out[len(block.output) :]
    assert out.startswith(block.output), out
    assert "KeyboardInterrupt" in end if "reset()" in block.output else end == "OK\n", out


def test_every_python_block_is_seen():
    """Nothing hides behind another spelling of a fence."""
    for page in PAGES:
        fences = re.findall(r"(?m)^ *(?:```|~~~)(.*)$", page.read_text())
        assert not set(fences) - {"", "python", "output", "sh", "text"}, page
    assert len(BLOCKS) > 30


def test_they_run_on_small_ports():
    """No f-strings and no methods that ports leave out."""
    for block in BLOCKS:
        for node in ast.walk(ast.parse(block.source)):
            assert not isinstance(node, ast.JoinedStr), block.id
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("partition", "rpartition", "splitlines"), block.id


# Commands.

NOT_RUN = {
    "bench": "takes minutes; test_bench.py and test_memory.py run what it runs",
    "test": "is what runs this",
    "clean": "would remove what runs this",
}


def commands():
    """Return {(page, words of a make command)} of all pages."""
    found = set()
    for page in PAGES:
        text = page.read_text()
        for line in re.findall(r"(?m)^ *make [^\n]*|`make [^`]*`", text):
            line = line.strip(" `").split("   ")[0]
            line = re.sub(r"'[^']*'|\"[^\"]*\"", "x", line)
            found.add((name_of(page), line))
    return found


def test_make_has_every_command():
    """Every target that a page names is one, and `make help` names its variables."""
    help_text = subprocess.run(
        ["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    shown = set(re.findall(r"make ([a-z-]+)", help_text)) | {"help"}
    seen = set()
    for page, line in commands():
        if " -C " in line:
            continue  # in MicroPython's own folder
        words = line.split()[1:]
        for word in words:
            if "=" in word:
                name = word.split("=")[0]
                assert re.search(rf"\b{name}=", help_text), (page, line)
            else:
                assert word in targets & shown, (page, line)
                seen.add(word)
    assert len(seen) > 8


def test_every_command_is_run():
    """By a test or by CI, but for those that cannot be."""
    run = (ROOT / ".ci" / "run").read_text()
    makefile = (ROOT / "Makefile").read_text()  # `make test` runs `make test-device`
    run += re.sub(r"\$\(MAKE\) -s", "make", "".join(re.findall(r".*\$\(MAKE\).*\n", makefile)))
    run += way()
    for path in (ROOT / "tests" / "host").glob("test_*.py"):
        # make("install", …), ["make", "-s", "ca", …], run_make("flash", …)
        run += " ".join(
            f"make {target}\n"
            for target in re.findall(
                r'(?:make\(|"make", (?:"-s", )?)\s*"([a-z-]+)"', path.read_text()
            )
        )
    for page, line in commands():
        for word in line.split()[1:2]:
            if word != "-C" and word not in NOT_RUN:
                assert re.search(rf"\bmake {word}\b", run), (page, line)


def way():
    """Return the lines of docs/boards.md that lead to a first GET."""
    text = (ROOT / "docs" / "boards.md").read_text()
    return re.search(r"```sh\n(make virtual-board.*?)```", text, re.DOTALL)[1]


def test_the_way_to_a_first_get_on_a_virtual_board(hosts):
    start, *others = localized(way(), hosts).splitlines()
    board = subprocess.Popen(
        start,
        shell=True,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        # make may have something to prepare first.
        port = next(line.strip() for line in board.stdout if line.startswith("/dev/"))
        for line in others:
            done = subprocess.run(
                line.replace("/dev/pts/3", port),
                shell=True,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=HANG,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.split() == ["200"]
    finally:
        os.killpg(board.pid, signal.SIGTERM)
        board.communicate(timeout=60)


# What else the pages say of the code.


def texts():
    """Return every text that lib/http can say."""
    found = []
    for path in (ROOT / "lib" / "http").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return "\n".join(found)


def test_errors_in_words():
    """What docs/api.md quotes is what lib/http says."""
    page = (ROOT / "docs" / "api.md").read_text().split("## Errors in words")[1]
    quoted = re.findall(r"(?m)^\|.*\| `(.*)` \|$", page.split("```")[0])
    assert len(quoted) > 15
    said = texts()
    # What stands between hosts, files and numbers. A certificate may have several faults.
    parts = [
        part for text in quoted for part in re.split("…|(?<=server's certificate )", text) if part
    ]
    assert [part for part in parts if part not in said] == []


def test_options():
    """docs/api.md has every option, and no other."""
    page = (ROOT / "docs" / "api.md").read_text().split("## Options")[1].split("\n## ")[0]
    named = re.findall(r"`(\w+)`", "".join(re.findall(r"(?m)^\| (`.*?) \|", page)))
    source = (ROOT / "lib" / "http" / "options.py").read_text()
    known = re.search(r'known = \(\s*"(.*?)\)', source, re.DOTALL)[1]
    assert set(named) == set(re.findall(r"\w+", known))


def test_codes():
    """docs/api.md has every code with its number."""
    page = (ROOT / "docs" / "api.md").read_text()
    shown = {
        name: int(number)
        for number, name in re.findall(r"(?m)^\| (-\d) \| `http\.(\w+)` \|", page)
    }
    source = (ROOT / "lib" / "http" / "__init__.py").read_text()
    codes = {name: int(n) for name, n in re.findall(r"(ERROR_\w+)=(-\d)", source)}
    assert shown == codes


def anchors(page):
    return {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"(?m)^#+ (.*)$", page.read_text())
    }


def test_links():
    """Every link to a file, and to a heading, leads somewhere."""
    for page in PAGES + [ROOT / "CHANGELOG.md"]:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            if re.match("https?:", target):
                continue
            path, _, anchor = target.partition("#")
            path = (page.parent / path).resolve() if path else page
            assert path.exists(), (name_of(page), target)
            if anchor:
                assert anchor in anchors(path), (name_of(page), target)


def test_readme_is_one_page():
    lines = (ROOT / "README.md").read_text().splitlines()
    assert len(lines) <= 130


def test_heaps_of_the_readme():
    """Its table has the kilobytes of docs/measurements.md, rounded up."""
    row = re.search(r"(?m)^\| smallest heap, GET .*$", (ROOT / "README.md").read_text())[0]
    shown = [[int(n) for n in re.findall(r"(\d+) KB", cell)] for cell in row.split("|")[2:]]
    page = (ROOT / "docs" / "measurements.md").read_text()
    for size, i in ((1, 0), (16, 1)):
        cells = re.search(rf"(?m)^\| {size} KB \| (.*) \|$", page)[1].split(" | ")
        http, _, requests, _ = (int(cell.replace(",", "")) for cell in cells)
        assert [-(-n // 1024) for n in (http, requests)] == [shown[0][i], shown[1][i]]


def test_no_text_twice():
    """A paragraph stands on one page."""
    seen = {}
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
        for paragraph in re.split(r"\n\n|\n- |\n\| ", text):
            words = " ".join(paragraph.split())
            if len(words) > 120:
                assert seen.setdefault(words, page) == page, words
