"""Networks side by side: equal data, what is trained, what is scored."""
import keras
import numpy as np
import pytest

from deephar.checkpoints.description import build_with_pose_network
from deephar.networks.network import Network
from deephar.training.recipes import compare, quickstart
from deephar.utils.modes import TRAIN_MODE
from tests.exp.conftest import load_script


@pytest.fixture(scope="module")
def cfg(tmp_path_factory):
    return quickstart.QuickstartConfig(
        data=str(tmp_path_factory.mktemp("data")), pictures=8, videos=4, batch_size=2)


@pytest.fixture(scope="module")
def people(cfg):
    return quickstart.make_people(cfg)


@pytest.fixture(scope="module")
def built(cfg, people):
    description = compare.NETWORKS["keypoints3d"]
    in_3d = compare.in_layout(people, description.layout)
    return description, in_3d, *compare.merge_tasks(description, in_3d, cfg)


@pytest.mark.slow
def test_every_network_sees_as_many_pictures_and_the_same_clips(cfg, people, built):
    _, _, _, tasks = built
    ours = tasks()
    _, make_tasks = compare.spnet_tasks(compare.NETWORKS["spnet"], people, cfg)
    for one, other in zip(ours, make_tasks(), strict=True):
        assert one.name == other.name
        assert one.images_per_step == other.images_per_step
    clips, theirs = (tasks[1].loader[0][0][0] for tasks in (ours, make_tasks()))
    np.testing.assert_array_equal(clips, theirs)
    assert ours[0].loader[0][1][0].shape == (8, 16, 4)


def test_everything_is_trained_and_targets_fit(built):
    _, _, merged, tasks = built
    pictures, clips = tasks()
    assert {id(v) for v in pictures.model.trainable_variables} < {
        id(v) for v in clips.model.trainable_variables}
    x, y = clips.loader[0]
    for target, output in zip(y, clips.model(x[0]), strict=True):
        assert target.shape == tuple(output.shape)
    assert len(clips.weight) == len(clips.groups) == len(clips.losses) == 10


def test_scores_of_a_merge_network_and_of_its_branches(built, people):
    description, _, merged, _ = built
    network = Network(merged, description.layout, description.actions,
                      dataconf=description.dataconf)
    scores = compare.score(network, people)
    assert list(scores) == ["pckh", "accuracy", "pose", "appearance"]
    assert all(0 <= value <= 100 for value in scores.values())


def test_people_in_another_layout_are_the_same_people(people, built):
    _, in_3d, _, _ = built
    assert compare.in_layout(people, people.mpii.poselayout) is people
    fixed = quickstart.CROPS.get_fixed_config()
    one, other = (p.mpii.get_data(0, TRAIN_MODE, augmentation=fixed)["pose"]
                  for p in (people, in_3d))
    np.testing.assert_array_equal(one, other[:, [0, 1, 3]])


@pytest.mark.parametrize("name", ["inception", "vgg16"])
def test_stems_differ_in_nothing_else(name):
    pose_network, merged = build_with_pose_network(compare.NETWORKS[name])
    assert pose_network.get_layer("Stem").output_shape == (None, 12, 12, compare.WIDTH)
    assert isinstance(merged, keras.Model) and merged.trainable_weights


def test_the_trunk_without_normalisations_learns_more_slowly(cfg):
    assert compare.rate_of("vgg16", cfg) == pytest.approx(5e-4)
    assert compare.rate_of("spnet", cfg) == cfg.rate


def test_a_table_of_results(tmp_path):
    from deephar.utils.files import write_json
    script = load_script("pennaction/compare_variants.py")
    for seed, pckh in ((0, 50.0), (1, 60.0)):
        write_json(tmp_path / f"spnet-seed{seed}" / "result.json", {
            "network": "spnet", "seed": seed, "pckh": pckh, "accuracy": 12.5, "steps": 5,
            "batch_size": 2, "rate": 3e-3, "parameters": 1_234_000, "flops": 2_000_000_000})
    row = script.as_table(tmp_path).splitlines()[-1]
    assert row == ("| spnet | 1.23 M | 2.00 | 0.003 | 5 | 2 | 2 | 55.0 (50.0 to 60.0) | "
                   "12.5 (12.5 to 12.5) | - | - |")
    cfg = script.Config(logdir=str(tmp_path), networks=("spnet",))
    script.run_once(cfg, "spnet", 0, None)             # its result is there
