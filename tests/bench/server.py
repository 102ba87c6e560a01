"""A small fast server for speed.py, in a process of its own; with CERTIFICATE it speaks https.

GET /SIZE is answered by so many bytes. One connection is served at a time, as the clients make
them, without threads; small answers are ready in memory and leave in one write.
"""

import socket
import ssl
import sys

# What nginx says about a file, 250 to 255 bytes, but for an ETag that does not grow with the file.
# http receives a head by 256 bytes: one longer than that costs it, and memory, a further read.
HEAD = b"""\
HTTP/1.1 200 OK
Server: nginx/1.22.1
Date: Sat, 21 Nov 2026 12:00:00 GMT
Content-Type: application/octet-stream
Content-Length: %d
Last-Modified: Fri, 20 Nov 2026 12:00:00 GMT
Connection: %s
ETag: "691f03c0-400"
Accept-Ranges: bytes

""".replace(b"\n", b"\r\n")

BLOCK = bytes(1 << 20)


def answer(sock, ready):
    """Answer the requests of a connection until one asks to close it, or the client does."""
    data = b""
    while True:
        while b"\r\n\r\n" not in data:
            more = sock.recv(4096)
            if not more:
                return
            data += more
        head, data = data.split(b"\r\n\r\n", 1)
        line = head.split(b" ", 2)
        last = line[2].startswith(b"HTTP/1.0") or b"\r\nconnection: close" in head.lower()
        size = int(line[1][1:])
        if (size, last) not in ready:
            start = HEAD % (size, b"close" if last else b"keep-alive")
            ready[size, last] = start + BLOCK[: min(size, len(BLOCK))]
        sock.sendall(ready[size, last])
        left = size - len(BLOCK)
        while left > 0:
            sock.sendall(BLOCK if left >= len(BLOCK) else BLOCK[:left])
            left -= len(BLOCK)
        if last:
            return


def main():
    context = None
    if sys.argv[1:]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1])
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listener.getsockname()[1], flush=True)
    ready = {}
    while True:
        sock, _ = listener.accept()
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context:
                sock = context.wrap_socket(sock, server_side=True)
            answer(sock, ready)
        except OSError:
            pass  # a client that ends closes without ceremony
        finally:
            sock.close()


if __name__ == "__main__":
    main()
