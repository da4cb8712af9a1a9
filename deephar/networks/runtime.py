"""What runs a network: TensorFlow, or a runtime that reads an exported file.

Each is an object with `predict_on_batch(x)`, `predict(x, batch_size)` and
`input_shape`, as `deephar.networks.network` asks for, and takes any number of
samples at once.  `deephar.deploy.export` writes the files; FILE.json beside
each says what its outputs mean.
"""
import importlib
import logging
import os
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deephar.networks.cut import cut, is_keras, poses_only
from deephar.networks.network import Network
from deephar.utils.reading import check_file, reading

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)

# Calls that are cheaper layer by layer than tracing the network for them.
EAGER_CALLS = 4


class Runtime:
    """What all of them share."""

    takes_any_batch = True
    input_shape: tuple

    def predict_on_batch(self, x: np.ndarray) -> list[np.ndarray]:
        """Every output for a batch."""
        raise NotImplementedError

    def predict(self, x: np.ndarray, batch_size: int | None = None,
                verbose: Any = 0) -> list[np.ndarray]:
        """Every output, `batch_size` samples at a time."""
        size = batch_size or len(x)
        parts = [self.predict_on_batch(x[i:i + size]) for i in range(0, len(x), size)]
        return [np.concatenate(values) for values in zip(*parts)]


class KerasRuntime(Runtime):
    """A Keras model, optimized when it is first called.

    On TensorFlow it runs layer by layer at first, then as one graph: a picture
    is answered before the graph would have been traced.

    Args:
        eager_calls: so many calls go layer by layer.
    """

    def __init__(self, model: "keras.Model", *, eager_calls: int = EAGER_CALLS):
        self._source = model
        self.input_shape = model.input_shape
        self._eager_left = eager_calls
        self._graph = None

    @cached_property
    def model(self) -> "keras.Model":
        """The optimized network, or the source if it cannot be optimized."""
        from deephar.networks.optimize import optimize      # with all of Keras
        try:
            return optimize(self._source)
        except ValueError as error:
            log.warning("%s runs as it is: %s", self._source.name, error)
            return self._source

    def predict_on_batch(self, x):
        import keras
        x = np.asarray(x, np.float32)
        if keras.backend.backend() != "tensorflow":
            outputs = self.model.predict_on_batch(x)
        elif self._eager_left > 0:
            self._eager_left -= 1
            outputs = self.model(x, training=False)
        else:
            self._graph = self._graph or frozen_graph(self.model)
            outputs = self._graph(x)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        return [np.asarray(v) for v in outputs]


def frozen_graph(model: "keras.Model"):
    """A function of float32 arrays; the weights are constants of its graph.

    TensorFlow prepares constant weights once, and not in every call.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2)

    spec = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    traced = tf.function(lambda x: model(x, training=False)).get_concrete_function(spec)
    frozen = convert_variables_to_constants_v2(traced)
    # A frozen graph by itself first writes every input into a message that nobody reads.
    graph = tf.function(lambda x: frozen(x), autograph=False).get_concrete_function(spec)
    return lambda x: [v.numpy() for v in graph(tf.convert_to_tensor(x))]


def quick(network: Network, poses: bool = False) -> Network:
    """The network on a `KerasRuntime`, with its last block's outputs only.

    Args:
        network: stays as it is if its model is not Keras'.
        poses: leave the actions away.
    """
    if not is_keras(network.model):
        return network
    if poses:
        network = replace(network, model=poses_only(network), actions={})
    network = cut(network, "last")
    return replace(network, model=KerasRuntime(network.model))


# === Exported files ===

class OnnxRuntime(Runtime):
    """An .onnx file on ONNX Runtime."""

    def __init__(self, path: str | os.PathLike):
        runtime = required("onnxruntime", "onnx")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = os.cpu_count()
        options.log_severity_level = 3
        self._session = runtime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"])
        entry, = self._session.get_inputs()
        self._input = entry.name
        self.input_shape = (None, *entry.shape[1:])

    def predict_on_batch(self, x):
        return self._session.run(None, {self._input: np.asarray(x, np.float32)})


class LiteRuntime(Runtime):
    """A .tflite file on LiteRT (or TensorFlow's own interpreter), one by one."""

    def __init__(self, path: str | os.PathLike):
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError:
            try:
                from tensorflow.lite import Interpreter
            except ImportError as error:
                raise missing("ai-edge-litert", "litert") from error
        self._interpreter = Interpreter(str(path), num_threads=os.cpu_count())
        self._interpreter.allocate_tensors()
        entry, = self._interpreter.get_input_details()
        self._input = entry["index"]
        self.input_shape = (None, *(int(n) for n in entry["shape"][1:]))
        self._outputs = [entry["index"]
                         for entry in self._interpreter.get_output_details()]

    def predict_on_batch(self, x):
        answers = [self._answer(x[i:i + 1]) for i in range(len(x))]
        return [np.concatenate(values) for values in zip(*answers)]

    def _answer(self, x) -> list[np.ndarray]:
        self._interpreter.set_tensor(self._input, np.asarray(x, np.float32))
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(index) for index in self._outputs]


