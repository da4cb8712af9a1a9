"""`deephar label3d`: key points in, poses, depths and confidences out."""
import keras
import numpy as np
import pytest

from deephar.checkpoints.lifting import save_weights, write_settings
from deephar.cli import main
from deephar.data.keypoints.files import write_keypoints, write_video_keypoints
from deephar.models import linear
from deephar.networks.label_generator import settings_of
from deephar.utils.stereo import Intrinsics, Normaliser, project_pinhole, right_view


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    """A folder with an untrained generator, and absolute poses in mm."""
    keras.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("generator")
    poses = np.random.default_rng(0).normal(0, 300, (40, 17, 3)) + [0, 0, 5000]
    sizes = {name: dict(inputs=i, outputs=o, units=8) for name, (i, o) in (
        ("view_synthesis", linear.VIEW_SYNTHESIS), ("reconstruction", linear.RECONSTRUCTION))}
    for name, size in sizes.items():
        save_weights(linear.build(**size, name=name), folder / f"{name}.weights.h5")
    left, right, pose = (Normaliser.fit(a) for a in (
        project_pinhole(poses), right_view(poses), poses))
    write_settings(folder, {"networks": sizes,
                            **settings_of(dict(left=left, right=right, pose=pose), Intrinsics())})
    return folder, project_pinhole(poses)


def label(generator, source, out, *flags):
    return main(["label3d", str(source), str(out), "--weights", str(generator[0]), *flags])


def test_plain_array(generator, tmp_path, capsys):
    np.save(tmp_path / "clip.npy", generator[1])
    assert label(generator, tmp_path / "clip.npy", tmp_path / "out.npz") == 0
    assert "clip: 40 frames, median depth" in capsys.readouterr().out
    with np.load(tmp_path / "out.npz") as file:
        poses, depth, confidence = (file[f"clip/{k}"] for k in ("poses", "depth", "confidence"))
    assert poses.shape == (40, 17, 3) and (poses[:, 0] == 0).all()
    assert ((depth >= 2800) & (depth < 7200)).all()
    assert ((confidence > 0) & (confidence <= 1)).all()
    # The refined pose, at its depth, is seen exactly on the key points.
    placed = poses + np.concatenate([
        (generator[1][:, 0] - Intrinsics()[2:]) / Intrinsics()[:2] * depth[:, None],
        depth[:, None]], -1)[:, None]
    np.testing.assert_allclose(project_pinhole(placed), generator[1], atol=1e-2)
    assert label(generator, tmp_path / "clip.npy", tmp_path / "raw", "--no-search") == 0
    with np.load(tmp_path / "raw") as file:             # a name without an ending stays so
        np.testing.assert_allclose(file["clip/poses"][..., 2], poses[..., 2], atol=1e-3)
        assert np.abs(file["clip/poses"] - poses).max() > 1


def test_key_point_file(generator, tmp_path, capsys):
    path = tmp_path / "data_2d_custom_x.npz"
    write_keypoints(path, {"a.mp4": {"custom": [generator[1], None]}},
                    video_metadata={"a.mp4": {"w": 1000, "h": 1000}})
    assert label(generator, path, tmp_path / "out.npz") == 2
    assert "allow_pickle" in capsys.readouterr().err
    assert label(generator, path, tmp_path / "out.npz", "--allow-pickle") == 0
    with np.load(tmp_path / "out.npz") as file:
        assert "a.mp4/custom/0/poses" in file.files and len(file.files) == 3


def test_bad_input(generator, tmp_path, capsys):
    missing = generator[1].copy()
    missing[5, 3] = np.nan
    np.savez(tmp_path / "nan.npz", a=missing)
    assert label(generator, tmp_path / "nan.npz", tmp_path / "out.npz") == 2
    assert "missing in 1 frames, 5 is the first; --fill" in capsys.readouterr().err
    assert label(generator, tmp_path / "nan.npz", tmp_path / "out.npz", "--fill") == 0
    np.savez(tmp_path / "joints.npz", a=missing[:, :16])
    assert label(generator, tmp_path / "joints.npz", tmp_path / "out.npz") == 2
    assert "a must be (N, 17, 2), got (40, 16, 2)" in capsys.readouterr().err
    np.save(tmp_path / "none.npy", missing[:0])
    assert label(generator, tmp_path / "none.npy", tmp_path / "out.npz") == 2
    assert "none must be (N, 17, 2), got (0, 17, 2)" in capsys.readouterr().err
    write_video_keypoints(tmp_path / "coco.npz", "v", generator[1], (10, 10))
    assert label(generator, tmp_path / "coco.npz", tmp_path / "out.npz", "--allow-pickle") == 2
    assert "joints of 'coco'" in capsys.readouterr().err
