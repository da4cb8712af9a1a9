"""PCKh of recorded predictions, and of a data set that is streamed."""
from pathlib import Path

import numpy as np
import pytest

from deephar.config import DataConfig
from deephar.evaluation import mpii
from deephar.evaluation.loop import evaluate
from deephar.networks.predict import frame_predictor, predictor
from deephar.utils.pose import INVALID, pa16j2d, pa17j3d
from tests.evaluation.stand_ins import Function, Recorded

GOLDEN = Path(__file__).parent.parent / "golden" / "evaluation.npz"
SETTINGS = DataConfig(crop_resolution=(8, 8))


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as file:
        return {key: file[key] for key in file.files if key.startswith("mpii")}


def recorded_outputs(golden):
    return [golden[f"mpii_pred{b}"] for b in range(3)]


def published_arguments(golden):
    return (np.zeros((6, 8, 8, 3)), golden["mpii_pose"], golden["mpii_afmat"],
            golden["mpii_head"])


def test_published_scores(golden):
    model = Recorded(recorded_outputs(golden))
    arguments = published_arguments(golden)
    before = [a.copy() for a in arguments]
    scores = mpii.eval_singleperson_pckh(model, *arguments, verbose=0)
    np.testing.assert_allclose(scores, golden["mpii_scores"], atol=1e-6)
    for one, other in zip(arguments, before):
        np.testing.assert_array_equal(one, other)


def test_pose_and_visibility_may_be_separate_outputs(golden):
    parts = [part for pred in recorded_outputs(golden)
             for part in (pred[..., :2], pred[..., 2:])]
    scores = mpii.eval_singleperson_pckh(
        Recorded(parts), *published_arguments(golden), pred_per_block=2, verbose=0)
    np.testing.assert_allclose(scores, golden["mpii_scores"], atol=1e-6)


def test_joints_in_another_order_are_mapped(golden):
    order = np.random.default_rng(0).permutation(16)
    fval, pval, afmat, head = published_arguments(golden)
    scores = mpii.eval_singleperson_pckh(
        Recorded([p[:, order] for p in recorded_outputs(golden)]),
        fval, pval[:, order], afmat, head, map_to_pa16j=np.argsort(order), verbose=0)
    np.testing.assert_allclose(scores, golden["mpii_scores"], atol=1e-6)


def test_a_network_of_clips_sees_every_picture(golden):
    """Six pictures are two clips of four: the last two places are filled up."""
    fill = lambda p: np.concatenate([p, p[-1:], p[-1:]]).reshape(2, 4, 16, 3)
    model = Recorded([fill(p) for p in recorded_outputs(golden)], (None, 4, 8, 8, 3))
    scores = mpii.eval_singleperson_pckh(model, *published_arguments(golden), verbose=0)
    np.testing.assert_allclose(scores, golden["mpii_scores"], atol=1e-6)


def test_win_is_a_second_input(golden):
    class TwoInputs(Recorded):
        def predict(self, x, batch_size=None, verbose=None):
            assert [part.shape for part in x] == [(6, 8, 8, 3), (6, 1)]
            return super().predict(x)

    scores = mpii.eval_singleperson_pckh(
        TwoInputs(recorded_outputs(golden)), *published_arguments(golden),
        win=np.ones((6, 1)))
    np.testing.assert_allclose(scores, golden["mpii_scores"], atol=1e-6)


class People:
    """A data set whose picture holds the sample's number, and poses that suit."""

    def __init__(self, golden=None, num=5):
        self.num, self.read = num, []
        rng = np.random.default_rng(1)
        self.pose_px = rng.uniform(20, 180, (num, 16, 2))
        self.broken = ()

    def get_length(self, mode):
        return self.num

    def get_data(self, key, mode, *, augmentation):
        if key in self.broken:
            raise OSError("the picture is cut off")
        self.read.append((key, *(augmentation[k] for k in ("transx", "transy", "hflip"))))
        afmat = np.diag([1 / 200, 1 / 200, 1.0])
        afmat[0, 2] = augmentation["transx"] / 200
        pose = self.pose_px[key]
        if augmentation["hflip"]:
            afmat = np.array([[-1, 0, 1], [0, 1, 0], [0, 0, 1.0]]) @ afmat
            pose = pose[list(pa16j2d.map_hflip)]
        crop = pose @ afmat[:2, :2].T + afmat[:2, 2]
        frame = np.full((8, 8, 3), key, np.float32)
        # The stand-in network reads the crop's pose out of the picture.
        frame.reshape(-1)[:32] = crop.reshape(-1)
        frame[-1, -1, -1] = key
        crop = np.concatenate([crop, np.ones((16, 1))], axis=-1)
        return {"frame": frame, "pose": crop, "afmat": afmat, "headsize": [20.0]}


