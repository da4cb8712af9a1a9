import h5py
import numpy as np
import pytest

from deephar.checkpoints.legacy_file import Tensor, check_values, read_groups


def write(path, layers, encode=str.encode, parts=1):
    """A file of {layer: {weight: values}}; names as the encoder makes them."""
    with h5py.File(path, "w") as file:
        names = [encode(name) for name in layers]
        if parts == 1:
            file.attrs["layer_names"] = names
        else:
            for i, part in enumerate(np.array_split(np.arange(len(names)), parts)):
                file.attrs[f"layer_names{i}"] = [names[k] for k in part]
        for layer, weights in layers.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = [encode(name) for name in weights]
            for name, values in weights.items():
                group[name] = values


LAYERS = {
    "input_1": {},
    "Stem": {"conv2d_1/kernel:0": np.ones((1, 1, 3, 2), "float32"),
             "batch_normalization_1/moving_variance:0": np.ones(2, "float32")},
    "add_1": {},
    "out": {"out/kernel:0": np.zeros((1, 2), "float32")},
}


@pytest.mark.parametrize("parts", [1, 3])
@pytest.mark.parametrize("encode", [str.encode, str])
def test_groups_with_tensors_in_file_order(encode, parts, tmp_path):
    write(tmp_path / "w.h5", LAYERS, encode, parts)
    groups = read_groups(tmp_path / "w.h5")
    assert list(groups) == ["Stem", "out"]
    assert [(t.name, t.layer, t.kind, t.shape) for t in groups["Stem"]] == [
        ("conv2d_1/kernel:0", "conv2d_1", "kernel", (1, 1, 3, 2)),
        ("batch_normalization_1/moving_variance:0", "batch_normalization_1",
         "moving_variance", (2,))]
    np.testing.assert_array_equal(groups["out"][0].value, [[0, 0]])


def test_the_weights_of_a_whole_saved_model(tmp_path):
    write(tmp_path / "weights.h5", LAYERS)
    with (h5py.File(tmp_path / "weights.h5") as weights,
          h5py.File(tmp_path / "model.h5", "w") as model):
        weights.copy(weights["/"], model, "model_weights")
    assert list(read_groups(tmp_path / "model.h5")) == ["Stem", "out"]


def test_a_listed_layer_or_weight_that_is_not_there(tmp_path):
    write(tmp_path / "w.h5", LAYERS)
    with h5py.File(tmp_path / "w.h5", "r+") as file:
        del file["out/out/kernel:0"]
    with pytest.raises(ValueError, match="layer out lists out/kernel:0, but"):
        read_groups(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5", "r+") as file:
        del file["Stem"]
    with pytest.raises(ValueError, match="layer Stem is listed, but"):
        read_groups(tmp_path / "w.h5")


@pytest.mark.parametrize("values, message", [
    (np.array([1, np.nan], "float32"), "NaN or infinite"),
    (np.array([1, np.inf], "float32"), "NaN or infinite"),
    (np.array([1, -0.5], "float32"), "negative variance -0.5"),
    (np.array([1, 2]), "not floating-point numbers, but int64"),
])
def test_values_that_no_network_has(values, message, tmp_path):
    tensor = Tensor("bn/moving_variance:0", values)
    with pytest.raises(ValueError, match=rf"w.h5: layer Stem, bn/.*\(2,\).*{message}"):
        check_values(tmp_path / "w.h5", {"Stem": [tensor]})


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="w.h5: no such weight file"):
        read_groups(tmp_path / "w.h5")
