#!/usr/bin/env python3
"""Find or fetch MicroPython for this machine, and print the command that starts it.

It is, of these, the first that is v1.24 or later and has objects of the size asked for:

1. what $MICROPYTHON names, or with --bits 32 $MICROPYTHON32; if that is no such MicroPython, none
2. `micropython` on PATH, or where Homebrew puts it
3. what an earlier call fetched into build/
4. the package of Debian 13 (trixie), or else of forky or sid, from the archives that apt knows
   here or the one that $DEBIAN names; apt checks the signature
5. the packages that firmware/pool.txt names, from the same archives, by their SHA-256: while an
   archive is being updated its index does not match

4 and 5 need no root. They bring the libraries that MicroPython needs, and are started through
their own dynamic loader. The 32-bit build has objects of the size they have on ESP32 and ESP8266.
"""

import argparse
import hashlib
import io
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tarfile
import urllib.error
import urllib.parse
import urllib.request

BUILD = pathlib.Path(__file__).resolve().parent.parent / "build"
POOL = pathlib.Path(__file__).resolve().with_name("pool.txt")
SUITES = ("trixie", "forky", "sid")
KEYRINGS = [f"/usr/share/keyrings/debian-archive-keyring.{end}" for end in ("pgp", "gpg")]
OLDEST = (1, 24)
ARCHITECTURES = {("x86_64", 64): "amd64", ("x86_64", 32): "i386", ("aarch64", 64): "arm64"}
HOMEBREW = ("/opt/homebrew/bin", "/usr/local/bin", "/home/linuxbrew/.linuxbrew/bin")
NONE = "none"  # as $MICROPYTHON32: do without and look for nothing; $MICROPYTHON32_WHY is said
TIMEOUT = 20  # seconds for an archive to say something

HELP = """
Ways to get one:
  - Debian 13, Ubuntu 25.10 and later:  apt install micropython
  - macOS, Linux with Homebrew:         brew install micropython
  - from an archive of Debian's:        the same command with DEBIAN=address
  - from source:                        the unix port of MicroPython, `make -C ports/unix`
Then run the same command again, or name the interpreter with {variable}=/path/to/micropython."""

# What apt says, and what that means.
REASONS = (
    (
        ("Hash Sum mismatch", "unexpected size", "Mirror sync in progress"),
        "its index does not match its Release file: it is being updated",
    ),
    (
        ("NO_PUBKEY", "is not signed", "not verified", "BADSIG", "EXPKEYSIG", "signature"),
        "it is not signed by a key that is known here (of the package debian-archive-keyring)",
    ),
    (("does not have a Release file", "404  Not Found"), "it has no such suite"),
    (
        ("Could not resolve", "Could not connect", "onnection failed", "timed out", "nreachable"),
        "it cannot be reached",
    ),
    (
        ("Unable to locate package", "no installation candidate"),
        "it has no MicroPython for {arch}",
    ),
)


class Missing(Exception):
    """There is no such MicroPython here; the text says why."""


