"""The limits of tests/bench/heap.py. Bytes are the same on every machine of 32 bits."""

import sys

import pytest
from conftest import ROOT
from nameserver import Nameserver, address
from servers import Peer

sys.path.insert(0, str(ROOT / "tests" / "bench"))

import heap  # noqa: E402
import package  # noqa: E402

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


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_just_above_the_heap_of_the_resolver(needs_32, tmp_path, kind, monkeypatch):
    """Where it begins to be used there is room for it; below, getaddrinfo() is asked."""
    compiled = package.compiled()
    source = (ROOT / "lib" / "http" / "resolver.py").read_text()
    network = 'def ipconfig(name):\n    return "127.0.0.1"\n'
    what = "a GET of 1 KB, `await`"
    script = "import network\n" + heap.SCRIPTS[what]
    with Peer(heap.serve) as peer, Nameserver(address) as names:
        source = source.replace("PORT = 53", f"PORT = {names.port}")
        compiled["http/resolver.mpy"] = package.cross(source, "http.resolver")
        compiled["network.mpy"] = package.cross(network, "network")
        monkeypatch.setattr(package, "compiled", lambda: compiled)
        build = heap.Build(tmp_path)
        script = script.format(url=peer.url.replace("127.0.0.1", "heap.test"))
        size = 22000 * 131 // 128  # with the tables of the garbage collector
        assert build.run(script, size - 512, KINDS[kind]).strip() != "200 1024"
        assert not names.asked
        assert build.run(script, size + 128, KINDS[kind]).strip() == "200 1024"
        assert len(names.asked) == 1


def test_size(build):
    assert build.size <= heap.LIMIT_SIZE
