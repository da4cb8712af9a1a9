"""Every evaluation script, end to end, on tiny synthetic data."""
import json
import shutil
import signal

import numpy as np
import pytest

from deephar.data.locate import locate
from deephar.evaluation import loop, protocols, session
from deephar.networks.load import load_network
from deephar.utils.files import md5_of
from deephar.utils.flags import parse_config
from tests.exp.conftest import load_script

# Script, flags, what the terminal must show.
SCRIPTS = [
    ("mpii/eval_mpii_singleperson.py", [], "89.1"),
    ("mpii/predict_mpii_test.py", [], "people"),
    ("h36m/eval_h36m.py", [], "55.1"),
    ("pennaction/eval_penn_ar_pe_merge.py", ["--boxes", "two-pass", "--limit", "3"],
     "97.4"),
    ("pennaction/eval_penn_multitask.py", ["--limit", "3", "--boxes", "predicted"],
     "not verified"),
    ("pennaction/eval_speed2d.py", ["--exits", "1", "4"], "not verified"),
    ("pennaction/predict_bboxes.py", ["--kind", "clips", "--limit", "3"], "boxes, test"),
    ("ntu/eval_ntu_ar_pe_merge.py", ["--boxes", "full", "--limit", "3"], "85.5"),
    ("ntu/eval_ntu_multitask.py", ["--limit", "3", "--no-multi-clip"], "not verified"),
    ("ntu/predict_bboxes.py", ["--limit", "3"], "boxes, test"),
    ("pennaction/eval_penn_vgg16.py", ["--limit", "3", "--no-multi-clip"], "PCKh"),
    ("pennaction/eval_penn_keypoints3d.py", ["--limit", "3", "--no-multi-clip"], "98.1"),
    ("ntu/eval_ntu_keypoints3d.py", ["--limit", "3", "--no-multi-clip"], "87.6"),
]

# These do what another script of the list does, with another network.
LIKE_OTHERS = ["pennaction/eval_penn_vgg16.py", "ntu/eval_ntu_keypoints3d.py",
               "ntu/eval_ntu_ar_pe_merge.py", "ntu/eval_ntu_multitask.py",
               "pennaction/eval_penn_ar_pe_merge.py", "pennaction/eval_penn_keypoints3d.py",
               "pennaction/eval_speed2d.py"]


