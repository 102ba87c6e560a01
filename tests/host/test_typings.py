"""typings/http.pyi says what lib/http does, and type checkers take it for `import http`."""

import ast
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT
from test_docs import BLOCKS

STUB = ROOT / "typings" / "http.pyi"
HTTP = ROOT / "lib" / "http"


def parse(path):
    return ast.parse(path.read_text()).body


def named(nodes, kinds):
    return {node.name: node for node in nodes if isinstance(node, kinds)}


def constants(nodes):
    """Return the public names that are assigned, with their values."""
    found = {}
    for node in nodes:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and not target.id.startswith("_") and node.value:
            found[target.id] = ast.literal_eval(node.value)
    return found


def table():
    """Return what __getattr__ of lib/http/__init__.py has: constants, and modules of functions."""
    function = named(parse(HTTP / "__init__.py"), ast.FunctionDef)["__getattr__"]
    call = next(
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "dict"
    )
    return {word.arg: ast.literal_eval(word.value) for word in call.keywords}


def served():
    """Return the names of functions that __getattr__ gives, each with its module."""
    return {name: module for name, module in table().items() if isinstance(module, str)}


def signature(function, without=("self",)):
    """Return the names of the parameters in their order, with their defaults."""
    args = function.args
    names = [arg.arg for arg in args.posonlyargs + args.args]
    defaults = [None] * (len(names) - len(args.defaults)) + args.defaults
    names += [arg.arg for arg in args.kwonlyargs]
    defaults += args.kw_defaults
    return [
        (name, default and ast.unparse(default))
        for name, default in zip(names, defaults)
        if name not in without
    ]


def functions():
    """Return the functions that the code serves, by name."""
    code = named(parse(HTTP / "__init__.py"), ast.FunctionDef)
    found = {name: code[name] for name in ("request", "get")}
    for name, module in served().items():
        found[name] = callables(HTTP / f"{module}.py")[name]
    return found


def callables(path):
    """Return the functions of a file by name, and for each class its __init__, if it has one."""
    nodes = parse(path)
    found = named(nodes, ast.FunctionDef)
    for name, node in named(nodes, ast.ClassDef).items():
        found[name] = named(node.body, ast.FunctionDef).get("__init__")
    return found


def test_the_names_are_those_of_the_code():
    stub = parse(STUB)
    public = {
        name
        for name, node in named(stub, (ast.FunctionDef, ast.ClassDef)).items()
        if not name.startswith("_")
        and "type_check_only" not in map(ast.unparse, node.decorator_list)
    }
    code = named(parse(HTTP / "__init__.py"), (ast.FunctionDef, ast.ClassDef))
    assert public == {name for name in code if not name.startswith("_")} | set(served())
    assert set(table()) == set(served()) | set(constants(stub))
    assert constants(stub) == {name: table()[name] for name in constants(stub)}
    assert "ERROR_FOTA" in constants(stub)


@pytest.mark.parametrize("name", sorted(set(functions()) - {"request"}))
def test_the_parameters_are_those_of_the_code(name):
    assert signature(callables(STUB)[name]) == signature(functions()[name])


def test_the_parameters_of_each_form_of_request():
    code = signature(functions()["request"])
    *forms, task = [node for node in parse(STUB) if getattr(node, "name", "") == "request"]
    assert signature(task) == [each for each in code if each[0] != "callback"]
    names = [name for name, _ in code]
    assert len(forms) == 3
    nodemcu = ["url", "method", *names[2:4], "callback", *names[5:-1]]
    for form, want in zip(forms, (nodemcu, nodemcu, names)):
        assert [name for name, _ in signature(form)] == want
        for given in signature(form):
            assert given[1] in (None, "None")


def test_the_members_of_a_request_are_in_the_code():
    stub = named(parse(STUB), ast.ClassDef)["Request"]
    code = named(parse(HTTP / "__init__.py"), ast.ClassDef)["Request"]
    methods = named(code.body, ast.FunctionDef)
    for name, method in named(stub.body, ast.FunctionDef).items():
        # MicroPython awaits what it can iterate.
        same = methods["__iter__" if name == "__await__" else name]
        assert signature(method) == signature(same)
    # Else a type checker would not find the wait() that was forgotten.
    assert "__iter__" not in named(stub.body, ast.FunctionDef)
    attributes = {ast.unparse(node) for node in ast.walk(code) if isinstance(node, ast.Attribute)}
    annotated = [node.target.id for node in stub.body if isinstance(node, ast.AnnAssign)]
    assert annotated == ["error"]
    assert "self.error" in attributes


