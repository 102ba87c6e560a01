# Giving a download its name on FAT, where an existing file is not replaced in one step, and one
# rename is two: for a moment a file has both names. Then nothing may be removed or written to, as
# that would damage the file under its other name.

import os
from micropython import const

_EISDIR = const(21)

_DIRECTORY = const(0x4000)  # in the mode that stat() gives


def replace(path, dst, stat, remove):
    """Give the complete file `path` the name `dst`, which may exist.

    Meanwhile the old file, or an empty one, has the name <path>.old. `stat` and `remove` are those
    of file.py.
    """
    old = path + ".old"
    found = stat(dst)
    if not found:
        open(old, "wb").close()
    elif found[0] & _DIRECTORY:
        raise OSError(_EISDIR)
    else:
        os.rename(dst, old)
    try:
        os.rename(path, dst)
    except OSError:
        if found:
            os.rename(old, dst)
        else:
            remove(old)
        raise
    remove(old)


def recover(path, dst, stat, remove):
    """Complete or undo a `replace` that lost power. <path>.old exists.

    Raises ValueError where that would risk the only good file.
    """
    old = path + ".old"
    if not stat(dst):
        if stat(old)[6]:
            os.rename(old, dst)
        else:
            remove(old)
    elif stat(path):
        raise ValueError("fat")
    else:
        remove(old)
