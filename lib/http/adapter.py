# The interface that a request is sent from (opts["adapter"]).

import socket


def check(adapter):
    """Raise TypeError unless `adapter` is an object for an interface, its number or IP address."""
    good = isinstance(adapter, str) or hasattr(adapter, "ifconfig")
    if isinstance(adapter, int) and not isinstance(adapter, bool):
        try:
            good = __import__("network")
        except ImportError:
            pass  # nothing here has such a number
    if not good:
        from .opts_words import TEXTS

        raise TypeError(TEXTS["adapter"])


def interface(adapter):
    """Return the object, or the IP address, for what the caller gave."""
    if isinstance(adapter, int):
        # network.STA_IF, say, which is 0. Not before now: on ESP32 this starts Wi-Fi.
        import network

        adapter = network.WLAN(adapter)
    return adapter


def bind(stream, adapter):
    """Make the socket `stream` use the interface `adapter`."""
    adapter = interface(adapter)
    if not isinstance(adapter, str):
        adapter = adapter.ifconfig()[0]
    stream.bind(socket.getaddrinfo(adapter, 0)[0][-1])
