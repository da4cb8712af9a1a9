"""Every runtime gives what the network gives, for any number of samples."""
import keras
import numpy as np
import pytest

from deephar.inference.predictor import Predictor
from deephar.networks.cut import cut
from deephar.networks.load import load_network
from deephar.networks.network import Network
from deephar.networks.optimize import call
from deephar.networks.predict import frame_predictor, predictor
from deephar.networks.runtime import (
    KerasRuntime, frozen_graph, is_exported, open_exported, quick, required)
from deephar.utils.pose import pa16j2d, pa17j3d
from tests.models.small import network
from tests.numbers import DEEP, assert_close

pytestmark = pytest.mark.numeric


def noise(model, count=2):
    return np.random.default_rng(0).uniform(
        -1, 1, (count, *model.input_shape[1:])).astype("float32")


@pytest.mark.parametrize("calls", [0, 2])
def test_keras_gives_the_same_before_and_after_tracing(calls):
    model = network("reception_2d")
    runtime = KerasRuntime(cut(Network(model, pa16j2d), "last").model, eager_calls=calls)
    for count in (1, 3, 2, 1):
        x = noise(model, count)
        found, = runtime.predict_on_batch(x)
        assert_close(found, call(model, x)[-1], DEEP)
    assert_close(runtime.predict(noise(model, 5), batch_size=2)[0],
                 call(model, noise(model, 5))[-1], DEEP)


def test_the_weights_are_constants_of_the_graph():
    inputs = keras.Input((4, 4, 2))
    layer = keras.layers.Conv2D(3, 1, use_bias=False)
    model = keras.Model(inputs, layer(inputs))
    run, x = frozen_graph(model), noise(model)
    before, = run(x)
    layer.kernel.assign(layer.kernel * 0)
    np.testing.assert_array_equal(run(x)[0], before)
    assert np.abs(before).max() > 0.1


def test_what_cannot_be_optimized_runs_as_it_is(caplog):
    inputs = keras.Input((4, 4, 2))
    model = keras.Model(inputs, keras.ops.relu(inputs), name="odd")
    runtime = KerasRuntime(model)
    np.testing.assert_array_equal(runtime.predict_on_batch(noise(model))[0],
                                  np.maximum(noise(model), 0))
    assert "odd runs as it is" in caplog.text


def test_quick_networks_answer_last_outputs_of_any_batch():
    slow = Network(network("spnet_3d"), pa17j3d, {"a": range(6), "b": range(3)})
    x = noise(slow.model, 1)
    every = call(slow.model, x)
    fast = quick(slow)
    poses, actions = fast.read(predictor(fast.model, 8)(x))
    assert len(poses) == len(actions) == 1
    assert_close(poses[0][0], every[3][..., :3], DEEP)
    assert_close(actions[0]["b"], every[-1], DEEP)
    frames = frame_predictor(quick(slow, poses=True).model, 8)(x[0][:3])
    assert_close(frames[-1], every[3][0, :3], DEEP)


def test_only_what_is_there_is_computed():
    """A runtime that takes any batch is not given filled-up ones."""
    seen = []

    class Counting:
        input_shape, takes_any_batch = (None, 4, 4, 3), True

        def predict_on_batch(self, x):
            seen.append(len(x))
            return [x[..., 0, 0, :]]

    predictor(Counting(), 8)(np.zeros((3, 4, 4, 3)))
    clips = Counting()
    clips.input_shape = (None, 2, 4, 4, 3)
    assert frame_predictor(clips, 8)(np.zeros((3, 4, 4, 3)))[0].shape[0] == 3
    assert seen == [3, 2]


def test_predictors_with_and_without_say_the_same():
    model = network("spnet_3d")
    picture = np.random.default_rng(0).integers(0, 255, (90, 80, 3), dtype=np.uint8)
    boxes = [[10, 10, 60, 80]]
    fast, = Predictor(model, layout=pa17j3d)(picture, boxes)
    slow, = Predictor(model, layout=pa17j3d, optimize=False)(picture, boxes)
    np.testing.assert_allclose(fast.joints, slow.joints, atol=1e-2)
    assert_close(fast.confidence, slow.confidence, DEEP)


# === Files ===

def test_files_are_known_by_their_suffix(tmp_path):
    assert is_exported("a/b.onnx") and is_exported(tmp_path / "c.tflite")
    assert not is_exported("d.keras") and not is_exported(network("reception_2d"))


def test_missing_files_and_wrong_runtimes(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such exported network"):
        load_network(tmp_path / "none.onnx")
    with pytest.raises(ValueError, match="`deephar export litert` writes one"):
        open_exported("quickstart", "litert")
    (tmp_path / "some.tflite").touch()
    with pytest.raises(ValueError, match="onnx does not read .tflite files"):
        open_exported(tmp_path / "some.tflite", "onnx")
    with pytest.raises(FileNotFoundError, match="some.tflite.json is missing"):
        load_network(tmp_path / "some.tflite")


def test_a_package_that_is_missing_is_named():
    with pytest.raises(ImportError, match="pip install no_such_package"):
        required("no_such_package", "this")
