"""What keeps lib/http readable: short functions, layers, no circle of imports, an owner for each
attribute.
"""

import ast
import collections
import re

import pytest
from conftest import ROOT

FILES = {path.stem: ast.parse(path.read_text()) for path in (ROOT / "lib" / "http").glob("*.py")}

LINES = 70  # of a function, without its docstring
FORKS = 26
WRITERS = 2  # files that write an attribute
UP = 4  # imports from a lower layer of a higher one

FORK = (ast.If, ast.For, ast.While, ast.ExceptHandler, ast.IfExp, ast.comprehension)

# Whose attributes these names write. `self` writes those of the class around it, or of its base.
NAMES = {"r": "Request", "connection": "Connection", "sink": "Base"}
BASES = {"Sink": "Base", "File": "Base"}

# Three files say how many redirects to follow: options, callbacks, and redirect, which counts. A
# class of its own for the requests of callbacks would cost each of them 130 bytes.
MORE = {("Request", "redirects")}


def functions():
    for file, tree in FILES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                yield pytest.param(node, id=f"{file}.{node.name}:{node.lineno}")


@pytest.mark.parametrize("function", list(functions()))
def test_a_function_is_short(function):
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function):
        docstring = function.body[0]
        lines -= docstring.end_lineno - docstring.lineno + 1
    assert lines <= LINES
    forks = 0
    for node in ast.walk(function):
        forks += isinstance(node, FORK)
        forks += len(node.values) - 1 if isinstance(node, ast.BoolOp) else 0
    assert forks <= FORKS


def imported(file):
    """Return the files that `file` imports, wherever it does; names are of __init__.py."""
    found = set()
    for node in ast.walk(FILES[file]):
        if isinstance(node, ast.ImportFrom) and node.level:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            found.update(name if name in FILES else "__init__" for name in names)
    return found


def test_layers():
    """docs/design.md names every file once, and every import that runs up."""
    page = (ROOT / "docs" / "design.md").read_text().split("## Layers")[1].split("\n## ")[0]
    layers, page = page.split("These run up")
    rows = [
        re.findall(r"`(\w+)`", row) for row in re.findall(r"(?m)^\| [^|]+ \| (.*) \|$", layers)
    ]
    layer = {name: i for i, row in enumerate(rows) for name in row}
    assert sorted(sum(rows, [])) == sorted(FILES)
    up = {
        (file, other) for file in FILES for other in imported(file) if layer[other] < layer[file]
    }
    told = re.findall(r"(?m)^\| ([^|]+) → `(\w+)` \|", page)
    assert up == {(name, to) for names, to in told for name in re.findall(r"`(\w+)`", names)}
    assert len(up) <= UP


def test_no_circle_of_imports():
    # But for what runs up to __init__.py.
    done = set()

    def visit(file, way):
        assert file not in way, " imports ".join([*way[way.index(file) :], file])
        if file not in done:
            for other in imported(file) - {"__init__"}:
                visit(other, [*way, file])
            done.add(file)

    for file in FILES:
        visit(file, [])


def test_the_options_that_stand_in_two_files_are_the_same():
    # The words for wrong use do not load options.py.
    found = [
        sorted(re.findall(r"\w+", node.value))
        for file in ("options", "hints")
        for node in ast.walk(FILES[file])
        if isinstance(node, ast.Constant)
        and re.match(r"\W*timeout\W+redirects\W", str(node.value))
    ]
    assert len(found) == 2
    assert found[0] == found[1]


def writes(tree, owner=None):
    """Yield (class, attribute) for each assignment to an attribute in `tree`; of a setattr(), for
    each attribute that the condition around it names."""
    for node in ast.iter_child_nodes(tree):
        inside = owner
        if isinstance(node, ast.ClassDef):
            inside = BASES.get(node.name, node.name)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            value = ast.unparse(node.value)
            yield (owner if value == "self" else NAMES.get(value.split(".")[-1], value)), node.attr
        if isinstance(node, ast.If) and any("setattr(r," in ast.unparse(x) for x in node.body):
            for name in ast.literal_eval(node.test.comparators[0]):
                yield "Request", name
        yield from writes(node, inside)


def test_an_attribute_has_at_most_two_writers():
    writers = collections.defaultdict(set)
    for file, tree in FILES.items():
        for what in writes(tree):
            writers[what].add(file)
    assert writers["Request", "url"] == {"__init__", "redirect"}
    assert writers["Connection", "buf"] == {"exchange", "transfer"}
    assert writers["Request", "timeout"] == {"callbacks", "options"}
    assert {what for what in writers if len(writers[what]) > WRITERS} == MORE
