"""Every network has a tiny one of its kind."""
from deephar.checkpoints import CHECKPOINTS
from deephar.checkpoints.variants import VARIANTS
from deephar.networks.tiny import TINY, tiny_arguments


def test_tiny_networks_are_of_the_same_kind():
    assert set(TINY) == set(CHECKPOINTS) | set(VARIANTS)
    for key, entry in (CHECKPOINTS | VARIANTS).items():
        tiny, whole = TINY[key], entry.description
        assert (tiny.layout, tiny.actions) == (whole.layout, whole.actions)
        clip = (4,) if whole.num_frames else ()
        assert tiny.input_shape == clip + (64, 64, 3)


def test_sizes_change_and_nothing_else():
    pose = {"input_shape": (256, 256, 3), "num_joints": 16, "ksize": (5, 5)}
    found = tiny_arguments({"pose": pose, "num_frames": 16, "pose_dim": 2})
    assert found == {"pose": {"input_shape": (64, 64, 3), "num_joints": 16,
                              "ksize": (3, 3)}, "num_frames": 4, "pose_dim": 2}
    assert tiny_arguments({"input_shape": (8, 256, 256, 3)}) == {
        "input_shape": (4, 64, 64, 3)}
