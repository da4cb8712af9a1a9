"""A temporal network over whole sequences."""
import numpy as np
import pytest

from deephar.checkpoints.lifting import (
    TEMPORAL_WEIGHTS, TRAJECTORY_WEIGHTS, save_weights, write_settings)
from deephar.data.keypoints.takes import COCO17_SYMMETRY, H36M17_SYMMETRY
from deephar.models import temporal
from deephar.networks.lifting import lifter_of, load_video_lifter
from deephar.utils.rig import normalize_pixels
from tests.numbers import assert_close

pytestmark = pytest.mark.numeric


def test_causal_sequences_are_padded_in_front():
    model = temporal.build((3, 3), channels=8, causal=True)
    lifter = lifter_of(model, temporal.temporal_padding((3, 3), True), piece=7)
    keypoints = np.random.default_rng(0).normal(size=(20, 17, 2)).astype("float32")
    whole = np.concatenate(list(lifter(keypoints)))
    later = keypoints.copy()
    later[12:] += 1
    changed = np.concatenate(list(lifter(later)))
    assert_close(changed[:12], whole[:12])
    assert np.abs(changed[12:] - whole[12:]).max() > 1e-3


# === Lifters of videos ===

ARGUMENTS = {"widths": [3], "joints_in": 17, "features": 2, "channels": 8}


def write_lifter(folder, places=True, **settings):
    """An untrained run; returns its networks."""
    built = [temporal.build(**ARGUMENTS)]
    save_weights(built[0], folder / TEMPORAL_WEIGHTS)
    settings = {"temporal": ARGUMENTS, **settings}
    if places:
        settings["trajectory"] = ARGUMENTS | {"joints_out": 1}
        built.append(temporal.build(**settings["trajectory"]))
        save_weights(built[1], folder / TRAJECTORY_WEIGHTS)
    write_settings(folder, settings)
    return built


def test_a_run_lifts_pixels_to_poses_and_places(tmp_path):
    pose, place = write_lifter(tmp_path, fps=25)
    lifter = load_video_lifter(tmp_path)
    assert lifter.fps == 25 and lifter.name == str(tmp_path)
    pixels = np.random.default_rng(0).uniform(0, 500, size=(6, 17, 2))
    poses, places = lifter(pixels, (1000, 500))
    x = normalize_pixels(pixels, 1000, 500).astype("float32")[None]
    order, back = H36M17_SYMMETRY.order(17), np.array([-1, 1, 1])
    mirrored = x[:, :, order] * np.float32([-1, 1])

    def middle(model, keypoints):
        return model.predict_on_batch(np.pad(
            keypoints, ((0, 0), (1, 1), (0, 0), (0, 0)), "edge"))[0]

    wanted = (middle(pose, x) + middle(pose, mirrored)[:, order] * back) / 2
    assert_close(poses, wanted - wanted[:, :1])
    assert_close(places, ((middle(place, x) + middle(place, mirrored) * back) / 2)[:, 0])


def test_a_run_without_a_trajectory_has_no_places(tmp_path):
    write_lifter(tmp_path, places=False)
    lifter = load_video_lifter(tmp_path)
    assert lifter.fps == 50 and lifter(np.ones((2, 17, 2)), (9, 9))[1] is None


def test_what_is_no_lifter_of_our_joints_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="no lifter.json.*deephar quickstart --lift"):
        load_video_lifter(tmp_path)
    write_settings(tmp_path / "labels", {"networks": {}, "normalisers": {}})
    with pytest.raises(ValueError, match="label generator, which `deephar label3d` takes"):
        load_video_lifter(tmp_path / "labels")
    write_lifter(tmp_path / "coco", symmetry=[list(side) for side in COCO17_SYMMETRY])
    with pytest.raises(ValueError, match="poses become the 17 joints of Human3.6M"):
        load_video_lifter(tmp_path / "coco")
    write_lifter(tmp_path / "slow", fps=0)
    with pytest.raises(ValueError, match="fps must be 1 to 1000, got 0"):
        load_video_lifter(tmp_path / "slow")


def test_the_quickstarts_lifter_has_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="quickstart-lift"):
        load_video_lifter("quickstart")
    write_lifter(tmp_path / "output" / "quickstart-lift")
    assert load_video_lifter("quickstart").place is not None
