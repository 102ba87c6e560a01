# A stand-in for the machine module of a board: a reset ends the interpreter.

import sys


def reset():
    print("machine.reset()")
    sys.exit()


class ADC:
    def __init__(self, pin):
        assert pin == 0

    def read_u16(self):
        return 4711
