"""What the scripts of tests/device hold, for the tests that run them."""

import ast
import pathlib

import pytest

DEVICE = pathlib.Path(__file__).resolve().parent.parent / "device"


def each_test(script):
    """Return the decorator that makes an item of each function test_… of a script, as `name`."""
    names = list(functions(script))
    return pytest.mark.parametrize("name", names, ids=[name[5:] for name in names])


def each_test_on_disk(script):
    """Return the decorator that makes an item of each test on each file system, `name` and `fs`.

    `fs` is "host", "lfs" and "fat", or those that `@on(…)` above the function names.
    """
    pairs = []
    for name, decorators in functions(script).items():
        found = [ast.literal_eval(arg) for call in decorators for arg in call.args]
        pairs += [(name, fs) for fs in found or ("host", "lfs", "fat")]
    return pytest.mark.parametrize(
        "name, fs", pairs, ids=[f"{name[5:]}-{fs}" for name, fs in pairs]
    )


def functions(script):
    """Return the decorators of each function test_… of a script, by its name."""
    tree = ast.parse((DEVICE / f"{script}.py").read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    parts = [part for part in tree.body if isinstance(part, kinds)]
    tests = [part for part in parts if part.name.startswith("test_")]
    found = {test.name: test.decorator_list for test in tests}
    assert len(found) == len(tests) > 0, script
    return found
