import keras
import numpy as np
import pytest

from deephar.models import reception
from tests.golden import cases
from tests.golden.legacy_weights import images
from tests.numbers import DEEP, assert_close

pytestmark = pytest.mark.numeric

PICTURE = (32, 64, 3)
X = images((2, *PICTURE), 1)


def test_outputs_2d_concatenated_and_split():
    both = reception.build(PICTURE, 4, 2, num_blocks=2)
    split = reception.build(PICTURE, 4, 2, num_blocks=2, concat_pose_confidence=False)
    assert both.output_shape == [(None, 4, 3)] * 2
    assert split.output_shape == [(None, 4, 2), (None, 4, 1)] * 2
    split.set_weights(both.get_weights())
    y, parts = cases.answers(both, X), cases.answers(split, X)
    assert_close(y[1], np.concatenate(parts[2:], -1), DEEP)


def test_context_weight_one_is_the_specialised_map_alone():
    with_context = reception.build(PICTURE, 4, 2, num_blocks=1, alpha=1.0,
                                   concat_pose_confidence=False, export_heatmaps=True)
    pose, visibility, maps = cases.answers(with_context, X)
    assert maps.shape == (2, 4, 8, 4)
    p = np.exp(maps - maps.max((1, 2), keepdims=True))
    p /= p.sum((1, 2), keepdims=True)
    x = (p * np.linspace(0, 1, 8)[:, None]).sum((1, 2))
    y = (p * np.linspace(0, 1, 4)[:, None, None]).sum((1, 2))
    assert_close(pose, np.stack([x, y], -1))
    sums = maps[:, 1:, 1:] + maps[:, :-1, 1:] + maps[:, 1:, :-1] + maps[:, :-1, :-1]
    assert_close(visibility[..., 0], sums.max((1, 2)))


def test_2d_without_context():
    model = reception.build(PICTURE, 4, 2, num_context_per_joint=0, num_blocks=2,
                            concat_pose_confidence=False)
    assert model.get_layer("RegMap1").output_shape[-1] == 4
    assert not {"cSAM", "Agg"} & {layer.name for layer in model.layers}
    assert len(set(model.output_names)) == 4


def test_three_contexts():
    model = reception.build(PICTURE, 4, 2, num_context_per_joint=3, num_blocks=1)
    assert model.get_layer("RegMap1").output_shape[-1] == 16


def test_3d():
    model = reception.build(PICTURE, 4, 3, num_blocks=1, depth_maps=5,
                            concat_pose_confidence=False, export_heatmaps=True)
    pose, visibility, maps = cases.answers(model, X)
    assert pose.shape == (2, 4, 3) and maps.shape == (2, 4, 8, 4)
    assert pose.min() >= 0 and pose.max() <= 1
    volume = X
    for part in ("Stem", "rBlock1", "SepConv1", "RegMap1"):
        volume = model.get_layer(part)(volume)
    volume = keras.ops.convert_to_numpy(volume).reshape(2, 4, 8, 5, 4)
    assert_close(maps, volume.mean(3))
    depth = volume.mean((1, 2))
    score = maps.max((1, 2)) + depth.max(1)
    assert_close(visibility[..., 0], 1 / (1 + np.exp(-score)))
    p = np.exp(depth) / np.exp(depth).sum(1, keepdims=True)
    z = (p * ((np.arange(5) + 0.5) / 5)[:, None]).sum(1)
    assert_close(pose[..., 2], z)


def test_features_of_a_block_come_last():
    model = reception.build(PICTURE, 4, 2, num_blocks=3, export_vfeat_block=2)
    assert model.output_shape == [(None, 4, 3)] * 3 + [(None, 4, 8, 576)]
    first = reception.build(PICTURE, 4, 2, num_blocks=1, export_vfeat_block=1)
    features = first.get_layer("rBlock1")(first.get_layer("Stem")(X))
    assert_close(cases.answers(first, X)[-1], features)


def test_old_model():
    model = reception.build(PICTURE, 4, 2, num_blocks=1, old_model=True)
    names = [layer.name for layer in model.layers]
    assert {"sepconv1_shortcut_conv", "sepconv1_shortcut", "sepconv1_conv",
            "sepconv1"} <= set(names)
    stem = model.get_layer("Stem")
    assert "conv2_conv" not in [layer.name for layer in stem.layers]
    assert stem.get_layer("down1_conv").filters == 32
    assert model.get_layer("rBlock1").output_shape[-1] == 512


@pytest.mark.parametrize("stem", reception.STEMS)
def test_width(stem):
    """A quarter of the features everywhere: a sixteenth of a full convolution."""
    wide, narrow = (reception.build(PICTURE, 4, 2, num_blocks=1, stem=stem, width=width)
                    for width in (576, 144))
    assert narrow.get_layer("Stem").output_shape[-1] == 144
    for name in ("Stem", "rBlock1"):
        for a, b in zip(wide.get_layer(name).layers, narrow.get_layer(name).layers):
            assert a.name == b.name
            if hasattr(a, "filters"):
                assert a.filters == 4 * b.filters


@pytest.mark.parametrize("arguments, message", [
    (dict(dim=4), "dim must be 2 or 3, got 4"),
    (dict(dim=3, num_context_per_joint=2), "must be None for 3D poses"),
    (dict(num_context_per_joint=-1), "num_context_per_joint must be >= 0, got -1"),
    (dict(num_blocks=0), "num_blocks must be >= 1, got 0"),
    (dict(dim=3, depth_maps=0), "depth_maps must be >= 1, got 0"),
    (dict(export_vfeat_block=5), "export_vfeat_block must be 1 to 4, got 5"),
    (dict(width=100), "width must be a multiple of 18, got 100"),
    (dict(width=18, old_model=True), "old_model has one width only"),
    (dict(input_shape=(250, 256, 3)), "multiples of 32, got .250, 256, 3"),
])
def test_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        reception.build(**{"input_shape": PICTURE, "num_joints": 4, "dim": 2, **arguments})
