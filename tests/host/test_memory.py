"""The limits of tests/bench/heap.py. Bytes are the same on every machine of 32 bits."""

import sys

import pytest
from conftest import ROOT
from servers import Peer

sys.path.insert(0, str(ROOT / "tests" / "bench"))

import heap  # noqa: E402

KINDS = {"mpy": heap.FILES, "romfs": heap.ROMFS}


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    return heap.Build(tmp_path_factory.mktemp("heap"))


@pytest.fixture(scope="module")
def url():
    with Peer(heap.serve) as peer:
        yield peer.url


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", heap.LIMITS)
def test_heap(needs_32, build, url, what, kind):
    limit = heap.LIMITS[what][KINDS[kind]]
    if what.startswith("kept"):
        assert build.kept(url, KINDS[kind])[0] <= limit
    else:
        assert build.works(what, url, limit, KINDS[kind])


def test_size(build):
    assert build.size <= heap.LIMIT_SIZE
