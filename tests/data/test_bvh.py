"""BVH files say where the joints were: an independent reader puts them back."""
import numpy as np
import pytest

from deephar.data.bvh import parents_of, write_bvh
from deephar.data.synthetic import make_person, motion
from deephar.utils.pose import H36M17, H36M17_NAMES, pa16j3d, pa20j3d


def read_bvh(path):
    """{joint or end: (T, 3)} and the frame time, by the format's own rules."""
    words = path.read_text().split()
    at = words.index("MOTION")
    frames, seconds = int(words[at + 2]), float(words[at + 5])
    values = np.array(words[at + 6:], float).reshape(frames, -1)
    tree, stack, column, last = [], [], 0, None
    i = 1
    while i < at:
        if words[i] in ("ROOT", "JOINT", "End"):
            last = {"name": words[i + 1], "parent": stack[-1] if stack else None,
                    "channels": []}
            tree.append(last)
            i += 2
        elif words[i] == "{":
            stack.append(last)
            i += 1
        elif words[i] == "}":
            stack.pop()
            i += 1
        elif words[i] == "OFFSET":
            stack[-1]["offset"] = np.array(words[i + 1:i + 4], float)
            i += 4
        else:
            assert words[i] == "CHANNELS"
            count = int(words[i + 1])
            stack[-1]["channels"] = [(name, column + k) for k, name in
                                     enumerate(words[i + 2:i + 2 + count])]
            column += count
            i += 2 + count
    assert not stack and column == values.shape[1]
    places = {}
    for node in tree:
        above = node["parent"]
        turn = np.eye(3) if above is None else above["turn"]
        start = 0 if above is None else above["place"]
        node["place"] = start + turn @ node["offset"]
        turn = np.broadcast_to(turn, (frames, 3, 3))
        for name, k in node["channels"]:
            axis = "XYZ".index(name[0])
            if name.endswith("position"):
                node["place"] = node["place"] + values[:, k, None] * np.eye(3)[axis]
            else:
                c, s = np.cos(np.radians(values[:, k])), np.sin(np.radians(values[:, k]))
                one = np.tile(np.eye(3), (frames, 1, 1))
                a, b = (axis + 1) % 3, (axis + 2) % 3
                one[:, a, a], one[:, a, b], one[:, b, a], one[:, b, b] = c, -s, s, c
                turn = turn @ one
        node["turn"] = turn
        name = node["name"] if node["name"] != "Site" else f"end of {above['name']}"
        places[name] = np.broadcast_to(node["place"], (frames, 3))
    return places, seconds, tree


def body(action, joints, frames=30):
    """A made-up person's motion of constant bones before a camera, metres."""
    world = motion(action, make_person(0, 3), np.random.default_rng(1), 25, frames / 25) / 1000
    return world[:, list(joints)][..., [0, 2, 1]] * [1, -1, 1] + [0.3, 0, 4]


def compared(path, names, points):
    places, _, tree = read_bvh(path)
    ends = {"head": "neck", "l_wrist": "l_elbow", "r_wrist": "r_elbow", "l_foot": "l_knee",
            "r_foot": "r_knee"}
    errors = []
    for j, name in enumerate(names):
        found = places.get(name)
        if found is None:
            found = places[f"end of {ends[name]}"]
        errors.append(np.linalg.norm(found / 100 * [1, -1, -1] - points[:, j], axis=1))
    return 1000 * np.array(errors), tree


@pytest.mark.parametrize("action", ["Walking", "jumping_jacks", "SittingDown", "bowl"])
def test_a_motion_of_constant_bones_comes_back(action, tmp_path):
    points = body(action, H36M17)
    write_bvh(tmp_path / "a.bvh", H36M17_NAMES, parents_of(H36M17_NAMES), points, 25)
    errors, tree = compared(tmp_path / "a.bvh", H36M17_NAMES, points)
    assert errors.max() < 5, dict(zip(H36M17_NAMES, errors.max(axis=1).round(1)))
    assert read_bvh(tmp_path / "a.bvh")[1] == pytest.approx(0.04)
    assert tree[0]["name"] == "hip" and tree[0]["channels"][0][0] == "Xposition"


def test_people_at_rest_stand_with_their_arms_to_the_sides(tmp_path):
    points = body("Walking", H36M17, 5)
    write_bvh(tmp_path / "a.bvh", H36M17_NAMES, parents_of(H36M17_NAMES), points, 25)
    offsets = {node["name"]: node["offset"] for node in read_bvh(tmp_path / "a.bvh")[2]}
    assert offsets["l_elbow"][0] > 15 and offsets["r_elbow"][0] < -15
    assert offsets["l_knee"][1] < -30 and offsets["thorax"][1] > 10
    assert offsets["hip_to_l_hip"].tolist() == [0, 0, 0] and offsets["r_hip"][0] < -5


@pytest.mark.parametrize("layout", [pa16j3d, pa20j3d])
def test_poses_of_our_layouts(layout, tmp_path):
    points = body("Walking", layout.map_from_h36m, 5)
    parents = parents_of(layout.joint_names, layout)
    write_bvh(tmp_path / "a.bvh", layout.joint_names, parents, points, 25)
    places = read_bvh(tmp_path / "a.bvh")[0]
    for name in ("r_elbow", "l_knee", "neck"):
        j = layout.joint_names.index(name)
        assert np.abs(places[name] / 100 * [1, -1, -1] - points[:, j]).max() < 0.005


def test_missing_joints_are_interpolated_and_noisy_bones_stay_constant(tmp_path):
    points = body("Walking", H36M17)
    points += np.random.default_rng(0).normal(0, 0.01, points.shape)
    points[10:14] = np.nan
    write_bvh(tmp_path / "a.bvh", H36M17_NAMES, parents_of(H36M17_NAMES), points, 25)
    places = read_bvh(tmp_path / "a.bvh")[0]
    thigh = np.linalg.norm(places["l_knee"] - places["l_hip"], axis=1)
    assert len(thigh) == 30 and np.ptp(thigh) < 1e-3
    assert np.isfinite(places["head" if "head" in places else "end of neck"]).all()
