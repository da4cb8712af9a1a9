"""How fast networks are, beside what the processor can do.

A mode is a way to run a network: Keras as it is ('keras'), the optimized
network ('optimized'), or an exported format and precision ('onnx int8').
"""
import logging
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Callable, Sequence

import numpy as np

from deephar.deploy.export import FORMATS, export
from deephar.models.flops import count_flops
from deephar.networks.cut import cut, num_blocks
from deephar.networks.load import load_network
from deephar.networks.network import Network
from deephar.networks.runtime import KerasRuntime, Runtime
from deephar.utils.files import write_picture
from deephar.utils.timing import machine, measure, peak_memory_mb

log = logging.getLogger(__name__)

MATMUL_SIZE = 1536
EVERY_MODE = ("keras", "optimized", "onnx float32", "onnx int8", "onnx int8-dynamic",
              "openvino float32", "openvino bfloat16", "openvino int8",
              "litert float32", "litert float16", "litert int8")


def matmul_rate(runs: int = 10) -> dict:
    """GFLOP/s of TensorFlow's matrix product, by the clock and by processor time."""
    import tensorflow as tf
    a = tf.random.normal((MATMUL_SIZE, MATMUL_SIZE))
    product = tf.function(tf.matmul)
    timing = measure(lambda: product(a, a).numpy(), runs)
    return _rates(2 * MATMUL_SIZE ** 3 / 1e9, timing)


def _rates(gflop: float, timing: dict) -> dict:
    """GFLOP per second, and per second of one core."""
    return {"rate": gflop / timing["median"] * 1e3, "core_rate": gflop / timing["cpu"] * 1e3}


def runner(network: Network, mode: str, folder: Path,
           samples: np.ndarray | None = None, blocks: int | None = None) -> Network:
    """A network, ready to run in a mode; exported files go to `folder`."""
    if mode == "keras":
        part = cut(network, "all", blocks)
        return replace(part, model=_AsItIs(part.model))
    if mode == "optimized":
        part = cut(network, "last", blocks)
        return replace(part, model=KerasRuntime(part.model, eager_calls=0))
    format, _, precision = mode.partition(" ")
    if format not in FORMATS or precision not in FORMATS[format][1]:
        raise ValueError(f"a mode is one of {', '.join(EVERY_MODE)}, got {mode!r}")
    if precision == "int8" and samples is None:
        samples = _noise(network, 4)
    path = folder / f"{mode.replace(' ', '-')}-{blocks}{FORMATS[format][0]}"
    export(network, path, format, precision, blocks=blocks, samples=samples)
    return load_network(path)


def unsettle(model) -> None:
    """Give the normalisations of a fresh network statistics like a trained one's.

    Fresh ones change nothing, and TensorFlow leaves such steps away.
    """
    rng = np.random.default_rng(0)
    for weight in model.weights:
        kind = weight.path.split("/")[-1]
        if kind in ("gamma", "moving_variance"):
            weight.assign(1 + 0.2 * np.tanh(rng.normal(size=weight.shape)))
        elif kind in ("beta", "moving_mean", "bias"):
            weight.assign(0.2 * rng.normal(size=weight.shape))


class _AsItIs(Runtime):
    """A Keras model through `predict_on_batch`, as one would call it."""

    def __init__(self, model):
        self.predict_on_batch, self.input_shape = model.predict_on_batch, model.input_shape


def _noise(network: Network, count: int) -> np.ndarray:
    shape = (count, *network.model.input_shape[1:])
    return np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")


def _speed(network: Network, batch: int, runs: int) -> dict:
    """What `measure` says of a batch, and that per picture."""
    x = _noise(network, batch)
    timing = measure(lambda: network.model.predict_on_batch(x), runs)
    pictures = batch * (network.num_frames or 1)
    return {**timing, "ms_per_picture": timing["median"] / pictures,
            "cpu_ms_per_picture": timing["cpu"] / pictures,
            "frames_per_s": 1e3 * pictures / timing["median"]}