class OpenVinoRuntime(Runtime):
    """An .onnx or .xml file on OpenVINO, in float32 unless asked otherwise."""

    def __init__(self, path: str | os.PathLike, precision: str = "f32"):
        self._openvino = required("openvino", "openvino")
        self._core = self._openvino.Core()
        self._model = self._core.read_model(str(path))
        self._options = {"INFERENCE_PRECISION_HINT": precision,
                         "INFERENCE_NUM_THREADS": os.cpu_count(),
                         "PERFORMANCE_HINT": "LATENCY"}
        shape = self._model.inputs[0].partial_shape
        self.input_shape = (None, *(int(n.get_length()) for n in list(shape)[1:]))
        self._compiled: dict[int, Any] = {}

    def predict_on_batch(self, x):
        if len(x) not in self._compiled:        # fixed sizes are quicker
            model = self._model.clone()
            model.reshape([len(x), *self.input_shape[1:]])
            self._compiled[len(x)] = self._core.compile_model(
                model, "CPU", self._options)
        compiled = self._compiled[len(x)]
        answer = compiled(np.ascontiguousarray(x, np.float32))
        return [np.array(answer[output]) for output in compiled.outputs]


RUNTIMES = {"onnx": OnnxRuntime, "litert": LiteRuntime, "openvino": OpenVinoRuntime}
# Which of them reads a file; the first is taken unless another is asked for.
READERS = {".onnx": ("onnx", "openvino"), ".tflite": ("litert",), ".xml": ("openvino",)}


def is_exported(source: Any) -> bool:
    """Whether `source` is a file that `open_exported` reads."""
    return isinstance(source, (str, os.PathLike)) and Path(source).suffix in READERS


def open_exported(path: str | os.PathLike, runtime: str | None = None,
                  **options) -> tuple[Runtime, str]:
    """An exported file on a runtime, and the runtime's name.

    Args:
        runtime: of `RUNTIMES`; the file's own by default.
        options: of the runtime.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the runtime does not read such files.
        ImportError: the runtime is not installed.
    """
    if not is_exported(path):
        raise ValueError(f"{path} is no exported network ({', '.join(READERS)}); "
                         f"`deephar export {runtime or 'onnx'}` writes one")
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such exported network")
    known = READERS[path.suffix]
    runtime = runtime or known[0]
    if runtime not in known:
        raise ValueError(f"{runtime} does not read {path.suffix} files, which are for "
                         f"{' and '.join(known)}; `deephar export {runtime}` writes one")
    with reading(check_file(path)):
        return RUNTIMES[runtime](path, **options), runtime


def required(module: str, extra: str) -> Any:
    """The module of an optional package.

    Raises:
        ImportError: it is not installed; says how to get it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise missing(module, extra) from error


def missing(package: str, what: str) -> ImportError:
    return ImportError(f"{what} needs {package}: pip install {package}, or everything "
                       "for exporting: pip install \"deephar[export]\"")
