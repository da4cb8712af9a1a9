"""Every way in which a published file can be wrong has its own message.

It names the file, the layer and the shapes, and nothing is assigned.
"""
import h5py
import keras
import numpy as np
import pytest

from deephar.checkpoints import load_legacy_weights
from deephar.checkpoints.legacy import read_groups
from tests.fakes.weights import write_published
from tests.golden.cases import BUILDERS, write_file

# One group per layer; one group per sub-model, with automatic names inside.
FLAT, NESTED = "spnet2d_64px", "reception_64px"


@pytest.fixture(scope="module", params=[FLAT, NESTED])
def case(request, tmp_path_factory):
    """(name, a good file, a model that no bad file may change)."""
    path = write_file(request.param, tmp_path_factory.mktemp("good"))
    return request.param, path, BUILDERS[request.param]()


@pytest.fixture
def name(case):
    return case[0]


@pytest.fixture
def model(case):
    return case[2]


def read(path):
    return {layer: {tensor.name: tensor.value for tensor in tensors}
            for layer, tensors in read_groups(path).items()}


@pytest.fixture
def content(case):
    """{layer: {weight: value}} of the good file, to be spoilt."""
    return read(case[1])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "weights.h5"


def checksums(weights):
    return [float(np.sum(keras.ops.convert_to_numpy(w))) for w in weights]


def refuses(model, path, *texts):
    """Loading raises one error with all these texts and changes nothing."""
    before = checksums(model.weights[::9])
    with pytest.raises(ValueError) as error:
        load_legacy_weights(model, path)
    for text in (path, *texts):
        assert str(text) in str(error.value)
    assert checksums(model.weights[::9]) == before


def first(content, kind):
    """(layer, weight) of the first tensor of this kind."""
    return next((layer, weight) for layer, weights in content.items()
                for weight in weights if weight.endswith(f"/{kind}:0"))


def last_convolution(content):
    return [layer for layer, weights in content.items()
            if [value.ndim for value in weights.values()] == [4]][-1]


def renamed(content, old, new):
    return {new if layer == old else layer: weights for layer, weights in content.items()}


# === Files that are no files ===

def test_a_good_file_is_written_here(name, content, path):
    write_published(path, content)
    report = load_legacy_weights(BUILDERS[name](), path)
    assert not report.unused and not report.missing and not report.notes
    assert len(report.used + report.constant) == sum(map(len, content.values()))


def test_a_file_that_is_not_there(model, path):
    with pytest.raises(FileNotFoundError, match=str(path)):
        load_legacy_weights(model, path)


def test_an_empty_file(model, path):
    path.touch()
    refuses(model, path, "is empty")


def test_a_file_of_another_kind(model, path):
    path.write_bytes(b"<html>not found</html>")
    refuses(model, path, "is not an HDF5 file")


@pytest.mark.parametrize("part", [0.001, 0.3, 0.9, 0.99999])
def test_a_truncated_file(case, model, path, part):
    whole = case[1].read_bytes()
    path.write_bytes(whole[:int(part * len(whole))])
    refuses(model, path, "truncated")


def test_a_file_of_todays_keras(model, tmp_path):
    path = tmp_path / "a.weights.h5"
    model.save_weights(path)
    refuses(model, path, "not a Keras 2 weight file", "model.load_weights")


# === Values ===

@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_not_a_number(model, content, path, number):
    layer, weight = first(content, "beta")
    content[layer][weight][-1] = number
    write_published(path, content)
    refuses(model, path, layer, weight, content[layer][weight].shape, "NaN or infinite")


def test_a_negative_variance(model, content, path):
    layer, weight = first(content, "moving_variance")
    content[layer][weight][0] = -0.25
    write_published(path, content)
    refuses(model, path, layer, weight, content[layer][weight].shape,
            "negative variance -0.25")


def test_whole_numbers(model, content, path):
    layer, weight = first(content, "beta")
    content[layer][weight] = content[layer][weight].astype("int32")
    write_published(path, content)
    refuses(model, path, layer, weight, "int32")


# === Tensors that do not fit ===

def test_a_wrong_length(model, content, path):
    layer, weight = first(content, "moving_mean")
    shape = content[layer][weight].shape
    content[layer][weight] = content[layer][weight][:-1]
    write_published(path, content)
    refuses(model, path, layer, weight, shape, (shape[0] - 1,), "other shapes")


def test_a_transposed_kernel(model, content, path):
    layer, weight = first(content, "kernel")
    shape = content[layer][weight].shape
    content[layer][weight] = content[layer][weight].transpose(0, 1, 3, 2)
    write_published(path, content)
    refuses(model, path, layer, weight, shape, content[layer][weight].shape,
            "other shapes")


def test_a_missing_layer(model, content, path):
    layer = last_convolution(content)
    (value,) = content.pop(layer).values()
    write_published(path, content)
    refuses(model, path, f"layer {layer} is missing", f"kernel {value.shape}")


def test_a_missing_weight(model, content, path):
    layer, _ = first(content, "beta")
    count = len(content[layer])
    weight, value = content[layer].popitem()
    write_published(path, content)
    refuses(model, path, f"layer {layer}: the file has {count - 1} tensors, the model "
            f"{count}", f"{weight.split('/')[-1].split(':')[0]} {value.shape}")


