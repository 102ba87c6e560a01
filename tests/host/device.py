"""What pytest needs of a board: to run a script there, with http from a folder of this machine."""

import contextlib
import os
import pathlib
import subprocess
import sys
import time

from mpremote.transport import TransportError
from mpremote.transport_serial import SerialIntercept, SerialTransport

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "firmware"))

import package  # noqa: E402

TOOLS = pathlib.Path(sys.executable).parent


class Hung(Exception):
    """The board does not even answer Ctrl-C."""


class Watch(SerialIntercept):
    """Serves the mounted folder, as mpremote does, and interrupts the board when its time is up.

    mpremote itself, killed, would leave the board waiting for the answer to a call for a file.
    """

    def __init__(self, intercept, timeout):
        super().__init__(intercept.orig_serial, intercept.cmd)
        self.stop = time.monotonic() + timeout
        self.tries = 0

    def _check_input(self, blocking):
        # Between two calls, which are served to their end.
        if time.monotonic() > self.stop:
            if self.tries == 10:
                raise Hung
            self.orig_serial.write(b"\x03")
            self.stop += 3
            self.tries += 1
        super()._check_input(blocking)


class Device:
    """The board at `port`, driven by mpremote; with `installed`, http is the one that it has."""

    def __init__(self, port, installed=False):
        self.port = port
        self.installed = installed
        self.files = {} if installed else package.compiled()

    def mpremote(self, *args, timeout=300):
        """Run mpremote with the board connected; return what it printed."""
        try:
            done = subprocess.run(
                [TOOLS / "mpremote", "connect", self.port, *args],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as er:
            out = (er.stdout or b"").decode(errors="replace")
            return f"{out}\nmpremote took more than {timeout} s"
        return done.stdout.decode(errors="replace").replace("\r\n", "\n")

    def connect_wifi(self):
        """Bring the board into the network that $WIFI_SSID names; it stays there over resets."""
        ssid, password = (os.environ.get(name) for name in ("WIFI_SSID", "WIFI_PASSWORD"))
        if ssid:
            code = f"import wifi\nprint('address', wifi.connect({ssid!r}, {password!r}))"
            out = self.mpremote("mount", ROOT / "examples", "exec", code)
            if "address " not in out:
                raise RuntimeError("the board does not get into the network:\n" + out)

    def run(self, folder, name, modules, timeout=300):
        """Import the module `name` of `modules`, {name: source}; return what it prints, and OK.

        They are compiled into `folder`, which is mounted so that the flash stays as it is.
        """
        if not self.installed:
            (folder / "http").mkdir(exist_ok=True)
            for path, data in self.files.items():
                (folder / path).write_bytes(data)
        for module, source in modules.items():
            (folder / f"{module}.mpy").write_bytes(package.cross(source, f"{module}.py", 0))
        transport = self.connect()
        out = bytearray()
        try:
            transport.mount_local(str(folder))
            transport.serial = watch = Watch(transport.serial, timeout)
            transport.exec_raw_no_follow(f"import {name}\nprint('OK')")
            _, error = transport.follow(None, out.extend)
            del out[-1:]  # the 0x04 that ends it
            if watch.tries:
                out += b"\ninterrupted after %d s\n" % timeout
            out += error
            transport.umount_local()
            transport.exit_raw_repl()
        except Hung:
            out += b"\nno answer after %d s, and none to Ctrl-C: the board is reset\n" % timeout
            self.reset(watch.orig_serial)
        finally:
            transport.close()
        return out.decode(errors="replace").replace("\r\n", "\n")

    def connect(self):
        """Return a transport of mpremote's, in the raw REPL of a board that was just reset."""
        transport = SerialTransport(self.port, baudrate=115200, timeout=1)
        for help_out in (self.unblock, self.reset, None):
            try:
                transport.enter_raw_repl()
                return transport
            except TransportError:
                if not help_out:
                    transport.close()
                    raise
                help_out(transport.serial)

    def unblock(self, serial):
        """End a call for a file that nobody answers any more, by an answer that is an error.

        Every number in it is -1, and 30 bytes and more end the wait for its beginning.
        """
        for _ in range(5):
            serial.write(b"\xff" * 64)
            time.sleep(0.2)
            serial.write(b"\r\x03\x03")
            time.sleep(0.2)

    def reset(self, serial):
        """Reset the board by the lines of its serial port, where it has them."""
        with contextlib.suppress(OSError):
            serial.dtr = False
            serial.rts = True
            time.sleep(0.2)
            serial.rts = False
        time.sleep(3)
