import re
import subprocess
import sys
from pathlib import Path

import pytest

from deephar.checkpoints.description import read_description, write_description
from deephar.checkpoints.table import ANNOTATIONS, CHECKPOINTS, checkpoint
from deephar.checkpoints.variants import VARIANTS
from deephar.data.labels import NTU_ACTIONS, PENN_ACTIONS

README = Path(__file__).parents[2] / "weights" / "README.md"
ENTRIES = pytest.mark.parametrize("entry", CHECKPOINTS.values(), ids=CHECKPOINTS)


@ENTRIES
def test_a_checksum_or_the_reason_for_none(entry):
    if entry.md5 is None:
        assert entry.no_md5
    else:
        assert re.fullmatch("[0-9a-f]{32}", entry.md5) and not entry.no_md5
        assert entry.url.endswith("/" + entry.file)
    assert entry.url.startswith("https://")


def test_no_two_entries_share_a_file():
    for field in ("file", "url"):
        assert len({getattr(e, field) for e in CHECKPOINTS.values()}) == 6
    assert len({e.md5 for e in CHECKPOINTS.values() if e.md5}) == 4


def test_annotations_have_checksums_and_places():
    for entry in ANNOTATIONS.values():
        assert "drive" in entry.url if entry.md5 is None else re.fullmatch(
            "[0-9a-f]{32}", entry.md5)
        assert not Path(entry.place).is_absolute() and ".." not in entry.place


def test_the_table_for_people_says_the_same():
    rows = {}
    for line in README.read_text("utf-8").splitlines():
        cells = [cell.strip(" `") for cell in line.split("|")[1:-1]]
        if cells and re.fullmatch("[a-z0-9]+_[a-z0-9_]+", cells[0]):
            rows[cells[0]] = cells
    assert set(rows) == {*CHECKPOINTS, *ANNOTATIONS, *VARIANTS}
    for key, entry in CHECKPOINTS.items():
        assert rows[key][1] == entry.file
        assert rows[key][2] == (entry.md5 or "none published")
        assert entry.expected.startswith(rows[key][6])
        weights_mb = entry.parameters * 4 / 1e6
        assert weights_mb < float(rows[key][3].split()[0]) < weights_mb + 5
    for key, entry in ANNOTATIONS.items():
        if entry.md5:
            assert rows[key][1].split("`")[0] == entry.url.split("/")[-1]
        assert rows[key][2:] == [entry.md5 or "none published", entry.place]


def test_an_unknown_key_lists_the_known():
    with pytest.raises(KeyError, match="'spnet'; there are mpii_reception2d, .*ntu_spnet"):
        checkpoint("spnet")


def test_the_table_is_light():
    code = ("import sys, deephar.checkpoints.table\n"
            "sys.exit(any(m in sys.modules for m in ('keras', 'tensorflow')))")
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_the_classes_have_their_names():
    """Nothing is guessed from the number of outputs."""
    named = {key: dict(e.description.actions) for key, e in CHECKPOINTS.items()}
    penn, ntu = {"pennaction": PENN_ACTIONS}, {"ntuaction": NTU_ACTIONS}
    assert named == {"mpii_reception2d": {}, "h36m_reception3d": {}, "penn_merge": penn,
                     "ntu_merge": ntu, "penn_spnet": penn, "ntu_spnet": ntu}


@ENTRIES
def test_an_entry_is_data(entry, tmp_path):
    """What a file keeps of it builds the same network."""
    write_description(tmp_path, entry.description)
    read = read_description(tmp_path)
    assert read.input_shape == entry.description.input_shape
    assert read.actions == entry.description.actions
    assert (read.layout, read.dataconf) == (entry.description.layout,
                                            entry.description.dataconf)


@pytest.mark.slow
@ENTRIES
def test_the_network_is_as_the_table_says(entry):
    model = entry.description.build()
    assert model.count_params() == entry.parameters
    assert model.input_shape[1:] == entry.description.input_shape
    shapes = {shape[1:] for shape in model.output_shape}
    for shape in shapes:
        assert str(shape).replace(",)", ")") in entry.outputs
