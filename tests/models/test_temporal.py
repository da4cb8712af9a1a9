"""The temporal lifter against reference numbers, and its properties."""
import json
import os
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

from deephar.models import temporal
from tests.fakes.lifting import GOLDEN, filled
from tests.numbers import assert_close

pytestmark = pytest.mark.numeric

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
    assert_close(model.predict(numbers["x_seq"], verbose=0), numbers["y_seq"])
    front, behind = temporal.temporal_padding(case["filter_widths"], case["causal"])
    video = np.pad(numbers["x_video"], ((front, behind), (0, 0), (0, 0)), "edge")
    assert_close(model.predict(video[None], verbose=0)[0], numbers["y_video"])
    if not case["dense"]:
        strided = model_of(case, strided=True)
        for form in (model, strided):
            assert_close(form.predict(numbers["x_chunk"], verbose=0), numbers["y_chunk"])
        assert [w.path for w in strided.weights] == [w.path for w in model.weights]


@pytest.mark.parametrize("widths, parameters", [
    ((1,), 89_139), ((1, 1, 1), 4_291_635), ((3, 3), 4_357_171),
    ((3, 3, 3), 8_555_571), ((3, 3, 3, 3), 12_753_971), ((3, 3, 3, 3, 3), 16_952_371)])
def test_published_sizes(widths, parameters):
    assert count(temporal.build(widths).trainable_weights) == parameters


def test_dense_size():
    size = count(temporal.build((3, 3, 3), dense=True).trainable_weights)
    assert size == pytest.approx(29.53e6, abs=5e3)


def test_strided_gives_every_rf_th_dilated_frame():
    dilated = temporal.build((3, 5), channels=8)
    strided = temporal.build((3, 5), channels=8, strided=True)
    strided.set_weights(dilated.get_weights())
    x = np.random.default_rng(0).normal(size=(2, 45, 17, 2)).astype("float32")
    assert_close(strided.predict(x, verbose=0), dilated.predict(x, verbose=0)[:, ::15])


@pytest.mark.parametrize("causal", [True, False])
def test_causal_networks_do_not_see_what_comes(causal):
    model = temporal.build((3, 3), channels=8, causal=causal)
    front, behind = temporal.temporal_padding((3, 3), causal)
    x = np.random.default_rng(0).normal(size=(1, 20, 17, 2)).astype("float32")
    later = x.copy()
    later[:, 11:] += 1
    pad = lambda a: np.pad(a, ((0, 0), (front, behind), (0, 0), (0, 0)), "edge")
    before, after = (model.predict(pad(a), verbose=0) for a in (x, later))
    unchanged = np.abs(before - after).max((0, 2, 3)) < 1e-6
    assert before.shape == (1, 20, 17, 3)
    assert unchanged.sum() == (11 if causal else 7)


@pytest.mark.parametrize("widths", [(), (2,), (3, 4), (3, 0), (-1,)])
def test_widths_are_odd(widths):
    with pytest.raises(ValueError, match="odd and at least one"):
        temporal.build(widths)


def test_dense_is_not_strided():
    with pytest.raises(ValueError, match="strided=False"):
        temporal.build((3, 3), dense=True, strided=True)


def test_starts_like_the_published_networks():
    model = temporal.build((3, 3), channels=64)
    for name, fan_in in (("conv_expand", 34 * 3), ("conv_0", 64 * 3), ("shrink", 64)):
        kernel = np.asarray(model.get_layer(name).kernel)
        bound = fan_in ** -0.5
        assert bound * 0.95 < np.abs(kernel).max() <= bound
    assert 0 < np.abs(np.asarray(model.get_layer("shrink").bias)).max() <= 1 / 8


def test_momentum_is_a_variable():
    model = temporal.build((1,), channels=4, dropout=0)
    x = np.random.default_rng(0).normal(3, 1, (64, 1, 17, 2)).astype("float32")
    layer = model.get_layer("bn_expand")
    for momentum in (0.75, 1.0):
        before = np.asarray(layer.moving_mean).copy()
        temporal.set_bn_momentum(model, momentum)
        model(x, training=True)
        batch = np.asarray(model.get_layer("conv_expand")(x.reshape(64, 1, 34))).mean((0, 1))
        assert_close(np.asarray(layer.moving_mean),
                     momentum * before + (1 - momentum) * batch)
    assert len(model.trainable_weights) == 1 + 2 + 2
    inputs = keras.Input((None, 17, 2))
    temporal.set_bn_momentum(keras.Model(inputs, model(inputs) * 2), 0.5)
    assert float(layer.momentum) == 0.5


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_it_trains_in_mixed_precision(precision):
    """The momentum stays in float32, as the statistics that it moves."""
    keras.mixed_precision.set_dtype_policy(precision)
    try:
        model = temporal.build((3,), channels=4, strided=True)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(4, 3, 17, 2)).astype("float32")
    before = model.get_layer("bn_expand").moving_mean.numpy()
    assert np.isfinite(model.train_on_batch(x, np.zeros((4, 1, 17, 3), "float32")))
    assert (model.get_layer("bn_expand").moving_mean.numpy() != before).all()


def test_coordinates_are_float32_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = temporal.build((3,), channels=8)
        assert model.get_layer("conv_expand").compute_dtype == "bfloat16"
        assert model.output.dtype == "float32"
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("options", [{}, {"strided": True}, {"causal": True}])
def test_saved_networks_are_the_same(tmp_path, options):
    model = temporal.build((3, 3), channels=8, **options)
    temporal.set_bn_momentum(model, 0.97)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras")
    x = np.random.default_rng(0).normal(size=(1, 9, 17, 2)).astype("float32")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
    assert float(again.get_layer("bn_0").momentum) == pytest.approx(0.97)


OTHER_BACKEND = """
import json, numpy as np
from tests.models.test_temporal import CASES, model_of
from tests.fakes.lifting import GOLDEN
for case in CASES:
    numbers = np.load(GOLDEN / case["file"])
    predicted = model_of(case).predict(numbers["x_seq"], verbose=0)
    np.testing.assert_allclose(predicted, numbers["y_seq"], atol=1e-4)
print("same", len(CASES))
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_other_backends(backend):
    pytest.importorskip(backend)
    out = subprocess.run([sys.executable, "-c", OTHER_BACKEND], capture_output=True,
                         text=True, env={**os.environ, "KERAS_BACKEND": backend})
    assert out.stdout.split() == ["same", "8"], out.stderr[-2000:]


@pytest.mark.slow
def test_strided_training_is_five_times_faster():
    """A step on windows of 243 frames; the dilated form computes what nobody asks for."""
    x = np.random.default_rng(0).normal(size=(32, 243, 17, 2)).astype("float32")
    y = np.zeros((32, 1, 17, 3), "float32")
    seconds = {}
    for strided in (True, False):
        model = temporal.build((3,) * 5, channels=256, strided=strided)
        model.compile(keras.optimizers.Adam(amsgrad=True), "mse", jit_compile=False)
        model.train_on_batch(x, y)
        times = []
        for _ in range(3):
            begin = time.process_time()
            model.train_on_batch(x, y)
            times.append(time.process_time() - begin)
        seconds[strided] = min(times)
    print(f"strided {seconds[True]:.3f} s, dilated {seconds[False]:.3f} s of processor time")
    assert seconds[False] > 5 * seconds[True]
