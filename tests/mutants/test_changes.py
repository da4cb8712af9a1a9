"""The mistakes that `python -m tests.mutants` makes, and which tests it asks."""
import ast
from pathlib import Path

import pytest

from tests.mutants.__main__ import (
    FURTHER, MODULES, ROOT, Results, mutants_of, tests_of as files_of)
from tests.mutants.changes import changes_of
from tests.mutants.known import HARMLESS

SOURCE = '''"""Not this: 1 + 1."""
def area(box: "list[int]", least: float = 0.0) -> "a - b":
    if box[2] < box[0]:
        raise ValueError(f"{box[2]} < 1")
    w, h = box[2] - box[0], (box[3]
                             - box[1])
    return max(w * h, least)
'''


def test_what_is_changed():
    changes = changes_of(SOURCE)
    found = {str(change) for change in changes}
    assert "comparison: if box[2] < box[0]:  ->  if (box[2] <= box[0]):" in found
    assert "operation: return max(w * h, least)  ->  return max((w / h), least)" in found
    assert "name: return max(w * h, least)  ->  return min(w * h, least)" in found
    assert "off by one: if box[2] < box[0]:  ->  if box[3] < box[0]:" in found
    assert {change.line for change in changes} == {2, 3, 5, 6, 7}
    for change in changes:
        assert ast.dump(ast.parse(change.source)) != ast.dump(ast.parse(SOURCE))
        lines = change.source.splitlines()
        assert len(lines) == 7 and lines[3] == SOURCE.splitlines()[3]


def test_the_same_seed_gives_the_same_mutants():
    first, again, other = (mutants_of("losses.py", 5, seed) for seed in (0, 0, 1))
    assert first == again != other and len(first) == 5


@pytest.mark.parametrize("module", MODULES)
def test_every_file_has_tests(module):
    mirror, *others = files_of(module)
    assert (ROOT / mirror).is_file() and mirror.name == f"test_{Path(module).name}"


def test_harmless_mutants_are_still_there():
    for module, change in HARMLESS:
        source = (ROOT / "deephar" / module).read_text("utf-8")
        assert change in [str(c) for c in changes_of(source)], f"{module}: {change}"


def test_further_tests_are_there():
    assert set(FURTHER) == {module.split("/")[0] for module in MODULES}
    for names in FURTHER.values():
        assert all((ROOT / "tests" / name).is_file() for name in names)


def test_only_what_survived_is_tried_again(tmp_path):
    path = tmp_path / "results.jsonl"
    first, second = mutants_of("losses.py", 2, 0)
    for change, outcome in ((first, "survived"), (second, "survived"), (first, "caught")):
        Results(path).add("losses.py", change, outcome)
    assert Results(path).get("losses.py", first) == "caught"
    assert Results(path).get("losses.py", second) is None