def bench_network(network: Network, modes: Sequence[str] = ("keras", "optimized"),
                  batches: Sequence[int] = (1, 8), runs: int = 20,
                  samples: np.ndarray | None = None,
                  score: Callable[[Network], dict] | None = None,
                  progress: Callable[[str], None] = log.info) -> dict:
    """Times of a network in several modes, taken in turns with matrix products.

    Args:
        network: with a Keras model.
        modes: see above; those whose package is missing are left out.
        batches: pictures, or clips, at once.
        samples: inputs for int8's ranges; noise if None.
        score: what the network scores in a mode, {name: per cent}.

    Returns:
        `rows`, one per mode and batch, with the share of the matrix product's
        rate in the same minute, by the clock and by processor time.
    """
    gflop = count_flops(network.model) / 1e9
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for mode in modes:
            try:
                run = runner(network, mode, Path(folder), samples)
            except ImportError as error:
                progress(f"{mode}: left out, {error}")
                continue
            scores = score(run) if score else {}
            for batch in batches:
                before, speed, after = matmul_rate(), _speed(run, batch, runs), matmul_rate()
                peak = {name: (before[name] + after[name]) / 2 for name in before}
                rates = _rates(gflop * batch, speed)
                rows.append({
                    "mode": mode, "batch": batch, **speed, **rates,
                    "share": rates["rate"] / peak["rate"],
                    "core_share": rates["core_rate"] / peak["core_rate"],
                    "peak_rate": peak["rate"], "peak_memory_mb": peak_memory_mb(),
                    "scores": scores})
                progress(f"{mode}, batch {batch}: "
                         f"{rows[-1]['ms_per_picture']:.1f} ms per picture")
    return {"kind": "network", "network": network.name, "gflop": gflop,
            "input": list(network.model.input_shape[1:]), "machine": machine(),
            "rows": rows}


def bench_blocks(network: Network, mode: str = "optimized", batch: int = 1,
                 runs: int = 20, blocks: Sequence[int] = (),
                 score: Callable[[Network], dict] | None = None,
                 progress: Callable[[str], None] = log.info) -> list[dict]:
    """Speed of a network that is left after each of its pose blocks.

    Args:
        blocks: from 1; empty for all.
        score: what a network of that many blocks scores, {name: per cent}.
    """
    blocks = list(blocks) or range(1, num_blocks(network.model) + 1)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for block in blocks:
            run = runner(network, mode, Path(folder), None, block)
            row = {"block": block, **_speed(run, batch, runs),
                   "scores": score(run) if score else {}}
            rows.append(row)
            progress(f"left after block {block}: {row['frames_per_s']:.1f} frames/s")
    return rows


def plot_network(path: Path, result: dict) -> None:
    """Pictures per second of every mode and batch; of every block, if measured."""
    from matplotlib.figure import Figure
    blocks = result.get("blocks", [])
    figure = Figure(figsize=(7 + 5 * bool(blocks), 4), layout="constrained")
    axes = figure.subplots(1, 1 + bool(blocks), squeeze=False)[0]
    rows = result["rows"]
    names = [f"{row['mode']}, batch {row['batch']}" for row in rows]
    axes[0].barh(names[::-1], [row["frames_per_s"] for row in rows][::-1])
    axes[0].set(xlabel="pictures per second", title=result["network"])
    if blocks:
        numbers = [row["block"] for row in blocks]
        axes[1].plot(numbers, [row["frames_per_s"] for row in blocks], marker="o",
                     label="pictures per second")
        axes[1].set(xlabel="left after block", ylabel="pictures per second",
                    xticks=numbers)
        scores = axes[1].twinx()
        for name, color in zip(blocks[-1]["scores"], ("tab:orange", "tab:green")):
            known = [row for row in blocks if name in row["scores"]]
            scores.plot([row["block"] for row in known],
                        [row["scores"][name] for row in known], "s--", color=color,
                        label=name)
        if scores.lines:
            scores.set(ylabel="per cent")
            figure.legend(loc="outside lower right", ncols=3)
        else:
            scores.remove()
    write_picture(path, figure, dpi=120)