def reader_network(offset_px=0.0):
    """Right in block 2, `offset_px` to the right in block 1 (in the plain crop)."""
    def outputs(x):
        crop = x.reshape(len(x), -1)[:, :32].reshape(-1, 16, 2)
        right = np.concatenate([crop, np.ones((len(x), 16, 1))], axis=-1)
        off = right.copy()
        off[..., 0] += offset_px / 200
        return [off, right]
    return Function(outputs, (None, 8, 8, 3))


@pytest.mark.parametrize("multi_crop, flip, views", [
    (False, False, 1), (True, False, 5), (False, True, 2), (True, True, 10)])
def test_crops_and_flips_come_back_to_the_picture(multi_crop, flip, views):
    people, network = People(), reader_network(offset_px=11)
    trial = mpii.pckh_trial(people, 2, SETTINGS, pa16j2d, multi_crop=multi_crop,
                            flip=flip)
    rows = evaluate(trial, predictor(network, 4), batch_size=4)
    assert len(set(people.read)) == 5 * views
    np.testing.assert_allclose(rows["pose_px"][:, 1], people.pose_px, atol=1e-4)
    # Mirrored crops are off to the other side, so that the mean is right again.
    expected = people.pose_px[..., 0] + (0 if flip else 11)
    np.testing.assert_allclose(rows["pose_px"][:, 0, :, 0], expected, atol=1e-4)
    assert set(network.batches) == {4}


def test_score_of_a_streamed_data_set():
    people = People()
    trial = mpii.pckh_trial(people, 2, SETTINGS, pa16j2d)
    rows = evaluate(trial, predictor(reader_network(offset_px=11), 4), batch_size=4)
    score = mpii.pckh_score(rows, protocol={"split": "valid"}, paper=["mpii-val"])
    assert score.blocks == [0, 100] and score.value == 100
    assert score.parts["r_wrist"] == 100
    assert score.extras["AUC"] >= 99        # float32: not quite 0 px off
    assert (score.samples, score.evaluated) == (5, 5)
    np.testing.assert_allclose(mpii.sample_errors(rows), 0, atol=1e-5)


def test_a_broken_sample_is_missing_and_the_rest_is_scored():
    people = People()
    people.broken = (1, 4)
    rows = evaluate(mpii.pckh_trial(people, 2, SETTINGS, pa16j2d),
                    predictor(reader_network(), 4), batch_size=4)
    score = mpii.pckh_score(rows, protocol={})
    assert score.missing == {"1": "OSError: the picture is cut off",
                             "4": "OSError: the picture is cut off"}
    assert score.evaluated == 3 and rows.complete


def test_a_head_without_size_cannot_be_scored():
    people = People()
    get_data = people.get_data
    people.get_data = lambda key, mode, augmentation: {
        **get_data(key, mode, augmentation=augmentation), "headsize": [0.0]}
    rows = evaluate(mpii.pckh_trial(people, 2, SETTINGS, pa16j2d),
                    predictor(reader_network(), 4), batch_size=4)
    assert len(rows.missing) == 5
    assert mpii.pckh_score(rows, protocol={}).value is None


def test_invalid_joints_stay_invalid_when_mirrored():
    people = People(num=1)
    get_data = people.get_data

    def with_a_missing_joint(key, mode, augmentation):
        data = get_data(key, mode, augmentation=augmentation)
        data["pose"][7, :2] = INVALID
        return data

    people.get_data = with_a_missing_joint
    mirrored = DataConfig(crop_resolution=(8, 8), fixed_hflip=1)
    rows = evaluate(mpii.pckh_trial(people, 2, mirrored, pa16j2d),
                    predictor(reader_network(), 1), batch_size=1)
    assert (rows["true_px"][0, 7] == INVALID).all()
    assert (np.delete(rows["true_px"][0], 7, 0) > 0).all()


def test_a_3d_network_of_clips_is_scored_on_its_image_plane():
    people = People(num=3)

    def outputs(x):         # (1, 4, 8, 8, 3) to (1, 4, 17, 4)
        crop = x.reshape(x.shape[:2] + (-1,))[..., :32].reshape(x.shape[:2] + (16, 2))
        pose = np.zeros(x.shape[:2] + (17, 4))
        pose[..., :16, :2] = crop
        return [pose]

    rows = evaluate(mpii.pckh_trial(people, 2, SETTINGS, pa17j3d),
                    frame_predictor(Function(outputs, (None, 4, 8, 8, 3)), 4),
                    batch_size=4)
    np.testing.assert_allclose(rows["pose_px"][:, 0], people.pose_px, atol=1e-4)


def test_limit_spreads_over_the_split():
    people = People()
    rows = evaluate(mpii.pckh_trial(people, 2, SETTINGS, pa16j2d, count=3),
                    predictor(reader_network(), 2), batch_size=2)
    assert sorted({key for key, *_ in people.read}) == [0, 2, 4] and len(rows) == 3


def test_the_wrong_kind_of_network_is_named():
    with pytest.raises(ValueError, match="2D pose network"):
        from deephar.networks.network import pose_blocks
        pose_blocks([np.zeros((1, 15))], 2)
