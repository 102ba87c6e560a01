# What options have to be. Loaded when one is not.

TEXTS = {
    "opts": "opts must be a dict",
    "timeout": "timeout must be an integer, 0 to 536870911 ms",
    "redirects": "redirects must be an integer, 0 to 536870911",
    "dst": "dst must be a path (not empty, no NUL), a bytearray, a writable memoryview or an "
    "object with write()",
    "fota": 'fota must be True or {"sha256": digest}, and without dst',
    "resume": "resume needs a path as dst",
    "sha256": "sha256 must be 64 hex digits, as text, given once, for dst or fota",
    "callback": "callback must be callable",
    "adapter": "adapter must be an IP address or a network interface",
}
