import time

import h5py
import keras
import numpy as np
import pytest

from deephar.checkpoints.legacy import load_legacy_weights
from deephar.models import spnet
from tests.golden import cases, legacy_weights
from tests.numbers import DEEPEST, NETWORK

pytestmark = pytest.mark.numeric

SMALL = "tiny_spnet"
FULL_SIZE = ["mpii_reception2d", "h36m_reception3d", "penn_merge", "penn_spnet",
             "ntu_spnet"]
# Without oneDNN the small network is 2e-6 from the published outputs, ReceptionNet
# 5e-6, and SPNet of 24 random blocks, which amplify any rounding, 1.6e-4.
TOLERANCE = {SMALL: NETWORK} | dict.fromkeys(FULL_SIZE, DEEPEST)
FAR = 100 * NETWORK


@pytest.fixture(scope="module")
def small_file(tmp_path_factory):
    return cases.write_file(SMALL, tmp_path_factory.mktemp("legacy"))


def worst(model) -> float:
    return max(cases.differences(cases.answers(model, cases.pictures(SMALL)),
                                 cases.expected(SMALL)))


# === The published outputs ===

@pytest.mark.parametrize("name", [SMALL] + [
    pytest.param(name, marks=pytest.mark.slow) for name in FULL_SIZE])
def test_published_outputs(name, tmp_path):
    file = cases.write_file(name, tmp_path)
    model = cases.BUILDERS[name]()
    start = time.process_time()
    report = load_legacy_weights(model, file)
    assert time.process_time() - start < 5
    assert not report.unused and not report.missing and not report.notes
    stored = sum(len(weights) for _, weights in cases.manifest(name)["layers"])
    assert len(report.used) + len(report.constant) == stored
    assert len(report.used) == len(model.weights)
    assert model.count_params() == (
        cases.manifest(name)["params"] - cases.constant_count(name))
    difference = max(cases.differences(
        cases.answers(model, cases.pictures(name)), cases.expected(name)))
    assert difference <= TOLERANCE[name]


@pytest.mark.parametrize("pair", [
    ("res1_bn1", "beta", "moving_mean"),
    ("dp1_pb1_bn1", "gamma", "moving_variance"),
])
def test_two_tensors_of_equal_shape_in_each_others_place(small_file, tmp_path, pair):
    """No reader can see this; the comparison with the outputs does."""
    layer, a, b = pair
    swapped = tmp_path / "swapped.h5"
    swapped.write_bytes(small_file.read_bytes())
    with h5py.File(swapped, "r+") as file:
        first, second = file[f"{layer}/{layer}/{a}:0"], file[f"{layer}/{layer}/{b}:0"]
        # Absolute values: a mean in a variance's place must not be refused.
        first[...], second[...] = np.abs(second[()]), np.abs(first[()])
    model = cases.BUILDERS[SMALL]()
    load_legacy_weights(model, swapped)
    assert worst(model) > FAR
    load_legacy_weights(model, small_file)
    assert worst(model) <= TOLERANCE[SMALL]


def test_equal_blocks_in_each_others_place(small_file, tmp_path):
    swapped = tmp_path / "swapped.h5"
    swapped.write_bytes(small_file.read_bytes())
    with h5py.File(swapped, "r+") as file:
        a, b = (file[f"{name}/{name}/kernel:0"] for name in (
            "act1_action_pred_conv1", "act2_action_pred_conv1"))
        a[...], b[...] = b[()], a[()]
    model = cases.BUILDERS[SMALL]()
    load_legacy_weights(model, swapped)
    assert worst(model) > FAR


# === What is frozen now does not matter ===

@pytest.mark.parametrize("freeze", ["all", "some"])
@pytest.mark.parametrize("name", ["reception_64px", SMALL])
def test_loading_before_and_after_freezing(name, freeze, tmp_path):
    file = cases.write_file(name, tmp_path)
    early, late = cases.BUILDERS[name](), cases.BUILDERS[name]()
    load_legacy_weights(early, file)
    for model in (early, late):
        for layer in model.layers[::1 if freeze == "all" else 3]:
            layer.trainable = False
    load_legacy_weights(late, file)
    for layer in early.layers:
        for a, b in zip(layer.get_weights(), late.get_layer(layer.name).get_weights()):
            np.testing.assert_array_equal(a, b)


