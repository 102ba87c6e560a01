# Importing it puts time.localtime() to the year a board starts in, until `is_set`. TLS keeps the
# clock of this machine: what the date of a certificate is to a board, the certificate has to be.

import sys
import time


class Clock:
    is_set = False


for name in dir(time):
    if not name.startswith("__"):
        setattr(Clock, name, getattr(time, name))

real = time.localtime
Clock.localtime = lambda *args: real(*args) if Clock.is_set else (2000, 1, 1, 0, 0, 9, 5, 1)
sys.modules["time"] = Clock
