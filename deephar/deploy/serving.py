"""A network as folders that model servers take: TensorFlow Serving and Triton.

    OUT/1/                           `savedmodel`, for TensorFlow Serving
    OUT/config.pbtxt                 `triton`
    OUT/1/model.savedmodel/

The SavedModel needs TensorFlow only.  Its signatures take crops as bytes, RGB:

    poses   (N, H, W, 3) uint8      ->  poses (N, J, D), confidences (N, J)
    clip    (N, T, H, W, 3) uint8   ->  poses (N, T, J, D), confidences (N, T, J),
                                        and probabilities (N, A) of each action set

Poses are fractions of the crop.  A network of pictures has no `clip`; one without
poses no `poses`.
"""
import dataclasses
import shutil
from pathlib import Path
from typing import Any, Callable

import keras
import numpy as np
import tensorflow as tf

from deephar.networks.cut import cut, is_keras
from deephar.networks.network import Network
from deephar.networks.optimize import optimize
from deephar.utils.files import write_json

SERVED = ("savedmodel", "triton")
MAX_BATCH = 64              # of Triton's dynamic batches
CONFIG = """\
name: "{name}"
platform: "tensorflow_savedmodel"
max_batch_size: {most}
input [ {{ name: "crops" data_type: TYPE_UINT8 dims: [ {input} ] }} ]
output [
{outputs}
]
parameters: {{ key: "TF_SIGNATURE_DEF" value: {{ string_value: "{signature}" }} }}
dynamic_batching {{ }}
"""


def serve(network: Network, out: Path, format: str) -> dict:
    """Write a network for a model server; beside it, OUT/network.json tells what it is.

    Returns:
        what network.json holds; `parity` is the greatest difference of an output
        from the network's own.

    Raises:
        FileExistsError: the folder holds something already.
        ValueError: not a Keras model, or another format.
    """
    if format not in SERVED:
        raise ValueError(f"format must be one of {', '.join(SERVED)}, got {format!r}")
    if not is_keras(network.model):
        raise ValueError(f"only a Keras model can be exported, got {network.name}")
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f"{out} is not empty: name another folder, or remove it")
    network = cut(network, "last")
    quick = dataclasses.replace(network, model=optimize(network.model))
    functions = _signatures(quick)
    signature = "clip" if "clip" in functions else "poses"
    module = tf.Module()
    module.model = quick.model
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    version = part / "1" / ("model.savedmodel" if format == "triton" else "")
    traced = {name: tf.function(function).get_concrete_function(
        tf.TensorSpec((None, *shape), tf.uint8, name="crops"))
        for name, (shape, function) in functions.items()}
    module.functions = list(traced.values())
    tf.saved_model.save(module, str(version), signatures=traced | {
        "serving_default": traced[signature]})
    if format == "triton":
        (part / "config.pbtxt").write_text(_config(out.name, signature, traced[signature]))
    meaning = {
        "name": network.name, "format": format, "signatures": {
            name: {"crops": list(shape)} for name, (shape, _) in functions.items()},
        "joints": list(network.layout.joint_names) if network.layout else None,
        "actions": {name: list(labels) for name, labels in network.actions.items()},
        "frame_step": network.frame_step, "dataconf": dataclasses.asdict(network.dataconf),
        "parity": _parity(version, _signatures(network))}
    write_json(part / "network.json", meaning)
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.exists():
        out.rmdir()
    part.replace(out)
    return meaning


def _signatures(network: Network) -> dict[str, tuple[tuple, Callable]]:
    """{signature: (shape of an input, function of crops)}."""
    model = network.model
    shape = tuple(model.input_shape[1:])

    def outputs_of(crops: Any) -> dict[str, Any]:
        outputs = model(tf.cast(crops, tf.float32) / 127.5 - 1, training=False)
        poses, actions = network.read(outputs if isinstance(outputs, list) else [outputs])
        found = {}
        if poses:
            found |= {"poses": tf.identity(poses[-1][0]),
                      "confidences": tf.identity(poses[-1][1])}
        for name, classes in (actions[-1] if actions else {}).items():
            found[name] = tf.identity(classes)
        return found

    if network.num_frames is None:
        return {"poses": (shape, outputs_of)}
    functions = {"clip": (shape, outputs_of)}
    if network.layout is not None:
        functions["poses"] = shape[1:], lambda crops: _frame_by_frame(
            outputs_of, crops, shape[0])
    return functions


def _frame_by_frame(outputs_of: Callable, crops: Any, num_frames: int) -> dict[str, Any]:
    """Poses of pictures by a network of clips: they do not depend on other frames."""
    count = tf.shape(crops)[0]
    filled = tf.concat([crops, tf.repeat(crops[-1:], -count % num_frames, axis=0)], 0)
    found = outputs_of(tf.reshape(filled, (-1, num_frames, *crops.shape[1:])))
    return {name: tf.reshape(found[name], (-1, *found[name].shape[2:]))[:count]
            for name in ("poses", "confidences")}


def _config(name: str, signature: str, function: Any) -> str:
    outputs = ",\n".join(
        f'  {{ name: "{key}" data_type: TYPE_FP32 dims: [ {_dims(spec.shape)} ] }}'
        for key, spec in sorted(function.structured_outputs.items()))
    return CONFIG.format(name=name, most=MAX_BATCH, outputs=outputs, signature=signature,
                         input=_dims(function.inputs[0].shape))


def _dims(shape: tf.TensorShape) -> str:
    return ", ".join(str(side) for side in shape[1:])


def _parity(folder: Path, functions: dict) -> dict[str, float]:
    """Greatest difference from the network, of every output of every signature."""
    loaded = tf.saved_model.load(str(folder))
    rng, report = np.random.default_rng(0), {}
    for signature, (shape, function) in functions.items():
        crops = tf.constant(rng.integers(0, 256, (2, *shape), np.uint8))
        expected = function(crops)
        for name, found in loaded.signatures[signature](crops=crops).items():
            report[f"{signature}/{name}"] = float(
                keras.ops.max(keras.ops.abs(found - expected[name])))
    return report
