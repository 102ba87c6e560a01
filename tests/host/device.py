"""What pytest needs of a board: to run a script there, with http from a folder of this machine."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "firmware"))

import package  # noqa: E402

TOOLS = pathlib.Path(sys.executable).parent


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
            (folder / f"{module}.mpy").write_bytes(package.cross(source, f"{module}.py"))
        code = f"import {name}\nprint('OK')"
        out = self.mpremote("mount", folder, "exec", code, timeout=timeout)
        return out.split("is mounted at /remote\n", 1)[-1]
