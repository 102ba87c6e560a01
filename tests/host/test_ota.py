"""`fota`: an image as esptool makes it, and every way it can go wrong."""

import subprocess
import sys

import pytest
from scripts import each_test
from servers import Peer

pytest.importorskip("esptool", reason="esptool needs Python 3.10 or later")
from esptool.bin_image import ELFSection, ESP32FirmwareImage  # noqa: E402

PARTITION = 64 * 4096


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """An application image of ESP32, of no whole number of blocks."""
    made = ESP32FirmwareImage()
    made.chip_id = 0
    made.entrypoint = 0x40080400
    for name, address, size in (
        (b".flash.rodata", 0x3F400020, 40000),
        (b".dram0.data", 0x3FFB0000, 3000),
        (b".iram0.text", 0x40080000, 12000),
    ):
        data = bytes((i * 7 + address) % 256 for i in range(size))
        made.segments.append(ELFSection(name, address, data, 0))
    path = tmp_path_factory.mktemp("image") / "app.bin"
    made.save(str(path))
    info = subprocess.run(
        [sys.executable, "-m", "esptool", "--chip", "esp32", "image-info", path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "(valid)" in info.stdout
    return path.read_bytes()


@each_test("ota")
def test_fota(mpy, image, name):
    large = image + bytes(PARTITION + 1 - len(image))
    bodies = {
        "good": image,
        "padded": image + bytes(16 * 4096 - len(image)),
        "magic": b"\x7fELF" + image,
        "empty": b"",
        "large": large,
        "short": image[:30000],
        "flipped": image[:20000] + bytes([image[20000] ^ 1]) + image[20001:],
    }

    def serve(connection):
        head, _ = connection.request()
        name = head.split()[1][1:].decode()
        body = bodies.get(name, image)
        if name in ("chunked", "large-chunked"):
            body = large if name == "large-chunked" else image
            connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for i in range(0, len(body), 1500):
                piece = body[i : i + 1500]
                connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))
            connection.send(b"0\r\n\r\n")
            return
        status = b"404 x" if name == "404" else b"200 OK"
        connection.send(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, len(body)))
        if name == "drip":
            for i in range(0, len(body), 997):
                connection.send(body[i : i + 997])
        elif name in ("cut", "stall"):
            connection.send(body[:20000])
            if name == "stall":
                connection.wait_closed()
        else:
            connection.send(body)

    with Peer(serve) as peer:
        mpy.run("ota", name, heap="2m", url=peer.url, image=image)
