import pytest

from deephar.utils.pose import POSE_LAYOUTS, pa16j2d, pa17j3d, pa20j3d


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
