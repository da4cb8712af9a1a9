"""Joints between MPII and the generator, flips, weights, and what stays unknown."""
from types import SimpleNamespace

import numpy as np
import pytest

from deephar.data.depth_labels import (
    DepthLabelled, DepthLabels, label_mpii, label_people)
from deephar.utils.modes import TRAIN_MODE
from deephar.utils.pose import INVALID, pa16j2d, pa16j3d, pa20j3d

RNG = np.random.default_rng(0)
POINTS = RNG.uniform(100, 300, (3, 16, 2))


def generator(calls=None):
    """Depth: the height in the picture, 3 m away; confidence 0.8, 0.4, 0.2, ..."""
    def generate(keypoints):
        if calls is not None:
            calls.append(keypoints)
        depths = keypoints[..., 1:] + 3000
        return SimpleNamespace(poses=np.concatenate([keypoints, depths], -1),
                               confidence=0.8 * 0.5 ** np.arange(len(keypoints)))
    return generate


def test_people_are_brought_to_one_size_and_incomplete_ones_left_out():
    points = POINTS.copy()
    points[1, 9] = np.nan
    calls = []
    labels = label_people(points, pa16j2d, np.array([430, 100, 215]), generator(calls))
    keypoints, = calls
    np.testing.assert_allclose(keypoints, pa16j2d.to_h36m17(POINTS[[0, 2]])
                               * np.array([1, 2])[:, None, None])
    np.testing.assert_allclose(labels.weights, [0.8, 0, 0.4])
    assert np.isnan(labels.depths[1]).all()
    np.testing.assert_allclose(
        labels.depths[2], keypoints[1, :, 1] - keypoints[1, 0, 1])
    of = dict(zip(pa16j3d.joint_names, labels.of_layout(pa16j3d)[0]))
    y = POINTS[0, :, 1] - POINTS[0, 0, 1]
    names = pa16j2d.joint_names.index
    assert of["pelvis"] == 0 and of["l_wrist"] == pytest.approx(y[names("l_wrist")])
    head = y[names("head")]
    assert of["head"] == pytest.approx(head)
    assert of["neck"] == pytest.approx(
        (y[names("thorax")] + (y[names("neck")] + head) / 2) / 2)


def test_nobody_complete():
    labels = label_people(np.full((2, 16, 2), np.nan), pa16j2d, np.ones(2), None)
    assert not labels.weights.any() and np.isnan(labels.depths).all()


def test_people_of_mpii():
    raw = RNG.uniform(0, 100, (2, 16, 2))               # in MPII's own order
    mpii = SimpleNamespace(samples={TRAIN_MODE: [
        {"pose": raw[0], "scale": 2.15}, {"pose": raw[1], "scale": 4.3}]})
    calls = []
    label_mpii(mpii, TRAIN_MODE, generator(calls))
    np.testing.assert_allclose(calls[0][1], pa16j2d.to_h36m17(
        raw[1:, list(pa16j2d.map_from_mpii)])[0] / 2)


class People:
    """Two people of a 3D layout without depths; the second is mirrored."""

    def __init__(self, layout=pa16j3d):
        self.poselayout = layout

    def get_length(self, mode):
        return 2

    def get_shape(self, dictkey):
        return {"pose": (self.poselayout.num_joints, 4), "frame": (8, 8, 3)}[dictkey]

    def get_data(self, key, mode, *, rng=None):
        pose = np.full((self.poselayout.num_joints, 4), 0.5)
        pose[:, 2] = INVALID
        pose[4] = INVALID
        pose[4, 3] = 0
        return {"pose": pose, "afmat": np.diag([-1.0 if key else 1.0, 1.0, 1.0])}


def test_depths_and_weights_reach_the_targets():
    labels = DepthLabels(np.stack([np.linspace(-500, 500, 17), np.linspace(0, 900, 17)]),
                         np.array([0.7, 0.3]))
    data = DepthLabelled(People(), {TRAIN_MODE: labels})
    assert data.get_shape("pose") == (16, 5) and data.get_shape("frame") == (8, 8, 3)
    straight, mirrored = (data.get_data(key, TRAIN_MODE, rng=None)["pose"]
                          for key in (0, 1))
    depths = 0.5 + labels.of_layout(pa16j3d) / 2000
    seen = np.arange(16) != 4
    np.testing.assert_allclose(straight[seen, 2], depths[0, seen])
    np.testing.assert_allclose(mirrored[seen, 2], depths[1, list(pa16j3d.map_hflip)][seen])
    assert straight[4, 2] == INVALID
    assert (straight[:, 4] == 0.7).all() and (mirrored[:, 4] == 0.3).all()
    np.testing.assert_array_equal(straight[:, [0, 1, 3]],
                                  People().get_data(0, 1)["pose"][:, [0, 1, 3]])


def test_joints_without_a_label_have_no_depth():
    labels = DepthLabels(np.zeros((2, 17)), np.ones(2))
    pose = DepthLabelled(People(pa20j3d), {TRAIN_MODE: labels}).get_data(0, TRAIN_MODE)["pose"]
    unknown = [n for n, z in zip(pa20j3d.joint_names, pose[:, 2]) if z == INVALID]
    assert unknown == ["r_shoulder", "r_hand", "l_hand", "r_foot", "l_foot"]


def test_true_depths_weigh_one():
    pose = DepthLabelled(People()).get_data(0, TRAIN_MODE)["pose"]
    assert (pose[:, 4] == 1).all() and (pose[:, 2] == INVALID).all()


def test_refused():
    with pytest.raises(ValueError, match="3 dimensions, got pa16j2d"):
        DepthLabelled(People(pa16j2d))
    with pytest.raises(ValueError, match="3 labels for 2 samples"):
        DepthLabelled(People(), {TRAIN_MODE: DepthLabels(np.zeros((3, 17)), np.ones(3))})
