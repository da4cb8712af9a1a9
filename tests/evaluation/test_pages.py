"""The page beside a report: its numbers, its pictures, and nobody else's HTML."""
import pytest
from PIL import Image

from deephar.evaluation.pages import pictures_of, save_report, write_report_page
from deephar.evaluation.report import Score, make_report, read_report
from tests.utils.test_page import NASTY, Elements


def score_of(**changes):
    return Score(**{**dict(
        name="MPJPE", unit="mm", value=70.0, higher_is_better=False, blocks=[80.0, None, 70.0],
        parts={"Directions": 60.1, "Greeting": None}, extras={"P-MPJPE": 50.25},
        protocol={"split": "valid"}, notes=["a note"], samples=4, evaluated=3,
        missing={"s3": "cut off"}, paper=["h36m"]), **changes})


WEIGHTS = {"file": "w.h5", "md5": "0"}


def report_of(*scores, weights=WEIGHTS, **more):
    return make_report(scores, weights=weights) | more


def texts(path) -> str:
    return "\n".join(Elements(path.read_text("utf-8")).texts)


def test_the_page_has_the_reports_numbers_and_words(tmp_path):
    save_report(tmp_path, report_of(score_of()))
    assert read_report(tmp_path / "report.json")["scores"][0]["value"] == 70
    text = texts(tmp_path / "report.html")
    for wanted in ("MPJPE (mm)", "70.0", "published 67.3, ours +2.7", "60.1", "64.1", "-4.0",
                   "P-MPJPE", "50.2", "valid", "a note", "3 of 4 evaluated", "cut off", "w.h5"):
        assert wanted in text, wanted
    assert "<polyline" in (tmp_path / "report.html").read_text("utf-8")


@pytest.mark.parametrize("changes, wanted", [
    (dict(weights={"file": None}), "RANDOM"), (dict(status="partial"), "PARTIAL")])
def test_what_spoils_a_score_is_said(tmp_path, changes, wanted):
    save_report(tmp_path, report_of(score_of(value=None, blocks=[]), **changes))
    text = texts(tmp_path / "report.html")
    assert wanted in text and "nothing was evaluated" in text


def test_no_text_of_a_file_is_html(tmp_path):
    score = score_of(name=f"{NASTY} MPJPE", parts={NASTY: 1.0}, extras={NASTY: 1.0},
                     protocol={NASTY: NASTY}, notes=[NASTY], missing={NASTY: NASTY},
                     block_names=[NASTY] * 3)
    report = report_of(score, weights={"file": NASTY, "md5": NASTY}, config={NASTY: NASTY},
                       versions={NASTY: NASTY}, command=NASTY)
    for page in ({NASTY: (report, tmp_path)}, {NASTY: (report, tmp_path), "b": (report, tmp_path)}):
        write_report_page(tmp_path / "page.html", page)
        found = Elements((tmp_path / "page.html").read_text("utf-8"))
        assert "script" not in found.tags and sum(NASTY in text for text in found.texts) >= 8


def test_pictures_are_those_of_the_report(tmp_path):
    for name in ("mpii-best", "mpii-blocks", "old"):
        Image.new("RGB", (4, 4)).save(tmp_path / f"{name}.png")
    assert set(pictures_of({}, tmp_path)) == {"mpii-best.png", "old.png"}
    assert set(pictures_of({"plots": ["mpii-best.png", "mpii-blocks.png", "../x.png"]},
                           tmp_path)) == {"mpii-best.png"}


def test_two_reports_stand_side_by_side(tmp_path):
    for name, value in (("a", 70.0), ("b", 68.5)):
        save_report(tmp_path / name, report_of(score_of(value=value, protocol={"split": name})))
        Image.new("RGB", (4, 4)).save(tmp_path / name / "h36m-best.png")
    write_report_page(tmp_path / "both.html", {
        name: (read_report(tmp_path / name / "report.json"), tmp_path / name) for name in "ab"})
    text = texts(tmp_path / "both.html")
    assert "b - a" in text and "-1.50" in text and "differs: split: a a, b b" in text
    page = Elements((tmp_path / "both.html").read_text("utf-8"))
    assert page.tags.count("img") == 2 and page.tags.count("polyline") == 2
