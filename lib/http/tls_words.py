# What failed in TLS, in words. Loaded when something did.

from micropython import const
from time import gmtime

from .head import split

_CONNECT = const(-4)

# Of mbedTLS: records, or messages, that are none, as from a server of something else. Of axTLS the
# same, see its ssl.h.
_NO_TLS = (-0x7200, -0x7100, -0x7300, -0x7700, -260, -261)
# Nothing in common: version, cipher, curve.
_NO_COMMON = (-0x6E80, -0x6E00, -0x6600, -0x7500, -263, -264, -266, -274)
_VERIFY_FAILED = const(-0x2700)
_RECORD_OVERFLOW = const(-257)  # of axTLS

# What mbedTLS writes of a certificate, in its own words, and what that means.
_CERTIFICATE = (
    ("expired", "has expired, or the clock is wrong: it says "),
    ("future", "is not valid yet. Is the clock set? A board starts in 2000; it says "),
    ("not match", "is for another host than "),
    ("not correctly signed", "is not signed by ca_file, but by another CA or itself"),
)


def words(r, code, er, number):
    """Return what `er` means: an OSError of this number, or a ValueError("tls", text)."""
    _, host, port = split(r.url)[0]
    where = "%s port %d" % (host, port)
    if isinstance(er, ValueError):
        text = er.args[1]
        if text == "verify":
            return "the TLS of this port cannot verify a server, so ca_file cannot be honoured"
        if text == "refused":
            return (
                "%s ended the connection before TLS was ready; it may want a certificate of the "
                "client, another one, or another version or cipher of TLS" % where
            )
        # The first is of pem.py, the others are of the libraries.
        for name, word in (("ca_file", "ca"), ("client_ca", "cert"), ("client_key", "key")):
            if text == "invalid " + word:
                return name + " is malformed, or of a kind that TLS here cannot read"
        found = ""
        for part, meaning in _CERTIFICATE:
            if part in text:
                found += ", and it " if found else "the server's certificate "
                found += meaning
                if meaning[-1] == " ":
                    found += host if "host" in meaning else "%d-%02d-%02d" % gmtime()[:3]
        return found or text.strip()  # mbedTLS puts line ends around its texts
    name = " " + er.args[1] if len(er.args) > 1 else ""
    if code != _CONNECT:
        text = "the TLS connection to %s broke"
    elif number in _NO_TLS:
        text = "%s does not speak TLS: does it want http://?"
    elif number in _NO_COMMON:
        text = "%s and this port have no version or cipher of TLS in common"
    elif number == _VERIFY_FAILED:
        text = "the certificate of %s is refused: see its dates (is the clock set?), host and CA"
    elif number == _RECORD_OVERFLOW:
        text = "%s sends larger pieces than the TLS of this port can take"
    else:
        text = "TLS with %s failed"
    return "%s (error -0x%04X%s)" % (text % where, -number, name)