def kind(command):
    """Return the version of the MicroPython that `command` starts and its bits, or None."""
    code = "import sys; print(sys.implementation[0], *sys.implementation[1][:2], sys.maxsize)"
    try:
        out = subprocess.run(
            [command, "-c", code], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    words = out.stdout.split()
    if words[:1] != ["micropython"] or len(words) != 4:
        return None
    return (int(words[1]), int(words[2])), 64 if int(words[3]) > 1 << 32 else 32


def unfit(command, bits):
    """Return why `command` is not the interpreter looked for, "" if it is."""
    found = kind(command)
    if not found:
        return "no MicroPython"
    if found[0] < OLDEST:
        return "v%d.%d" % found[0]
    return "" if found[1] == bits else f"of {found[1]} bits"


def apt(config, *args, cwd=None):
    env = dict(os.environ, APT_CONFIG=str(config), LC_ALL="C")
    return subprocess.run(args, env=env, cwd=cwd, check=False, capture_output=True, text=True)


def archives():
    """Return the addresses of the package archives this machine uses, likely ones first."""
    if os.environ.get("DEBIAN"):
        return [os.environ["DEBIAN"].rstrip("/")]
    if not shutil.which("apt-get"):
        return []
    out = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(COMPONENT) $(SITE)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = dict.fromkeys(out.stdout.splitlines())
    sites = [line.split()[1] for line in lines if line.startswith("main ")]
    return sorted(sites, key=lambda site: "debian" not in site)


def keyring():
    """Return the option that names Debian's keyring, "" for the keys apt trusts anyway."""
    for path in KEYRINGS:
        if os.path.exists(path):
            return f"[signed-by={path}] "
    return ""


def reason(done, arch):
    """Return in a few words why apt failed."""
    for signs, words in REASONS:
        if any(sign in done.stderr for sign in signs):
            return words.format(arch=arch)
    lines = [line for line in done.stderr.splitlines() if line.startswith("E:")]
    return "apt failed: " + (lines or [done.stderr.strip()])[0]


def configure(work, arch):
    """Make a world of its own for apt below `work`; return its configuration."""
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
Acquire::Retries "1";
Acquire::http::Timeout "{TIMEOUT}";
Acquire::https::Timeout "{TIMEOUT}";
Dir::State "{work}";
Dir::State::lists "{work}/lists";
Dir::State::status "{work}/status";
Dir::Cache "{work}/cache";
Dir::Etc::SourceList "{work}/sources.list";
Dir::Etc::SourceParts "/dev/null";
"""
    )
    return config


def from_suite(arch, site, suite, security, work):
    """Fetch the packages of `suite`, with its security updates where `security` has them.

    Return their paths, below `work`. Raise Missing if that fails.
    """
    main = f"deb {keyring()}{site} {suite} main\n"
    for more in [f"deb {keyring()}{other} {suite}-security main\n" for other in security] + [""]:
        config = configure(work, arch)
        (work / "sources.list").write_text(main + more)
        done = apt(config, "apt-get", "-qq", "--error-on=any", "update")
        if done.returncode == 0:
            break
    else:
        raise Missing(reason(done, arch))
    plan = ("apt-get", "install", "--no-install-recommends", "--print-uris", "-qq", "micropython")
    done = apt(config, *plan)
    if done.returncode:
        raise Missing(reason(done, arch))
    names = [line.split()[1].split("_")[0] for line in done.stdout.splitlines()]
    done = apt(config, "apt-get", "-qq", "download", *names, cwd=work / "debs")
    if done.returncode:
        raise Missing(reason(done, arch))
    return sorted((work / "debs").iterdir())


def from_pool(arch, site, work):
    """Fetch the packages that POOL names for `arch`; return their paths, or raise Missing."""
    lines = [line.split() for line in POOL.read_text().splitlines() if line[:1] != "#"]
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for digest, path in lines:
        name = path.split("/")[-1]
        if not name.endswith(f"_{arch}.deb"):
            continue
        try:
            url = f"{site}/{urllib.parse.quote(path)}"
            with urllib.request.urlopen(url, timeout=TIMEOUT) as response:
                data = response.read()
        except urllib.error.HTTPError as er:
            raise Missing(f"{er.code} for {name}") from er
        except (OSError, ValueError) as er:
            raise Missing(f"it cannot be reached ({er})") from er
        if hashlib.sha256(data).hexdigest() != digest:
            raise Missing(f"{name} does not have the SHA-256 that is known of it")
        (work / name).write_bytes(data)
    return sorted(work.iterdir())


def ways(arch, work):
    """Yield what there is to try: its name, its archive, and a function as `from_pool`."""
    sites = archives()
    main = [site for site in sites if "security" not in site]
    security = [site for site in sites if "security" in site and "debian" in site]
    for suite in SUITES if shutil.which("apt-get") else ():
        for site in main:

            def fetch(site=site, suite=suite):
                return from_suite(arch, site, suite, security, work)

            yield f"{suite} of {site}", site, fetch
    for site in main:
        yield f"the pool of {site}", site, lambda site=site: from_pool(arch, site, work)


def unpack(deb, root):
    """Unpack the files of a Debian package, which is an `ar` of tars, below `root`."""
    data = deb.read_bytes()
    at = 8
    while at < len(data):
        name, size = data[at : at + 16].decode().strip(" /"), int(data[at + 48 : at + 58])
        at += 60
        if name.startswith("data.tar"):
            with tarfile.open(fileobj=io.BytesIO(data[at : at + size])) as tar:
                if hasattr(tarfile, "tar_filter"):
                    tar.extraction_filter = tarfile.tar_filter
                tar.extractall(root)
        at += size + size % 2


def install(arch, bits, debs):
    """Unpack `debs` and make their launcher; return it, or raise Missing."""
    launcher = BUILD / f"micropython-{arch}"
    root = BUILD / ("root-" + arch)
    shutil.rmtree(root, ignore_errors=True)
    for deb in debs:
        unpack(deb, root)
    program = root / "usr/bin/micropython"
    loader = next(root.glob("usr/lib/*/ld-linux*.so.*"), None)
    if not loader or not program.exists():
        raise Missing("its packages have no MicroPython in them")
    script = f'#!/bin/sh\nexec "{loader}" --library-path "{loader.parent}" "{program}" "$@"\n'
    new = launcher.with_suffix(".new")
    new.write_text(script)
    new.chmod(0o755)
    wrong = unfit(new, bits)
    if wrong:
        raise Missing(f"what it has does not start here ({wrong})")
    new.rename(launcher)  # last, so that an interrupted one is begun again
    return launcher


def debian(bits):
    """Return the launcher of Debian's MicroPython, fetched when it is not there yet."""
    arch = ARCHITECTURES.get((platform.machine(), bits))
    if not arch or sys.platform != "linux":
        raise Missing(f"Debian: nothing of {bits} bits for {sys.platform} on {platform.machine()}")
    launcher = BUILD / f"micropython-{arch}"
    if launcher.exists() and not unfit(launcher, bits):
        return launcher
    print(f"fetching MicroPython from Debian ({arch}) ...", file=sys.stderr, flush=True)
    work = BUILD / ("apt-" + arch)
    told = []
    away = set()  # what cannot be reached is asked once
    for name, site, fetch in ways(arch, work):
        if site in away:
            continue
        try:
            launcher = install(arch, bits, fetch())
        except Missing as er:
            if "cannot be reached" in str(er):
                away.add(site)
                name = site
            told.append(f"{name}: {er}")
            continue
        finally:
            shutil.rmtree(work, ignore_errors=True)
        for line in (*told, name + ": taken"):
            print("  " + line, file=sys.stderr, flush=True)
        return launcher
    raise Missing("\n".join(told) or "no archive is known: DEBIAN=address names one of Debian's")


def find(bits):
    """Return the command that starts MicroPython with objects of `bits` bits, or raise Missing."""
    variable = "MICROPYTHON" if bits == 64 else "MICROPYTHON32"
    given = os.environ.get(variable)
    oldest = "v%d.%d" % OLDEST
    if given == NONE:
        raise Missing(os.environ.get(variable + "_WHY") or f"{variable}={NONE}")
    if given:
        command = shutil.which(given)
        wrong = unfit(command, bits) if command else "not there"
        if wrong:
            raise Missing(
                f"{variable}={given} is {wrong}; it must be MicroPython {oldest} or later, of "
                f"{bits} bits"
            )
        return os.path.abspath(command)
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *HOMEBREW])
    command = shutil.which("micropython", path=path)
    wrong = unfit(command, bits) if command else ""
    if command and not wrong:
        return os.path.abspath(command)
    try:
        return str(debian(bits))
    except Missing as er:
        why = f"{command} is {wrong}\n{er}" if wrong else str(er)
        raise Missing(
            f"no MicroPython {oldest} or later of {bits} bits:\n{why}"
            + HELP.format(variable=variable)
        ) from er


def without_32():
    """Return why there is no 32-bit MicroPython, "" where there is one."""
    try:
        find(32)
    except Missing as er:
        return str(er)
    return ""


def settle():
    """Find both once, for this process and those it starts; raise Missing without one of 64 bits.

    Where there is none of 32 bits it is done without, unless one was asked for by name.
    """
    os.environ["MICROPYTHON"] = find(64)
    given = os.environ.get("MICROPYTHON32") or NONE
    why = without_32()
    if why and given != NONE:
        raise Missing(why)
    if why:
        os.environ.update(MICROPYTHON32=NONE, MICROPYTHON32_WHY=why)
    else:
        os.environ["MICROPYTHON32"] = find(32)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bits", type=int, choices=(32, 64), default=64)
    try:
        print(find(parser.parse_args().bits))
    except Missing as er:
        sys.exit(f"firmware/unix.py: {er}")
    except KeyboardInterrupt:
        sys.exit("firmware/unix.py: interrupted")


if __name__ == "__main__":
    main()
