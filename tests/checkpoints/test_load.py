import hashlib
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from deephar.checkpoints import CHECKPOINTS, convert, load_checkpoint
from deephar.checkpoints.description import describe_spnet, write_description
from deephar.checkpoints.legacy import slots_of
from deephar.checkpoints.load import find_file, hdf5_fault, load_weights
from deephar.layers import SoftArgmax2D
from deephar.models import linear, temporal
from tests.fakes.server import serving
from tests.fakes.weights import assert_same, content_of, filled, small, write_published
from tests.golden import cases


def names(folder):
    return sorted(path.name for path in folder.rglob("*"))


@pytest.fixture
def server():
    with serving() as it:
        yield it


@pytest.fixture
def penn(monkeypatch):
    """The entry `penn_spnet`, with a small network."""
    entry = replace(CHECKPOINTS["penn_spnet"], description=SimpleNamespace(build=small))
    monkeypatch.setitem(CHECKPOINTS, "penn_spnet", entry)
    return entry


def test_a_published_name_finds_its_file(penn, tmp_path):
    write_published(tmp_path / penn.file, content_of(filled()))
    assert_same(load_checkpoint("penn_spnet", tmp_path), filled())
    assert names(tmp_path) == [penn.file]


def test_a_missing_file_is_downloaded(penn, server, tmp_path, monkeypatch):
    write_published(tmp_path / "source", content_of(filled()))
    server.content = (tmp_path / "source").read_bytes()
    md5 = hashlib.md5(server.content).hexdigest()
    monkeypatch.setitem(CHECKPOINTS, "penn_spnet",
                        replace(penn, url=server.url(), md5=md5))
    seen = []
    model = load_checkpoint("penn_spnet", tmp_path / "w",
                            progress=lambda *state: seen.append(state))
    assert_same(model, filled())
    assert seen[-1] == (len(server.content),) * 2


def test_a_file_with_the_wrong_checksum_is_never_used(
        penn, server, tmp_path, monkeypatch):
    path = tmp_path / penn.file
    write_published(path, content_of(filled()))
    server.content = path.read_bytes() + b"more"
    monkeypatch.setitem(CHECKPOINTS, "penn_spnet", replace(
        penn, url=server.url(), md5=hashlib.md5(b"another").hexdigest()))
    with pytest.raises(OSError, match="in place of .* and was deleted"):
        load_checkpoint("penn_spnet", tmp_path)
    assert names(tmp_path) == []


def test_a_web_page_is_no_weight_file(penn, server, tmp_path):
    server.content = b"<html>"
    with pytest.raises(OSError, match="is no HDF5 file .it starts with b'<html>'"):
        find_file(replace(penn, url=server.url()), tmp_path)
    assert names(tmp_path) == []


def test_a_truncated_file_without_a_checksum_is_replaced(penn, server, tmp_path):
    path = tmp_path / penn.file
    write_published(path, content_of(filled()))
    server.content = path.read_bytes()
    path.write_bytes(server.content[:-100])
    assert "truncated" in hdf5_fault(path)
    find_file(replace(penn, url=server.url()), tmp_path)
    assert path.read_bytes() == server.content


@pytest.mark.parametrize("name", ["penn_spnet.weights.h5", "penn_spnet.keras"])
def test_convert_and_back(penn, tmp_path, name):
    write_published(tmp_path / penn.file, content_of(filled()))
    report = convert(tmp_path / penn.file, tmp_path / name, "penn_spnet")
    assert len(report.used) == len(small().weights)
    assert_same(load_checkpoint(tmp_path / name), filled())
    assert names(tmp_path) == sorted([penn.file, name])


def test_convert_leaves_nothing_of_a_bad_file(penn, tmp_path):
    (tmp_path / "in.h5").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="in.h5"):
        convert(tmp_path / "in.h5", tmp_path / "out.weights.h5", "penn_spnet")
    with pytest.raises(ValueError, match="must end in .weights.h5 or .keras, got .*out.h5"):
        convert(tmp_path / "in.h5", tmp_path / "out.h5", "penn_spnet")
    assert names(tmp_path) == ["in.h5"]


def test_own_weights_both_ways(penn, tmp_path):
    path = tmp_path / "mine.weights.h5"
    filled(1).save_weights(path)
    assert_same(load_checkpoint(path, model="penn_spnet"), filled(1))
    with pytest.raises(ValueError, match="mine.weights.h5 does not tell .* give model"):
        load_checkpoint(path)


