"""Every training script: one step of every stage on tiny synthetic data."""
import json
import logging
import os
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from deephar.checkpoints.description import (
    find_weights, read_description, write_description)
from deephar.inference import Predictor
from deephar.networks.tiny import TINY as TINY_NETWORKS
from deephar.training.logs import read_rows
from deephar.utils.flags import parse_config
from tests.exp.conftest import EXP, load_script

TINY = ["--data", "synthetic", "--synthetic-size", "tiny", "--steps-per-epoch", "1",
        "--eval-samples", "2", "--device", "cpu", "--side", "64", "--save-minutes", "60"]
RECEPTION = ["--num-blocks", "1", "--ksize", "3"]
STAGES = ["--pose-epochs", "1", "--epochs", "1", "--finetune-epochs", "1",
          "--num-frames", "4"]
MERGE = [*RECEPTION, *STAGES]
KEYPOINTS = [*STAGES, "--labels", "none", "--width", "8", "--depth-maps", "2",
             "--num-levels", "2"]
SPNET = ["--num-pyramids", "1", "--num-levels", "2", "--growth", "8"]
MULTI = [*SPNET, "--action-pyramids", "1", "--num-features", "16", "--num-frames", "4",
         "--num-clips", "2", "--action-epochs", "1", "--epochs", "2"]
RANDOM = "--allow-fresh-frozen"
# Script, flags, the losses of each epoch, the score that is watched.
SCRIPTS = {
    "mpii/train_mpii_singleperson.py": (
        [*RECEPTION, "--batch-size", "2", "--epochs", "1"], [{"mpii"}], "mpii/pckh"),
    "h36m/train_h36m_mpii.py": (
        [*RECEPTION, "--depth-maps", "2", "--shares", "1", "1", "--epochs", "1"],
        [{"poses"}], "h36m/mpjpe"),
    "pennaction/train_penn_merge.py": (
        [*MERGE, "--pose-shares", "1", "1"],
        [{"pose"}, {"action"}, {"action"}], "held_out/accuracy"),
    "ntu/train_ntu_merge.py": (
        [*MERGE, "--depth-maps", "2", "--pose-shares", "1", "1", "1"],
        [{"pose"}, {"action"}, {"action"}], "held_out/accuracy"),
    "pennaction/train_penn_vgg16.py": (
        [*MERGE, "--pose-shares", "1", "1", "--stem-weights", "none"],
        [{"pose"}, {"action"}, {"action"}], "held_out/accuracy"),
    "pennaction/train_penn_keypoints3d.py": (
        [*KEYPOINTS, "--pose-shares", "1", "1"],
        [{"pose"}, {"action"}, {"action"}], "held_out/accuracy"),
    "ntu/train_ntu_keypoints3d.py": (
        [*KEYPOINTS, "--pose-shares", "1", "1"],
        [{"pose"}, {"action"}, {"action"}], "held_out/accuracy"),
    "mpii/train_mpii_spnet.py": (
        [*SPNET, "--batch-size", "2", "--epochs", "1"], [{"mpii"}], "mpii/pckh"),
    "pennaction/train_penn_multimodel.py": (
        [*MULTI, "--shares", "3", "1", RANDOM], [{"action"}, {"pose", "action"}],
        "penn/accuracy"),
    "ntu/train_pose_baseline.py": (
        [*SPNET, "--shares", "1", "1", "1", "1", "--epochs", "1"],
        [{"poses"}], "h36m/mpjpe"),
    "ntu/train_ntu_spnet.py": (
        [*MULTI, "--shares", "1", "2", "1", RANDOM], [{"action"}, {"pose", "action"}],
        "ntu/accuracy"),
}
# These do what another script of the list does, with another network.
LIKE_OTHERS = ["pennaction/train_penn_merge.py", "pennaction/train_penn_keypoints3d.py",
               "pennaction/train_penn_multimodel.py",
               "pennaction/train_penn_vgg16.py",
               "ntu/train_ntu_keypoints3d.py", "ntu/train_ntu_merge.py", "ntu/train_ntu_spnet.py"]
MULTI_TASK = ["pennaction/train_penn_multimodel.py", "ntu/train_ntu_spnet.py"]


