"""Every name of the published package works, or docs/migration.md says what replaces it."""
import ast
import importlib
import inspect
import re
from pathlib import Path

from deephar import evaluation

ROOT = Path(__file__).resolve().parent.parent
PUBLISHED = ROOT / "tests" / "golden" / "published_api.txt"
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def published():
    """(module, name, arguments or None, members) of every line of the list."""
    for line in PUBLISHED.read_text().splitlines():
        if line.startswith("#"):
            continue
        module, name, arguments, members = re.fullmatch(
            r"(\S+) (\w+)(\(.*\))?((?: \.\w+)*)", line).groups()
        if arguments is not None:
            arguments = ast.parse(f"def f{arguments}: pass").body[0].args
        yield module, name, arguments, re.findall(r"\.(\w+)", members)


def rows() -> list[tuple[str, list[str], str]]:
    """(module, names, replacement) of every row of the migration table."""
    text = (ROOT / "docs" / "migration.md").read_text("utf-8")
    table = text[text.index("| published | now | why |"):].splitlines()[2:]
    found = []
    for line in table:
        what, now, why = (cell.strip() for cell in line.strip("|").split(" | "))
        module, *names = re.findall(r"`([^`]+)`", what)
        assert now and why and what == f"`{module}`" + ": " * bool(names) + ", ".join(
            f"`{name}`" for name in names), line
        found.append((module, names, now))
    return found


def fault(module: str, name: str, arguments: ast.arguments | None) -> str:
    """What does not work as published; "" if all does."""
    try:
        thing = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        return str(error)
    if arguments is None:
        return "is a module" if inspect.ismodule(thing) else ""
    wanted = [argument.arg for argument in arguments.args]
    given = inspect.signature(thing).parameters.values()
    names = [p.name for p in given if p.kind in POSITIONAL]
    # More arguments may follow the published ones, if they need not be given.
    required = [p.name for p in given if p.kind in (*POSITIONAL, p.KEYWORD_ONLY)
                and p.default is p.empty]
    most = len(wanted) - len(arguments.defaults)
    if names[:len(wanted)] != wanted or not set(required) <= set(wanted[:most]):
        return f"takes ({', '.join(names)}), published was ({', '.join(wanted)})"
    return ""


def test_every_published_name_works_or_has_a_replacement():
    table = {(module, name) for module, names, _ in rows() for name in names or ["*"]}
    used = set()
    for module, name, arguments, members in published():
        wrong = {name: fault(module, name, arguments)}
        if not wrong[name]:
            thing = getattr(importlib.import_module(module), name)
            wrong |= {f"{name}.{m}": "missing" for m in members if not has(thing, m)}
        for what, reason in wrong.items():
            keys = {(module, what), (module, "*")} & table if reason else set()
            assert keys or not reason, f"{module}.{what}: {reason}; docs/migration.md?"
            used |= keys
    assert used == table, f"rows of names that work: {table - used}"


def has(thing, member: str) -> bool:
    """A method, or an attribute that is set when one is made."""
    return hasattr(thing, member) or f"self.{member}" in inspect.getsource(thing)


def test_evaluations_of_the_scripts_take_the_same_arguments():
    for module, name, arguments, _ in published():
        if module.startswith("exp.common") and arguments and hasattr(evaluation, name):
            for argument in arguments.args:     # a set was called by its name
                argument.arg = {"penn": "dataset", "ntu": "dataset"}.get(
                    argument.arg, argument.arg)
            assert fault("deephar.evaluation", name, arguments) == "", module


def test_replacements_exist():
    for _, _, now in rows():
        for path in re.findall(r"`(deephar(?:\.\w+)+)`", now):
            resolve(path)


def resolve(path: str):
    """The module, or what a module holds, of a dotted path."""
    try:
        return importlib.import_module(path)
    except ModuleNotFoundError:
        owner, name = path.rsplit(".", 1)
        return getattr(resolve(owner), name)