def test_a_published_file_elsewhere(penn, tmp_path):
    path = tmp_path / "renamed.h5"
    write_published(path, content_of(filled(2)))
    assert_same(load_checkpoint(path, model="penn_spnet"), filled(2))


@pytest.mark.filterwarnings("ignore:Skipping nested container")     # Keras, then our error
def test_weights_of_another_network(penn, tmp_path):
    path = tmp_path / "penn_spnet.weights.h5"
    more = keras.Sequential([small(), keras.layers.Dense(3)])
    more.save_weights(path)
    with pytest.raises(ValueError, match="holds 10 weights, small has 8: it belongs to an"):
        load_checkpoint(path)
    small(units=4).save_weights(path)
    with pytest.raises(ValueError):
        load_checkpoint(path)


@pytest.mark.parametrize("name", ["penn_spnet.weights.h5", "penn_spnet.keras"])
def test_broken_files_of_our_own(penn, tmp_path, name):
    model = filled()
    path = tmp_path / name
    model.save(path) if name.endswith(".keras") else model.save_weights(path)
    content = path.read_bytes()
    for broken in (b"", b"nonsense", content[:len(content) // 2]):
        path.write_bytes(broken)
        with pytest.raises(ValueError, match=f"{name} is "):
            load_checkpoint(path)


def test_a_name_that_is_nothing():
    with pytest.raises(FileNotFoundError, match="no file, no folder and .* are mpii_rec"):
        load_checkpoint("penn")


def test_the_folder_of_a_run(tmp_path):
    description = describe_spnet(
        cases.TRAINED_SPNET, CHECKPOINTS["penn_spnet"].description.dataconf, {"five": tuple("abcde")})
    model = description.build()
    write_description(tmp_path, description)
    model.save_weights(tmp_path / "best.weights.h5")
    assert_same(load_checkpoint(tmp_path), model)


def test_ramps_of_a_published_file_are_kept(tmp_path):
    """They are no weights, but `.weights.h5` files hold them."""
    model, other = (cases.BUILDERS["spnet2d_64px"]() for _ in range(2))
    ramp = lambda m: next(x for x in m.layers if isinstance(x, SoftArgmax2D))
    columns = ramp(model).input.shape[2]
    ramp(model).set_ramps(ramp_x=(np.arange(columns) + 0.5) / columns)
    path = tmp_path / "a.weights.h5"
    model.save_weights(path)
    load_weights(other, path)
    assert ramp(other).ramp_x == ramp(model).ramp_x
    assert_same(other, model)


@pytest.mark.slow
@pytest.mark.parametrize("key", [key for key in CHECKPOINTS if key in cases.BUILDERS])
def test_published_files_load_quickly_and_whatever_is_frozen(key, tmp_path):
    path = cases.write_file(key, tmp_path)
    model, frozen = (CHECKPOINTS[key].description.build() for _ in range(2))
    start = time.perf_counter()
    load_weights(model, path)
    assert time.perf_counter() - start < 5
    frozen.trainable = False
    load_weights(frozen, path)
    for slot, other in zip(slots_of(model), slots_of(frozen), strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(slot.variable),
                                      keras.ops.convert_to_numpy(other.variable))


@pytest.mark.slow
def test_a_fresh_process_reads_keras_files(tmp_path):
    """Nothing but `load_checkpoint` makes the layers known there."""
    builders = [cases.BUILDERS["spnet2d_64px"], lambda: temporal.build((3,), channels=8),
                lambda: linear.build(4, 6, units=8)]
    models = [build() for build in builders]
    for i, model in enumerate(models):
        model.save(tmp_path / f"{i}.keras")
    code = ("import pathlib\n"
            "from deephar.checkpoints import load_checkpoint\n"
            f"for path in pathlib.Path({str(tmp_path)!r}).glob('*.keras'):\n"
            "    load_checkpoint(path).save_weights(path.with_suffix('.weights.h5'))")
    subprocess.run([sys.executable, "-c", code], check=True)
    for i, (build, model) in enumerate(zip(builders, models)):
        other = build()
        load_weights(other, tmp_path / f"{i}.weights.h5")
        assert_same(other, model)
