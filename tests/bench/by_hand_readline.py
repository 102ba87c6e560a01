# The client most programs begin with: a socket, its readline() for the head, a read() of the
# length that it says. On most ports readline() asks the layer below for one byte at a time.

import socket


def _begin(url):
    # Send the request; return the socket, the status and the length of the body.
    _, _, server, path = url.split("/", 3)
    host, port = server.split(":")
    s = socket.socket()
    s.connect(socket.getaddrinfo(host, int(port))[0][-1])
    s.write(b"GET /%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % (path, server))
    status = int(s.readline().split()[1])
    length = 0
    while True:
        line = s.readline()
        if line == b"\r\n":
            return s, status, length
        if line.lower().startswith(b"content-length:"):
            length = int(line[15:])


def get(url):
    s, status, length = _begin(url)
    try:
        return status, s.read(length)
    finally:
        s.close()


def save(stream, path, piece):
    # Read `stream` to its end by pieces, into a file; return how much that was.
    buf = bytearray(piece)
    view = memoryview(buf)
    done = 0
    with open(path, "wb") as f:
        while True:
            n = stream.readinto(buf)
            if not n:
                return done
            f.write(buf if n == piece else view[:n])
            done += n


def download(url, path, piece):
    s, status, length = _begin(url)
    try:
        done = save(s, path, piece)
        if done != length:
            raise OSError("closed")
        return status, done
    finally:
        s.close()
