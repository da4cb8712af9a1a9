"""Folders of lifting runs and converted checkpoints."""
import json

import numpy as np
import pytest

from deephar.checkpoints import lifting as checkpoints
from deephar.models import linear, temporal
from tests.fakes.lifting import GOLDEN, filled
from tests.numbers import assert_close

CASE = next(c for c in json.loads((GOLDEN / "tcn_index.json").read_text())["cases"]
            if c["name"] == "w33")


def test_converted_pytorch_file(tmp_path):
    np.savez(tmp_path / "p.npz", **{i["key"]: filled(i["key"], i["shape"])
                                    for i in CASE["state"]})
    model, arguments, path = checkpoints.load_temporal(
        tmp_path / "p.npz", widths=(3, 3), channels=32)
    numbers = np.load(GOLDEN / CASE["file"])
    assert_close(model.predict(numbers["x_seq"], verbose=0), numbers["y_seq"])
    assert path.name == "p.npz" and arguments["channels"] == 32
    with pytest.raises(ValueError, match="expand_conv.weight: shape \\(3, 34, 32\\)"):
        checkpoints.load_temporal(tmp_path / "p.npz", widths=(3, 3), channels=16)
    with pytest.raises(ValueError, match="no place for"):
        checkpoints.load_temporal(tmp_path / "p.npz", widths=(3,), channels=32)
    with pytest.raises(ValueError, match="has no layers_conv.2.weight"):
        checkpoints.load_temporal(tmp_path / "p.npz", widths=(3, 3, 3), channels=32)


def test_folder_of_a_run(tmp_path):
    arguments = {"widths": [3, 3], "channels": 8, "causal": True}
    model = temporal.build(**arguments, strided=True)
    checkpoints.write_settings(tmp_path, {"temporal": arguments})
    checkpoints.save_weights(model, tmp_path / checkpoints.TEMPORAL_WEIGHTS)
    x = np.random.default_rng(0).normal(size=(2, 9, 17, 2)).astype("float32")
    again, known, _ = checkpoints.load_temporal(tmp_path)
    assert_close(again.predict(x, verbose=0), model.predict(x, verbose=0))
    assert known == arguments
    with pytest.raises(FileNotFoundError, match="not a lifting run"):
        checkpoints.load_temporal(tmp_path / "elsewhere")


def test_linear_networks(tmp_path):
    sizes = {"inputs": 34, "outputs": 34, "units": 8}
    model = linear.build(**sizes, name="view_synthesis")
    checkpoints.write_settings(tmp_path, {"networks": {"view_synthesis": sizes}})
    checkpoints.save_weights(model, tmp_path / "view_synthesis.weights.h5")
    x = np.ones((2, 34), "float32")
    again = checkpoints.load_linear(tmp_path, "view_synthesis")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    with pytest.raises(ValueError, match="it has view_synthesis"):
        checkpoints.load_linear(tmp_path, "reconstruction")
