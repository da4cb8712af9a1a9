"""exp/README.md lists every script."""
import pytest

from tests.exp.conftest import EXP

SCRIPTS = sorted(path.relative_to(EXP).as_posix() for path in EXP.glob("*/*.py"))


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_listed(name):
    assert f"`{name}`" in (EXP / "README.md").read_text("utf-8")
