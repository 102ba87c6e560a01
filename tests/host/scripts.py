"""What the scripts of tests/device hold, for the tests that run them."""

import ast
import pathlib

import pytest

DEVICE = pathlib.Path(__file__).resolve().parent.parent / "device"


def each_test(script):
    """Return the decorator that makes an item of each function test_… of a script, as `name`."""
    tree = ast.parse((DEVICE / f"{script}.py").read_text())
    names = [part.name for part in tree.body if isinstance(part, ast.FunctionDef)]
    names = [name for name in names if name.startswith("test_")]
    assert len(set(names)) == len(names) > 0, script
    return pytest.mark.parametrize("name", names, ids=[name[5:] for name in names])
