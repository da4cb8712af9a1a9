import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from deephar.config import DataConfig
from deephar.data import BatchLoader, MpiiSinglePerson
from deephar.data.pipeline import shard_rows, stream
from deephar.utils import TRAIN_MODE, VALID_MODE
from tests.fakes.datasets import mpii_person, write_mpii

CONF = DataConfig(crop_resolution=(32, 32), angles=range(-40, 41, 5), scales=(0.7, 1, 1.3))


@pytest.fixture(scope="module")
def mpii(tmp_path_factory):
    folder = write_mpii(tmp_path_factory.mktemp("mpii"), [(mpii_person(),)] * 10)
    return MpiiSinglePerson(folder, CONF)


@pytest.fixture
def train(mpii):
    return BatchLoader(mpii, ["frame"], ["pose"], TRAIN_MODE, batch_size=4, num_predictions=2)


@pytest.fixture
def valid(mpii):
    return BatchLoader(mpii, ["frame"], ["pose", "afmat"], VALID_MODE, batch_size=4,
                       shuffle=False)


def batches(loader, **options):
    return [[array.numpy() for array in x + y] for x, y in stream(loader, **options)]


def assert_same(a, b):
    assert len(a) == len(b)
    for arrays, others in zip(a, b):
        assert len(arrays) == len(others)
        for array, other in zip(arrays, others):
            np.testing.assert_array_equal(array, other)


def test_workers_and_restarts_change_nothing(train):
    """Five batches are more than an epoch of three."""
    straight = [[array.astype(np.float32) for array in x + y]
                for x, y in (train.batch(n) for n in range(5))]
    for workers in (0, 1, 4):
        assert_same(batches(train, count=5, workers=workers), straight)
    assert_same(batches(train, count=5, processes=True), straight)
    assert_same(batches(train, start=2, count=3), straight[2:])


def test_without_end(train):
    for number, (x, y) in enumerate(stream(train, start=7)):
        if number == 8:
            break
    np.testing.assert_array_equal(x[0], train.batch(15)[0][0])


def test_structure_and_shapes(train, valid):
    x, y = stream(train).element_spec
    assert [s.shape for s in x] == [(4, 32, 32, 3)] and [s.shape for s in y] == [(4, 16, 3)] * 2
    x, y = stream(valid).element_spec
    assert x[0].shape.as_list() == [None, 32, 32, 3] and y[1].shape.as_list() == [None, 3, 3]


def test_an_evaluation_has_every_sample_once(valid):
    sizes = [len(arrays[0]) for arrays in batches(valid, count=len(valid))]
    assert sizes == [4, 4, 2]


@pytest.mark.parametrize("kind", ["train", "valid"])
def test_shards_are_slices_of_the_batches(kind, request):
    loader = request.getfixturevalue(kind)
    whole = batches(loader, count=3)
    for n in (2, 4):        # 4: the last batch of the evaluation has 2 rows
        parts = [batches(loader, count=3, shard=(k, n)) for k in range(n)]
        joined = [[np.concatenate(pair) for pair in zip(*slices)] for slices in zip(*parts)]
        assert_same(joined, whole)
    assert [list(shard_rows(5, (k, 2))) for k in range(2)] == [[0, 1], [2, 3, 4]]


def test_bad_settings(train):
    with pytest.raises(ValueError, match="cannot be cut into 3 equal"):
        stream(train, shard=(0, 3))
    with pytest.raises(ValueError, match=r"0 <= k < n, got \(2, 2\)"):
        stream(train, shard=(2, 2))
    with pytest.raises(ValueError, match="must not be negative, got -1"):
        stream(train, start=-1)


def test_a_broken_picture_names_itself(tmp_path):
    mpii = MpiiSinglePerson(write_mpii(tmp_path), CONF)
    (tmp_path / "images" / "v0.jpg").write_bytes(b"")
    loader = BatchLoader(mpii, ["frame"], ["pose"], VALID_MODE, 1, shuffle=False)
    with pytest.raises(Exception, match="v0.jpg cannot be read as a picture"):
        batches(loader, count=1)


MEMORY = """
import sys
from deephar.config import mpii_sp_dataconf
from deephar.data import BatchLoader, MpiiSinglePerson
from deephar.data.pipeline import stream
from deephar.utils import VALID_MODE
from deephar.utils.timing import peak_memory_mb
mpii = MpiiSinglePerson(sys.argv[1], mpii_sp_dataconf)
loader = BatchLoader(mpii, ["frame"], ["pose"], VALID_MODE, 24, shuffle=False)
count = sum(len(x[0]) for x, _ in stream(loader, count=len(loader)))
print(count, int(peak_memory_mb()))
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_set(tmp_path):
    """3,000 crops of 256 x 256 would be 2.4 GB as float32."""
    write_mpii(tmp_path, [(mpii_person(),) * 300] * 10)
    out = subprocess.run([sys.executable, "-c", MEMORY, str(tmp_path)], check=True,
                         capture_output=True, text=True,
                         cwd=Path(__file__).parent.parent.parent).stdout.split()
    print("images, MB:", out)
    assert int(out[0]) == 3000 and int(out[1]) < 1500
