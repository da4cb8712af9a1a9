import h5py
import numpy as np
import pytest

from deephar.checkpoints.legacy import load_legacy_weights
from deephar.models import reception
from tests.golden import cases, legacy_weights
from tests.numbers import DEEP, assert_close

pytestmark = pytest.mark.numeric

NAME = "reception_64px"
X = "sSAM/custom_sam_0/depthwise_kernel:0"
CENTRES = ((np.arange(8) + 0.5) / 8).astype("float32")


@pytest.fixture
def file(tmp_path):
    return cases.write_file(NAME, tmp_path)


def edit(path, name, change):
    with h5py.File(path, "r+") as file:
        values = file[name][()]
        change(values)
        file[name][...] = values


def set_centres(values):
    values[...] = CENTRES[None, :, None, None]


def test_the_layer_takes_an_old_files_ramp(file, tmp_path):
    model = cases.BUILDERS[NAME]()
    pictures = legacy_weights.images((2, 64, 64, 3), 1)
    load_legacy_weights(model, file)
    today = cases.answers(model, pictures)[0]
    edit(file, X, set_centres)
    report = load_legacy_weights(model, file)
    assert report.notes == ["layer sSAM takes the file's ramp_x, 0.0625 to 0.9375, "
                            "instead of the default"]
    np.testing.assert_allclose(model.get_layer("sSAM").ramp_x, CENTRES)
    old = cases.answers(model, pictures)[0]
    # 0.8 of the position is the joint's own: x = (7 * x + 0.5) / 8 there.
    assert np.abs(old[..., 0] - today[..., 0]).max() > 1e-3
    assert_close(old[..., 1:], today[..., 1:])
    model.save_weights(tmp_path / "own.weights.h5")
    other = cases.BUILDERS[NAME]()
    other.load_weights(tmp_path / "own.weights.h5")
    assert_close(cases.answers(other, pictures)[0], old)


def test_the_default_comes_back_with_a_usual_file(file, tmp_path):
    model = cases.BUILDERS[NAME]()
    old = tmp_path / "old.h5"
    old.write_bytes(file.read_bytes())
    edit(old, X, set_centres)
    load_legacy_weights(model, old)
    load_legacy_weights(model, file)
    assert model.get_layer("sSAM").ramp_x is None


def test_predict_uses_the_new_ramp_after_an_old_one_was_compiled(file):
    model = cases.BUILDERS[NAME]()
    pictures = legacy_weights.images((2, 64, 64, 3), 1)
    load_legacy_weights(model, file)
    model.predict(pictures, verbose=0)
    edit(file, X, set_centres)
    load_legacy_weights(model, file)
    assert_close(model.predict(pictures, verbose=0)[0],
                 cases.answers(model, pictures)[0], DEEP)


def break_channel(values):
    values[0, 0, 3] += 0.1


def break_identity(values):
    values[0, 0, 1, 2] = 0.5


@pytest.mark.parametrize("name, change, message", [
    (X, break_channel, "layer sSAM: the ramp of x is not the same in all rows"),
    ("cSAM/custom_sam_3/depthwise_kernel:0", break_channel,
     "layer cSAM: the ramp of y is not the same in all columns"),
    ("sSAM/custom_sam_1/pointwise_kernel:0", break_identity,
     "layer sSAM: the kernel beside a ramp is not the identity"),
    ("Agg/dense_1/kernel:0", lambda v: v.__setitem__((0, 0), 0.9),
     "layer Agg: the matrix does not sum over the contexts"),
])
def test_other_constants_are_refused(file, name, change, message):
    edit(file, name, change)
    with pytest.raises(ValueError, match=message):
        load_legacy_weights(cases.BUILDERS[NAME](), file)


def test_depth_ramps(tmp_path):
    """The 3D file's zSAM: checked, and taken when it differs."""
    manifest = {"layers": [
        [layer, [[n, list(shape), fill] for n, shape, fill in weights]]
        for layer, weights in cases.manifest("h36m_reception3d")["layers"]
        if layer.endswith("SAM")]}
    for _, weights in manifest["layers"]:
        for weight in weights:
            weight[1] = [{32: 8}.get(size, size) for size in weight[1]]
    path = tmp_path / "depth.h5"
    legacy_weights.write(manifest, path)
    model = reception.build((64, 64, 3), 17, 3, num_blocks=1)
    report = load_legacy_weights(model, path, strict=False)
    assert len(report.constant) == 5 and not report.notes
    edit(path, "zSAM/conv1d_1/kernel:0", lambda v: np.multiply(v, 2, out=v))
    report = load_legacy_weights(model, path, strict=False)
    assert len(report.notes) == 1 and "zSAM takes the file's ramp_z" in report.notes[0]
    edit(path, "zSAM/conv1d_1/kernel:0", break_depth)
    report = load_legacy_weights(model, path, strict=False)
    assert report.unused == ["zSAM/conv1d_1/kernel:0 (16, 17, 17)"]


def break_depth(values):
    values[2, 0, 1] = 1.0
