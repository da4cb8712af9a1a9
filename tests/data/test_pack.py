"""A packed data set gives the batches of the plain one, bit for bit."""
import json
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from deephar.cli import main
from deephar.config import (
    human36m_dataconf, mpii_sp_dataconf, ntu_dataconf, pennaction_dataconf)
from deephar.data import BatchLoader
from deephar.data.check import check
from deephar.data.folders import LIST, ActionFolders
from deephar.data.locate import locate
from deephar.data.pack import pack
from deephar.data.table import DATASETS
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.places import place
from tests.fakes.datasets import coco_person, write_coco
from tests.fakes.locks import taken
from tests.fakes.owners import write_jpeg

pytest.importorskip("array_record")

CONFS = {"mpii": mpii_sp_dataconf, "h36m": human36m_dataconf,
         "pennaction": pennaction_dataconf, "ntu": ntu_dataconf, "coco": mpii_sp_dataconf}
PICTURES_ALONE = ("mpii", "coco")


@pytest.fixture(scope="module")
def packed(golden_sets, tmp_path_factory):
    """A data root whose sets are packed, in shards of few pictures."""
    root = tmp_path_factory.mktemp("packed")
    for name in CONFS:
        entry = DATASETS[name]
        pack(name, golden_sets / entry.folder, root / entry.folder,
             shard_bytes=1_000 if name == "coco" else 100_000)
    return root


def batches(data: str, name: str):
    """A mixed training batch and a test batch of single pictures."""
    entry = DATASETS[name]
    clips = {} if name in PICTURES_ALONE else {"clip_size": 4}
    dataset = entry.opener(locate(data, name), CONFS[name], **clips)
    yield BatchLoader(dataset, ["frame"], ["pose", "afmat"], TRAIN_MODE, 3, seed=5).batch(2)
    tested = {"test": TEST_MODE, "valid": VALID_MODE}[entry.tested]
    single = entry.open_single(locate(data, name))
    yield BatchLoader(single, ["frame"], ["pose"], tested, 2, shuffle=False).batch(0)


@pytest.mark.parametrize("name", CONFS)
def test_batches_are_those_of_the_plain_folder(golden_sets, packed, name):
    assert len(list((packed / DATASETS[name].folder).glob("*.array_record"))) > 1
    for plain, other in zip(batches(str(golden_sets), name), batches(str(packed), name)):
        for a, b in zip(sum(plain, []), sum(other, []), strict=True):
            np.testing.assert_array_equal(a, b)


def test_coco_with_all_pictures_in_one_folder(tmp_path):
    folder = write_coco(tmp_path / "plain", [coco_person(1)])
    (folder / "images").mkdir()
    for split in ("train", "val"):
        (folder / f"{split}2017" / f"{split}1.jpg").rename(folder / "images" / f"{split}1.jpg")
        (folder / f"{split}2017").rmdir()
    assert pack("coco", folder, tmp_path / "packed").pictures == 2
    one, other = (DATASETS["coco"].open_single(f).get_data(0, VALID_MODE)
                  for f in (folder, tmp_path / "packed"))
    np.testing.assert_array_equal(one["frame"], other["frame"])


def test_own_folders(tmp_path, capsys):
    """Classes, order and batches; without its list a pack is nothing."""
    folder, out = tmp_path / "mine", tmp_path / "packed"
    for number, video in enumerate(("train/wave/a", "train/wave/b", "train/jump/c",
                                    "test/wave/d")):
        for frame in (1, 2, 9, 10, 11):
            write_jpeg(folder / video / f"{frame}.jpg", 20 * frame + number)
    assert main(["dataset", "pack", "own", str(out), "--data", str(folder)]) == 0
    assert "20 pictures and 1 annotation files in 1 shards" in capsys.readouterr().out
    one, other = (ActionFolders(f, CONFS["pennaction"], clip_size=4) for f in (folder, out))
    assert one.action_labels == other.action_labels == ["jump", "wave"]
    x, y = (BatchLoader(videos, ["frame"], ["action"], TRAIN_MODE, 3, seed=5).batch(1)
            for videos in (one, other))
    for a, b in zip(sum(x, []), sum(y, []), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(*(videos.get_data(0, TEST_MODE)["frame"]
                                    for videos in (one, other)))
    with pytest.raises(ValueError, match=f"has no {LIST}.*dataset pack own"):
        ActionFolders(place(out) / "train", CONFS["pennaction"])


def test_a_packed_set_goes_to_other_threads_and_processes(golden_sets, packed):
    folder = pickle.loads(pickle.dumps(place(packed / "PennAction") / "frames"))
    names = [f"0001/{i:06d}.jpg" for i in range(1, 21)] * 20
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda name: (folder / name).read_bytes(), names))
    assert found == [(golden_sets / "PennAction/frames" / name).read_bytes()
                     for name in names]


@pytest.mark.parametrize("name", ["mpii", "ntu", "coco"])
def test_check_reads_all_of_a_pack(packed, name):
    found = check(name, packed / DATASETS[name].folder)
    assert found.ok and found.facts


def test_the_command(golden_sets, tmp_path, capsys):
    out = tmp_path / "MPII"
    with taken(out):
        assert main(["dataset", "pack", "mpii", str(out), "--data", str(golden_sets)]) == 2
    assert f"{out} is in use by process 7" in capsys.readouterr().err
    assert main(["dataset", "pack", "mpii", str(out), "--data", str(golden_sets)]) == 0
    assert "10 pictures and 1 annotation files in 1 shards" in capsys.readouterr().out
    assert main(["dataset", "pack", "mpii", str(out), "--data", str(golden_sets)]) == 2
    assert "holds a packed data set" in capsys.readouterr().err
    for folder, drawn in ((out, "packed.png"), (golden_sets / "MPII", "plain.png")):
        assert main(["dataset", "show", "mpii", str(folder), "--out",
                     str(tmp_path / drawn)]) == 0
    assert (tmp_path / "packed.png").read_bytes() == (tmp_path / "plain.png").read_bytes()


def test_missing_pictures_are_counted_and_stay_missing(golden_sets, tmp_path):
    source = tmp_path / "plain"
    (source / "images").mkdir(parents=True)
    (source / "annotations.mat").write_bytes(
        (golden_sets / "MPII/annotations.mat").read_bytes())
    found = pack("mpii", source, tmp_path / "MPII")
    assert (found.pictures, found.missing) == (0, 10)
    dataset = DATASETS["mpii"].open_single(tmp_path / "MPII")
    with pytest.raises(FileNotFoundError, match="t000.*no such file in the pack"):
        dataset.get_data(0, TRAIN_MODE)


@pytest.mark.slow
def test_sixty_thousand_sequences_start_at_once(tmp_path):
    said = subprocess.run([sys.executable, "-m", "tests.data.measure_packed", "start", tmp_path],
                          check=True, capture_output=True, text=True).stdout
    facts = json.loads(said.splitlines()[-1])
    assert facts["frames"] == 60_000 * 84 and facts["found"]
    assert facts["seconds"] < 5 and facts["peak_mb"] < 1000
