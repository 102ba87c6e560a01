# The board's side of the virtual board (tests/host/virtual_board.py): MicroPython's REPL over
# stdin and stdout as a board has it, with its raw and raw-paste modes, on a flash with LittleFS.
#
# The arguments are the file that is the flash, the one that is the ROM partition, the descriptor
# on which it tells whether Ctrl-C interrupts, and "raw" when it starts from a reset in raw mode.

import gc
import os
import sys

import micropython
import vfs

_BLOCK = micropython.const(4096)
_WINDOW = micropython.const(128)  # bytes that raw-paste may send ahead

stdin = sys.stdin.buffer
stdout = sys.stdout.buffer
control = open(int(sys.argv[3]), "wb")


class Flash:
    def __init__(self, path):
        self.count = os.stat(path)[6] // _BLOCK
        self.file = open(path, "r+b")

    def readblocks(self, n, buf, offset=0):
        self.file.seek(n * _BLOCK + offset)
        self.file.readinto(buf)

    def writeblocks(self, n, buf, offset=0):
        self.file.seek(n * _BLOCK + offset)
        self.file.write(buf)

    def ioctl(self, op, arg):
        return {4: self.count, 5: _BLOCK}.get(op, 0)


class Micropython:
    # mpremote lets Ctrl-C through as data while it serves files.
    def __getattr__(self, name):
        return getattr(micropython, name)

    def kbd_intr(self, char):
        control.write(b"1" if char == 3 else b"0")


class Vfs:
    # A ROM partition as esp8266 with FLASH_2M_ROMFS has one: 1 counts, 2 gives it, 3 erases,
    # 4 writes, 5 completes, 6 is the block size.
    def __init__(self, path, image):
        self.path = path
        self.image = image

    def __getattr__(self, name):
        return getattr(vfs, name)

    def rom_ioctl(self, op, rom=0, offset=0, data=None):
        if op == 1:
            return 1 if self.image else 0
        if op == 2:
            return self.image or -19
        if op == 3:
            self.image[offset : offset + data] = b"\xff" * data
            return 4
        if op == 4:
            self.image[offset : offset + len(data)] = data
            return 0
        if op == 6:
            return _BLOCK
        return 0


def mapped(path):
    # On a board the partition is mapped flash, not memory.
    import ffi
    from uctypes import bytearray_at

    call = ffi.open("libc.so.6").func
    size = os.stat(path)[6]
    fd = call("i", "open", "si")(path, 2)
    return bytearray_at(call("p", "mmap", "piiiii")(0, size, 3, 1, fd, 0), size)


def start():
    micropython.kbd_intr(3)  # `micropython -m` has no handler for it
    flash = Flash(sys.argv[1])
    rom = mapped(sys.argv[2]) if sys.argv[2] != "-" else None
    sys.modules["micropython"] = Micropython()
    sys.modules["vfs"] = Vfs(sys.argv[2], rom)
    vfs.umount("/")
    try:
        vfs.mount(vfs.VfsLfs2(flash), "/")
    except OSError:
        vfs.VfsLfs2.mkfs(flash)
        vfs.mount(vfs.VfsLfs2(flash), "/")
    sys.path[:] = ["", ".frozen", "/lib"]
    if rom and rom[:3] == b"\xd2\xcd1":
        vfs.mount(vfs.VfsRom(rom), "/rom")
        sys.path.extend(["/rom", "/rom/lib"])
    del sys.argv[:]


def run_file(name, names):
    try:
        with open(name) as f:
            text = f.read()
    except OSError:
        return
    er = execute(lambda: exec(compile(text, name, "exec"), names))
    if er is True:
        reset(False)
    show(er)


def execute(function):
    # Run it; show what it raises as a board does.
    try:
        function()
    except SystemExit:
        return True
    except BaseException as er:
        return er


def show(er):
    if isinstance(er, BaseException):
        sys.print_exception(er)


def read():
    c = stdin.read(1)
    if not c:
        sys.exit()  # the machine has gone
    return c


def paste():
    # Raw-paste mode: the source comes in windows, each asked for.
    stdout.write(b"R\x01" + bytes((_WINDOW, 0)) + b"\x01")
    source = bytearray()
    left = _WINDOW
    while True:
        c = read()
        if c == b"\x04":
            stdout.write(b"\x04")
            return source
        source.extend(c)
        left -= 1
        if not left:
            stdout.write(b"\x01")
            left = _WINDOW


def run(source, names):
    # Source in raw mode: its output, 0x04, what it raised, 0x04.
    def function():
        nonlocal source
        text, source = str(source, "utf-8"), None
        code = compile(text, "<stdin>", "exec")
        text = None
        gc.collect()
        exec(code, names)

    er = execute(function)
    control.write(b"1")
    stdout.write(b"\x04")
    if er is True:
        stdout.write(b"\x04")
        reset(True)
    show(er)
    stdout.write(b"\x04>")


def reset(raw):
    stdout.write(b"MPY: soft reboot\r\n")
    sys.exit(64 if raw else 65)


def raw(names):
    stdout.write(b"raw REPL; CTRL-B to exit\r\n>")
    source = bytearray()
    while True:
        try:
            c = read()
            if c == b"\x01":
                stdout.write(b"raw REPL; CTRL-B to exit\r\n>")
                source = bytearray()
            elif c == b"\x02":
                return
            elif c == b"\x05" and not source:
                if read() + read() == b"A\x01":
                    source = paste()
                    run(source, names)
                    source = bytearray()
                else:
                    stdout.write(b"R\x00")
            elif c == b"\x04":
                stdout.write(b"OK")
                if not source:
                    stdout.write(b"\r\n")
                    reset(True)
                text, source = source, bytearray()
                run(text, names)
                text = None
            else:
                source.extend(c)
        except KeyboardInterrupt:
            source = bytearray()


def friendly(names):
    # Enough of it for a person to try a line.
    stdout.write(b"\r\nMicroPython v%d.%d.%d; virtual board\r\n>>> " % sys.implementation[1][:3])
    line = b""
    while True:
        try:
            c = read()
            if c == b"\x01":
                raw(names)
                stdout.write(b"\r\n>>> ")
            elif c == b"\x04":
                stdout.write(b"\r\n")
                reset(False)
            elif c in b"\r\n":
                stdout.write(b"\r\n")
                text, line = line, b""
                if text:
                    show(execute(lambda: exec(compile(text.decode(), "<stdin>", "single"), names)))
                stdout.write(b">>> ")
            elif c in b"\x7f\b":
                if line:
                    line = line[:-1]
                    stdout.write(b"\b \b")
            else:
                line += c
                stdout.write(c)
        except KeyboardInterrupt:
            line = b""
            stdout.write(b"\r\n>>> ")


def main():
    in_raw = sys.argv[4] == "raw"
    start()
    names = {"__name__": "__main__"}
    begun = False
    while True:
        try:
            if not begun:
                begun = True
                control.write(b"1")  # from here on, Ctrl-C interrupts
            run_file("boot.py", names)
            if in_raw:
                raw(names)
                in_raw = False
            else:
                run_file("main.py", names)
            friendly(names)
        except KeyboardInterrupt:
            pass


main()