@pytest.mark.parametrize("what", ["layer", "weight"])
def test_what_is_listed_only(model, content, path, what):
    write_published(path, content)
    layer, weight = first(content, "beta")
    with h5py.File(path, "a") as file:
        del file[layer if what == "layer" else f"{layer}/{weight}"]
    refuses(model, path, f"layer {layer}", "is not there",
            layer if what == "layer" else weight)


def test_a_renamed_layer(model, content, path):
    layer = last_convolution(content)
    (value,) = content[layer].values()
    write_published(path, renamed(content, layer, "another"))
    refuses(model, path, f"layer {layer} is missing", "renamed? another",
            "layer another of the file is not in the model", value.shape)


@pytest.mark.parametrize("listed", [True, False])
def test_an_extra_layer(model, content, path, listed):
    extra = {"extra": {"extra/kernel:0": np.zeros((2, 3))}}
    write_published(path, {**content, **extra} if listed else content)
    if not listed:
        with h5py.File(path, "a") as file:
            file["extra/extra/kernel:0"] = np.zeros((2, 3))
    refuses(model, path, "extra/kernel:0", "(2, 3)")


@pytest.mark.parametrize("listed", [True, False])
def test_an_extra_weight(model, content, path, listed):
    layer, _ = first(content, "beta")
    if listed:
        content[layer]["extra/kernel:0"] = np.zeros((2, 3))
    write_published(path, content)
    if not listed:
        with h5py.File(path, "a") as file:
            file[f"{layer}/extra/kernel:0"] = np.zeros((2, 3))
    refuses(model, path, layer, "extra/kernel:0", "(2, 3)")


def test_a_file_of_another_network(model, name, tmp_path):
    other = write_file(NESTED if name == FLAT else FLAT, tmp_path)
    refuses(model, other, f"does not fit the model {model.name}; nothing was loaded",
            "is missing in the file")


def test_kinds_in_another_order(model, content, path):
    """Beta where the mean must be: the same shape, another name."""
    layer, beta = first(content, "beta")
    mean = beta.replace("beta", "moving_mean")
    swap = {beta: mean, mean: beta}
    content[layer] = {swap.get(weight, weight): content[layer][swap.get(weight, weight)]
                      for weight in content[layer]}
    write_published(path, content)
    refuses(model, path, f"layer {layer}: ", "other kinds of weights", mean,
            f"beta {content[layer][beta].shape}")


def test_the_tensors_of_two_layers_mixed(path):
    """Equal shapes and kinds, but one layer's beta beside another's mean."""
    write_file(NESTED, path.parent).rename(path)
    content = read(path)
    block = content["rBlock1"]
    one, *others = [w for w in block if w.endswith("beta:0")]
    other = next(w for w in others if block[w].shape == block[one].shape)
    swap = {one: other, other: one}
    content["rBlock1"] = {swap.get(w, w): block[swap.get(w, w)] for w in block}
    write_published(path, content)
    refuses(BUILDERS[NESTED](), path, "layer rBlock1: ", "other layers")


# === Constants ===

def first_ramp(content):
    """(layer, weight) of the first ramp of x."""
    for layer, weights in content.items():
        for weight, value in weights.items():
            if (weight.endswith("/depthwise_kernel:0") and value.shape[0] > 5
                    and np.ptp(value[0, :, 0, 0]) == 1):
                return layer, weight
    raise LookupError("no ramp")


def test_a_ramp_that_is_none(model, content, path):
    layer, weight = first_ramp(content)
    content[layer][weight][1, 1, 0, 0] += 0.01
    write_published(path, content)
    refuses(model, path, "the ramp of x is not the same in all rows")


def test_no_identity_beside_the_ramp(model, content, path):
    layer, weight = first_ramp(content)
    content[layer][weight.replace("depthwise", "pointwise")][0, 0, 0, 1] = 0.01
    write_published(path, content)
    refuses(model, path, "beside a ramp is not the identity")


def test_a_ramp_of_bin_centres_is_taken(name, content, path):
    layer, weight = first_ramp(content)
    columns = content[layer][weight].shape[1]
    centres = (np.arange(columns) + 0.5) / columns
    content[layer][weight][:] = centres[:, None, None]
    write_published(path, content)
    (note,) = load_legacy_weights(BUILDERS[name](), path).notes
    assert f"takes the file's ramp_x, {centres[0]:.6g} to {centres[-1]:.6g}" in note


# === If the caller asks for less ===

def test_not_strict_loads_the_rest_and_tells(name, content, path):
    full = BUILDERS[name]()
    write_published(path, content)
    good = load_legacy_weights(full, path)
    layer = last_convolution(content)
    write_published(path, renamed(content, layer, "another"))
    model = BUILDERS[name]()
    fresh = checksums(model.weights)
    report = load_legacy_weights(model, path, strict=False)
    assert [t.split("/")[0] for t in report.unused] == ["another"]
    assert [t.split("/")[0] for t in report.missing] == [layer]
    assert len(report.used) == len(good.used) - 1 and report.constant == good.constant
    assert "1 unused, 1 missing" in str(report)
    now, loaded = checksums(model.weights), checksums(full.weights)
    (left_alone,) = [i for i in range(len(now)) if now[i] != loaded[i]]
    assert now[left_alone] == fresh[left_alone]
    assert model.weights[left_alone].path.endswith("/kernel")
