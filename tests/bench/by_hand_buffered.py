# A client by hand for speed: the head comes in one recv() if it can, with the start of the body.

import socket


def get(url):
    _, _, server, path = url.split("/", 3)
    host, port = server.split(":")
    s = socket.socket()
    try:
        s.connect(socket.getaddrinfo(host, int(port))[0][-1])
        s.write(b"GET /%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % (path, server))
        data = s.recv(512)
        end = data.find(b"\r\n\r\n")
        while end < 0:
            more = s.recv(512)
            if not more:
                raise OSError("closed")
            data += more
            end = data.find(b"\r\n\r\n")
        status = int(data[9:12])
        head = data[:end].lower()
        start = head.find(b"\r\ncontent-length:") + 17
        stop = head.find(b"\r\n", start)
        length = int(head[start : stop if stop > 0 else end])
        body = data[end + 4 :]
        return status, body + s.read(length - len(body))
    finally:
        s.close()
