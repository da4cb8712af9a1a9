"""Write a network for another runtime, and tell how far its answers are.

    format      precisions                          runtimes
    onnx        float32, int8, int8-dynamic         ONNX Runtime, OpenVINO
    litert      float32, float16, int8              LiteRT
    openvino    float32, float16, bfloat16, int8    OpenVINO

`int8` computes convolutions in whole numbers, whose ranges are found on sample
crops; those that make maps, and all that is read from maps, stay in float32.
`int8-dynamic` finds the ranges anew for each input and needs no samples.
"""
import dataclasses
import logging
import tempfile
from pathlib import Path
from typing import Any, Callable

import keras
import numpy as np

from deephar.networks.cut import cut, is_keras
from deephar.networks.load import load_network, meaning_file
from deephar.networks.network import Network
from deephar.networks.optimize import call, optimize
from deephar.networks.runtime import required
from deephar.utils.files import atomic_path, md5_of, write_json

log = logging.getLogger(__name__)

MAX_SAMPLES = 64            # frames, to find ranges on
# Parts of the names of convolutions that stay in float32: their results are maps
# of joints or classes, or they only pad.
EXACT = ("RegMap", "_heatmaps_conv1", "_depthmaps_conv1", "_maps_conv", "_conv2h",
         "_pad")


def export(network: Network, path: str | Path, format: str, precision: str = "float32",
           *, outputs: str = "last", blocks: int | None = None,
           samples: np.ndarray | None = None) -> dict:
    """Write a network, and FILE.json with what it is and how near it comes.

    Args:
        network: with a Keras model.
        path: of the file; its suffix must be the format's.
        format, precision: see `FORMATS`.
        outputs, blocks: as of `cut`.
        samples: inputs as the network will see them, (N, ...): int8's ranges
            are found on them, and the parity is measured on them.  Noise
            if None, which int8 refuses.

    Returns:
        what FILE.json holds; `parity` is the greatest difference of an output.
    """
    path = Path(path)
    check_format(format, precision)
    suffix = FORMATS[format][0]
    if path.suffix != suffix:
        raise ValueError(f"a file for {format} must end in {suffix}, got {path}")
    if precision == "int8" and samples is None:
        raise ValueError("int8 needs sample inputs to find its ranges on: "
                         "give pictures, or use int8-dynamic")
    if not is_keras(network.model):
        raise ValueError(f"only a Keras model can be exported, got {network.name}")
    network = cut(network, outputs, blocks)
    model = optimize(network.model)
    if samples is None:
        samples = np.random.default_rng(0).uniform(
            -1, 1, (2, *model.input_shape[1:])).astype("float32")
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as part:
        part = Path(part)
        FORMATS[format][1][precision](model, part, samples)
        if format == "openvino":        # its weights are a second file
            part.with_suffix(".bin").replace(path.with_suffix(".bin"))
    meaning = {
        "name": network.name, "format": format, "precision": precision,
        "layout": network.layout.name if network.layout else None,
        "actions": {name: list(labels) for name, labels in network.actions.items()},
        "frame_step": network.frame_step,
        "dataconf": dataclasses.asdict(network.dataconf), "outputs": outputs, "blocks": blocks,
        "bytes": path.stat().st_size, "md5": md5_of(path)}
    if format == "openvino":
        meaning["bin_md5"] = md5_of(path.with_suffix(".bin"))
    write_json(meaning_file(path), meaning)
    meaning["parity"] = parity(model, path, samples)
    write_json(meaning_file(path), meaning)
    return meaning


def check_format(format: str, precision: str) -> None:
    if format not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {format!r}")
    if precision not in FORMATS[format][1]:
        raise ValueError(f"{format} has the precisions {', '.join(FORMATS[format][1])}, "
                         f"got {precision!r}")


def parity(model: keras.Model, path: Path, samples: np.ndarray) -> list[dict]:
    """Greatest and mean difference of every output from the float32 network's."""
    samples = samples[:8]
    other = load_network(path).model
    report = []
    for x, a, b in zip(model.outputs, call(model, samples),
                       other.predict_on_batch(samples), strict=True):
        difference = np.abs(a - b)
        report.append({"output": x.name, "greatest": float(difference.max()),
                       "mean": float(difference.mean())})
    return report


# === ONNX ===

def _onnx_float32(model, path: Path, samples) -> None:
    onnx = required("onnx", "onnx")
    from deephar.deploy.onnx_writer import to_onnx
    onnx.save(to_onnx(model), str(path))


