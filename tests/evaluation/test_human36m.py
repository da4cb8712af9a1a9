"""MPJPE of recorded predictions, and of a data set that is streamed."""
from pathlib import Path

import numpy as np
import pytest

from deephar.config import DataConfig
from deephar.evaluation import human36m
from deephar.evaluation.loop import evaluate
from deephar.networks.predict import predictor
from deephar.utils.pose import pa17j3d
from tests.evaluation.stand_ins import Function, Recorded

GOLDEN = Path(__file__).parent.parent / "golden" / "evaluation.npz"
SETTINGS = DataConfig(crop_resolution=(8, 8))


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as file:
        return {key.removeprefix("h36m_"): file[key]
                for key in file.files if key.startswith("h36m")}


def published_arguments(golden):
    return (np.zeros((4, 8, 8, 3)), golden["pose_w"], golden["afmat"],
            golden["pose_uvd"][:, 0, 2], golden["camera"], golden["action"])


def outputs_of(golden):
    return [golden[f"pred{b}"] for b in range(3)]


def test_published_scores(golden):
    arguments = published_arguments(golden)
    before = [a.copy() for a in arguments]
    scores = human36m.eval_human36m_sc_error(
        Recorded(outputs_of(golden)), *arguments, verbose=False)
    np.testing.assert_allclose(scores, golden["scores"], atol=1e-6)
    for one, other in zip(arguments, before):
        np.testing.assert_array_equal(one, other)


def test_visibilities_may_be_outputs_of_their_own(golden):
    parts = [part for pred in outputs_of(golden)
             for part in (pred[..., :3], pred[..., 3:])]
    scores = human36m.eval_human36m_sc_error(
        Recorded(parts), *published_arguments(golden), verbose=False)
    np.testing.assert_allclose(scores, golden["scores"], atol=1e-6)


def test_logdir_keeps_the_poses_in_the_world(golden, tmp_path):
    human36m.eval_human36m_sc_error(
        Recorded(outputs_of(golden)), *published_arguments(golden), logdir=tmp_path)
    poses = np.load(tmp_path / "y_pred_w.npy")
    assert poses.shape == (3, 4, 17, 3)
    # The camera is some metres away from the people.
    assert np.linalg.norm(poses[2] - golden["pose_w"], axis=-1).mean() < 300


def test_joints_in_another_order_are_mapped(golden):
    order = np.random.default_rng(0).permutation(17)
    scores = human36m.eval_human36m_sc_error(
        Recorded([p[:, order] for p in outputs_of(golden)]),
        *published_arguments(golden), map_to_pa17j=np.argsort(order))
    np.testing.assert_allclose(scores, golden["scores"], atol=1e-6)


class Frames:
    """The golden's samples as a data set; a picture holds its sample's number."""
    num = 4

    def __init__(self, golden):
        self.golden = golden

    def get_length(self, mode):
        return self.num

    def get_data(self, key, mode, *, augmentation):
        afmat, pose = self.golden["afmat"][key], self.golden["pose"][key]
        if augmentation["hflip"]:
            afmat = np.array([[-1, 0, 1], [0, 1, 0], [0, 0, 1.0]]) @ afmat
        frame = np.full((8, 8, 3), key, np.float32)
        frame[0, 0] = augmentation["hflip"]
        return {"frame": frame, "afmat": afmat, "pose": pose,
                **{name: self.golden[name][key]
                   for name in ("pose_w", "pose_uvd", "camera", "action")}}


def network(golden):
    """The recorded poses; mirrored ones for mirrored pictures."""
    def outputs(x):
        results = []
        for pred in outputs_of(golden):
            poses = pred[x[:, 4, 4, 0].astype(int)].copy()
            for pose, flipped in zip(poses, x[:, 0, 0, 0]):
                if flipped:
                    pose[:] = pose[list(pa17j3d.map_hflip)]
                    pose[:, 0] = 1 - pose[:, 0]
            results.append(poses)
        return results
    return Function(outputs, (None, 8, 8, 3))


@pytest.mark.parametrize("flip", [False, True])
def test_a_streamed_data_set_has_the_published_scores(golden, flip):
    """A network that treats mirrored pictures alike scores as without flips."""
    trial = human36m.mpjpe_trial(Frames(golden), 2, SETTINGS, pa17j3d, flip=flip)
    rows = evaluate(trial, predictor(network(golden), 3), batch_size=3)
    score = human36m.mpjpe_score(rows, protocol={"split": "valid"}, paper=["h36m"])
    np.testing.assert_allclose(score.blocks, golden["scores"], atol=1e-6)
    assert score.value == score.blocks[-1]
    # The published log of the last block, to the digits that it has.
    assert {k: round(v, 1) for k, v in score.parts.items()} == {
        "Directions": 54.9, "Walking": 44.9}
    assert score.extras["mean over actions"] == pytest.approx((54.9 + 44.9) / 2, abs=.1)
    assert score.legacy_parts == score.parts, "the last block is the best one"
    assert score.extras["P-MPJPE"] < score.value
    assert human36m.sample_errors(rows).mean() == pytest.approx(score.value)


def test_a_data_sets_own_labels_come_first(golden):
    trial = human36m.mpjpe_trial(Frames(golden), 2, SETTINGS, pa17j3d)
    rows = evaluate(trial, predictor(network(golden), 4), batch_size=4)
    score = human36m.mpjpe_score(rows, {1: "Jumping"}, protocol={})
    assert list(score.parts) == ["Jumping", "action 13"]


def test_nothing_to_score_is_no_score(golden):
    class Broken(Frames):
        def get_data(self, key, mode, *, augmentation):
            raise ValueError("no such frame")

    trial = human36m.mpjpe_trial(Broken(golden), 2, SETTINGS, pa17j3d)
    rows = evaluate(trial, predictor(network(golden), 4), batch_size=4)
    score = human36m.mpjpe_score(rows, protocol={})
    assert score.value is None and len(score.missing) == 4
