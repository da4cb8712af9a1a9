"""A report says all that is needed to believe a number, and survives JSON."""
import json

import numpy as np
import pytest

from deephar.evaluation import report
from deephar.evaluation.report import Score
from deephar.utils.files import write_json


def mpjpe_score(**changes):
    values = dict(
        name="MPJPE", unit="mm", value=70.0, higher_is_better=False,
        blocks=[80.0, 65.0, 70.0], parts={"Directions": 60.1, "Jumping": 1.0},
        protocol={"split": "valid"}, samples=10, evaluated=10, paper=["h36m"])
    return Score(**{**values, **changes})


def make(*scores, **options):
    options.setdefault("weights", {"file": "w.h5", "md5": "0" * 32})
    return report.make_report(scores, **options)


def test_json_round_trip(tmp_path):
    made = make(mpjpe_score(value=np.float32(70), blocks=np.array([80., np.nan, 70.]),
                            missing={"3": "broken"}))
    write_json(tmp_path / "a.json", made)
    back = json.loads((tmp_path / "a.json").read_text())
    assert back == made
    assert back["scores"][0]["blocks"] == [80, None, 70]
    assert {"command", "versions", "seed", "duration_s", "weights"} <= set(back)
    assert back["versions"]["numpy"] == np.__version__


def test_the_table_shows_ours_published_and_difference():
    text = report.format_report(make(mpjpe_score()))
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines()
            if line.strip()}
    assert rows["Directions"] == ["60.1", "64.1", "-4.0"]
    assert rows["Jumping"] == ["1.00"]
    assert rows["MPJPE,"] == ["last", "block", "70.0", "67.3", "+2.7"]
    assert "best block (chosen on the test data): block 2, 65.0" in text


def test_the_best_blocks_parts_are_legacy_too():
    text = report.format_report(make(mpjpe_score(
        legacy_parts={"Directions": 55.5, "Sitting": 80.0})))
    assert "block 2, 65.0\n    Directions 55.5, Sitting 80.0" in text


def test_a_part_without_a_number_has_no_difference():
    text = report.format_report(make(mpjpe_score(parts={"Directions": np.nan})))
    assert ["Directions", "64.1"] in [line.split() for line in text.splitlines()]


def test_the_best_block_of_an_accuracy_is_the_highest():
    text = report.format_report(make(mpjpe_score(higher_is_better=True)))
    assert "block 1, 80.0" in text


def test_what_is_not_verified_has_no_number():
    text = report.format_report(make(mpjpe_score(name="accuracy", paper=["penn-spnet"])))
    assert "Penn Action, SPNet: not verified, no number" in text


@pytest.mark.parametrize("name", ["P1, mean over actions", "P1 rate", "MPJVE rate"])
def test_a_score_is_not_set_beside_a_row_of_another_metric(name):
    with pytest.raises(ValueError, match=f"of MPJVE: it cannot be compared with {name}"):
        make(mpjpe_score(name=name, paper=["actions-27-velocity"]))
    make(mpjpe_score(name="MPJVE, mean over actions", paper=["actions-27-velocity"]))


def test_partial_random_and_missing_are_said():
    made = make(mpjpe_score(missing={"7": "bad picture"}, evaluated=9),
                weights={"file": None, "note": "random weights"}, complete=False)
    text = report.format_report(made)
    assert "PARTIAL" in text and "RANDOM" in text
    assert "9 of 10 evaluated" in text and "7: bad picture" in text


def test_weights_of_old_reports_have_no_checksum():
    text = report.format_report(make(mpjpe_score(), weights={"file": "w.h5"}))
    assert text.endswith("weights: w.h5 (md5 not known)")


def test_a_block_without_a_number_is_shown_as_such():
    """NaN becomes null in the JSON; the table leaves the place empty."""
    text = report.format_report(make(mpjpe_score(blocks=[np.nan, 65.0, 70.0])))
    assert "block 2, 65.0" in text


@pytest.mark.parametrize("missing, complete, good", [
    ({}, True, True), ({"1": "x"}, True, False), ({}, False, False)])
def test_only_a_whole_run_is_all_evaluated(missing, complete, good):
    made = make(mpjpe_score(missing=missing), complete=complete)
    assert report.all_evaluated(made) is good


def test_nothing_evaluated_is_no_score():
    text = report.format_report(make(mpjpe_score(value=None, evaluated=0)))
    assert "nothing was evaluated" in text and "67.3" not in text


def test_compare_gives_differences_and_protocols():
    a = make(mpjpe_score())
    b = make(mpjpe_score(value=68.5, protocol={"split": "test"}))
    text = report.compare({"a": a, "b": b})
    assert "-1.50" in text and "split: a valid, b test" in text


def test_compare_leaves_out_what_a_report_does_not_have():
    other = mpjpe_score(name="PCKh@0.5", unit="%", protocol={"split": "test"},
                        paper=["mpii-val"])
    text = report.compare({"a": make(mpjpe_score()), "b": make(mpjpe_score(), other)})
    assert "PCKh@0.5 (%)" in text and "differs" not in text


def test_a_changed_report_is_damaged(tmp_path):
    made = make(seed=3)
    report.write_report(tmp_path, made)
    path = tmp_path / "report.json"
    assert report.read_report(path) == made
    path.write_text(path.read_text().replace('"seed": 3', '"seed": 2'))
    with pytest.raises(ValueError, match="report.json is damaged .its numbers are not as"):
        report.read_report(path)
