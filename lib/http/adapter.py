# The interface that a request is sent from (opts["adapter"]).

import socket


def bind(stream, adapter):
    """Make the socket `stream` use the interface `adapter`, an object or its IP address."""
    if not isinstance(adapter, str):
        adapter = adapter.ifconfig()[0]
    stream.bind(socket.getaddrinfo(adapter, 0)[0][-1])
