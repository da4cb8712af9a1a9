"""The stages of a prediction add up."""
import numpy as np
import pytest

from deephar.inference.bench import bench_predict
from deephar.inference.predictor import Predictor
from tests.fakes.networks import fixed


def test_stages_of_prediction():
    picture = np.zeros((60, 80, 3), np.uint8)
    result = bench_predict(Predictor(fixed()), [picture], runs=3)
    assert set(result["stages_ms"]) == {"crop", "network", "draw", "all"}
    assert result["picture"] == [80, 60]
    assert result["frames_per_s"] == pytest.approx(1e3 / result["stages_ms"]["all"])
