"""Every 3D file that is written here can be read again."""
import json
from dataclasses import replace

import numpy as np
import pytest

from deephar.inference.motion3d import (
    APART, MOST_PEOPLE, motion_of, read_motions, save_bvh)
from deephar.inference.results import FrameResult, Person, save_json, save_npz
from deephar.utils.pose import H36M17, H36M17_NAMES, pa16j2d, pa17j3d

RNG = np.random.default_rng(0)
POSES = RNG.normal(size=(6, 17, 3))


def result(t, *people):
    return FrameResult(t, t / 25, (64, 48), "v.mp4", tuple(Person(
        np.zeros((16, 2)), np.ones(16), None, None, np.zeros(4), "given", np.eye(3), {}, id,
        lifted=pose, place=place) for id, pose, place in people))


RESULTS = [result(0, (3, POSES[0], np.array([0, 0, 4.0]))), result(1),
           result(2, (3, POSES[1], np.array([1, 0, 4.0])), (5, POSES[2], np.array([2, 1, 5])))]


@pytest.fixture(params=["json", "npz", "results"])
def motion(request, tmp_path):
    path = tmp_path / f"v.{request.param}"
    if request.param == "results":
        return motion_of(RESULTS, pa16j2d)
    if request.param == "json":
        save_json(path, RESULTS, pa16j2d, "model")
    else:
        save_npz(path, RESULTS, pa16j2d)
    return read_motions(path)["v"]


def test_lifted_people(motion):
    assert motion.joint_names == H36M17_NAMES and motion.placed
    assert motion.frames.tolist() == [0, 2] and np.allclose(motion.times, [0, 2 / 25])
    assert sorted(motion.people) == [3, 5]
    assert np.allclose(motion.people[3], POSES[:2] + [[[0, 0, 4]], [[1, 0, 4]]], atol=1e-4)
    assert np.isnan(motion.people[5][0]).all()
    assert np.allclose(motion.people[5][1], POSES[2] + [2, 1, 5], atol=1e-4)
    layout, points = motion.drawable()
    # The head and the left wrist of Human3.6M are ours too.
    for name in ("head", "l_wrist"):
        assert np.allclose(points[3][:, layout.joint_names.index(name)],
                           motion.people[3][:, H36M17_NAMES.index(name)])


def test_poses_of_a_3d_network(tmp_path):
    people = [FrameResult(t, None, (64, 48), "p.jpg", (Person(
        np.zeros((17, 2)), np.ones(17), None, 1000 * POSES[t], np.zeros(4), "given",
        np.eye(3)),)) for t in range(2)]
    save_json(tmp_path / "p.json", people, pa17j3d, "model")
    save_npz(tmp_path / "p.npz", people, pa17j3d)
    for path in ("p.json", "p.npz"):
        motion = read_motions(tmp_path / path, fps=10)["p"]
        assert motion.joint_names == pa17j3d.joint_names and not motion.placed
        assert np.allclose(motion.people[0], POSES[:2], atol=1e-3)
        assert np.allclose(motion.times, [0, 0.1])


def test_labels_and_poses_of_the_lifting_scripts(tmp_path):
    np.savez(tmp_path / "labels.npz", **{
        "S1/Walking/0/poses": 1000 * POSES, "S1/Walking/0/depth": np.ones(6),
        "S1/Walking/0/confidence": np.ones(6)})
    np.savez(tmp_path / "poses.npz", **{"mine/custom/0": np.float32(POSES),
                                        "other/custom/0": np.float32(POSES[:2])})
    (name, labels), = read_motions(tmp_path / "labels.npz").items()
    assert name == "S1/Walking/0" and np.allclose(labels.people[0], POSES)
    poses = read_motions(tmp_path / "poses.npz", fps=25)
    assert list(poses) == ["mine/custom/0", "other/custom/0"]
    assert np.allclose(poses["mine/custom/0"].people[0], POSES, atol=1e-6)
    assert poses["mine/custom/0"].times[-1] == 5 / 25


def test_people_without_a_place_stand_beside_each_other():
    motion = motion_of([result(0, *((i, POSES[i], None) for i in range(3)))], pa16j2d)
    _, points = motion.drawable()
    heads = [p[0, pa17j3d.joint_names.index("pelvis")] for p in points.values()]
    assert not motion.placed
    assert np.allclose(heads, POSES[:3, H36M17.index(0)] + [[-APART, 0, 0], [0, 0, 0],
                                                            [APART, 0, 0]])


def test_a_crowd_is_limited_to_those_who_are_seen_longest():
    place = np.zeros(3)
    many = [result(t, *((i, POSES[0], place) for i in range(MOST_PEOPLE + 9 - 5 * t)))
            for t in range(2)]
    people = motion_of(many, pa16j2d).people
    assert len(people) == MOST_PEOPLE and set(range(MOST_PEOPLE)) == set(people)


def test_everybody_gets_a_bvh_file_evenly_in_time(tmp_path):
    files = save_bvh(tmp_path / "a.bvh", RESULTS + [result(3, (3, POSES[3], np.ones(3)))],
                     pa16j2d)
    assert files == [tmp_path / "a-3.bvh", tmp_path / "a-5.bvh"]
    text = files[0].read_text()         # frames 0, 2 and 3: a step of 1.5 at 25 per second
    assert "Frames: 3\nFrame Time: 0.06" in text
    alone = save_bvh(tmp_path / "b.bvh", RESULTS[:1], pa16j2d)
    assert alone == [tmp_path / "b.bvh"] and "Frames: 1\n" in alone[0].read_text()
    still = [replace(result(t, (3, POSES[t], np.ones(3))), time=float(t > 3))
             for t in range(5)]
    save_bvh(tmp_path / "s.bvh", still, pa16j2d)        # times of a damaged file
    assert "Frames: 2\nFrame Time: 1.0" in (tmp_path / "s.bvh").read_text()
    with pytest.raises(ValueError, match="needs poses in space"):
        save_bvh(tmp_path / "c.bvh", [result(0)], pa16j2d)


def test_other_files_are_refused_with_what_to_do(tmp_path):
    save_json(tmp_path / "flat.json", [result(0)], pa16j2d, "model")
    np.savez(tmp_path / "flat.npz", points=np.zeros((4, 17, 2)))
    for name in ("flat.json", "flat.npz"):
        with pytest.raises(ValueError, match="holds no 3D poses: make some with"):
            read_motions(tmp_path / name)
    (tmp_path / "other.json").write_text("[1]")
    with pytest.raises(ValueError, match="no file of `deephar predict`"):
        read_motions(tmp_path / "other.json")
    np.savez(tmp_path / "far.npz", a=np.full((2, 17, 3), 1e9))
    with pytest.raises(ValueError, match="a reaches 1000000000 m"):
        read_motions(tmp_path / "far.npz")
    save_json(tmp_path / "bad.json", RESULTS, pa16j2d, "model")
    content = json.loads((tmp_path / "bad.json").read_text())
    content["frames"][0]["people"][0]["lifted"] = [[1, 2], [3]]
    (tmp_path / "bad.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match="bad.json.*lifted must be finite numbers"):
        read_motions(tmp_path / "bad.json")
