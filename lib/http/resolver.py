# Looks a host name up in a task without holding up others, as getaddrinfo() would: the questions
# and answers of RFC 1035 over UDP.

import gc
import os
import socket
from asyncio import core
from errno import EAGAIN
from select import POLLIN
from struct import unpack_from
from time import time

# For tests. The first question waits for a second, and each that follows twice as long as the one
# before: 15 s in all.
PORT = 53
SECOND = 1000  # ms

# The answer that is remembered: the host and the server, the address, since when, how long.
_last = (None, 0, 0, 0)


def resolve(r, connection, host):
    """Return the IPv4 address of `host`, or None where getaddrinfo() is to be asked: a generator
    as `exchange`, for the driver of tasks. Meanwhile `connection` is that to the DNS server.
    """
    global _last
    adapter = "0.0.0.0"
    if r.adapter is not None:
        from .adapter import interface

        adapter = interface(r.adapter)
    try:
        import network  # ports without it leave everything to getaddrinfo()

        if isinstance(adapter, str):
            server = network.ipconfig("dns")
        else:
            adapter, _, _, server = adapter.ifconfig()
    except (AttributeError, ImportError):
        return
    host = host.rstrip(".")
    # mDNS answers for .local. No server is 0.0.0.0, and one with an IPv6 address is not for us.
    if "." not in host or host.endswith(".local") or server < "1" or ":" in server:
        return
    key = host, server
    if _last[0] == key and 0 <= time() - _last[2] < _last[3]:
        return _last[1]
    gc.collect()  # the garbage of loading this file splits the heap
    name = b""
    for label in host.split("."):
        if not 0 < len(label) < 64 or len(host) > 253:  # RFC 1035 section 2.3.4
            raise ValueError("host")
        name += bytes((len(label),)) + label.encode()
    # Who wants to answer in the place of the server has to guess this port and the id.
    port = 32768 | unpack_from(">H", os.urandom(2))[0] >> 1
    host = socket.getaddrinfo(adapter, port)[0][-1]
    server = socket.getaddrinfo(server, PORT)[0][-1]
    stream = connection.open(socket.AF_INET, socket.SOCK_DGRAM)
    data = None
    ttl = 86400  # seconds
    try:
        # Each alias takes a step, and another where it ends and is asked for.
        for _ in range(16):
            if not data:
                asked = name
                data = yield from _ask(r.task, stream, host, server, name)
                if data[2] & 2:
                    return  # truncated; getaddrinfo() may know another way
            found = None
            code = data[3] & 15
            if code != 3:  # which is for names that do not exist
                try:
                    if code:
                        raise ValueError
                    found, seconds = _find(data, len(asked) + 17, name)
                except (IndexError, TypeError, ValueError):
                    raise ValueError("answer")
            if not found:
                if name == asked:
                    raise ValueError("name")
                data = None
                continue
            ttl = min(ttl, seconds)
            if isinstance(found, str):
                data = None
                gc.collect()  # so that the answer, which is kept, splits less of the heap
                _last = (key, found, time(), ttl)
                return found
            name = found
        raise ValueError("answer")
    finally:
        connection.close()


def _ask(task, stream, host, server, name):
    # Return the answer of `server` to the question for `name`, sent from `host`; a generator.
    # The answer is received in one piece, which nothing made from here on may split: 0.2 KB.
    room = bytearray(512)
    question = os.urandom(2) + b"\1\0\0\1\0\0\0\0\0\0" + name + b"\0\0\1\0\1"
    for i in range(4):
        alarm = core.create_task(_alarm(task, SECOND << i))
        sent = False
        data = b""
        try:
            while not alarm.done():
                if not data:
                    try:
                        # Again after an empty one, which ESP32 takes for the end: so it goes on.
                        stream.bind(host)
                    except OSError:
                        pass  # taken, so the system takes another one; or bound already
                try:
                    if not sent:
                        sent = True
                        stream.sendto(question, server)
                    room = None  # noqa: F841 (free it)
                    data, peer = stream.recvfrom(512)
                except OSError as er:
                    if er.errno != EAGAIN:
                        raise
                    yield POLLIN
                    continue
                # It has to be the answer (QR and opcode) of this server to this one question.
                if (
                    peer == server
                    and data[12 : len(question)].lower() == question[12:]
                    and data[:2] == question[:2]
                    and data[2] >> 3 == 16
                    and data[4:6] == question[4:6]
                ):
                    return data
                yield 0  # many of them must not take the turns of others
        finally:
            if not alarm.done():
                core._task_queue.remove(alarm)
    raise ValueError("dns")


def _alarm(task, ms):
    # Lets the task, which waits for an answer, go on after so many milliseconds.
    yield from core.sleep_ms(ms)
    if task.data is core._io_queue:
        task.data.remove(task)
        core._task_queue.push(task)


def _find(data, pos, name):
    # Returns what the answers from `pos` on have for `name`, and for how many seconds: the
    # address, as text, the name that it is an alias of, as bytes, or None. IndexError, TypeError
    # and ValueError are for malformed ones.
    found = None
    ttl = 0
    for _ in range(data[6] << 8 | data[7]):
        owner, pos = _name(data, pos)
        kind, net, seconds, size = unpack_from(">HHIH", data, pos)
        pos += 10
        if owner == name and net == 1:
            if kind == 1:
                return "%d.%d.%d.%d" % tuple(data[pos : pos + size]), seconds
            if kind == 5:
                found = _name(data, pos)[0]
                ttl = seconds
        pos += size
    return found, ttl


def _name(data, pos):
    # Returns the name at `pos`, as it is in questions, and the position after it.
    name = b""
    stop = 0
    limit = pos
    while len(name) < 255:
        n = data[pos]
        pos += 1
        if n > 191:
            # The rest of the name has been somewhere before; else this might have no end.
            stop = stop or pos + 1
            pos = (n & 63) << 8 | data[pos]
            if pos >= limit:
                break
            limit = pos
        elif n > 63:
            break
        elif n:
            name += data[pos - 1 : pos + n]
            pos += n
        else:
            return name.lower(), stop or pos
    raise IndexError
