# A stand-in for the machine module of a board: a reset ends the interpreter.

import sys


def reset():
    print("machine.reset()")
    sys.exit()


def unique_id():
    return b"\xe81\xcd]\xd8\xf4"


class ADC:
    def __init__(self, pin):
        assert pin == 0

    def read_u16(self):
        return 4711


class UART:
    """It sends into nowhere, 16 bytes at a time; None while it is busy, every other time."""

    def __init__(self, number, baudrate):
        self.busy = False

    def write(self, data):
        self.busy = not self.busy
        return None if self.busy else min(16, len(data))
