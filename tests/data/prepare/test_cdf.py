"""CDF files: two that another program wrote, and our own fakes."""
from pathlib import Path

import numpy as np
import pytest

from deephar.data.prepare.cdf import read_cdf
from tests.fakes.owners import write_cdf

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "cdf"


@pytest.mark.parametrize("name", ["column_gzip", "row_big_endian"])
def test_files_of_another_program(name):
    content = read_cdf(GOLDEN / f"{name}.cdf")
    expected = np.arange(2 * 96, dtype=np.float32).reshape(2, 96) * 1.5
    assert content["Pose"].shape == (1, 2, 96)
    assert np.array_equal(content["Pose"][0], expected)
    assert np.allclose(content["Time"], np.arange(5) / 50)


@pytest.mark.parametrize("compressed", [False, True])
def test_fake_is_read_back(tmp_path, compressed):
    pose = np.random.default_rng(0).normal(size=(30, 96)).astype(np.float32)
    write_cdf(tmp_path / "a.cdf", pose, compressed)
    assert np.array_equal(read_cdf(tmp_path / "a.cdf")["Pose"][0], pose)


@pytest.mark.parametrize("compressed", [False, True])
def test_cut_short_anywhere(tmp_path, compressed):
    path = tmp_path / "a.cdf"
    pose = np.random.default_rng(0).normal(size=(3, 96)).astype(np.float32)
    write_cdf(path, pose, compressed)
    whole = path.read_bytes()
    for keep in range(0, len(whole), 41):
        path.write_bytes(whole[:keep])
        with pytest.raises(ValueError, match="a.cdf"):
            read_cdf(path)
