import json
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from deephar.layers.base import Float32Layer
from deephar.models import action, reception, vgg
from tests.golden import cases
from tests.golden.legacy_weights import images
from tests.layers.contract import check_layer
from tests.numbers import LAYER, assert_close

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "lifting"
                     / "vgg_stem.json").read_text("utf-8"))
PICTURE = (32, 32, 3)
TRUNK = [entry["layer"] for entry in GOLDEN["trunk"] if entry["kernel"]]


@pytest.fixture(scope="module")
def imagenet():
    """A VGG-16 without top, with random weights in the place of ImageNet's."""
    keras.utils.set_random_seed(3)
    return keras.applications.VGG16(include_top=False, weights=None)


def trunk_of(stem):
    return {name: stem.get_layer(name).get_weights() for name in TRUNK}


def assert_same(found, wanted):
    for name in TRUNK:
        for a, b in zip(found[name], wanted[name], strict=True):
            np.testing.assert_array_equal(a, b)


def test_trunk_is_that_of_the_golden():
    stem = vgg.vgg16_stem((256, 256, 3))
    names = [layer.name for layer in stem.layers]
    first = names.index("block1_conv1")
    for name, entry in zip(names[first:], GOLDEN["trunk"]):
        layer = stem.get_layer(name)
        assert name == entry["layer"]
        assert list(layer.output.shape[1:]) == entry["output"]
        assert layer.count_params() == entry["parameters"]
        if entry["kernel"]:
            assert list(layer.kernel.shape) == entry["kernel"]
    assert sum(stem.get_layer(n).count_params() for n in TRUNK) == GOLDEN["trunk_parameters"]
    assert "block4_pool" not in names
    assert stem.output_shape == (None, 32, 32, 576)


def test_input_is_scaled_as_in_the_golden(tmp_path):
    x = np.array(GOLDEN["input_rgb_minus1_1"], "float32").reshape(1, 1, 5, 3)
    y = check_layer(vgg.ImagenetInput(), x, tmp_path)
    assert_close(y[0, 0], GOLDEN["imagenet_input_bgr"], LAYER)
    assert issubclass(vgg.ImagenetInput, Float32Layer)


def test_without_imagenet_pictures_stay_as_they_are():
    x = images((1, *PICTURE), 1)
    plain = vgg.vgg16_stem(PICTURE)
    scaled = vgg.vgg16_stem(PICTURE, imagenet_input=True)
    assert [l.name for l in plain.layers] == [l.name for l in scaled.layers]
    inputs = [keras.Model(m.input, m.get_layer("vgg_input").output) for m in (plain, scaled)]
    np.testing.assert_array_equal(inputs[0](x), x)
    levels = 127.5 * x[..., ::-1] + 127.5 - vgg.IMAGENET_MEAN_BGR
    assert_close(inputs[1](x), levels, LAYER)


def test_imagenet_weights_are_copied_by_name(imagenet, monkeypatch):
    asked = {}

    def downloaded(**arguments):
        asked.update(arguments)
        return imagenet

    monkeypatch.setattr(keras.applications, "VGG16", downloaded)
    stem = vgg.vgg16_stem(PICTURE, "imagenet")
    assert asked == {"include_top": False, "weights": "imagenet"}
    assert isinstance(stem.get_layer("vgg_input"), vgg.ImagenetInput)
    assert_same(trunk_of(stem), trunk_of(imagenet))
    x = images((1, *PICTURE), 1)
    trunk = keras.Model(stem.input, stem.get_layer("block4_conv3").output)
    reference = keras.Model(imagenet.input, imagenet.get_layer("block4_conv3").output)
    levels = keras.applications.vgg16.preprocess_input(127.5 * x + 127.5)
    wanted = np.asarray(reference(levels))
    assert_close(trunk(x), wanted)


def test_a_failed_download_is_never_random_weights(monkeypatch, tmp_path):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    def no_network(*args, **kwargs):
        raise Exception("URL fetch failure: Name or service not known")

    monkeypatch.setattr("keras.src.applications.vgg16.file_utils.get_file", no_network)
    with pytest.raises(RuntimeError) as error:
        reception.build(PICTURE, 4, 2, stem="vgg16", stem_weights="imagenet")
    for text in (vgg.IMAGENET_FILE, str(tmp_path / "models"), "path of a copy",
                 "stem_weights=None", "Name or service not known"):
        assert text in str(error.value)


