"""Both stems under one recipe: the network of the flags, and a frozen trunk first."""

from deephar.checkpoints.description import build_with_pose_network
from deephar.training.recipes.merge import merge_stages
from deephar.training.recipes.penn import PennConfig, describe
from tests.training.toys import toy_loader

SMALL = PennConfig(side=32, num_blocks=1, ksize=3, num_frames=4, pose_epochs=3)


def test_flags_make_the_network():
    description = describe(SMALL)
    assert description.input_shape == (4, 32, 32, 3)
    assert description.num_actions == (15,)
    assert "stem" not in description.arguments["pose"]
    pose = describe(SMALL, stem="vgg16").arguments["pose"]
    assert pose == description.arguments["pose"] | {"stem": "vgg16"}


def test_a_pre_trained_trunk_waits():
    pose_network, merged = build_with_pose_network(describe(SMALL, stem="vgg16"))
    first, second, *_ = merge_stages(SMALL, merged, pose_network, toy_loader(2),
                                     toy_loader(2), frozen_trunk_epochs=2)
    assert (first.epochs, second.epochs) == (2, 1)
    trunk = pose_network.get_layer("Stem").get_layer("block1_conv1")
    trained = lambda stage: {id(v) for v in stage.tasks()[0].model.trainable_variables}
    frozen, free = trained(first), trained(second)
    assert id(trunk.kernel) not in frozen and id(trunk.kernel) in free
    assert len(free - frozen) == 20                     # kernel and bias of ten layers
