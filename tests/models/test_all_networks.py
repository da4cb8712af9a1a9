"""What every network keeps, whatever its kind."""
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from deephar.utils.files import read_json
from tests.golden import cases
from tests.golden.legacy_weights import images
from tests.models.small import BUILDERS, network
from tests.numbers import DEEP, NETWORK


def some(*now):
    """All kinds of networks, others than these in slow tests."""
    return [name if name in now else pytest.param(name, marks=pytest.mark.slow)
            for name in BUILDERS]


def input_of(model):
    return images((2, *model.input_shape[1:]), 3)


def names_of(model) -> list[str]:
    """Every layer's name, those of sub-models behind `MODEL/`."""
    names = []
    for layer in model.layers:
        names.append(layer.name)
        if isinstance(layer, keras.Model):
            names += [f"{layer.name}/{name}" for name in names_of(layer)]
    return names


@pytest.mark.parametrize("name", some("spnet_3d", "merge_3d"))
def test_names_are_a_function_of_the_arguments(name):
    again = BUILDERS[name]()
    assert names_of(again) == names_of(network(name))
    assert [w.path for w in again.weights] == [w.path for w in network(name).weights]
    assert len(set(again.output_names)) == len(again.outputs)


@pytest.mark.parametrize("name", BUILDERS)
def test_names_are_frozen(name):
    """Own files and `.keras` files of users depend on these names."""
    frozen = read_json(cases.GOLDEN / "layer_names.json")
    assert names_of(network(name)) == frozen[name]


@pytest.mark.parametrize("name", some("spnet_3d", "reception_2d"))
def test_keras_file_round_trip(name, tmp_path):
    model = network(name)
    model.save(tmp_path / "model.keras")
    reloaded = keras.models.load_model(tmp_path / "model.keras")
    x = input_of(model)
    assert max(cases.differences(cases.answers(reloaded, x), cases.answers(model, x))) < NETWORK


@pytest.mark.parametrize("name", some("spnet_3d", "reception_2d"))
def test_own_weight_file_round_trip(name, tmp_path):
    model, other = network(name), BUILDERS[name]()
    model.save_weights(tmp_path / "model.weights.h5")
    other.load_weights(tmp_path / "model.weights.h5")
    x = input_of(model)
    np.testing.assert_array_equal(cases.answers(other, x)[-1],
                                  cases.answers(model, x)[-1])


@pytest.mark.slow
@pytest.mark.parametrize("name", some("spnet_3d"))
def test_xla_compiles(name):
    model = network(name)
    x = input_of(model)[:1]
    compiled = tf.function(lambda x: model(x, training=False), jit_compile=True)(x)
    compiled = [keras.ops.convert_to_numpy(y) for y in compiled]
    assert max(cases.differences(compiled, cases.answers(model, x))) < DEEP


@pytest.mark.parametrize("name", BUILDERS)
def test_half_precision_keeps_coordinates(name):
    """Coordinates stay within 0.02 of the crop, and every output is float32."""
    model = network(name)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = BUILDERS[name]()
    finally:
        keras.config.set_dtype_policy(before)
    half.set_weights(model.get_weights())
    x = input_of(model)
    outputs = half(x, training=False)
    assert {str(keras.backend.standardize_dtype(y.dtype)) for y in outputs} == {"float32"}
    dim = 3 if "3d" in name else 2
    poses = [(keras.ops.convert_to_numpy(a)[..., :dim], b[..., :dim])
             for a, b in zip(outputs, cases.answers(model, x)) if b.ndim >= 3
             and b.shape[-1] >= dim]
    for actual, wanted in poses:
        assert np.abs(actual - wanted).max() <= 0.02


@pytest.mark.slow
def test_half_precision_of_a_published_network(tmp_path):
    """0.02 of the crop on average over joints.

    The golden weights are random, so a joint's map may have several peaks and
    rounding can move its position much further; trained maps have one.
    """
    name = "mpii_reception2d"
    model = cases.loaded(name, tmp_path)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        half = cases.loaded(name, tmp_path)
    finally:
        keras.config.set_dtype_policy("float32")
    x = cases.pictures(name)
    poses = zip(cases.answers(half, x)[::2], cases.answers(model, x)[::2])
    assert max(np.abs(actual - wanted).mean() for actual, wanted in poses) <= 0.02


@pytest.mark.parametrize(
    "backend", [pytest.param("jax", marks=pytest.mark.slow), "torch"])
def test_other_backends(backend):
    pytest.importorskip(backend, reason=f"{backend} is not installed")
    command = [sys.executable, "-m", "tests.golden.cases", "tiny_spnet"]
    result = subprocess.run(
        command, cwd=cases.GOLDEN.parent.parent, capture_output=True, text=True,
        env={**os.environ, "KERAS_BACKEND": backend}, timeout=300)
    assert result.returncode == 0, result.stderr
    used, name, difference = result.stdout.split()
    assert (used, name) == (backend, "tiny_spnet")
    assert float(difference) < DEEP


@pytest.mark.slow
@pytest.mark.parametrize("name", [*cases.BUILDERS, "ntu_merge"])
def test_published_networks_have_the_same_names_twice(name):
    build = cases.BUILDERS.get(name, cases.build_ntu_merge)
    assert names_of(build()) == names_of(build())
