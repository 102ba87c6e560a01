"""The servers of the tests: a real httpbin, and one that plays scripted bytes.

As a program it runs a command beside them: servers.py COMMAND [ARG ...], where {httpbin} in an
argument stands for the address of an httpbin, {httpsbin} for one that speaks https, and {ca} for a
file with the certificate of the CA that vouches for it.
"""

import contextlib
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import trustme
import uvicorn
from starlette.staticfiles import StaticFiles


# The address of this machine as the client sees it, and the one that servers bind: loopback,
# unless a board has to reach this machine.
HOST = os.environ.get("SERVER_HOST") or os.environ.get("SERVER_BIND") or "127.0.0.1"
BIND = os.environ.get("SERVER_BIND") or HOST


@contextlib.contextmanager
def httpbin(*options):
    """Run a real httpbin, with `options` of gunicorn; gives its address."""
    gunicorn = pathlib.Path(sys.executable).parent / "gunicorn"
    command = [gunicorn, "--bind", BIND + ":0", "--worker-class", "gthread"]
    command += [
        "--threads",
        "24",
        "--keep-alive",
        "5",
        "--log-level",
        "info",
        *options,
        "httpbin:app",
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            found = re.search(r"Listening at: (https?://\S+)", line)
            if found:
                break
        else:
            raise RuntimeError("httpbin did not start")
        # Read on, so that its log never blocks it.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield found[1].replace(BIND, HOST)
    finally:
        process.terminate()
        process.wait(120)


@contextlib.contextmanager
def httpsbin():
    """Run an httpbin that speaks https; gives its address and the path of its CA's certificate."""
    authority = trustme.CA()
    cert = authority.issue_cert("localhost")
    with tempfile.TemporaryDirectory() as folder:
        files = [f"{folder}/{name}.pem" for name in ("ca", "cert", "key")]
        authority.cert_pem.write_to_path(files[0])
        cert.cert_chain_pems[0].write_to_path(files[1])
        cert.private_key_pem.write_to_path(files[2])
        with httpbin("--certfile", files[1], "--keyfile", files[2]) as url:
            yield url.replace("127.0.0.1", "localhost"), files[0]


@contextlib.contextmanager
def files(folder):
    """Serve the files in `folder`, with ranges and ETags, by a real server; gives its address."""
    static = StaticFiles(directory=folder)

    async def app(scope, receive, send):
        async def with_unit(message):
            # Starlette for Python 3.9 leaves the unit out of the Content-Range of a 416.
            if message.get("status") == 416:
                message["headers"] = [
                    (name, b"bytes " + value if value[:1] == b"*" else value)
                    for name, value in message["headers"]
                ]
            await send(message)

        await static(scope, receive, with_unit)

    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


class Connection:
    """One connection that a Peer accepted, with what its handler needs."""

    def __init__(self, sock):
        self.sock = sock
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(120)
        self.received = b""
        self.segments = 0  # how many reads brought `received`

    def read(self):
        """Wait for more bytes; "" when the client has closed."""
        data = self.sock.recv(65536)
        self.received += data
        self.segments += bool(data)
        return data

    def request(self):
        """Read a whole request; return (head, body) as they came, chunks and all."""
        while b"\r\n\r\n" not in self.received:
            if not self.read():
                raise ConnectionError("the client closed in the request head")
        head, body = self.received.split(b"\r\n\r\n", 1)
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        chunked = re.search(rb"(?i)\r\ntransfer-encoding: chunked", head)
        while (length and len(body) < int(length[1])) or (
            chunked and not (body.endswith(b"\r\n0\r\n\r\n") or body == b"0\r\n\r\n")
        ):
            more = self.read()
            if not more:
                raise ConnectionError("the client closed in the request body")
            body += more
        return head, body

    def send(self, data, pace=0):
        """Send `data`; with `pace`, a byte at a time with so many seconds in between."""
        if not pace:
            self.sock.sendall(data)
            return
        for i in range(len(data)):
            self.sock.sendall(data[i : i + 1])
            time.sleep(pace)

    def reset(self):
        """Close with RST in place of FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def wait_closed(self):
        """Return the seconds until the client closes."""
        start = time.monotonic()
        try:
            while self.read():
                pass
        except OSError:
            pass
        return time.monotonic() - start


class Peer:
    """A server that calls handler(connection), in a thread for each connection.

    What handlers return is collected in `results`, what they raise in `errors`.
    """

    def __init__(self, handler, family=socket.AF_INET):
        self.handler = handler
        self.results = []
        self.errors = []
        self.threads = []
        self.lock = threading.Lock()  # a thread that runs is in `threads`
        self.listener = socket.socket(family, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((BIND if family == socket.AF_INET else "::1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        host = HOST if family == socket.AF_INET else "[::1]"
        self.url = f"http://{host}:{self.port}"

    def __enter__(self):
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, kind, *args):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.join()
        # A client may go at any moment; whatever else a handler raises is a failure of the test.
        failed = [er for er in self.errors if not isinstance(er, OSError)]
        if failed and not kind:
            raise AssertionError("the handler of a Peer failed") from failed[0]

    def join(self):
        """Wait until every connection has been handled."""
        with self.lock:
            threads = list(self.threads)
        for thread in threads:
            thread.join(120)

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._handle, args=(sock,), daemon=True)
            with self.lock:
                thread.start()
                self.threads.append(thread)

    def _handle(self, sock):
        connection = Connection(sock)
        with sock:
            try:
                self.results.append(self.handler(connection))
            except Exception as er:  # shown by the test that fails for it
                self.errors.append(er)


def answer(response, pace=0):
    """Return a handler that reads a request, plays `response`, and returns the request."""

    def handler(connection):
        request = connection.request()
        connection.send(response, pace)
        return request

    return handler


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit(__doc__)
    with contextlib.ExitStack() as stack:
        words = "\0".join(sys.argv[1:])
        words = words.replace("{httpbin}", stack.enter_context(httpbin()))
        if "{httpsbin}" in words:
            secure, ca = stack.enter_context(httpsbin())
            words = words.replace("{httpsbin}", secure).replace("{ca}", ca)
        process = subprocess.Popen(words.split("\0"))
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the command
        sys.exit(process.wait())
