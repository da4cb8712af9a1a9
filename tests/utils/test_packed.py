"""Packs that are cut off, changed or strange."""
import json

import pytest

from deephar.data.pack import pack
from deephar.utils.places import place
from tests.data.conftest import golden_sets  # noqa: F401

pytest.importorskip("array_record")


@pytest.fixture
def packed(golden_sets, tmp_path):
    pack("mpii", golden_sets / "MPII", tmp_path / "MPII")
    return tmp_path / "MPII"


def read(folder):
    return (place(folder) / "annotations.mat").read_bytes()


def test_a_name_is_found_or_not(packed, golden_sets):
    assert read(packed) == (golden_sets / "MPII/annotations.mat").read_bytes()
    with pytest.raises(FileNotFoundError, match="MPII/nothing: no such file in the pack"):
        (place(packed) / "nothing").read_bytes()
    assert place(packed).store.names("") == ["annotations.mat"]


def test_a_shard_cut_off(packed):
    shard = packed / "00000.array_record"
    shard.write_bytes(shard.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"00000.array_record is damaged \(it has \d+ of \d+"):
        read(packed)


def test_a_shard_that_changed(packed):
    shard = packed / "00000.array_record"
    content = bytearray(shard.read_bytes())
    content[200:300] = bytes(100)
    shard.write_bytes(content)
    with pytest.raises(ValueError, match="00000.array_record is damaged"):
        read(packed)


@pytest.mark.parametrize("file, match", [
    ("00000.array_record", "lacks this file"), ("index.npy", "lacks this file")])
def test_a_file_that_is_missing(packed, file, match):
    (packed / file).unlink()
    with pytest.raises(FileNotFoundError, match=match):
        read(packed)


@pytest.mark.parametrize("change", [{"shards": 1}, {"files": None}, {"index_bytes": "x"}])
def test_a_list_that_is_none(packed, change):
    facts = json.loads((packed / "pack.json").read_text())
    (packed / "pack.json").write_text(json.dumps(facts | change))
    with pytest.raises(ValueError, match="pack.json is damaged"):
        read(packed)