@pytest.fixture(scope="module", autouse=True)
def build_networks_once():
    """The same call gives the same network: they are built and traced once."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name in ((session, "load_network"), (protocols, "poses_only"),
                             (protocols, "actions_only")):
            patch.setattr(module, name, remembering(getattr(module, name)))
        yield


def remembering(function):
    results = {}

    def remembered(first, *args, **kwargs):
        key = (first if isinstance(first, str) else id(first), repr((args, kwargs)))
        if key not in results:
            results[key] = first, function(first, *args, **kwargs)
        return results[key][1]

    return remembered


def run_script(name, output, *flags):
    """(exit code, report) of a script."""
    module = load_script(name)
    cfg = parse_config(module.Config, [
        str(output), "--data", "synthetic", "--tiny", "--batch-size", "2", *flags])
    code = module.main(cfg)
    return code, json.loads((output / "report.json").read_text())


def ctrl_c_at_call(monkeypatch, number):
    """The user presses Ctrl-C while the network is busy for the `number`th time."""
    calls, timed = iter(range(10_000)), loop._timed

    def interrupted(*args):
        if next(calls) == number:
            signal.raise_signal(signal.SIGINT)
        return timed(*args)

    monkeypatch.setattr(loop, "_timed", interrupted)


@pytest.mark.parametrize("name, flags, shown", [
    pytest.param(*s, id=s[0], marks=[pytest.mark.slow] if s[0] in LIKE_OTHERS else [])
    for s in SCRIPTS])
def test_script(name, flags, shown, at_home, tmp_path, capsys, monkeypatch):
    """Whole; interrupted; resumed, with the same scores."""
    code, whole = run_script(name, tmp_path / "whole", *flags)
    text = capsys.readouterr().out
    assert code == 0 and whole["status"] == "complete"
    assert shown in text and "RANDOM" in text
    assert whole["weights"] == {"file": None, "note": "random weights"}
    for score in whole["scores"]:
        assert np.isfinite(score["value"]) and score["evaluated"] == score["samples"] > 0
    assert not list((tmp_path / "whole").glob("*.npz"))

    with monkeypatch.context() as patch:
        ctrl_c_at_call(patch, 1)
        code, part = run_script(name, tmp_path / "part", *flags, "--no-plots")
    text = capsys.readouterr().out
    assert code == 130 and part["status"] == "partial" and "PARTIAL" in text
    assert sum(score["evaluated"] for score in part["scores"]) < sum(
        score["samples"] for score in whole["scores"])

    code, resumed = run_script(
        name, tmp_path / "part", *flags, "--no-plots", "--resume", "--predictions")
    assert code == 0 and resumed["status"] == "complete"
    assert list((tmp_path / "part").glob("rows-*.npz"))
    if "speed" in name:         # a measurement, not a function of its input
        assert [s["block_names"] for s in resumed["scores"]] == [["1", "4"]]
        return
    facts = ("name", "value", "blocks", "parts", "extras", "samples", "evaluated")
    for one, other in zip(whole["scores"], resumed["scores"], strict=True):
        assert {k: one[k] for k in facts} == {k: other[k] for k in facts}


@pytest.mark.slow
def test_speed_of_the_blocks(at_home, tmp_path, capsys):
    code, report = run_script("pennaction/eval_speed2d.py", tmp_path, "--exits", "1", "4")
    (score,) = report["scores"]
    assert code == 0 and score["block_names"] == ["1", "4"]
    assert score["value"] == score["blocks"][-1] > 0
    assert "not verified" in capsys.readouterr().out
    assert score["protocol"]["batch"] == "2 clips"
    network = load_script("pennaction/eval_speed2d.py").describe(tiny=False).arguments
    assert network["action_pyramids"] == (1, 2, 3, 4, 5, 6) and network["pose_replica"]
    assert (network["num_pose_features"], network["num_visual_features"]) == (160, 160)
    with pytest.raises(ValueError, match="blocks must be 1 to 4, got 9"):
        run_script("pennaction/eval_speed2d.py", tmp_path, "--exits", "9")


def test_a_broken_picture_is_reported_and_not_scored(at_home, tmp_path, capsys):
    """Exit code 1, the sample by name, and a score of the others."""
    source = locate("synthetic", "mpii", "tiny")
    copy = tmp_path / "MPII"
    shutil.copytree(source, copy)
    picture = sorted((copy / "images").glob("*.jpg"))[-1]
    picture.write_bytes(picture.read_bytes()[:200])

    module = load_script("mpii/eval_mpii_singleperson.py")
    cfg = parse_config(module.Config, [
        str(tmp_path / "out"), "--data", str(tmp_path), "--tiny", "--no-plots"])
    assert module.main(cfg) == 1
    text = capsys.readouterr().out
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    (score,) = report["scores"]
    assert report["status"] == "complete"
    assert 0 < len(score["missing"]) == score["samples"] - score["evaluated"]
    assert picture.name in text


def test_other_weights_are_refused_where_data_are_real(at_home, tmp_path, monkeypatch):
    """Without weights real data are not evaluated with random ones."""
    def no_network(*args, **kwargs):
        raise OSError("no network here")

    monkeypatch.setattr("deephar.checkpoints.load.find_file", no_network)
    module = load_script("mpii/eval_mpii_singleperson.py")
    cfg = parse_config(module.Config, [str(tmp_path), "--data", str(at_home)])
    with pytest.raises(OSError, match="no network here"):
        module.main(cfg)
    assert json.loads((tmp_path / "report.json").read_text())["status"] == "partial"


@pytest.mark.slow
@pytest.mark.parametrize("name, sets, flags", [
    ("mpii/eval_mpii_singleperson.py", ["mpii"], ["--limit", "2"]),
    ("pennaction/eval_penn_ar_pe_merge.py", ["pennaction"],
     ["--limit", "1", "--boxes", "two-pass", "--no-multi-clip"]),
    ("ntu/eval_ntu_multitask.py", ["ntu", "h36m"], ["--limit", "1", "--no-multi-clip"]),
])
def test_full_size_networks(name, sets, flags, at_home, tmp_path):
    """The released networks' sizes, with random weights, on real layouts."""
    root = [locate("synthetic", data, "tiny").parent for data in sets][0]
    module = load_script(name)
    cfg = parse_config(module.Config, [
        str(tmp_path), "--data", str(root), "--weights", "random", "--batch-size", "2",
        "--no-plots", *flags])
    assert module.main(cfg) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert all(np.isfinite(score["value"]) for score in report["scores"])


@pytest.mark.parametrize("format, outputs", [
    ("onnx", "all"), ("litert", "last"), ("openvino", "all")])
@pytest.mark.slow
def test_an_exported_network_scores_what_the_network_scores(format, outputs, at_home,
                                                            tmp_path, capsys):
    pytest.importorskip({"litert": "ai_edge_litert"}.get(format, format))
    from deephar.deploy.export import FORMATS, export
    own = load_network("random", key="penn_spnet", tiny=True, seed=3)
    own.model.save_weights(tmp_path / "own.weights.h5")
    exported = tmp_path / f"own{FORMATS[format][0]}"
    export(own, exported, format, outputs=outputs)
    reports = []
    for file in (tmp_path / "own.weights.h5", exported):
        code, report = run_script(
            "pennaction/eval_penn_multitask.py", tmp_path / file.suffix, "--limit", "3",
            "--boxes", "two-pass", "--no-plots", "--weights", str(file))
        assert code == 0 and report["weights"] == {"file": str(file), "md5": md5_of(file)}
        reports.append(report["scores"])
    for one, other in zip(*reports, strict=True):
        assert one["value"] == other["value"] and one["parts"] == other["parts"]
        count = len(other["blocks"])
        assert one["blocks"][-count:] == other["blocks"] and count == (
            len(one["blocks"]) if outputs == "all" else 1)
        assert one["evaluated"] == other["evaluated"] > 0
