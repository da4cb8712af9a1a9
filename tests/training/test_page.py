"""The page of a run: readable from its first state on, and nobody else's HTML."""
import pytest
from PIL import Image

from deephar.training.page import write_run_page
from deephar.training.samples import save_samples
from deephar.training.logs import append_row
from deephar.utils.files import write_json
from tests.utils.test_page import NASTY, Elements


@pytest.fixture
def folder(tmp_path):
    write_json(tmp_path / "config.json", {
        "config": {"epochs": 3, "weights": NASTY}, "command": ["train.py", NASTY],
        "started": "now", "versions": {"keras": NASTY}})
    return tmp_path


def page_of(folder) -> Elements:
    write_run_page(folder)
    return Elements((folder / "run.html").read_text("utf-8"))


def test_from_the_first_second(folder):
    page = page_of(folder)
    text = "\n".join(page.texts)
    assert "0 epochs are over of 3" in text and "No epoch is over yet" in text
    assert "script" not in page.tags and text.count(NASTY) == 3


def test_what_came_so_far(folder):
    for step in range(1, 5):
        append_row(folder / "steps.csv", {"step": step, "epoch": 0, "loss": 1 / step,
                                          "lr": 0.1})
    append_row(folder / "epochs.csv", {"step": 4, "epoch": 1, "loss": 0.5, "mpii/pckh": 7.25,
                                       "images_per_s": 31.0})
    append_row(folder / "scores.csv", {"step": 4, "epoch": 1, "mpii/pckh": 7.25})
    (folder / "log.txt").write_text(f"begun {NASTY}")
    for epoch in (1, 2):
        save_samples(folder, "mpii", epoch, Image.new("RGB", (8, 8)))
    page = page_of(folder)
    text = "\n".join(page.texts)
    assert "1 epochs are over of 3; step 4; 31 images per second" in text
    assert "mpii/pckh" in text and "7.25" in text and f"begun {NASTY}" in text
    assert text.index("after epoch 2") < text.index("after epoch 1")
    assert page.tags.count("img") == 2
    assert page.tags.count("polyline") == 4             # loss, score, rate, speed


def test_long_tables_are_not_read(folder, monkeypatch):
    append_row(folder / "steps.csv", {"step": 1, "loss": 1.0})
    append_row(folder / "epochs.csv", {"step": 9, "epoch": 1, "loss": 0.5})
    monkeypatch.setattr("deephar.training.page.LARGEST_TABLE", 4)
    assert "; step 9" in "\n".join(page_of(folder).texts)


def test_another_folder_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("[1]")
    with pytest.raises(ValueError, match="config.json is damaged"):
        write_run_page(tmp_path)