def _onnx_int8(model, path: Path, samples) -> None:
    """Convolutions in 8 bits, channel by channel, by ranges of the samples."""
    required("onnxruntime", "onnx")
    from onnxruntime.quantization import (
        CalibrationMethod, QuantFormat, QuantType, quantize_static)
    from onnxruntime.quantization.shape_inference import quant_pre_process
    with tempfile.TemporaryDirectory() as folder:
        plain, ready = Path(folder) / "float32.onnx", Path(folder) / "ready.onnx"
        _onnx_float32(model, plain, samples)
        quant_pre_process(str(plain), str(ready), skip_symbolic_shape=True)
        quantize_static(
            str(ready), str(path), _samples_reader(samples),
            quant_format=QuantFormat.QDQ, op_types_to_quantize=["Conv"],
            nodes_to_exclude=_exact_convolutions(ready),
            per_channel=True, activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8, calibrate_method=CalibrationMethod.MinMax)


def _exact_convolutions(path: Path) -> list[str]:
    """Names of those in an ONNX file that stay in float32."""
    import onnx
    return [node.name for node in onnx.load(str(path)).graph.node
            if node.op_type == "Conv" and any(part in node.name for part in EXACT)]


def _single_samples(samples: np.ndarray) -> list[np.ndarray]:
    """Samples one by one, float32, of MAX_SAMPLES frames in all."""
    frames = int(np.prod(samples.shape[1:-3]))
    return [row[None].astype("float32") for row in samples[:max(1, MAX_SAMPLES // frames)]]


def _samples_reader(samples: np.ndarray) -> Any:
    from onnxruntime.quantization import CalibrationDataReader

    class Reader(CalibrationDataReader):
        def __init__(self):
            self._rows = iter([{"input": row} for row in _single_samples(samples)])

        def get_next(self):
            return next(self._rows, None)

    return Reader()


def _onnx_int8_dynamic(model, path: Path, samples) -> None:
    required("onnxruntime", "onnx")
    from onnxruntime.quantization import QuantType, quantize_dynamic
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "float32.onnx"
        _onnx_float32(model, plain, samples)
        quantize_dynamic(str(plain), str(path), op_types_to_quantize=["Conv"],
                         nodes_to_exclude=_exact_convolutions(plain),
                         weight_type=QuantType.QUInt8)


# === LiteRT and OpenVINO ===

def _litert(precision: str) -> Callable:
    def write(model, path: Path, samples) -> None:
        import tensorflow as tf
        from tensorflow.python.framework.convert_to_constants import (
            convert_variables_to_constants_v2)

        # One sample, so that every size is fixed.
        traced = tf.function(lambda x: model(x, training=False)).get_concrete_function(
            tf.TensorSpec((1, *model.input_shape[1:]), tf.float32))
        converter = tf.lite.TFLiteConverter.from_concrete_functions(
            [convert_variables_to_constants_v2(traced)])
        if precision != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if precision == "float16":
            converter.target_spec.supported_types = [tf.float16]
        if precision == "int8":
            converter.representative_dataset = lambda: (
                [row] for row in _single_samples(samples))
        path.write_bytes(converter.convert())
    return write


def _openvino(write_onnx: Callable, half: bool = False) -> Callable:
    def write(model, path: Path, samples) -> None:
        openvino = required("openvino", "openvino")
        with tempfile.TemporaryDirectory() as folder:
            graph = Path(folder) / "graph.onnx"
            write_onnx(model, graph, samples)
            openvino.save_model(openvino.convert_model(str(graph)), str(path),
                                compress_to_fp16=half)
    return write


# By format: the suffix of its files, and what writes each precision.
FORMATS: dict[str, tuple[str, dict[str, Callable]]] = {
    "onnx": (".onnx", {"float32": _onnx_float32, "int8": _onnx_int8,
                       "int8-dynamic": _onnx_int8_dynamic}),
    "litert": (".tflite", {p: _litert(p) for p in ("float32", "float16", "int8")}),
    # bfloat16 is in the computation, not in the file.
    "openvino": (".xml", {"float32": _openvino(_onnx_float32),
                          "float16": _openvino(_onnx_float32, half=True),
                          "bfloat16": _openvino(_onnx_float32),
                          "int8": _openvino(_onnx_int8)}),
}
