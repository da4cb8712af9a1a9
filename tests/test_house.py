"""The rules of the house: who may import whom, and what no module does.

docs/ARCHITECTURE.md explains the table.
"""
import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted((ROOT / "deephar").rglob("*.py"))
SCRIPTS = sorted((ROOT / "exp").rglob("*.py")) + sorted((ROOT / "datasets").glob("*.py"))

# Imports go down only; rooms of the same level never import each other.
LEVELS = {
    "utils": 0,
    "config": 1, "measures": 1,
    "layers": 2, "losses": 2,
    "models": 3, "data": 3,
    "checkpoints": 4,
    "networks": 5,
    "evaluation": 6, "deploy": 6,
    "training": 7, "inference": 7,
    "cli": 8,
    "__main__": 9,
    # Published import paths, as thin as can be.
    "activations": 8, "callbacks": 8, "objectives": 8, "trainer": 8,
}
TENSORFLOW_ROOMS = ("data/pipeline.py", "networks/", "deploy/", "training/",
                    "inference/", "cli/")


def room_of(path: Path) -> str:
    part = path.relative_to(ROOT / "deephar").parts[0]
    return part.removesuffix(".py")


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def imported_modules(tree: ast.AST):
    """(dotted name, node) of everything that a module imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import"
            yield node.module, node
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_down(path):
    if path == ROOT / "deephar" / "__init__.py":
        assert not list(imported_modules(tree_of(path)))
        return
    room = room_of(path)
    for module, node in imported_modules(tree_of(path)):
        parts = module.split(".")
        if parts[0] != "deephar" or len(parts) < 2 or parts[1] not in LEVELS:
            continue
        assert parts[1] == room or LEVELS[parts[1]] < LEVELS[room], (
            f"{name_of(path)}:{node.lineno}: {room} may not import {parts[1]}")


def files_imported(path: Path) -> set[Path]:
    """Files of the package that a file imports, early or late, but for type hints."""
    tree = tree_of(path)
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    files = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            files |= {file_of(alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            files |= {file_of(f"{node.module}.{alias.name}") or file_of(node.module)
                      for alias in node.names}
    return files - {None}


def file_of(module: str) -> Path | None:
    """The file of a module of the package."""
    path = ROOT / module.replace(".", "/")
    files = [f for f in (path.with_suffix(".py"), path / "__init__.py") if f in MODULES]
    return files[0] if files else None


def test_files_import_in_no_circle():
    graph = {path: files_imported(path) for path in MODULES}
    assert graph[file_of("deephar.models")] >= {file_of("deephar.models.spnet")}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        raise AssertionError("a circle: " + " <- ".join(
            map(name_of, error.args[1]))) from None


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_tensorflow_stays_in_its_rooms(path):
    inside = path.relative_to(ROOT / "deephar").as_posix()
    if inside.startswith(TENSORFLOW_ROOMS):
        return
    for module, node in imported_modules(tree_of(path)):
        assert module.split(".")[0] != "tensorflow", (
            f"{name_of(path)}:{node.lineno}: TensorFlow lives in {TENSORFLOW_ROOMS}")


@pytest.mark.parametrize("path", MODULES + SCRIPTS, ids=name_of)
def test_habits(path):
    tree = tree_of(path)
    assert ast.get_docstring(tree), f"{name_of(path)} has no docstring"
    for node in ast.walk(tree):
        where = f"{name_of(path)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.ImportFrom):
            assert all(a.name != "*" for a in node.names), f"{where}: star import"
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{where}: bare except"
        if isinstance(node, ast.Attribute):
            is_sys_path = (node.attr == "path" and isinstance(node.value, ast.Name)
                           and node.value.id == "sys")
            assert not is_sys_path, f"{where}: sys.path"
            assert node.attr != "Lambda", f"{where}: Lambda layer"
        if isinstance(node, ast.Assign):
            named = any(isinstance(target, ast.Name) for target in node.targets)
            assert not (named and isinstance(node.value, ast.Lambda)), f"{where}: a def"
        if isinstance(node, ast.Assert):
            raise AssertionError(f"{where}: raise an error instead of assert")


@pytest.mark.parametrize(
    "path", [p for p in MODULES if room_of(p) != "cli"], ids=name_of)
def test_package_does_not_print(path):
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print", f"{name_of(path)}:{node.lineno}: print"


@pytest.mark.parametrize("path", MODULES + SCRIPTS, ids=name_of)
def test_nothing_runs_on_import(path):
    """A module's body defines things; scripts run under `__main__` only."""
    for node in tree_of(path).body:
        if isinstance(node, ast.Expr):
            assert isinstance(node.value, ast.Constant), (
                f"{name_of(path)}:{node.lineno}: runs on import")
        elif isinstance(node, ast.If):
            test = ast.unparse(node.test)
            assert test in ("__name__ == '__main__'", "TYPE_CHECKING"), (
                f"{name_of(path)}:{node.lineno}: runs on import")
        else:
            assert not isinstance(node, (ast.For, ast.While, ast.With, ast.Delete)), (
                f"{name_of(path)}:{node.lineno}: runs on import")


@pytest.mark.parametrize(
    "path", [p for p in MODULES if p.name != "__init__.py"], ids=name_of)
def test_every_module_has_its_mirror_test(path):
    inside = path.relative_to(ROOT / "deephar")
    mirror = ROOT / "tests" / inside.parent / f"test_{inside.name}"
    assert mirror.exists(), f"{name_of(path)} has no {name_of(mirror)}"
