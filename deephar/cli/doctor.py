"""Tell what is installed here and whether it computes the right numbers.

Builds a small network, fills it with known weights and compares what comes
out with stored numbers.  The exit code is 0 if all is well.

  deephar doctor
"""
import importlib.metadata
import os
import platform
import time
import zlib
from pathlib import Path

from deephar.cli.quiet import quiet_stderr, start_keras

PACKAGES = ("keras", "tensorflow", "numpy", "h5py", "scipy", "pillow", "matplotlib")
EXTRAS = {"video": ("av",), "pack": ("array_record", "fsspec"), "detect": ("keras-hub",),
          "coco": ("pycocotools",),
          "export": ("onnx", "onnxruntime", "openvino", "ai-edge-litert"),
          "demo": ("gradio", "av"), "ray": ("ray", "av")}

# Worst difference allowed: graphics cards multiply with fewer bits (TF32).
TOLERANCE = {"CPU": 1e-4, "GPU": 2e-2}

# Pose and confidence of every fourth joint in the first frame; the actions.
# Computed by this network on TensorFlow, JAX and PyTorch, after its layers had
# reproduced the published networks' outputs.
EXPECTED = (
    0.822550, 0.438045, 0.942980, 0.291925, 0.387849, 0.344626, 0.591339, 0.265235,
    0.428031, 0.532227, 0.106512, 0.267583, 0.249747, 0.323356, 0.324912, 0.292491,
    0.727326, 0.493709, 0.317835, 0.266741,
    0.118981, 0.501804, 0.094696, 0.126815, 0.157705,
)


def add_arguments(parser) -> None:
    parser.add_argument("--folder", default="weights", type=Path,
                        help="where the weights are (default: %(default)s)")


def run(args) -> int:
    from deephar import __version__
    print(f"deephar {__version__} in {Path(__file__).parents[1]}\n")
    _line("system", f"Python {platform.python_version()}, {platform.system()} "
                    f"{platform.machine()}, {os.cpu_count()} processors")
    versions = {name: version_of(name) for name in PACKAGES}
    missing = [name for name, version in versions.items() if version is None]
    _line("packages", ", ".join(f"{name} {version}" for name, version
                                in versions.items() if version))
    if missing:
        return _verdict(f"{' and '.join(missing)} missing: "
                        f"pip install {' '.join(missing)}")
    for extra, names in EXTRAS.items():
        _line(extra, "ready" if all(map(version_of, names)) else
              f"not installed (pip install \"deephar[{extra}]\" if you want it)")
    from deephar.checkpoints.table import CHECKPOINTS
    here = sum((args.folder / entry.file).exists() for entry in CHECKPOINTS.values())
    _line("weights", f"{here} of {len(CHECKPOINTS)} published files in {args.folder}")
    backend = start_keras().backend.backend()
    found = devices(backend)
    _line("backend", backend)
    _line("devices", ", ".join(found))
    kind = "CPU" if all(name.startswith("CPU") for name in found) else "GPU"
    start = time.perf_counter()
    with quiet_stderr():
        difference = self_test()
    seconds = time.perf_counter() - start
    _line("self-test", f"a small SPNet, {seconds:.1f} s, worst difference "
                       f"{difference:.0e} (allowed: {TOLERANCE[kind]:.0e})")
    if not difference <= TOLERANCE[kind]:       # not `>`: NaN is not well either
        return _verdict("the network gives other numbers than it should")
    return _verdict(None)


def version_of(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def devices(backend: str) -> list[str]:
    """What the backend computes on, its kind ('CPU', 'GPU', 'TPU') first."""
    if backend == "tensorflow":
        import tensorflow as tf
        details = tf.config.experimental.get_device_details
        return [f"{device.device_type} {details(device).get('device_name', '')}".strip()
                for device in tf.config.list_physical_devices()]
    if backend == "jax":
        import jax
        return [f"{device.platform.upper()} {device.device_kind}"
                for device in jax.devices()]
    import torch
    cards = range(torch.cuda.device_count())
    return [f"GPU {torch.cuda.get_device_name(card)}" for card in cards] or ["CPU"]


def self_test() -> float:
    """The worst difference of a small SPNet's outputs from `EXPECTED`."""
    import numpy as np
    from keras import ops

    from deephar.config import ModelConfig
    from deephar.models import spnet
    from deephar.utils.pose import pa17j3d

    model = spnet.build(ModelConfig(
        (4, 64, 64, 3), pa17j3d, num_actions=(5,), num_pyramids=2,
        action_pyramids=(2,), num_levels=2, growth=16, pose_replica=True,
        num_pose_features=32, num_visual_features=32))
    for weight in model.weights:
        kind, shape = weight.path.split("/")[-1], weight.shape
        seed = zlib.crc32(weight.path.encode())
        noise = np.random.RandomState(seed).normal(size=shape)
        if kind in ("gamma", "moving_variance"):
            weight.assign(1 + 0.1 * np.tanh(noise))
        elif kind in ("beta", "moving_mean"):
            weight.assign(0.1 * noise)
        else:
            inputs = np.prod(shape[:2] if kind == "depthwise_kernel" else shape[:-1])
            weight.assign(noise * np.sqrt(1.2 / inputs))
    clip = np.random.RandomState(0).uniform(-1, 1, (1, 4, 64, 64, 3))
    outputs = model(clip.astype("float32"), training=False)
    _, pose, actions = [ops.convert_to_numpy(output)[0] for output in outputs]
    found = np.concatenate([pose[0, ::4].ravel(), actions])
    return float(np.abs(found - EXPECTED).max())


def _line(label: str, text: str) -> None:
    print(f"  {label:<11}{text}", flush=True)


def _verdict(trouble: str | None) -> int:
    if trouble:
        print(f"\nNot well: {trouble}.")
        return 1
    print("\nAll is well. `deephar models` lists the networks and their weights.")
    return 0
