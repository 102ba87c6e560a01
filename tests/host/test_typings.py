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
        if isinstance(target, ast.Name) and not target.id.startswith("_"):
            found[target.id] = ast.literal_eval(node.value)
    return found


def served():
    """Return the names that __getattr__ of lib/http/__init__.py tells, each with its module."""
    found = {}
    function = named(parse(HTTP / "__init__.py"), ast.FunctionDef)["__getattr__"]
    for branch in ast.walk(function):
        if isinstance(branch, ast.If):
            for part in ast.walk(branch.test):
                if isinstance(part, ast.Constant):
                    for name in part.value.split():
                        found[name] = ast.literal_eval(branch.body[0].value)
    return found


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
    found = {"request": named(parse(HTTP / "__init__.py"), ast.FunctionDef)["request"]}
    for name, module in served().items():
        found[name] = named(parse(HTTP / f"{module}.py"), ast.FunctionDef)[name]
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
    assert set(served().values()) == {"callbacks", "credentials", "keepalive"}
    assert constants(stub) == constants(parse(HTTP / "codes.py"))
    assert "ERROR_FOTA" in constants(stub)


@pytest.mark.parametrize("name", sorted(set(functions()) - {"request"}))
def test_the_parameters_are_those_of_the_code(name):
    stub = named(parse(STUB), ast.FunctionDef)[name]
    assert signature(stub) == signature(functions()[name])


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
    attributes = {ast.unparse(node) for node in ast.walk(code) if isinstance(node, ast.Attribute)}
    annotated = [node.target.id for node in stub.body if isinstance(node, ast.AnnAssign)]
    assert annotated == ["error"]
    assert "self.error" in attributes


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
    """Let pyright check `files` in `project`; return (line, message) of what it reports."""
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


def readme():
    """Return the examples of the README that use http, each as a coroutine."""
    text = (ROOT / "README.md").read_text()
    blocks = [text.split("```python\n")[1].split("```")[0]]
    for paragraph in text.split("\n\n"):
        lines = paragraph.strip("\n").split("\n")
        if lines[0].startswith("    ") and "http." in paragraph:
            blocks.append("\n".join(line[4:] for line in lines) + "\n")
    source = "import http\nimport machine  # type: ignore\n\n"
    source += "async def example(url: str, method: str, digest: str):\n"
    count = 0
    for block in blocks:
        block = annotated(block.replace("(...)", "(method, url)"))
        wrapped = "".join(f"    {line}\n" for line in block.split("\n"))
        try:
            ast.parse(f"async def example():\n{wrapped}")
        except SyntaxError:
            continue
        source += wrapped
        count += 1
    return source, count


def test_the_examples_of_the_readme_pass(project):
    source, count = readme()
    assert count >= 6
    assert "show(code, body)" in source
    assert "machine.reset()" in source
    (project / "readme.py").write_text(source)
    assert check(project, "readme.py") == []


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
fields = {"A": "b"}
http.request("POST", URL, fields, iter([b"x"]), {"dst": bytearray(9), "resume": True}).wait()
http.certificates(b"", client_key=memoryview(b""))
request: http.Request = http.request("GET", URL)
code, headers, body = request.wait()
if code == http.ERROR_TIMEOUT or code < http.OK:
    print(request.error)
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
    'http.put("http://x", None, {"a": 1})',
    'http.delete(b"http://x")',
    "http.patch",
    "http.HTTPStatus",  # of CPython's http
    'http.request("GET")',
    'http.request("GET", "http://x", timeout=3)',
    'http.request("GET", "http://x", None, None, {"timeuot": 3})',
    'http.request("GET", "http://x", None, None, {"timeout": "3"})',
    'http.request("GET", "http://x", None, None, {"fota": {"md5": "0"}})',
    'http.request("GET", "http://x", None, None, {"dst": b"read only"})',
    'http.request("POST", "http://x", None, {"json": 1}).wait()',
    'http.request("GET", "http://x").wait(1)',
    'http.request("GET", "http://x").text',
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
