"""The equations of action-wise training, against the printed values."""
import json

import pytest

from deephar.evaluation import actionwise
from tests.fakes.lifting import GOLDEN

NUMBERS = json.loads((GOLDEN / "actionwise.json").read_text())
FRAMES = NUMBERS["train_frames"]


def test_frames_and_factors():
    assert sum(FRAMES.values()) == NUMBERS["total_train"]
    assert sum(NUMBERS["test_frames"].values()) == NUMBERS["total_test"]
    assert actionwise.factors(FRAMES, "frames") == NUMBERS["factor_eq2"]
    assert set(actionwise.factors(FRAMES).values()) == {15}
    with pytest.raises(ValueError, match="'equal' or 'frames'"):
        actionwise.factors(FRAMES, "half")


def test_plans():
    assert set(actionwise.plan(FRAMES, 15).values()) == {15}
    assert set(actionwise.plan(FRAMES, 1200).values()) == {1200}
    assert actionwise.plan(FRAMES, 15, "frames") == NUMBERS["factor_eq2"]
    assert actionwise.plan(FRAMES, 30, "frames")["Eating"] == 28
    assert actionwise.reference_epochs(FRAMES, 15) == 1
    assert actionwise.reference_epochs(FRAMES, 1200) == 80
    assert actionwise.plan(FRAMES, 0.1)["Eating"] == 1


@pytest.mark.parametrize("metric", ["mpjpe", "velocity"])
def test_time_precision_rate(metric):
    golden = NUMBERS["tpr"][metric]
    reference, ours = (actionwise.Training(*v) for v in zip(
        golden["half"], golden["final"], golden["seconds"]))
    eps0 = actionwise.starting_error(reference, ours, NUMBERS["tpr"]["k"])
    assert eps0 == pytest.approx(golden["eps0"])
    rates = actionwise.compare_rates(reference, {"Eating": ours})
    assert [rates["reference"], rates["one_job"]] == pytest.approx(golden["theta"])
    assert rates["gain_percent_one_job"] == pytest.approx(golden["gain_percent"])


def test_fifteen_jobs_take_fifteen_times_as_long():
    """With all jobs counted the published gain is a loss: 1.16e-5 against 6.9e-5."""
    reference = actionwise.Training(50.27, 48.22, 176976)
    ours = dict.fromkeys(FRAMES, actionwise.Training(50.49, 50.54, 56921))
    rates = actionwise.compare_rates(reference, ours)
    assert rates["one_job"] == pytest.approx(17.42e-5, rel=1e-3)
    assert rates["all_jobs"] == pytest.approx(1.16e-5, rel=2e-3)
    assert rates["gain_percent_all_jobs"] < 0 < rates["gain_percent_one_job"]


def test_budgets():
    example = NUMBERS["budget_example"]
    available = {f"action {i}": example["per_action"] for i in range(example["actions"])}
    share = lambda **o: actionwise.budget_shares(available, example["budget"], **o)
    assert set(share().values()) == {example["common"]}
    assert share(action="action 3") == {"action 3": example["per_action"]}
    with pytest.raises(KeyError, match="known are action 0"):
        share(action="Dancing")
