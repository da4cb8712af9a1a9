"""One entry per data set: it finds, opens and names what is on the disk."""
from pathlib import Path

import pytest

from deephar.cli.dataset import SETS
from deephar.data.labels import ACTION_SETS
from deephar.data.prepare import PREPARE
from deephar.data.synthetic import layouts
from deephar.data.table import DATASETS, dataset
from deephar.utils.modes import MODES
from deephar.utils.pose import POSE_LAYOUTS

README = (Path(__file__).parents[2] / "datasets" / "README.md").read_text("utf-8")


def test_every_set_is_everywhere():
    assert tuple(DATASETS) == SETS == (*PREPARE, "coco") == tuple(layouts.SETS)
    with pytest.raises(KeyError, match="'penn'; there are mpii, h36m, pennaction, ntu, coco"):
        dataset("penn")


@pytest.mark.parametrize("key", DATASETS)
def test_an_entry_hangs_together(key):
    entry = DATASETS[key]
    assert entry.tested in MODES
    assert len(entry.actions) == {"pennaction": 15, "ntu": 60}.get(key, 0)
    assert entry.action_set in ("", *ACTION_SETS)
    part = README[README.index(f"`datasets/{entry.folder}`"):].split("\n## ")[0]
    assert f"`{entry.images}/" in part and f"`{entry.annotations}" in part
    for variable in entry.splits.values():
        assert f"`{variable}`" in part
    if entry.frame:
        assert entry.frame.replace("{:0", "%0").replace("d}", "d") in part


def test_pictures():
    assert DATASETS["mpii"].picture("a.jpg") == "images/a.jpg"
    assert DATASETS["h36m"].picture("a02", 7.0) == "images/a02/00007.jpg"
    assert DATASETS["pennaction"].picture("0003", 7) == "frames/0003/000007.jpg"
    assert [entry.unit for entry in DATASETS.values()] == [
        "pictures", *3 * ["sequences"], "pictures"]


@pytest.mark.parametrize("key", DATASETS)
def test_pictures_by_themselves(key, golden_sets):
    data = DATASETS[key].open_single(golden_sets / DATASETS[key].folder)
    assert data.get_length(MODES[DATASETS[key].tested]) > 0
    assert data.poselayout in POSE_LAYOUTS.values() and data.get_shape("frame")[:1] == (256,)
    assert data.clip_length() is None


def test_a_renamed_folder_is_known_by_what_is_in_it(golden_sets, tmp_path):
    for key, entry in DATASETS.items():
        (tmp_path / key).symlink_to(golden_sets / entry.folder)
        found = [other for other in DATASETS if DATASETS[other].is_at(tmp_path / key)]
        assert found == [key]
