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
    gc.collect()  # what loading this has left splits the heap
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
    labels = host.rstrip(".").encode().split(b".")
    # mDNS answers for .local. No server is 0.0.0.0, and one with an IPv6 address is not for us.
    if len(labels) < 2 or labels[-1] == b"local" or server < "1" or ":" in server:
        return
    if _last[0] == (host, server) and 0 <= time() - _last[2] < _last[3]:
        return _last[1]
    name = b""
    for label in labels:
        if not 0 < len(label) < 64:
            raise ValueError("host")
        name += bytes((len(label),)) + label
    return (yield from _ask(r, connection, host, name, server, adapter))


def _ask(r, connection, host, name, server, adapter):
    global _last
    key = (host, server)
    server = socket.getaddrinfo(server, PORT)[0][-1]
    stream = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    connection.stream = connection.poll = stream
    alarm = None
    aliases = 8
    ttl = 86400  # seconds
    try:
        stream.setblocking(False)
        # Who wants to answer in the place of the server has to guess this port and the id.
        seed = os.urandom(4)
        try:
            stream.bind(socket.getaddrinfo(adapter, 32768 | seed[2] << 7 ^ seed[3])[0][-1])
        except OSError:
            pass  # somebody has it; the system takes another one
        for i in range(4):
            alarm = core.create_task(_alarm(r._task, SECOND << i))
            sent = False
            while not alarm.done():
                try:
                    if not sent:
                        sent = True
                        question = seed[:2] + b"\1\0\0\1\0\0\0\0\0\0" + name + b"\0\0\1\0\1"
                        stream.sendto(question, server)
                    data, peer = stream.recvfrom(512)
                except OSError as er:
                    if er.errno != EAGAIN:
                        raise
                    yield POLLIN
                    continue
                pos = len(question)
                # It has to be the answer (QR and opcode) of this server to this one question.
                if (
                    peer != server
                    or data[12:pos] != question[12:]
                    or data[:2] != question[:2]
                    or data[2] >> 3 != 16
                    or data[4:6] != b"\0\1"
                ):
                    yield 0  # many of them must not take the turns of others
                    continue
                if data[2] & 2:
                    return  # truncated; getaddrinfo() may know another way
                asked = name
                code = data[3] & 15
                try:
                    while code != 3:  # which is for names that do not exist
                        if code or not aliases:
                            raise IndexError
                        found, seconds = _find(data, pos, name)
                        if not found:
                            break
                        ttl = min(ttl, seconds)
                        if isinstance(found, str):
                            gc.collect()  # what is remembered splits less of the heap then
                            _last = (key, found, time(), ttl)
                            return found
                        name = found
                        aliases -= 1
                except (IndexError, TypeError, ValueError):
                    raise ValueError("answer", host)
                if name == asked:
                    raise ValueError("name", host)
                sent = False  # where the aliases end is for us to ask
        raise ValueError("dns", host)
    finally:
        connection.stream = None
        stream.close()
        if alarm and not alarm.done():
            core._task_queue.remove(alarm)
        data = question = stream = None


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
