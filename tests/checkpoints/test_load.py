import hashlib
from dataclasses import replace

import h5py
import keras
import numpy as np
import pytest

from deephar.checkpoints import CHECKPOINTS, convert, load_checkpoint
from deephar.checkpoints.load import find_file
from tests.checkpoints.test_download import CONTENT, names, server      # noqa: F401


def small(units=3):
    """A network that stands for a published one."""
    inputs = keras.Input((4,))
    x = keras.layers.Dense(5, name="a")(inputs)
    x = keras.layers.BatchNormalization(name="b")(x)
    return keras.Model(inputs, keras.layers.Dense(units, name="c")(x), name="small")


def filled(seed=0):
    model = small()
    rng = np.random.default_rng(seed)
    model.set_weights([rng.random(w.shape) for w in model.weights])
    return model


def write_published(model, path):
    """`model`'s weights in the layout of the published files."""
    with h5py.File(path, "w") as file:
        layers = [layer for layer in model.layers if layer.weights]
        file.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        for layer in layers:
            group = file.create_group(layer.name)
            names = [f"{layer.name}/{w.name}:0" for w in layer.weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, weight in zip(names, layer.weights):
                group[name] = weight.numpy()


def assert_same(model, other):
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture
def penn(monkeypatch):
    """The entry `penn_spnet`, with a small network."""
    entry = replace(CHECKPOINTS["penn_spnet"], build=small)
    monkeypatch.setitem(CHECKPOINTS, "penn_spnet", entry)
    return entry


def test_a_published_name_finds_its_file(penn, tmp_path):
    write_published(filled(), tmp_path / penn.file)
    assert_same(load_checkpoint("penn_spnet", tmp_path), filled())
    assert names(tmp_path) == [penn.file]


def test_a_missing_file_is_downloaded(penn, server, tmp_path, monkeypatch):    # noqa: F811
    write_published(filled(), tmp_path / "source")
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
        penn, server, tmp_path, monkeypatch):                   # noqa: F811
    path = tmp_path / penn.file
    write_published(filled(), path)
    server.content = path.read_bytes() + b"more"
    monkeypatch.setitem(CHECKPOINTS, "penn_spnet", replace(
        penn, url=server.url(), md5=hashlib.md5(b"another").hexdigest()))
    with pytest.raises(OSError, match="in place of .* and was deleted"):
        load_checkpoint("penn_spnet", tmp_path)
    assert names(tmp_path) == []


def test_a_web_page_is_no_weight_file(penn, server, tmp_path):      # noqa: F811
    server.content = b"<html>"
    with pytest.raises(OSError, match="a file of another kind"):
        find_file(replace(penn, url=server.url()), tmp_path)


@pytest.mark.parametrize("name", ["penn_spnet.weights.h5", "penn_spnet.keras"])
def test_convert_and_back(penn, tmp_path, name):
    write_published(filled(), tmp_path / penn.file)
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
    write_published(filled(2), path)
    assert_same(load_checkpoint(path, model="penn_spnet"), filled(2))


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
        with pytest.raises(ValueError, match=f"{name} is not a whole"):
            load_checkpoint(path)


def test_a_name_that_is_nothing():
    with pytest.raises(FileNotFoundError, match="no file, no folder and .*there are mpii_r"):
        load_checkpoint("penn")
