# A stand-in for ntptime that sets the clock of board_clock.py, if NTP of the environment is not 0.

import os

import board_clock

host = "pool.ntp.org"


def settime():
    if os.getenv("NTP") == "0":
        raise OSError(110)
    board_clock.Clock.is_set = True
