"""The linear-residual networks against reference numbers, and max-norm by hand."""
import json

import keras
import numpy as np
import pytest

from deephar.models import linear
from tests.fakes.lifting import GOLDEN, filled
from tests.numbers import LAYER, assert_close

pytestmark = pytest.mark.numeric

CASES = json.loads((GOLDEN / "mlp_index.json").read_text())["cases"]


def trainable(model) -> int:
    return sum(int(np.prod(w.shape)) for w in model.trainable_weights)


def golden_key(name, path):
    """`block0_bn1/gamma` -> `NAME.block0.bn1.gamma`."""
    layer, weight = path.split("/")[-2:]
    layer = layer.replace("_", ".") if layer.startswith("block") else layer
    return f"{name}.{layer}.{weight}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_golden(case):
    model = linear.build(case["inputs"], case["outputs"], units=case["units"],
                          blocks=case["blocks"], max_norm=case["max_norm"])
    assert trainable(model) == case["parameters_trainable"]
    shapes = {item["key"]: tuple(item["shape"]) for item in case["weights"]}
    for weight in model.weights:
        if "seed_generator" not in weight.path:
            key = golden_key(case["name"], weight.path)
            weight.assign(filled(key, shapes.pop(key)))
    assert not shapes
    numbers = np.load(GOLDEN / "mlp.npz")
    assert_close(model.predict(numbers[f"{case['name']}_x"], verbose=0),
                 numbers[f"{case['name']}_y"])


@pytest.mark.parametrize("sizes, parameters", [
    (linear.BASELINE, 4_291_632), (linear.VIEW_SYNTHESIS, 4_279_330),
    (linear.RECONSTRUCTION, 4_331_571)])
def test_published_size(sizes, parameters):
    assert trainable(linear.build(*sizes)) == parameters


def test_max_norm_scales_the_whole_matrix():
    layer = linear.MaxNormDense(2)
    layer.build((None, 2))
    x = np.array([[1.0, 1.0]], "float32")
    layer.set_weights([np.array([[3, 0], [0, 4]], "float32"), np.ones(2, "float32")])
    assert_close(layer(x), [[1.6, 1.8]], LAYER)    # norm 5
    layer.set_weights([np.array([[0.3, 0], [0, 0.4]], "float32"), np.ones(2, "float32")])
    assert_close(layer(x), [[1.3, 1.4]], LAYER)    # left alone


def test_starts_with_the_recipes_spread():
    values = np.asarray(linear.FanInNormal()((1000, 50)))
    assert np.abs(values).max() <= 2 * np.sqrt(2 / 1000) + 1e-6
    assert values.std() == pytest.approx(0.88 * np.sqrt(2 / 1000), rel=0.02)


def test_saves_and_loads(tmp_path):
    model = linear.build(4, 6, units=8, blocks=1)
    x = np.ones((3, 4), "float32")
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))


def test_coordinates_are_float32_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = linear.build(4, 6, units=8, blocks=1)
        assert model.get_layer("input").compute_dtype == "bfloat16"
        assert model.output.dtype == "float32"
    finally:
        keras.config.set_dtype_policy("float32")
