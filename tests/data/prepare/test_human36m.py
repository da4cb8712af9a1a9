"""Human3.6M: takes matched by name, frames by the rule, cameras by the table."""
import h5py
import numpy as np
import pytest
import scipy.io
from PIL import Image

from deephar.data.keypoints.cameras import CALIBRATION
from deephar.data.prepare.human36m import (
    FRAME_STEP, camera_parameters, find_takes, prepare, read_positions, split_name)
from deephar.utils.rig import world_to_camera
from tests.fakes.owners import grey_of_frame, write_human36m

pytest.importorskip("av")


def sequences(annotations, key):
    return {str(s["name"][0]): s for s in annotations[key].ravel()}


def test_takes_become_sequences(tmp_path):
    source, out = tmp_path / "owner", tmp_path / "Human3.6M"
    positions = write_human36m(source)
    outcome = prepare(source, out)
    assert outcome.sequences == {"train": 6, "valid": 2, "test": 0}
    assert len(outcome.problems) == 8        # two of four cameras have no video
    assert all("no video" in problem for problem in outcome.problems)
    annotations = scipy.io.loadmat(out / "annotations.mat")
    train = sequences(annotations, "sequences_tr")
    assert sorted(train) == [f"a{a}_s01_e0{e}_c0{c}" for a, e, c in (
        (12, 1, 1), (12, 1, 2), (14, 1, 1), (14, 1, 2), (14, 2, 1), (14, 2, 2))]
    assert sorted(sequences(annotations, "sequences_val")) == [
        "a15_s09_e01_c01", "a15_s09_e01_c02"]
    for name, key in (("a12_s01_e01_c02", "S1 Photo"), ("a14_s01_e01_c01", "S1 Walking"),
                      ("a14_s01_e02_c01", "S1 Walking 1")):
        frames = train[name]["frames"].ravel()
        assert [int(f["f"][0, 0]) for f in frames] == [1, 6, 11]
        for frame, i in zip(frames, (0, 5, 10)):
            assert np.allclose(frame["pose3d"].T, positions[key][i], atol=1e-3)
            with Image.open(out / "images" / name / f"{i + 1:05d}.jpg") as picture:
                assert abs(np.array(picture).mean() - grey_of_frame(i)) < 6
    labels = [str(a[0]) for a in annotations["action_labels"].ravel()]
    assert labels[11] == "Photo" and labels[14] == "WalkDog" and labels[13] == "Walking"


def test_resumes_without_decoding_again(tmp_path, monkeypatch):
    source, out = tmp_path / "owner", tmp_path / "Human3.6M"
    write_human36m(source)
    first = prepare(source, out)
    monkeypatch.setattr("deephar.data.prepare.human36m.read_frames",
                        lambda path: pytest.fail("decoded again"))
    assert prepare(source, out).sequences == first.sequences


def test_broken_video_is_reported_and_its_start_kept(tmp_path):
    source, out = tmp_path / "owner", tmp_path / "Human3.6M"
    write_human36m(source)
    video = source / "S1" / "Videos" / "Walking 1.54138969.mp4"
    video.write_bytes(video.read_bytes()[:200])
    outcome = prepare(source, out)
    assert outcome.sequences["train"] == 5
    assert any("Walking 1.54138969.mp4" in problem for problem in outcome.problems)


def test_camera_of_the_annotations_is_the_calibrated_one(tmp_path):
    write_human36m(tmp_path)
    points = np.random.default_rng(0).normal(0, 500, (9, 3))
    for take in find_takes(tmp_path):
        camera = camera_parameters(take)
        extrinsic = CALIBRATION["subjects"][f"S{take.subject}"][take.camera]
        seen = (points - camera["T"]) @ camera["R"].T
        assert np.allclose(seen, world_to_camera(
            points, extrinsic["orientation"], extrinsic["translation"]), atol=1e-3)
        assert seen[:, 2].min() > 2000          # the middle of the room is in front
        assert np.allclose(camera["R"] @ camera["R"].T, np.eye(3), atol=1e-6)


@pytest.mark.parametrize("stem, expected", [
    ("Walking", ("Walking", 0)), ("TakingPhoto 1", ("Photo", 1)),
    ("WalkingDog", ("WalkDog", 0)), ("SittingDown 2", ("SittingDown", 2)),
    ("_ALL", ("_ALL", 0))])
def test_names_of_takes(stem, expected):
    assert split_name(stem) == expected


def test_frame_rule():
    assert FRAME_STEP == {"train": 5, "valid": 64}


def test_positions_of_every_kind(tmp_path):
    xyz = np.random.default_rng(0).normal(0, 500, (7, 32, 3))
    np.save(tmp_path / "a.npy", xyz)
    np.savez(tmp_path / "b.npz", positions=xyz.reshape(7, 96))
    scipy.io.savemat(tmp_path / "c.mat", {"data": xyz.reshape(7, 96)})
    cell = np.empty((1, 1), object)
    cell[0, 0] = xyz.reshape(7, 96)
    scipy.io.savemat(tmp_path / "d.mat", {"data": cell})
    with h5py.File(tmp_path / "e.h5", "w") as file:
        file["3D_positions"] = xyz.reshape(7, 96).T
    for path in sorted(tmp_path.iterdir()):
        assert np.allclose(read_positions(path), xyz), path.name


def test_bad_positions(tmp_path):
    np.save(tmp_path / "metres.npy", np.random.default_rng(0).normal(size=(7, 32, 3)))
    with pytest.raises(ValueError, match="metres.npy.*millimetres"):
        read_positions(tmp_path / "metres.npy")
    np.save(tmp_path / "shape.npy", np.zeros((7, 50)))
    with pytest.raises(ValueError, match=r"shape.npy.*\(7, 50\)"):
        read_positions(tmp_path / "shape.npy")
    np.save(tmp_path / "empty.npy", np.zeros((0, 32, 3)))
    with pytest.raises(ValueError, match="empty.npy holds no frame"):
        read_positions(tmp_path / "empty.npy")
    np.save(tmp_path / "pickle.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(ValueError, match="pickle"):
        read_positions(tmp_path / "pickle.npy")


def test_wrong_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="S1/Videos"):
        prepare(tmp_path, tmp_path / "out")
