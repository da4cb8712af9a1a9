"""`deephar keypoints`: files that the reader reads, of every source."""
import json

import numpy as np

from deephar.cli import main
from deephar.data.keypoints.files import open_set
from deephar.data.keypoints.sources import CMU31


def takes_of(folder, subjects):
    return open_set(folder, "gt", allow_pickle=True).takes(subjects)


def test_synthetic(tmp_path, capsys):
    assert main(["keypoints", "synthetic", str(tmp_path), "--people", "2", "--actions",
                 "Walking", "--seconds", "0.4"]) == 0
    takes = takes_of(tmp_path, ["S1", "S2"])
    assert len(takes) == 8 and {len(t.poses) for t in takes} == {20}
    assert "S2: 1 takes, 20 frames" in capsys.readouterr().out


def test_motion_with_a_map_of_joints(tmp_path):
    names = [f"j{i}" for i in range(17)]
    xyz = np.random.default_rng(0).normal(0, 0.3, (12, 17, 3)).astype("float32")
    np.savez(tmp_path / "m.npz", **{"7_1/xyz": xyz, "7_1/label": np.zeros(12, "uint8")},
             joint_names=np.array(names), action_names=np.array(["Jog"]))
    (tmp_path / "map.json").write_text(json.dumps([[n] for n in names]))
    assert main(["keypoints", "motion", str(tmp_path / "m.npz"), str(tmp_path / "out"),
                 "--joints", str(tmp_path / "map.json"), "--up", "z", "--like", "S9"]) == 0
    take = takes_of(tmp_path / "out", ["S7"])[0]
    assert take.name == "Jog"
    np.testing.assert_allclose(np.linalg.norm(take.poses[:, 1], axis=-1),
                               np.linalg.norm(xyz[:, 1] - xyz[:, 0], axis=-1), atol=1e-5)


def test_human36m(tmp_path, tiny_set):
    assert main(["keypoints", "h36m", str(tiny_set("h36m")), str(tmp_path / "out")]) == 0
    assert takes_of(tmp_path / "out", list(open_set(
        tmp_path / "out", "gt", allow_pickle=True).poses))


def test_mistakes(tmp_path, capsys):
    assert main(["keypoints", "synthetic", "a", "b"]) == 2
    assert "synthetic takes 1 paths, got 2" in capsys.readouterr().err
    np.savez(tmp_path / "m.npz", **{"7_1/xyz": np.zeros((12, 1, 3))}, joint_names=["x"])
    assert main(["keypoints", "motion", str(tmp_path / "m.npz"), str(tmp_path / "o")]) == 2
    assert f"unknown are ['{sorted(n for e in CMU31 for n in e)[0]}'" in \
        capsys.readouterr().err
    assert main(["keypoints", "synthetic", str(tmp_path), "--actions", "Dancing"]) == 2
    assert "no motion 'Dancing'" in capsys.readouterr().err