@pytest.fixture(autouse=True)
def eagerly():
    """Tracing would take most of the time; `test_on_two_replicas` does trace."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
    logging.getLogger("deephar").handlers.clear()


@pytest.mark.parametrize("name", [
    pytest.param(name, marks=pytest.mark.slow) if name in LIKE_OTHERS else name
    for name in SCRIPTS])
def test_one_step_of_every_stage(name, at_home, tmp_path):
    flags, losses, score = SCRIPTS[name]
    script = load_script(name)
    script.main(parse_config(script.Config, [*TINY, "--logdir", str(tmp_path), *flags]))
    check_run(tmp_path, losses, score)


@pytest.mark.slow
@pytest.mark.parametrize("name", MULTI_TASK)
def test_on_two_replicas(name, at_home, tmp_path):
    flags, losses, score = SCRIPTS[name]
    subprocess.run([sys.executable, EXP / name, *TINY, "--logdir", tmp_path,
                    "--device", "cpu:2", *flags], check=True,
                   env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"})
    check_run(tmp_path, losses, score)


def check_run(folder, losses, score):
    rows = read_rows(folder / "steps.csv")
    assert [set(row) - {"step", "lr", "loss"} for row in rows] == losses
    assert all(np.isfinite(list(row.values())).all() for row in rows)
    best = json.loads((folder / "best.json").read_text())
    assert score in best
    model = read_description(folder).build()
    for name in ("last.weights.h5", "best.weights.h5"):
        model.load_weights(folder / name)


def test_a_script_resumes_after_its_last_epoch(at_home, tmp_path):
    name = "mpii/train_mpii_singleperson.py"
    flags = [*TINY, "--logdir", str(tmp_path), *SCRIPTS[name][0]]
    script = load_script(name)
    script.main(parse_config(script.Config, flags))
    script.main(parse_config(script.Config, [*flags, "--resume", "--epochs", "2"]))
    assert [row["step"] for row in read_rows(tmp_path / "steps.csv")] == [1, 2]


def run_script(name, folder, *flags):
    script = load_script(name)
    script.main(parse_config(script.Config, [*TINY, "--logdir", str(folder), *flags]))


@pytest.mark.slow
def test_a_stem_that_is_missing_begins_no_run(at_home, tmp_path, monkeypatch):
    """The next start needs no --resume, which would leave the trunk random."""
    name = "pennaction/train_penn_vgg16.py"
    stem, run = tmp_path / "stem.weights.h5", tmp_path / "run"
    flags = [*SCRIPTS[name][0], "--stem-weights", str(stem), "--frozen-trunk-epochs", "1"]
    for _ in range(2):
        with pytest.raises(FileNotFoundError, match="there is no file .*stem.weights.h5"):
            run_script(name, run, *flags)
    with pytest.raises(FileNotFoundError, match="holds no run to resume"):
        run_script(name, run, *flags, "--resume")

    trunk = keras.applications.VGG16(include_top=False, weights=None)
    for layer in trunk.layers:
        if layer.weights:
            layer.set_weights([np.full(w.shape, 0.01, "f4") for w in layer.weights])
    trunk.save_weights(stem)
    begun = {}

    def first_stage_only(cfg, model, stages, *args, **kwargs):
        begun["tasks"] = stages[0].tasks()
        begun["stem"] = begun["tasks"][0].model.get_layer("Stem")

    monkeypatch.setattr("deephar.training.recipes.merge.train_scored", first_stage_only)
    run_script(name, run, *flags)
    layer = begun["stem"].get_layer("block3_conv2")
    assert not layer.trainable and np.all(layer.get_weights()[0] == np.float32(0.01))


@pytest.mark.slow
def test_the_chain_of_spnet_on_penn(at_home, tmp_path):
    """As documented: poses first; what the next script freezes is what they have learnt."""
    run_script("mpii/train_mpii_spnet.py", tmp_path / "mpii", *SPNET, "--num-pyramids", "2",
               "--batch-size", "2", "--epochs", "1")
    flags = [*MULTI, "--shares", "4", "0", "--replica"]
    name = "pennaction/train_penn_multimodel.py"
    with pytest.raises(ValueError, match="'actions on frozen poses' freezes layers that begin "
                                         "afresh.*: conv1, .* more; begin with --weights"):
        run_script(name, tmp_path / "random", *flags)
    assert not (tmp_path / "random" / "state.npz").exists()
    run_script(name, tmp_path / "penn", *flags, "--weights", str(tmp_path / "mpii"),
               "--epochs", "1")
    log = (tmp_path / "penn" / "log.txt").read_text()
    afresh = [line.split()[-1] for line in log.splitlines() if "not in the source" in line]
    assert afresh and all("action" in layer or "_replica" in layer for layer in afresh)
    poses, both = (read_description(tmp_path / run).build() for run in ("mpii", "penn"))
    poses.load_weights(find_weights(tmp_path / "mpii"))
    both.load_weights(find_weights(tmp_path / "penn"))
    for layer, origin in (("conv1", "conv1"), ("dp1_pb1_heatmaps_conv1",) * 2,
                          ("dp1_pb1_heatmaps_conv1_replica", "dp1_pb1_heatmaps_conv1")):
        np.testing.assert_array_equal(both.get_layer(layer).get_weights()[0],
                                      poses.get_layer(origin).get_weights()[0])


@pytest.mark.slow
def test_a_pose_network_of_other_joints_does_not_fit(at_home, tmp_path):
    run_script("ntu/train_pose_baseline.py", tmp_path / "a", *SPNET, "--shares", "1", "1",
               "0", "0", "--epochs", "1")
    with pytest.raises(ValueError, match="freezes layers that begin afresh.*heatmaps"):
        run_script("pennaction/train_penn_multimodel.py", tmp_path / "b", *MULTI,
                   "--shares", "4", "0", "--weights", str(tmp_path / "a"))


@pytest.mark.parametrize("task, score", [
    ("pose", "h36m/mpjpe"),
    pytest.param("action", "ntu/accuracy", marks=pytest.mark.slow)])
def test_one_task_alone(at_home, tmp_path, task, score):
    run_script("ntu/train_ntu_spnet.py", tmp_path, *MULTI, "--shares", "0", "4", "0",
               "--tasks", task, "--action-epochs", "0", "--epochs", "1", "--replica")
    check_run(tmp_path, [{task}], score)


def test_actions_of_ones_own(at_home, tmp_path):
    """The heads begin afresh, the report says so, the rest is that of the first run."""
    flags, _, _ = SCRIPTS["pennaction/train_penn_multimodel.py"]
    first = load_script("pennaction/train_penn_multimodel.py")
    first.main(parse_config(first.Config, [*TINY, "--logdir", str(tmp_path / "a"), *flags]))
    mine = tmp_path / "mine"
    for split in ("train", "test"):
        for name in ("wave", "jump"):
            source = next((at_home / "datasets/synthetic-tiny/PennAction/frames").iterdir())
            shutil.copytree(source, mine / split / name / "0001")
    own = load_script("own/train_actions.py")
    flags = ["--data", str(mine), "--weights", str(tmp_path / "a"), "--logdir",
             str(tmp_path / "b"), "--steps-per-epoch", "1", "--epochs", "1",
             "--num-clips", "2", "--device", "cpu"]
    own.main(parse_config(own.Config, [*flags, "--num-actions", "2"]))
    log = (tmp_path / "b" / "log.txt").read_text()
    assert "begins afresh: act1_action_pred_conv2h0" in log
    assert read_description(tmp_path / "b").actions == {"own": ("jump", "wave")}
    models = [read_description(tmp_path / run).build() for run in ("a", "b")]
    for run, model in zip(("a", "b"), models):
        model.load_weights(find_weights(tmp_path / run))
    for layer in ("conv1", "dp1_pb1_heatmaps_conv1"):
        np.testing.assert_array_equal(*[m.get_layer(layer).weights[0].numpy() for m in models])
    with pytest.raises(ValueError, match="--num-actions is 3.*2 classes: jump, wave"):
        own.main(parse_config(own.Config, [*flags, "--num-actions", "3", "--logdir",
                                           str(tmp_path / "c")]))


@pytest.mark.slow
def test_poses_of_ones_own(at_home, tmp_path):
    """The pose network of one with actions learns on; `predict` takes the result."""
    known = TINY_NETWORKS["penn_spnet"]
    (tmp_path / "a").mkdir()
    write_description(tmp_path / "a", known)
    first = known.build()
    first.save_weights(tmp_path / "a" / "last.weights.h5")
    own = load_script("own/train_poses.py")
    flags = [flag for flag in TINY if flag not in ("--side", "64")]
    own.main(parse_config(own.Config, [
        *flags, "--logdir", str(tmp_path / "b"), "--weights", str(tmp_path / "a"),
        "--batch-size", "2", "--epochs", "1"]))
    check_run(tmp_path / "b", [{"own"}], "own/oks")
    log = (tmp_path / "b" / "log.txt").read_text()
    assert ", 0 begin afresh" in log
    people = Predictor(str(tmp_path / "b"))(np.zeros((60, 80, 3), np.uint8), [[9, 9, 50, 50]])
    assert people[0].joints.shape == (16, 2) and not people[0].actions


def test_every_training_script_is_tested():
    found = {str(path.relative_to(EXP)) for path in EXP.glob("*/train_*.py")}
    elsewhere = {"h36m/train_label_generator.py", "h36m/train_videopose3d.py",
                 "own/train_actions.py", "own/train_poses.py"}
    assert found - elsewhere == set(SCRIPTS)
