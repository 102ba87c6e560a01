#!/usr/bin/env python3
"""Find or fetch MicroPython for this machine, and print the command that starts it.

MicroPython is taken from, in this order: the command named by $MICROPYTHON (or $MICROPYTHON32
with --bits 32), `micropython` on PATH when it is v1.20 or later (64 bits only), or the package of
Debian 13, fetched without root into build/ with the libraries it needs, and started through its
own dynamic loader. The 32-bit build has objects of the size they have on ESP32 and ESP8266.
"""

import argparse
import os
import pathlib
import platform
import shutil
import subprocess
import sys

BUILD = pathlib.Path(__file__).resolve().parent.parent / "build"
SUITE = "trixie"
KEYRINGS = [f"/usr/share/keyrings/debian-archive-keyring.{end}" for end in ("pgp", "gpg")]
OLDEST = (1, 20)
ARCHITECTURES = {("x86_64", 64): "amd64", ("x86_64", 32): "i386", ("aarch64", 64): "arm64"}

HELP = """
Ways to get one:
  - Debian 13, Ubuntu 24.04 and later:  apt install micropython
  - macOS, Linux with Homebrew:         brew install micropython
  - from source:                        the unix port of MicroPython, `make -C ports/unix`
Then run the same command again, or name the interpreter with {variable}=/path/to/micropython."""


def fail(message):
    sys.exit("firmware/unix.py: " + message)


def version(command):
    """Return the version of MicroPython that `command` starts, or None."""
    code = "import sys; print(sys.implementation[0], *sys.implementation[1][:2])"
    try:
        out = subprocess.run(
            [command, "-c", code], capture_output=True, text=True, timeout=20, check=False
        )
    except OSError:
        return None
    words = out.stdout.split()
    if words[:1] != ["micropython"]:
        return None
    return tuple(map(int, words[1:]))


def apt(config, *args, check=True, cwd=None):
    env = dict(os.environ, APT_CONFIG=str(config), LC_ALL="C")
    return subprocess.run(args, env=env, cwd=cwd, check=check, capture_output=True, text=True)


def archives():
    """Return the addresses of the package archives this machine uses, likely ones first."""
    out = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(COMPONENT) $(SITE)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = dict.fromkeys(out.stdout.splitlines())
    sites = [line.split()[1] for line in lines if line.startswith("main ")]
    return sorted(sites, key=lambda site: ("security" in site, "debian" not in site))


def keyring():
    """Return the option that names Debian's keyring, "" for the keys apt trusts anyway."""
    for path in KEYRINGS:
        if os.path.exists(path):
            return f"[signed-by={path}] "
    return ""


def fetch(arch, root):
    """Unpack MicroPython for the Debian architecture `arch`, and all it needs, below `root`."""
    work = BUILD / ("apt-" + arch)
    shutil.rmtree(work, ignore_errors=True)
    for folder in ("lists/partial", "cache/archives/partial", "debs"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()  # nothing counts as installed: the C library comes along
    config = work / "apt.conf"
    config.write_text(
        f"""APT::Architecture "{arch}";
APT::Architectures {{ "{arch}"; }};
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "{work}";
Dir::State::lists "{work}/lists";
Dir::State::status "{work}/status";
Dir::Cache "{work}/cache";
Dir::Etc::SourceList "{work}/sources.list";
Dir::Etc::SourceParts "/dev/null";
"""
    )
    errors = []
    for site in archives():
        (work / "sources.list").write_text(f"deb {keyring()}{site} {SUITE} main\n")
        update = apt(config, "apt-get", "-qq", "--error-on=any", "update", check=False)
        if update.returncode == 0:
            break
        errors.append(update.stderr.strip())
    else:
        fail(
            f"none of this machine's package archives has Debian's suite {SUITE}:\n"
            + "\n".join(errors)
            + HELP.format(variable="MICROPYTHON")
        )
    plan = apt(
        config,
        *("apt-get", "install", "--no-install-recommends", "--print-uris", "-qq", "micropython"),
    )
    names = [line.split()[1].split("_")[0] for line in plan.stdout.splitlines()]
    apt(config, "apt-get", "-qq", "download", *names, cwd=work / "debs")
    shutil.rmtree(root, ignore_errors=True)
    for deb in sorted((work / "debs").iterdir()):
        subprocess.run(["dpkg-deb", "-x", deb, root], check=True)
    shutil.rmtree(work)


def debian(bits):
    """Return the launcher of Debian's MicroPython, fetched when it is not there yet."""
    variable = "MICROPYTHON" if bits == 64 else "MICROPYTHON32"
    arch = ARCHITECTURES.get((platform.machine(), bits))
    launcher = BUILD / f"micropython-{arch}"
    if launcher.exists():
        return launcher
    if not arch or not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        fail(
            f"no {bits}-bit MicroPython {OLDEST[0]}.{OLDEST[1]} or later here, "
            "and no apt to fetch Debian's." + HELP.format(variable=variable)
        )
    print(f"fetching MicroPython from Debian {SUITE} ({arch}) ...", file=sys.stderr)
    root = BUILD / ("root-" + arch)
    try:
        fetch(arch, root)
    except subprocess.CalledProcessError as er:
        fail(f"{' '.join(map(str, er.cmd))} failed:\n{er.stderr}" + HELP.format(variable=variable))
    program = root / "usr/bin/micropython"
    loader = next(root.glob("usr/lib/*/ld-linux*.so.*"))
    script = f'#!/bin/sh\nexec "{loader}" --library-path "{loader.parent}" "{program}" "$@"\n'
    new = launcher.with_suffix(".new")
    new.write_text(script)
    new.chmod(0o755)
    if version(new) is None:
        fail(f"the MicroPython in {root} does not start here." + HELP.format(variable=variable))
    new.rename(launcher)  # last, so that what was interrupted is begun again
    return launcher


def find(bits):
    """Return the command that starts MicroPython with words of `bits` bits."""
    variable = "MICROPYTHON" if bits == 64 else "MICROPYTHON32"
    given = os.environ.get(variable)
    command = shutil.which(given or "micropython") if given or bits == 64 else None
    if command or given:
        found = command and version(command)
        if found and found >= OLDEST:
            return os.path.abspath(command)
        if given:
            said = "v%d.%d" % found if found else "no MicroPython"
            fail(f"{variable}={given} is {said}; it must be v1.20 or later.")
    return str(debian(bits))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--bits", type=int, choices=(32, 64), default=64)
    print(find(parser.parse_args().bits))
