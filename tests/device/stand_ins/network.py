# A stand-in for the network module of ESP32. Of the environment, WIFI is the network that the
# board is connected to at its start, or "connecting". There is no DNS server before ipconfig()
# has set one.

import os

STA_IF = 0
STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202

_dns = "0.0.0.0"


def ipconfig(*args, **kwargs):
    global _dns
    if not kwargs:
        if len(args) != 1:
            raise TypeError("must query one param")
        if args[0] != "dns":
            raise ValueError("unexpected key")
        return _dns
    if args:
        raise TypeError("can't specify pos and kw args")
    for key in kwargs:
        if key != "dns":
            raise ValueError("unexpected key")
        _dns = kwargs[key]


class WLAN:
    def __init__(self, interface):
        assert interface == STA_IF
        self.on = False
        self.ssid = os.getenv("WIFI") or ""
        self.state = STAT_IDLE
        self.polls = 0
        if self.ssid == "connecting":
            self.state = STAT_CONNECTING
        elif self.ssid:
            self.state = STAT_GOT_IP

    def active(self, on):
        self.on = on

    def isconnected(self):
        self.polls += 1
        if self.state == STAT_CONNECTING and self.polls > 3:
            self.state = STAT_GOT_IP
        return self.state == STAT_GOT_IP

    def status(self):
        return self.state

    def config(self, name):
        assert name == "ssid"
        return self.ssid

    def disconnect(self):
        self.state = STAT_IDLE

    def connect(self, ssid, password):
        assert self.on
        self.ssid = ssid
        self.polls = 0
        if ssid != "home":
            self.state = STAT_NO_AP_FOUND
        elif password != "secret":
            self.state = STAT_WRONG_PASSWORD
        else:
            self.state = STAT_CONNECTING

    def ifconfig(self):
        return ("192.0.2.7", "255.255.255.0", "192.0.2.1", "192.0.2.1")
