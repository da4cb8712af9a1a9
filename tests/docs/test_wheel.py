"""The wheel has all that the command needs, and runs from any folder."""
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.exp.conftest import EXP

ROOT = EXP.parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A copy of what is built from: building leaves folders behind."""
    folder = tmp_path_factory.mktemp("sources")
    for name in ("deephar", "exp"):
        shutil.copytree(ROOT / name, folder / name,
                        ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


def pip(*words) -> None:
    subprocess.run([sys.executable, "-m", "pip", *map(str, words), "--no-deps",
                    "--no-build-isolation", "--no-index", "-q"], check=True)


@pytest.fixture(scope="module")
def unpacked(sources, tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", sources, "-w", folder)
    (wheel,) = folder.glob("deephar-*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def deephar(site, *words, folder) -> str:
    """What the command says that is installed in `site`, in an empty folder."""
    code = ("import site, sys; site.addsitedir(sys.argv.pop(1)); import deephar\n"
            "from deephar.cli import main; print(deephar.__file__); sys.exit(main())")
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", code, str(site), *words], cwd=folder,
                          env=env, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_has_package_and_scripts_and_nothing_else(unpacked):
    inside = {path.relative_to(unpacked).as_posix()
              for path in unpacked.rglob("*") if path.is_file()}
    scripts = {f"deephar/{path.relative_to(ROOT).as_posix()}" for path in EXP.glob("*/*.py")}
    modules = {path.relative_to(ROOT).as_posix()
               for path in (ROOT / "deephar").rglob("*.py")}
    rest = inside - scripts - modules
    assert inside >= scripts | modules and "deephar/py.typed" in rest
    assert all(name == "deephar/py.typed" or ".dist-info/" in name for name in rest), rest


def commands_work(site, folder) -> str:
    assert "train_ntu_merge" in deephar(site, "train", folder=folder)
    told = deephar(site, "train", "actions", "--help", folder=folder)
    assert "--num-clips" in told
    return deephar(site, "reproduce", "mpii-val", "--data", "synthetic", "--dry-run",
                   folder=folder)


def test_the_wheel_s_commands_run_anywhere(unpacked, tmp_path):
    told = commands_work(unpacked, tmp_path)
    assert str(unpacked / "deephar/exp/mpii/eval_mpii_singleperson.py") in told