@pytest.mark.parametrize("form", ["model.h5", "weights", "model.weights.h5"])
def test_weights_of_a_file(imagenet, form, tmp_path):
    path = tmp_path / form
    if form == "model.h5":
        imagenet.save(path)
    elif form == "model.weights.h5":
        imagenet.save_weights(path)
    else:
        write_published(path, trunk_of(imagenet))
    stem = vgg.vgg16_stem(PICTURE, path)
    assert_same(trunk_of(stem), trunk_of(imagenet))
    assert isinstance(stem.get_layer("vgg_input"), vgg.ImagenetInput)


def write_published(path, arrays):
    """As the file that Keras offers: `block1_conv1/block1_conv1_W_1:0`."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [name.encode() for name in arrays]
        for name, (kernel, bias) in arrays.items():
            file[f"{name}/{name}_b_1:0"] = bias
            file[f"{name}/{name}_W_1:0"] = kernel


def test_bad_files(imagenet, tmp_path):
    arrays = trunk_of(imagenet)
    with pytest.raises(FileNotFoundError, match="no file .*missing.h5"):
        vgg.vgg16_stem(PICTURE, tmp_path / "missing.h5")
    (tmp_path / "text.h5").write_text("hello")
    with pytest.raises(ValueError, match="text.h5 is no HDF5 file"):
        vgg.vgg16_stem(PICTURE, tmp_path / "text.h5")
    write_published(tmp_path / "short.h5", {n: a for n, a in arrays.items()
                                            if n != "block3_conv2"})
    stem = vgg.vgg16_stem(PICTURE)
    before = trunk_of(stem)
    with pytest.raises(ValueError, match="no layer block3_conv2"):
        vgg.load_trunk(stem, tmp_path / "short.h5")
    kernel, bias = arrays["block4_conv3"]
    write_published(tmp_path / "narrow.h5", {
        **arrays, "block4_conv3": (kernel[..., :256], bias[:256])})
    with pytest.raises(ValueError, match=r"block4_conv3 has shapes .*256\), \(256,"):
        vgg.load_trunk(stem, tmp_path / "narrow.h5")
    write_published(tmp_path / "no_bias.h5", arrays)
    with h5py.File(tmp_path / "no_bias.h5", "a") as file:
        del file["block2_conv1/block2_conv1_b_1:0"]
    with pytest.raises(ValueError, match="layer block2_conv1 has shapes"):
        vgg.load_trunk(stem, tmp_path / "no_bias.h5")
    assert_same(trunk_of(stem), before)     # all or none


def test_frozen_stem():
    model = reception.build(PICTURE, 4, 2, num_blocks=1, stem="vgg16", freeze_stem=True)
    stem = model.get_layer("Stem")
    assert all(not stem.get_layer(name).trainable for name in TRUNK)
    assert stem.get_layer("sepconv1_conv").trainable
    frozen = len(model.trainable_weights)
    vgg.freeze_trunk(model, False)
    assert len(model.trainable_weights) == frozen + 2 * len(TRUNK)
    with pytest.raises(ValueError, match="no VGG-16 trunk"):
        vgg.freeze_trunk(keras.Model(stem.input, stem.input, name="other"))


def test_networks_behind_it_are_those_of_the_other_stem():
    pose = {stem: reception.build(PICTURE, 4, 2, num_blocks=2, stem=stem)
            for stem in reception.STEMS}
    merged = {stem: action.build_merge_model(pose[stem], 5, PICTURE, 4, 4, 2)
              for stem in reception.STEMS}
    for models in (pose, merged):
        one, other = models.values()
        assert one.output_names == other.output_names
        assert one.output_shape == other.output_shape
        assert [layer.name for layer in one.layers] == [layer.name for layer in other.layers]
        rest = [m.count_params() - m.get_layer("Stem").count_params() for m in (one, other)]
        assert rest[0] == rest[1]
    x = images((1, 4, *PICTURE), 1)
    for y in cases.answers(merged["vgg16"], x):
        np.testing.assert_allclose(y.sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize("arguments, message", [
    (dict(stem="resnet"), r"stem must be one of \('inception', 'vgg16'\), got 'resnet'"),
    (dict(stem="vgg16", old_model=True), "old_model is a version of the inception stem"),
    (dict(stem_weights="imagenet"), "belong to stem='vgg16', got stem='inception'"),
    (dict(freeze_stem=True), "belong to stem='vgg16'"),
])
def test_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        reception.build(PICTURE, 4, 2, num_blocks=1, **arguments)
