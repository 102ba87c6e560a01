# The constants of both APIs, loaded when a program asks for one.

__version__ = "0.2.0"  # the one place where it stands

# Of the callback API.
OK = 0
ERROR = -1

# The codes of a failed request in the task API.
ERROR_STATE = -1
ERROR_HEADER = -2
ERROR_BODY = -3
ERROR_CONNECT = -4
ERROR_CLOSE = -5
ERROR_RX = -6
ERROR_DOWNLOAD = -7
ERROR_TIMEOUT = -8
ERROR_FOTA = -9
