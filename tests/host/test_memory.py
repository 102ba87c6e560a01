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


@pytest.fixture(scope="module")
def resolving(tmp_path_factory):
    """A Build whose `network` names a DNS server, that server, and the address of a web server."""
    compiled = package.compiled()
    source = (ROOT / "lib" / "http" / "resolver.py").read_text()
    network = 'def ipconfig(name):\n    return "127.0.0.1"\n'
    with Peer(heap.serve) as peer, Nameserver(address) as names, pytest.MonkeyPatch.context() as m:
        source = source.replace("PORT = 53", f"PORT = {names.port}")
        compiled["http/resolver.mpy"] = package.cross(source, "http.resolver")
        compiled["network.mpy"] = package.cross(network, "network")
        m.setattr(package, "compiled", lambda: compiled)
        yield heap.Build(tmp_path_factory.mktemp("resolving")), names, peer.url


AWAIT = "import network\n" + heap.SCRIPTS["a GET of 1 KB, `await`"]
RESOLVER = 22000 * 131 // 128  # the heap from which it is used, with the collector's tables


def named(url):
    return url.replace("127.0.0.1", "heap.test")


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_just_above_the_heap_of_the_resolver(needs_32, resolving, kind):
    """Where it begins to be used there is room for it; below, getaddrinfo() is asked."""
    build, names, url = resolving
    script = AWAIT.format(url=named(url))
    asked = len(names.asked)
    assert build.run(script, RESOLVER - 512, KINDS[kind]).strip() != "200 1024"
    assert len(names.asked) == asked
    assert build.run(script, RESOLVER + 128, KINDS[kind]).strip() == "200 1024"
    assert len(names.asked) == asked + 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_name_needs_more_than_an_address(needs_32, resolving, kind):
    """Just above that heap, by how much may be taken before. MicroPython's table of names grows by
    1.1 KB at the 141st; that is left out, as the program itself has more here.
    """
    build, _, url = resolving
    names = "".join(f"name{i} = " for i in range(25)) + "0\n"

    def free(url):
        script = "\n" + AWAIT.format(url=url)
        for size in range(12000, 0, -128):
            taken = f"{names}taken = bytearray({size})\n"
            if build.run(taken + script, RESOLVER + 128, KINDS[kind]).strip() == "200 1024":
                return size
        return 0

    address, name = free(url), free(named(url))
    assert 0 < name < address <= name + 2048, (address, name)


def test_size(build):
    assert build.size <= heap.LIMIT_SIZE
