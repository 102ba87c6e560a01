#!/usr/bin/env python3
"""Send mutated responses to http, run by hand; it ends with its findings, and 1 if one is bad.

The responses of test_responses.py are cut, joined and changed at random. http may raise nothing
and report no code that is not documented. Memory and descriptors have to stay where they are. A
response that h11 accepts and http too has to have the same status and body in both. A head that
h11 refuses, http refuses too, but for control characters in a line that says nothing of the body,
and for lengths that differ in leading zeros.
"""

import argparse
import asyncio
import binascii
import collections
import contextlib
import os
import pathlib
import random
import re
import sys
import tempfile
import threading

import h11
from conftest import MicroPython
from test_responses import CASES

BASES = [case[0] for case in CASES.values() if len(case[0]) < 10000]
PIECES = [b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b";", b",", b"0", b"5", b"f", b"-"]
PIECES += [b"\xff", b"\x80", b"HTTP/1.1 ", b"100", b"200", b"\r\n\r\n", b"chunked", b"close"]
PIECES += [b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n"]
CODES = {-1, -2, -3, -4, -5, -6, -8}


def mutated(seed, number):
    """Return the response of that number."""
    rng = random.Random(seed * 1000003 + number)
    data = rng.choice(BASES)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3, 8))):
        at = rng.randint(0, len(data))
        end = min(len(data), at + rng.choice((0, 1, 1, 2, 4, 20)))
        other = rng.choice(BASES)
        new = rng.choice(
            (
                b"",
                data[at:end] * 2,
                rng.choice(PIECES),
                bytes([rng.randrange(256)]),
                data[at:end].swapcase(),
                other[rng.randint(0, len(other)) :],
            )
        )
        data = data[:at] + new + data[end:]
    return data


def by_h11(data):
    """Return (status, body) as h11 has it, why it refuses the head, or None if it refuses more."""
    client = h11.Connection(our_role=h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    client.send(h11.EndOfMessage())
    body = b""
    status = None
    try:
        client.receive_data(data)
        client.receive_data(b"")
        while True:
            event = client.next_event()
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                return status, body
            elif not isinstance(event, h11.InformationalResponse):
                return None
    except h11.RemoteProtocolError as er:
        return str(er) if status is None else None


@contextlib.contextmanager
def peer(seed):
    """Serve mutated(seed, N) at /N, in one piece or in two."""

    async def answer(reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            number = int(head.split()[1][1:])
            data = mutated(seed, number)
            half = number % (len(data) + 1) if number % 2 else 0
            writer.write(data[:half])
            await asyncio.sleep(0)
            writer.write(data[half:])
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()
            await writer.wait_closed()

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(answer, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield "http://127.0.0.1:%d" % server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


def compare(seed, line):
    """Return the fault of a line that tests/device/fuzz.py printed, None without one."""
    number, code, *rest = line.split(" ", 3)
    data = mutated(seed, int(number))
    if int(code) < 100:
        if int(code) not in CODES or rest[0] == "None":
            return f"{line}: an undocumented code, or no reason, for {data!r}"
        if code == "-1" and "MemoryError" not in line:
            return f"{line}: unexpected, for {data!r}"
        return None
    found = by_h11(data)
    if isinstance(found, str):
        lengths = {int(n) for n in re.findall(rb"(?i)content-length:[ \t]*(\d+)", data)}
        equal = found.startswith("conflicting") and len(lengths) == 1
        if code != "101" and not found.startswith("illegal ") and not equal:
            return f"{line}, but h11 refuses it, {found}, for {data!r}"
    elif found and code != "101":
        status, body = found
        if [code, *rest] != [str(status), str(len(body)), str(binascii.crc32(body))]:
            return f"{line}, but h11 has {status}, {body!r}, for {data!r}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--count", type=int, default=200000, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--bits", type=int, choices=(32, 64), default=64)
    arguments = parser.parse_args()
    seed = arguments.seed
    print(f"seed {seed}, {arguments.count} responses, {arguments.bits} bits", flush=True)
    codes = collections.Counter()
    bad = []
    both = 0
    with peer(seed) as url, tempfile.TemporaryDirectory() as folder:
        mpy = MicroPython(arguments.bits, pathlib.Path(folder))
        for first in range(0, arguments.count, 10000):
            count = min(10000, arguments.count - first)
            out = mpy.run("fuzz", heap="400k", timeout=600, url=url, first=first, count=count)
            lines = out.splitlines()
            if len(lines) != count:
                bad.append(f"{len(lines)} results for {count} responses")
            for line in lines:
                code = int(line.split()[1])
                codes[code] += 1
                both += code > 0 and isinstance(by_h11(mutated(seed, int(line.split()[0]))), tuple)
                wrong = compare(seed, line)
                if wrong:
                    bad.append(wrong)
            print(f"{first + count} done, {len(bad)} bad", flush=True)
    print("codes:", dict(sorted(codes.items())))
    print(f"{both} were accepted by h11 as well")
    print("\n".join(bad[:50]))
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
