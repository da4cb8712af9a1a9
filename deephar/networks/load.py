"""From whatever a user names to a network: the one loader.

    released file, run's folder, weights  ->  Description and file  ->  Keras model
    file of `deephar export`              ->  FILE.json             ->  runtime
    live model                            ->  what its outputs tell
"""
import logging
import os
from pathlib import Path
from typing import Any, Mapping, Sequence

from deephar.checkpoints.description import (
    FILE_NAME, Description, read_actions, read_dataconf)
from deephar.checkpoints.load import find_checkpoint, load_described
from deephar.checkpoints.variants import VARIANTS, description_of
from deephar.networks.cut import with_poses
from deephar.networks.network import Network, layout_of, weights_info
from deephar.networks.runtime import is_exported, open_exported
from deephar.networks.tiny import TINY
from deephar.utils.files import md5_of, read_json
from deephar.utils.pose import POSE_LAYOUTS, PoseLayout
from deephar.utils.reading import check_file, damaged, reading

log = logging.getLogger(__name__)

# Where `deephar quickstart` leaves its model.
QUICKSTART = (Path("weights/quickstart"), Path("output/quickstart"))
RANDOM = "random"


def load_network(source: Any, *, key: str = "", weights: str | os.PathLike = "weights",
                 tiny: bool = False, seed: int = 0, runtime: str | None = None,
                 layout: PoseLayout | None = None,
                 actions: Mapping[str, Sequence[str]] | None = None) -> Network:
    """A network from whatever the user has.

    Args:
        source: a `Network`; a model; a key of `CHECKPOINTS`; 'quickstart'; a
            run's folder; a file that `load_checkpoint` reads; one that
            `deephar export` wrote; or 'random', for the network of `key`
            without trained weights.
        key: of `CHECKPOINTS` or `VARIANTS`: whose weights a file holds; not
            needed where the source tells.
        weights: folder of the published files.
        tiny: the tiny network of the same kind as `key`'s.
        seed: of random weights.
        runtime: of an exported file, see `deephar.networks.runtime`.
        layout, actions: of a bare model or `.keras` file; the layout is found
            by the number of joints and dimensions if it is not given.
    """
    if isinstance(source, Network):
        return source
    if not isinstance(source, (str, os.PathLike)):
        return Network(source, layout or layout_of(source), actions or {},
                       name=getattr(source, "name", type(source).__name__))
    if runtime or is_exported(source):
        return _exported(source, runtime)
    if str(source) == RANDOM:
        return _random(key, tiny, seed)
    name = str(source)
    if name == "quickstart":
        source = _quickstart_folder()
    if source in VARIANTS:
        raise ValueError(VARIANTS[source].no_weights)
    description, path = find_checkpoint(source, weights, model=key or None)
    if tiny and key and path == Path(source):
        description = TINY[key]
    model = with_poses(load_described(description, path))
    if description is None:
        return Network(model, layout or layout_of(model), actions or {}, name=name,
                       weights=weights_info(path))
    return _described(model, description, name, path)


def _described(model: Any, description: Description, name: str, path: Path | None
               ) -> Network:
    return Network(model, description.layout, description.actions, name=name,
                   dataconf=description.dataconf, weights=weights_info(path))


def _random(key: str, tiny: bool, seed: int) -> Network:
    import keras
    if not key:
        raise ValueError("random weights need the name of a published network")
    log.warning("RANDOM weights: the scores will say nothing about the method")
    description = TINY[key] if tiny else description_of(key)
    keras.utils.set_random_seed(seed)
    return _described(with_poses(description.build()), description,
                      f"{key}, random weights", None)


def _quickstart_folder() -> Path:
    for folder in QUICKSTART:
        if (folder / FILE_NAME).exists():
            return folder
    raise FileNotFoundError("there is no quickstart model yet: `deephar quickstart` "
                            f"trains one into {QUICKSTART[0]} or {QUICKSTART[1]}")


# === Exported files ===

def meaning_file(path: Path) -> Path:
    """The file that says what an exported network's outputs mean."""
    return path.with_name(path.name + ".json")


def _exported(path: str | os.PathLike, runtime: str | None) -> Network:
    path = Path(path)
    is_there = path.is_file() and is_exported(path)
    content = read_meaning(path) if is_there else {}
    with reading(meaning_file(path)):
        options = {"precision": "bf16"} if content.get("precision") == "bfloat16" else {}
        layout = POSE_LAYOUTS[content["layout"]] if content.get("layout") else None
        actions = read_actions(content["actions"] if is_there else {})
        step = content["frame_step"] if is_there else None
        if step is not None and not (type(step) is int and 1 <= step <= 1000):
            raise ValueError(f"frame_step must be 1 to 1000, got {step!r}")
        # Files of older versions name the frame step alone.
        crops = read_dataconf(content["dataconf"]) if "dataconf" in content else None
    info = weights_info(check_file(path)) if is_there else {}
    if content.get("md5", info.get("md5")) != info.get("md5"):
        raise damaged(path, f"it is not the file that {meaning_file(path).name} speaks of")
    numbers = path.with_suffix(".bin")      # of an OpenVINO network; older ones have no sum
    if "bin_md5" in content and md5_of(check_file(numbers)) != content["bin_md5"]:
        raise damaged(numbers, f"it is not the file that {meaning_file(path).name} speaks of")
    model, runtime = open_exported(path, runtime, **options)
    if crops and crops.crop_resolution != tuple(model.input_shape[-3:-1][::-1]):
        raise damaged(meaning_file(path), f"crops of {crops.crop_resolution} are not what "
                      f"{path.name} takes")
    return Network(model, layout, actions, step, f"{path} on {runtime}", crops, info)


def read_meaning(path: Path) -> dict:
    """What `deephar.deploy.export` wrote about an exported network.

    Raises:
        FileNotFoundError: it is not there.
    """
    if not meaning_file(path).is_file():
        raise FileNotFoundError(f"{meaning_file(path)} is missing: it says what the "
                                f"outputs of {path.name} mean; keep both together")
    return read_json(meaning_file(path))