def test_the_variables_are_those_of_the_code():
    found = [node.target.id for node in parse(STUB) if isinstance(node, ast.AnnAssign)]
    found = [name for name in found if not name.startswith("_") and name not in table()]
    assert found == ["last_error"]
    assert "last_error = None" in map(ast.unparse, parse(HTTP / "__init__.py"))


def test_the_members_of_headers_are_those_of_the_code():
    stub, code = (
        named(parse(path), ast.ClassDef)["Headers"].body for path in (STUB, HTTP / "headers.py")
    )
    assert "keys = __iter__" in map(ast.unparse, code)
    members = set(named(code, ast.FunctionDef)) | {"keys"}
    assert set(named(stub, ast.FunctionDef)) == members - {"__init__", "__repr__"}


def test_the_options_are_those_of_the_code():
    options = named(parse(STUB), ast.ClassDef)["Options"]
    keys = [node.target.id for node in options.body if isinstance(node, ast.AnnAssign)]
    check = named(parse(HTTP / "options.py"), ast.FunctionDef)["apply"]
    known = next(
        node.value.value
        for node in ast.walk(check)
        if isinstance(node, ast.Assign) and node.targets[0].id == "known"
    )
    assert known[:2] == ", " and known[-1] == ","
    assert sorted(keys) == sorted(known[2:-1].split(", "))
    text = STUB.read_text().split("class Options")[1].split("\n\n")[1]
    assert all("  # " in line for line in text.strip().split("\n"))


@pytest.fixture(scope="module", params=["alone", "esp32"])
def project(request, tmp_path_factory):
    """A project with our stub in typings/, alone or beside micropython-esp32-stubs."""
    folder = tmp_path_factory.mktemp(request.param)
    typings = folder / "typings"
    typings.mkdir()
    config = {"stubPath": "typings", "typeCheckingMode": "standard"}
    if request.param == "esp32":
        # As `pip install --target typings micropython-esp32-stubs` does.
        for name in ("micropython-esp32-stubs", "micropython-stdlib-stubs"):
            for file in importlib.metadata.files(name):
                if ".dist-info" not in str(file) and ".." not in file.parts:
                    (typings / file).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(file.locate(), typings / file)
        config["typeshedPath"] = "typings"
    shutil.copy(STUB, typings)
    (folder / "pyrightconfig.json").write_text(json.dumps(config))
    return folder


def check(project, *files):
    """Let pyright check `files` in `project`; return (line, message) of each report."""
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--outputjson", "--level", "error", *files],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] == len(files), done.stderr
    return [
        (each["range"]["start"]["line"], each["message"]) for each in found["generalDiagnostics"]
    ]


def annotated(source):
    # A dict in a variable has to be annotated, see typings/README.md.
    return source.replace("opts = {", "opts: http.Options = {")


@pytest.mark.parametrize("project", ["esp32"], indirect=True)
def test_the_examples_of_the_docs_pass(project):
    """Each block of README.md and docs/, as a file of its own, but for deliberate mistakes."""
    names = []
    for i, block in enumerate(BLOCKS):
        if "import requests" not in block.source and "Wrong use" not in block.id:
            names.append(f"block{i}.py")
            (project / names[-1]).write_text(f"# {block.id}\n{annotated(block.source)}")
    assert len(names) > 25
    assert check(project, *names) == []