def test_files_written_while_a_sub_model_was_frozen(tmp_path):
    """Such groups stand layer by layer: the trainable weights do not come first."""
    manifest = cases.manifest("reception_64px")
    path, reordered = tmp_path / "usual.h5", tmp_path / "frozen.h5"
    legacy_weights.write(manifest, path, cases.SEED)
    reordered.write_bytes(path.read_bytes())
    with h5py.File(reordered, "r+") as file:
        names = [n if isinstance(n, str) else n.decode()
                 for n in file["rBlock1"].attrs["weight_names"]]
        layers = list(dict.fromkeys(n.split("/")[0] for n in names))
        names.sort(key=lambda n: layers.index(n.split("/")[0]))
        file["rBlock1"].attrs["weight_names"] = [n.encode() for n in names]
    a, b = (cases.BUILDERS["reception_64px"]() for _ in range(2))
    load_legacy_weights(a, path)
    load_legacy_weights(b, reordered)
    for x, y in zip(a.get_weights(), b.get_weights()):
        np.testing.assert_array_equal(x, y)


# === Names in real files ===

def rename(manifest, change):
    return {"layers": [
        [change(layer), [[change(name), *rest] for name, *rest in weights]]
        for layer, weights in manifest["layers"]]}


def test_action_blocks_counted_on_from_an_earlier_model(tmp_path, small_file):
    numbers = {f"act{i}_": f"act{i + 6}_" for i in (1, 2, 3, 4)}
    change = lambda name: "/".join(
        numbers.get(part[:5], part[:5]) + part[5:] for part in name.split("/"))
    path = tmp_path / "seventh.h5"
    with h5py.File(small_file) as old, h5py.File(path, "w") as new:
        names = [n if isinstance(n, str) else n.decode() for n in old.attrs["layer_names"]]
        new.attrs["layer_names"] = [change(n).encode() for n in names]
        for name in names:
            group = new.create_group(change(name))
            weights = [n if isinstance(n, str) else n.decode()
                       for n in old[name].attrs["weight_names"]]
            group.attrs["weight_names"] = [change(w).encode() for w in weights]
            for weight in weights:
                group[change(weight)] = old[name][weight][()]
    model = cases.BUILDERS[SMALL]()
    report = load_legacy_weights(model, path)
    assert report.notes == ["action blocks [7, 8, 9, 10] of the file are the "
                            "model's [1, 2, 3, 4]"]
    assert worst(model) <= TOLERANCE[SMALL]


def test_other_automatic_numbers_inside_a_group(tmp_path):
    shift = lambda name: name.replace("conv2d_", "conv2d_7").replace(
        "batch_normalization_", "batch_normalization_3")
    path = tmp_path / "shifted.h5"
    legacy_weights.write(rename(cases.manifest("reception_64px"), shift), path)
    report = load_legacy_weights(cases.BUILDERS["reception_64px"](), path)
    assert not report.unused and not report.missing


# === Strict and not ===

def test_nothing_is_assigned_when_something_does_not_fit(small_file):
    other = cases.BUILDERS["spnet2d_64px"]()
    before = other.get_weights()
    with pytest.raises(ValueError, match="nothing was loaded"):
        load_legacy_weights(other, small_file)
    for a, b in zip(before, other.get_weights()):
        np.testing.assert_array_equal(a, b)


def test_not_strict_loads_what_fits_and_says_the_rest(small_file):
    other = cases.BUILDERS["spnet2d_64px"]()
    report = load_legacy_weights(other, small_file, strict=False)
    with h5py.File(small_file) as file:
        np.testing.assert_array_equal(
            other.get_layer("conv1").get_weights()[0], file["conv1/conv1/kernel:0"][()])
    assert any("act1_action_pred_conv2h1" in name for name in report.unused)
    assert any("act1_action_pred_conv2h0" in name for name in report.missing)
    text = str(report)
    assert f"{len(report.used)} tensors used" in text
    assert "unused: act1_action_pred_conv2h1/" in text


def test_an_own_file_is_told_apart(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.save_weights(tmp_path / "own.weights.h5")
    with pytest.raises(ValueError, match="model.load_weights"):
        load_legacy_weights(spnet.build(cases.TINY_SPNET), tmp_path / "own.weights.h5")
