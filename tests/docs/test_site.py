"""What the site of the documentation is made of; `mkdocs build --strict` makes it."""
import importlib
import re
import shutil
import subprocess

import pytest

from tests.docs.test_commands import PAGES, ROOT, name_of, told

# Pages that docs/hooks.py makes of files elsewhere.
MADE = {"index.md", "changes.md", "scripts.md", "weights.md", "data-sets.md"}


def resolve(name: str) -> object:
    """Whatever a dotted name means, a module or something in one."""
    parts, rest = name.split("."), []
    while parts:
        try:
            found = importlib.import_module(".".join(parts))
        except ModuleNotFoundError:
            rest.insert(0, parts.pop())
            continue
        for part in rest:
            found = getattr(found, part)
        return found
    raise ModuleNotFoundError(name)


def test_names_of_the_package_exist():
    """`deephar.losses.l1_loss` in a sentence, `::: deephar.losses` in the reference."""
    seen = 0
    for path in PAGES:
        if path.name in ("migration.md", "CHANGELOG.md"):       # these tell what was
            continue
        text = path.read_text("utf-8")
        for name in [*told(path)[1], *re.findall(r"^::: (\S+)$", text, flags=re.M)]:
            if re.fullmatch(r"deephar(\.\w+)+", name):
                seen += 1
                try:
                    resolve(name)
                except (AttributeError, ModuleNotFoundError) as error:
                    pytest.fail(f"{name_of(path)}: `{name}`: {error}")
    assert seen > 100


def test_the_navigation_leads_to_pages():
    pages = re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), flags=re.M)
    assert len(pages) > 20 and len(set(pages)) == len(pages)
    for page in pages:
        source = ROOT / "docs" / page
        assert (page in MADE or source.exists()
                or source.with_suffix(".ipynb").exists()), page


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path):
    pytest.importorskip("mkdocs")
    pytest.importorskip("mkdocstrings")
    pytest.importorskip("material")
    done = subprocess.run([shutil.which("mkdocs"), "build", "--strict", "-d", tmp_path / "site"],
                          cwd=ROOT, text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "elasticnet" in (tmp_path / "site" / "api.html").read_text("utf-8")