GOOD = """
import asyncio
import http
import json

URL = "http://localhost"
method = input()

def show(code, body):
    print(code, body)

nothing: None = http.request(URL, "HEAD", "", "", show)
nothing = http.request(URL, method, None, None, show)
nothing = http.request(method, URL, callback=show)
opts: http.Options = {"fota": {"sha256": "0"}, "callback": lambda total, done, data: None}
with open("file", "rb") as f:
    http.request("POST", URL, {"A": 1, "B": "c"}, f, opts).wait()

class Events:
    def write(self, data: memoryview) -> None: ...

with open("file", "wb") as f:
    http.request("GET", URL, None, None, {"dst": f}).wait()
http.request("GET", URL, None, None, {"dst": Events()}).wait()
fields = {"A": "b"}
http.request("POST", URL, fields, iter([b"x"]), {"dst": bytearray(9), "resume": True}).wait()
files = {"d": ("e.txt", "text"), "f": ("g", open("f", "rb"), "h/i")}
http.request("POST", URL, None, http.Multipart(files)).wait()
http.put(URL, None, http.Multipart([("a", 1), ("a", b"c")]), show)
http.post(URL, None, {"a": [1, None]}, show)
http.request(URL, "PATCH", None, [1], show)
http.request("POST", URL, None, {"a": {}}).wait()
http.get(URL + "?" + http.urlencode({"a": 1, "b": "c"}) + http.urlencode([("a", b"")]))
http.certificates(b"", client_key=memoryview(b""))
request: http.Request = http.request("GET", URL)
code, headers, body = request.wait()
if code == http.ERROR_TIMEOUT or code < http.OK:
    print(request.error)
http.get(URL)
if http.last_error:
    print(http.last_error.args)
adapters: http.Options = {"adapter": 0, "dst": None}
http.request("GET", URL, None, None, adapters).wait()
print(json.loads(body), body[1:].decode(), b"x" in body, headers.get("a", "").split("\\n"))
for name, value in headers.items():
    print(name.lower(), value.lower())

async def main():
    code, headers, body = await http.request("GET", URL)
    code, headers, body = await http.request("GET", URL).wait()
    task = asyncio.create_task(http.request("GET", URL))
    other = asyncio.create_task(http.request("GET", URL).wait())
    code, headers, body = await task
    await asyncio.gather(http.request("GET", URL), other)
    code, headers, body = await asyncio.wait_for(http.request("GET", URL), 3)
    print(code + 1, headers["a"].lower(), len(body))

asyncio.run(main())
http.close()
"""


def test_right_calls_pass(project):
    (project / "good.py").write_text(GOOD)
    assert check(project, "good.py") == []


def test_annotations_cost_nothing_on_micropython(mpy, project):
    # Options is no name at run time, but MicroPython does not look at annotations.
    code = "import http\nopts: http.Options = {}\ndef f(r: http.Request) -> http.Headers: pass\n"
    (project / "annotated.py").write_text(code)
    assert [line for line, _ in check(project, "annotated.py")] == [2]  # f returns None
    env = dict(os.environ, MICROPYPATH=f".frozen:{ROOT / 'lib'}")
    subprocess.run([mpy.command, "-c", code], env=env, check=True)


WRONG = [
    'http.get("http://x", None, 3)',
    'http.get("http://x", body="")',
    'http.post("http://x", 5)',
    'http.put("http://x", None, {1})',
    'http.post("http://x", None, iter([b"x"]))',
    'http.Multipart({"a": None})',
    'http.Multipart({"a": ("name",)})',
    "http.Multipart(5)",
    'http.urlencode({"a": ("name", b"")})',
    'http.delete(b"http://x")',
    "http.patch",
    "http.HTTPStatus",  # of CPython's http
    'http.request("GET")',
    'http.request("GET", "http://x", timeout=3)',
    'http.request("GET", "http://x", None, None, {"timeuot": 3})',
    'http.request("GET", "http://x", None, None, {"timeout": "3"})',
    'http.request("GET", "http://x", None, None, {"fota": {"md5": "0"}})',
    'http.request("GET", "http://x", None, None, {"dst": b"read only"})',
    'http.request("GET", "http://x", None, None, {"dst": print})',
    'http.request("GET", "http://x").wait(1)',
    'http.request("GET", "http://x").text',
    'code, headers, body = http.request("GET", "http://x")',
    'for each in http.request("GET", "http://x"): pass',
    'list(http.request("GET", "http://x"))',
    'http.post("http://x", None, print)',
    'http.get("http://x", print)',
    'http.get("http://x", None, {"timeout": 3})',
    'http.request("POST", "http://x", None, print)',
    'http.request("GET", "http://x", None, None, {"adapter": 0.5})',
    "http.last_error.errno",
    'code, body = http.request("GET", "http://x").wait()',
    'http.request("http://x", "GET", "", "", print).wait()',
    'http.request("GET", "http://x").wait()[0].lower()',
    'http.request("GET", "http://x", ca_file=["ca.pem"])',
    "http.certificates(1)",
    "http.close(1)",
    "http.Request()",
]


def test_wrong_calls_are_reported(project):
    (project / "wrong.py").write_text("\n".join(["import http", *WRONG, ""]))
    found = {line for line, _ in check(project, "wrong.py")}
    missed = [call for line, call in enumerate(WRONG, 1) if line not in found]
    assert missed == []


def test_the_stub_itself_passes(project):
    assert check(project, "typings/http.pyi") == []
