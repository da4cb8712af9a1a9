"""The temporal lifter against reference numbers, and its properties."""
import json
from zlib import crc32

import keras
import numpy as np
import pytest

from deephar.models import temporal
from tests.fakes.lifting import GOLDEN, filled

CASES = json.loads((GOLDEN / "tcn_index.json").read_text())["cases"]
ARGUMENTS = {"filter_widths": "widths", "channels": "channels", "joints_in": "joints_in",
             "in_features": "features", "joints_out": "joints_out",
             "causal": "causal", "dense": "dense"}


def torch_state(case) -> dict:
    return {item["key"]: filled(item["key"], item["shape"]) for item in case["state"]}


def model_of(case, **options):
    arguments = {ours: case[theirs] for theirs, ours in ARGUMENTS.items()}
    model = temporal.build(**arguments, **options)
    temporal.load_torch_state(model, torch_state(case))
    return model


def count(weights) -> int:
    return sum(int(np.prod(w.shape)) for w in weights)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden(case):
    for item in case["state"]:
        assert filled(item["key"], item["shape"]).sum(dtype=float) == pytest.approx(
            item["sum"], abs=1e-4)
    numbers = np.load(GOLDEN / case["file"])
    model = model_of(case)
    assert count(model.trainable_weights) == case["parameters"]
    assert temporal.receptive_field(case["filter_widths"]) == case["receptive_field"]
    np.testing.assert_allclose(model.predict(numbers["x_seq"], verbose=0),
                               numbers["y_seq"], atol=1e-5)
    front, behind = temporal.temporal_padding(case["filter_widths"], case["causal"])
    video = np.pad(numbers["x_video"], ((front, behind), (0, 0), (0, 0)), "edge")
    np.testing.assert_allclose(model.predict(video[None], verbose=0)[0],
                               numbers["y_video"], atol=1e-5)
    if not case["dense"]:
        strided = model_of(case, strided=True)
        for form in (model, strided):
            np.testing.assert_allclose(form.predict(numbers["x_chunk"], verbose=0),
                                       numbers["y_chunk"], atol=1e-5)
        assert [w.path for w in strided.weights] == [w.path for w in model.weights]
