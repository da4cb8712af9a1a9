import importlib.metadata
import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from deephar.cli import doctor, main


def run(capsys, code):
    assert main(["doctor"]) == code
    return capsys.readouterr().out


def test_all_is_well_here(capsys):
    out = run(capsys, 0)
    for package in doctor.PACKAGES:
        assert f"{package} {importlib.metadata.version(package)}" in out
    assert "All is well" in out and "CPU" in out
    difference = float(out.split("worst difference ")[1].split()[0])
    assert 0 <= difference < 5e-6


def test_one_wrong_number_is_found(capsys, monkeypatch):
    wrong = np.array(doctor.EXPECTED)
    wrong[7] += 1e-3
    monkeypatch.setattr(doctor, "EXPECTED", wrong)
    assert "Not well: the network gives other numbers" in run(capsys, 1)


def test_nan_is_not_well(capsys, monkeypatch):
    monkeypatch.setattr(doctor, "self_test", lambda: float("nan"))
    assert "Not well" in run(capsys, 1)


def test_a_missing_package_is_named(capsys, monkeypatch):
    version_of = doctor.version_of
    monkeypatch.setattr(doctor, "version_of", lambda name:
                        None if name in ("scipy", "av") else version_of(name))
    out = run(capsys, 1)
    assert "Not well: scipy missing: pip install scipy." in out


def test_extras_are_told_but_not_needed(capsys, monkeypatch):
    version_of = doctor.version_of
    monkeypatch.setattr(doctor, "self_test", lambda: 0.0)
    monkeypatch.setattr(doctor, "version_of", lambda name:
                        None if name == "av" else version_of(name))
    assert 'video      not installed (pip install "deephar[video]"' in run(capsys, 0)


def test_weights_are_counted(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(doctor, "self_test", lambda: 0.0)
    (tmp_path / "weights_AR_merge_NTU_v2.h5").touch()
    assert main(["doctor", "--folder", str(tmp_path)]) == 0
    assert "1 of 6 published files" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_every_backend_is_well_and_quiet(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    done = subprocess.run(
        [sys.executable, "-c", "from deephar.cli import main; main(['doctor'])"],
        env={**os.environ, "KERAS_BACKEND": backend}, text=True, capture_output=True)
    assert "All is well" in done.stdout
    assert f"backend    {backend}" in done.stdout
    assert done.stderr == ""
