"""tests/bench/speed.py prints every row. Its figures are not asserted: times differ."""

import re
import shutil
import subprocess
import sys

import pytest
from conftest import HANG, ROOT

sys.path.insert(0, str(ROOT / "tests" / "bench"))

import heap  # noqa: E402
import plot  # noqa: E402
import report  # noqa: E402

ROWS = (
    "GET of 1 KB, a connection for each",
    "GET of 1 KB, `keepalive`",
    "https GETs of 1 KB in a second",
    "to a file, blocking",
    "to a file, in a task",
    "system calls of a GET of 1 KB",
    "instructions of a GET of 1 KB",
    "1 KB to 16 KB to a file",
)


@pytest.fixture(scope="module")
def svg(tmp_path_factory):
    return tmp_path_factory.mktemp("bench") / "growth.svg"


@pytest.fixture(scope="module")
def printed(svg):
    command = [sys.executable, ROOT / "tests" / "bench" / "speed.py", "--quick", "--svg", svg]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("row", ROWS)
def test_row(printed, row):
    (line,) = [line for line in printed.splitlines() if line.startswith("|") and row in line]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert len(cells) == 6
    tool = {"system calls": "strace", "instructions": "valgrind"}.get(row.split(" of ")[0])
    if tool and not shutil.which(tool):
        assert cells[1] == f"not measured: no {tool}"
        return
    assert re.match(r"\d", cells[1])
    assert re.match(r"\d+\.\d\d", cells[5])


def test_the_table_of_bodies_is_read_as_it_is_written():
    """Without the source of requests, `make bench` keeps what the page has of it."""
    found = {}
    for client in heap.CLIENTS:
        found.update(report.columns(client, heap.KINDS[: heap.FROZEN]))
    page = (report.DOCS / "measurements.md").read_text()
    assert "\n".join(report.by_body(heap.BODIES, found)) in page
    assert len(plot.heaps({str(key): list(zip(heap.BODIES, found[key])) for key in found})) > 2000


def test_plot(printed, svg):
    text = svg.read_text()
    assert text.count('class="mark0"') == 4  # two sizes, time and memory
    assert "MicroPython v" in text
