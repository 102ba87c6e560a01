"""A DNS server, made of dnslib, that answers as a test says."""

from dnslib import RR, DNSRecord
from dnslib.server import DNSHandler, DNSLogger, DNSServer


class _Handler(DNSHandler):
    def handle(self):
        data, own = self.request
        names = self.server.resolver
        request = DNSRecord.parse(data)
        name = str(request.q.qname).rstrip(".")
        names.asked.append((name, request.header.id, self.client_address))
        try:
            for answer in names.play(request, name, names.count(name)):
                sender, answer = answer if isinstance(answer, tuple) else (own, answer)
                if names.closed:
                    break
                sender.sendto(answer, self.client_address)
        except Exception as er:
            names.errors.append(er)


class Nameserver:
    """Calls play(request, name, nth) for the nth question for `name`, and sends what it yields:
    bytes, or (a socket to send from, bytes).

    `asked` has (name, id, address of the client) of each question, `errors` what it raised.
    """

    def __init__(self, play):
        self.play = play
        self.asked = []
        self.errors = []
        self.closed = False
        self.server = DNSServer(
            self, "127.0.0.1", 0, logger=DNSLogger("-log", prefix=False), handler=_Handler
        )
        self.port = self.server.server.server_address[1]

    def __enter__(self):
        self.server.start_thread()
        return self

    def __exit__(self, *args):
        self.closed = True
        self.server.stop()
        self.server.server.server_close()

    def count(self, name):
        """Return how often `name` was asked for."""
        return sum(name == asked for asked, _, _ in self.asked)


def answer(request, *lines):
    """Return the reply to `request` with the records of `lines`, in the form of zone files."""
    reply = request.reply()
    for line in lines:
        reply.add_answer(*RR.fromZone(line))
    return reply


def address(request, name, nth):
    """Say that every name is at 127.0.0.1."""
    yield answer(request, f"{name} 60 A 127.0.0.1").pack()
