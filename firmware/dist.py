#!/usr/bin/env python3
"""Make dist/: what a release consists of.

`make dist` runs this. It makes the index that mip and `mpremote mip` read, with http compiled and
as source; the package of the stubs, for pip; a front page; and the digests of all of them. The
same commit gives the same bytes. The layout is that of tools/build.py in micropython-lib.
"""

import argparse
import hashlib
import html
import json
import os
import pathlib
import re
import shutil
import string
import subprocess
import sys
import tempfile

import package

ROOT = package.LIB.parent
PAGE = ROOT / "firmware" / "index.html"
LOCAL = "http://127.0.0.1:8000"  # of a server that is started by hand
CHANGING = {"index.html", "index.json", "SHA256SUMS"}  # and latest.json

NOTES = """\
## Install

On a board that this machine reaches, with [mpremote]($mpremote):

    mpremote mip install --index $address http

On a board that has a network:

    import mip
    mip.install("http", index="$address")

`http@$version` in place of `http`, or `version="$version"`, goes on giving this version.

For editors and type checkers:

    pip install --target typings $address/$wheel

## Changes

"""


def fail(message):
    sys.exit("firmware/dist.py: " + message)


def epoch():
    """Return the time of the commit, in seconds, which stands for that of the build."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    # In a container the clone may be another user's, which git refuses by itself.
    git = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    try:
        return int(subprocess.run(git, capture_output=True, text=True, check=True).stdout)
    except (OSError, subprocess.CalledProcessError):
        fail("not a clone of the repository: say SOURCE_DATE_EPOCH=seconds")


def packed(value):
    return (json.dumps(value, separators=(",", ":")) + "\n").encode()


def add(files, kind, modules, version):
    """Add to `files`, {path: data}, what mip asks for to install `modules` of this `kind`."""
    hashes = []
    for name, data in modules.items():
        short = hashlib.sha256(data).hexdigest()[:8]
        if files.setdefault(f"file/{short[:2]}/{short}", data) != data:
            fail(f"two files have the digest {short}: take more of it")
        hashes.append([name, short])
    listed = packed({"v": 1, "hashes": hashes, "version": version})
    for name in (version, "latest"):
        files[f"package/{kind}/http/{name}.json"] = listed


def add_stubs(files, seconds):
    """Add wheel and source of the stubs; return the name of the wheel."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shutil.copytree(ROOT / "typings", folder / "typings", copy_function=shutil.copyfile)
        shutil.copyfile(ROOT / "LICENSE", folder / "typings" / "LICENSE")
        init = pathlib.Path("lib", "http", "__init__.py")  # which tells the version
        (folder / init.parent).mkdir(parents=True)
        shutil.copyfile(ROOT / init, folder / init)
        done = subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-d", folder / "built"],
            cwd=folder / "typings",
            env=dict(os.environ, SOURCE_DATE_EPOCH=str(seconds)),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            fail("hatchling cannot build the stubs:\n" + done.stderr)
        built = {path.name: path.read_bytes() for path in (folder / "built").iterdir()}
    files.update(built)
    return next(name for name in built if name.endswith(".whl"))


def keep(files, folder):
    """Add what an earlier release published: no version that was there ever changes or goes."""
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            changing = name in CHANGING or path.name == "latest.json"
            if files.setdefault(name, path.read_bytes()) != path.read_bytes() and not changing:
                fail(f"{name} was published with other content: raise the version")


def by_number(version):
    return [int(number) for number in version.split(".")]


def add_index(files, version, seconds):
    """Add index.json, which lists the packages that are in `files`; mip does not need it."""
    versions = {}
    for name in files:
        found = re.fullmatch(r"package/(\w+)/http/([0-9.]+)\.json", name)
        if found:
            versions.setdefault(found[1], []).append(found[2])
    http = {
        "name": "http",
        "version": version,
        "author": "",
        "description": "HTTP client with callbacks and tasks",
        "license": "MIT",
        "versions": {kind: sorted(versions[kind], key=by_number) for kind in sorted(versions)},
        "path": "lib/http",
    }
    index = {"v": 2, "updated": seconds, "packages": [http]}
    files["index.json"] = (json.dumps(index, indent=2) + "\n").encode()


def notes(version):
    """Return what CHANGELOG.md says about `version`, or None."""
    text = (ROOT / "CHANGELOG.md").read_text()
    found = re.search(rf"^## {re.escape(version)}\b.*\n((?:(?!## ).*\n)*)", text, re.M)
    return found and found[1].strip() + "\n"


def build(address=LOCAL, earlier=None):
    """Return {path: data} of dist/, and the name of the wheel."""
    version, seconds = package.version(), epoch()
    files = {}
    compiled = package.compiled()
    # mip asks for the version of .mpy that the board runs.
    add(files, compiled["http/__init__.mpy"][1], compiled, version)
    add(files, "py", package.sources(), version)
    wheel = add_stubs(files, seconds)
    page = string.Template(PAGE.read_text())
    names = {"address": html.escape(address), "version": version, "wheel": wheel}
    files["index.html"] = page.substitute(names).encode()
    if earlier:
        keep(files, earlier)
    add_index(files, version, seconds)
    sums = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()]
    files["SHA256SUMS"] = "".join(sorted(sums, key=lambda line: line.split()[1])).encode()
    return files, wheel


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", default="", help="folder to make; default dist")
    parser.add_argument("--address", default="", help=f"where it will be; default {LOCAL}")
    parser.add_argument("--earlier", default="", help="folder with the files published there now")
    parser.add_argument("--tag", default="", help="fail unless it is the one of this version")
    parser.add_argument("--notes", default="", help="file to write the notes of the release to")
    arguments = parser.parse_args()
    version = package.version()
    said = notes(version)
    if arguments.tag not in ("", "v" + version):
        fail(f"lib/http/__init__.py says {version}, and the tag is {arguments.tag}")
    if (arguments.tag or arguments.notes) and not said:
        fail(f"CHANGELOG.md has no section {version}")
    out = pathlib.Path(arguments.out or "dist")
    if out.exists() and any(out.iterdir()) and not (out / "SHA256SUMS").exists():
        fail(f"{out} holds something else; it would be lost")
    address = arguments.address.rstrip("/") or LOCAL
    files, wheel = build(address, arguments.earlier)
    shutil.rmtree(out, ignore_errors=True)
    package.write(out, files)
    if arguments.notes:
        names = {"address": address, "version": version, "wheel": wheel}
        lines = string.Template(NOTES).substitute(names, mpremote=package.MPREMOTE)
        pathlib.Path(arguments.notes).write_text(lines + said)
    print(f"{out}: http {version}, {len(files)} files, to be served at {address}")
    if address == LOCAL:
        print(
            f"Serve it: python3 -m http.server -b 127.0.0.1 -d {out} 8000\n"
            f"Install from it: mpremote mip install --index {LOCAL} http"
        )


if __name__ == "__main__":
    main()
