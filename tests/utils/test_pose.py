import numpy as np
import pytest

from deephar.data.keypoints.takes import H36M17_SYMMETRY
from deephar.data.synthetic import make_person, motion
from deephar.data.synthetic.layouts import MPII_FROM_H36M, NTU_FROM_H36M
from deephar.utils.pose import (
    H36M17, H36M17_NAMES, POSE_LAYOUTS, pa16j2d, pa17j3d, pa20j3d, pa21j3d)


@pytest.mark.parametrize("layout", POSE_LAYOUTS.values(), ids=POSE_LAYOUTS)
def test_flip_twice_is_the_identity(layout):
    flip = layout.map_hflip
    assert [flip[flip[j]] for j in range(layout.num_joints)] == list(
        range(layout.num_joints))


def test_known_flips():
    assert pa16j2d.map_hflip == (0, 1, 2, 3, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14)


@pytest.mark.parametrize("layout", POSE_LAYOUTS.values(), ids=POSE_LAYOUTS)
def test_maps_have_one_entry_per_joint(layout):
    for name in ("map_from_mpii", "map_from_h36m", "map_from_ntu"):
        source = getattr(layout, name)
        if source is not None and name != "map_from_mpii":
            assert len(source) == layout.num_joints
            assert len(set(source)) == layout.num_joints


def test_mpii_maps_are_inverse():
    there, back = pa16j2d.map_from_mpii, pa16j2d.map_to_mpii
    assert [there[back[j]] for j in range(16)] == list(range(16))


def test_common_joints():
    assert pa17j3d.map_to_pa16j == tuple(range(16))
    assert pa20j3d.map_to_pa16j == tuple(range(10)) + tuple(range(12, 18))


def test_bones_form_a_tree():
    for layout in (pa16j2d, pa20j3d):
        assert len(layout.links) == layout.num_joints - 1


def test_spine_has_its_own_source_joint():
    assert pa17j3d.joint_names[16] == "spine"
    assert pa17j3d.map_from_h36m[16] == 11 and pa17j3d.map_from_ntu[16] == 1


@pytest.fixture(scope="module")
def body():
    """(n, 32, 3) in mm, of someone who waits."""
    return motion("Waiting", make_person(0, 0), np.random.default_rng(0), 25, 1)


@pytest.mark.parametrize("layout, source, joints", [
    (pa16j2d, MPII_FROM_H36M, pa16j2d.map_from_mpii),
    (pa20j3d, NTU_FROM_H36M, pa20j3d.map_from_ntu),
    (pa17j3d, range(32), pa17j3d.map_from_h36m)], ids=str)
def test_a_layout_finds_the_17_joints_in_its_data(layout, source, joints, body):
    """As MPII, NTU and Human3.6M mark one and the same body."""
    found = layout.to_h36m17(body[:, list(source)][:, list(joints)])
    away = dict(zip(H36M17_NAMES, np.linalg.norm(found - body[:, H36M17], axis=-1).max(0)))
    if layout is pa20j3d:       # that NTU's right is the body's left is its reader's affair
        away = {name: away[name] for name in ("hip", "spine", "thorax", "neck", "head")}
    made_up = {name: away.pop(name) for name in ("spine", "neck")}
    assert max(away.values()) == 0
    assert max(made_up.values()) < 60           # the other reading errs by 110 and 190


def test_the_17_joints_of_the_project_s_17():
    ours = np.arange(17.0)[:, None]
    np.testing.assert_array_equal(
        pa17j3d.to_h36m17(ours)[:, 0],
        [0, 10, 12, 14, 11, 13, 15, 1, 2, 2.5, 3, 5, 7, 9, 4, 6, 8])


@pytest.mark.parametrize("layout", POSE_LAYOUTS.values(), ids=POSE_LAYOUTS)
def test_right_and_left_stay_apart(layout):
    """Mirroring before and after the change of joints is the same, both ways."""
    order, flip = np.arange(17), list(layout.map_hflip)
    order[list(H36M17_SYMMETRY.left)] = H36M17_SYMMETRY.right
    order[list(H36M17_SYMMETRY.right)] = H36M17_SYMMETRY.left
    ours, theirs = (np.random.default_rng(0).normal(size=(2, count, 3))
                    for count in (layout.num_joints, 17))
    np.testing.assert_allclose(layout.to_h36m17(ours[:, flip]),
                               layout.to_h36m17(ours)[:, order])
    np.testing.assert_allclose(layout.from_h36m17(theirs[:, order]),
                               layout.from_h36m17(theirs)[:, flip])


def test_back_from_the_17_joints():
    at = dict(zip(H36M17_NAMES, range(17)))
    found = {layout.name: dict(zip(layout.joint_names, layout.from_h36m17(
        np.arange(17.0)[:, None])[:, 0])) for layout in (pa16j2d, pa17j3d, pa21j3d)}
    pictures, h36m, ntu = found.values()
    assert pictures["thorax"] == at["thorax"] and h36m["thorax"] == at["spine"]
    assert pictures["neck"] == at["thorax"] + 0.5 and h36m["neck"] == at["thorax"]
    assert h36m["spine"] == at["hip"] and ntu["spine"] == at["spine"]
    assert all(of["l_ankle"] == at["l_foot"] for of in found.values())
    assert [name for name, value in ntu.items() if np.isnan(value)] == [
        "r_hand", "l_hand", "r_foot", "l_foot"]


def test_a_missing_joint_takes_what_needs_it():
    points = np.zeros((16, 2))
    points[pa16j2d.joint_names.index("thorax")] = np.nan
    lost = np.isnan(pa16j2d.to_h36m17(points)).any(-1)
    assert [n for n, is_lost in zip(H36M17_NAMES, lost) if is_lost] == ["spine", "thorax"]


NTU25 = ("base", "middle", "neck", "head", *(
    f"{side}_{joint}" for side in "lr" for joint in ("shoulder", "elbow", "wrist", "hand")), *(
    f"{side}_{joint}" for side in "lr" for joint in ("hip", "knee", "ankle", "foot")),
    "between the shoulders", "l_tip", "l_thumb", "r_tip", "r_thumb")
PENN13 = ("head", *(f"{side}_{joint}" for joint in (
    "shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in "lr"))
LSP14 = ("r_ankle", "r_knee", "r_hip", "l_hip", "l_knee", "l_ankle", "r_wrist", "r_elbow",
         "r_shoulder", "l_shoulder", "l_elbow", "l_wrist", "neck", "head")
JHMDB15 = ("neck", "thorax", "head", *(f"{side}_{joint}" for joint in (
    "shoulder", "hip", "elbow", "knee", "wrist", "ankle") for side in "rl"))


@pytest.mark.parametrize("layout", POSE_LAYOUTS.values(), ids=POSE_LAYOUTS)
def test_maps_by_name(layout):
    """NTU's and Penn Action's left and right stand the other way round, as published."""
    other = str.maketrans("rl", "lr")
    turned = [name[0].translate(other) + name[1:] if name[1] == "_" else name
              for name in layout.joint_names]
    trunk = {"pelvis": "base", "thorax": "between the shoulders", "spine": "middle"}
    if layout.map_from_ntu:
        assert [NTU25[j] for j in layout.map_from_ntu] == [trunk.get(n, n) for n in turned]
    if layout.map_from_pa13j:
        assert [turned[j] for j in layout.map_from_pa13j] == list(PENN13)
    for theirs, names in ((layout.map_to_lsp, LSP14), (layout.map_to_jhmdb, JHMDB15)):
        assert not theirs or tuple(layout.joint_names[j] for j in theirs) == names
