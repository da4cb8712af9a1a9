"""The protocol of the lifting tables, against reference numbers and by hand."""
import json
import subprocess
import sys

import numpy as np
import pytest

from deephar.data.keypoints.files import read_keypoints, read_poses
from deephar.data.keypoints.takes import H36M17_SYMMETRY, Take, load_takes
from deephar.evaluation import lifting
from deephar.evaluation.loop import evaluate
from deephar.models import temporal
from deephar.networks.lifting import lifter_of
from tests.fakes.lifting import GOLDEN, filled

EXPECTED = json.loads((GOLDEN / "mini_expected.json").read_text())


def golden_model():
    model = temporal.build(EXPECTED["filter_widths"], channels=EXPECTED["channels"])
    shapes = json.loads((GOLDEN / "tcn_index.json").read_text())["cases"]
    case = next(c for c in shapes if c["filter_widths"] == EXPECTED["filter_widths"])
    temporal.load_torch_state(model, {
        item["key"]: filled(item["key"], item["shape"]) for item in case["state"]})
    return model, temporal.temporal_padding(EXPECTED["filter_widths"])


@pytest.fixture(scope="module")
def takes():
    return load_takes(read_poses(GOLDEN / "data_3d_h36m.npz", allow_pickle=True),
                      read_keypoints(GOLDEN / "data_2d_h36m_mini.npz", allow_pickle=True),
                      ["S9", "S11"])


def scored(lifter, takes, *metrics):
    rows = evaluate(lifting.lifting_trial(takes, *metrics), lifting.lifted_by(lifter),
                    batch_size=1)
    assert not rows.missing
    return lifting.take_errors(rows, takes)


@pytest.mark.parametrize("piece", [4096, 5])
@pytest.mark.parametrize("kind", ["plain", "flip"])
def test_golden(takes, kind, piece, monkeypatch):
    monkeypatch.setattr(lifting, "PIECE", piece)
    model, padding = golden_model()
    flips = H36M17_SYMMETRY if kind == "flip" else None
    lifter = lifter_of(model, padding, flips, piece=piece)
    rows = scored(lifter, takes)
    golden = EXPECTED["evaluation_mm"][kind]
    frames = {}
    for row in rows:
        frames[row.take.action] = frames.get(row.take.action, 0) + row.frames
    for action, errors in lifting.by_action(rows).items():
        expected = dict(golden["actions"][action])
        assert frames[action] == expected.pop("frames")
        assert errors == pytest.approx(expected, rel=1e-5)
    assert lifting.action_average(rows) == pytest.approx(golden["action_wise_average"],
                                                         rel=1e-5)
    assert lifting.weighted_errors(rows)["mpjpe"] == pytest.approx(
        golden["frame_weighted_mpjpe"], rel=1e-5)


def take(name, poses, subject="S9"):
    poses = np.asarray(poses, "float32")
    return Take(subject, name, 0, np.zeros((len(poses), 17, 2), "float32"), poses, None,
                (1000, 1000))


def test_means_by_hand():
    """Two takes of one action weigh by frames; actions weigh the same."""
    still = lambda n, x: np.full((n, 17, 3), [x, 0, 0])
    takes = [take("Sitting", still(3, 0.1)), take("Sitting 1", still(1, 0.3), "S11"),
             take("Walking", still(2, 0.6))]
    rows = scored(lambda keypoints: [np.zeros((len(keypoints), 17, 3))], takes,
                  ("mpjpe", "mpjve"))
    share = 16 / 17             # the root's target is 0
    assert lifting.by_action(rows)["Sitting"]["mpjpe"] == pytest.approx(150 * share)
    assert lifting.action_average(rows)["mpjpe"] == pytest.approx(375 * share)
    assert lifting.weighted_errors(rows)["mpjpe"] == pytest.approx(300 * share)
    assert lifting.by_subject(rows)["S11"]["mpjpe"] == pytest.approx(300 * share)
    assert np.isnan(rows[1].errors["mpjve"])        # one frame has no velocity
    assert lifting.by_action(rows)["Sitting"]["mpjve"] == pytest.approx(0)
    score = lifting.score_of(rows, {"split": "S9, S11"})
    assert score.value == pytest.approx(375 * share) and not score.higher_is_better
    assert list(score.parts) == ["Sitting", "Walking"] and score.evaluated == 6


def test_every_row_is_beside_the_score_of_its_metric():
    rows = scored(lambda keypoints: [np.zeros((len(keypoints), 17, 3))],
                  [take("Walking", np.full((3, 17, 3), [0.6, 0, 0]))])
    paper = ("actions-27", "actions-27-velocity", "lift-cpn-243-p2", "lift-cpn-243-p3")
    found = {score.name.split(",")[0]: score for score in lifting.scores_of(
        rows, {}, paper=paper)}
    assert {name: list(score.paper) for name, score in found.items()} == {
        "P1": ["actions-27"], "MPJVE": ["actions-27-velocity"], "P2": ["lift-cpn-243-p2"],
        "P3": ["lift-cpn-243-p3"]}
    assert found["P1"].value == pytest.approx(600 * 16 / 17)
    assert found["MPJVE"].value == 0 and found["MPJVE"].unit == "mm per frame"
    assert [score.name for score in lifting.scores_of(rows, {})] == ["P1, mean over actions"]


def test_too_few_predictions_are_an_error():
    with pytest.raises(ValueError, match="S9 Walking, camera 0: 4 poses, 3 were"):
        lifting.errors_of(take("Walking", np.zeros((4, 17, 3))), np.zeros((3, 17, 3)))


def test_nothing_is_scored_before_anything_is_predicted():
    score = lifting.score_of([], {}, samples=7)
    assert score.value is None and (score.samples, score.evaluated) == (7, 0)


LONG = """
import numpy as np
from deephar.data.keypoints.takes import H36M17_SYMMETRY, Take
from deephar.evaluation import lifting
from deephar.models import temporal
from deephar.evaluation.loop import evaluate
from deephar.networks.lifting import lifter_of
from deephar.utils.timing import peak_memory_mb
model = temporal.build((3, 3, 3), channels=64)
rng = np.random.default_rng(0)
take = Take("S9", "Walking", 0, rng.random((500_000, 17, 2), np.float32),
            rng.random((500_000, 17, 3), np.float32), None, (1000, 1000))
lifter = lifter_of(model, temporal.temporal_padding((3, 3, 3)), H36M17_SYMMETRY)
rows = evaluate(lifting.lifting_trial([take]), lifting.lifted_by(lifter), batch_size=1)
print(rows["frames"][0], peak_memory_mb() / 1024)
"""


@pytest.mark.slow
def test_half_a_million_frames_stream():
    out = subprocess.run([sys.executable, "-c", LONG], capture_output=True, text=True,
                         check=True).stdout.split()
    assert int(out[-2]) == 500_000
    assert float(out[-1]) < 2, "GiB of memory"
