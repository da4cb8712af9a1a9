"""What a network of one's own is: `model.json` beside its weights.

    {"format": 1,
     "architecture": "spnet",               a key of ARCHITECTURES
     "arguments": {...},                    what its builder takes
     "layout": "pa16j2d",                   joints of the poses
     "dataconf": {...},                     the crops that it was trained for
     "actions": {"pennaction": ["baseball_pitch", ...]}}

A folder with this file and `best.weights.h5` is a model that `load_checkpoint`
reads; every run of a training script is one.
"""
import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Mapping

import numpy as np

from deephar.config import DataConfig, ModelConfig
from deephar.utils.files import read_json, write_json
from deephar.utils.pose import POSE_LAYOUTS, PoseLayout
from deephar.utils.reading import numbers_of, reading

if TYPE_CHECKING:
    import keras

FILE_NAME = "model.json"
WEIGHTS = ("best.weights.h5", "last.weights.h5")
FORMAT = 1
COUNTS = ("crop_resolution", "image_channels", "subsampling", "fixed_subsampling")
OCCLUSIONS = ("geoocclusion", "fixed_geoocclusion")
# More than any network has: larger numbers are refused before memory is taken.
LARGEST = {"input_shape": 4096, "num_pyramids": 64, "action_pyramids": 64, "num_levels": 16,
           "num_blocks": 64, "blocks": 64, "ksize": 64, "kernel_size": 64, "": 16384}


@dataclass(frozen=True)
class Description:
    """A network, its joints, its crops and the names of its actions.

    Args:
        architecture: a key of `ARCHITECTURES`.
        arguments: of the builder, as JSON has them.
        layout: of the poses.
        dataconf: of its crops; the fixed settings are those to test with.
        actions: {action set: class names}, in the order of the outputs.
    """
    architecture: str
    arguments: Mapping[str, Any]
    layout: PoseLayout
    dataconf: DataConfig
    actions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self):
        if self.architecture not in ARCHITECTURES:
            raise KeyError(f"no architecture is called {self.architecture!r}; "
                           f"there are {', '.join(ARCHITECTURES)}")

    def build(self) -> "keras.Model":
        """The network, with fresh weights."""
        return ARCHITECTURES[self.architecture].build(self)

    @property
    def num_frames(self) -> int | None:
        """Frames of a clip; None for single pictures."""
        if "num_frames" in self.arguments:
            return self.arguments["num_frames"]
        shape = self._input_shape
        return shape[0] if len(shape) == 4 else None

    @property
    def num_actions(self) -> tuple[int, ...]:
        """Classes of each action set."""
        return tuple(len(names) for names in self.actions.values())

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(H, W, 3), or (T, H, W, 3) for clips."""
        frames = (self.num_frames,) if self.num_frames else ()
        return frames + tuple(self._input_shape[-3:])

    @property
    def _input_shape(self) -> tuple[int, ...]:
        """As the builder, or that of the pose network within, takes it."""
        return self.arguments.get("input_shape") or self.arguments["pose"]["input_shape"]


def describe_spnet(cfg: ModelConfig, dataconf: DataConfig,
                   actions: Mapping[str, tuple[str, ...]] | None = None) -> Description:
    """The description of the SPNet that `cfg` describes."""
    arguments = dataclasses.asdict(cfg) | {"poselayout": cfg.poselayout.name}
    actions = dict(actions or {})
    sizes = tuple(len(names) for names in actions.values())
    if sizes != cfg.num_actions:
        raise ValueError(f"the network has action sets of {cfg.num_actions} classes, "
                         f"the names given are {sizes}")
    return Description("spnet", arguments, cfg.poselayout, dataconf, actions)


def write_description(folder: Path, description: Description) -> None:
    """Write `FOLDER/model.json`."""
    write_json(Path(folder) / FILE_NAME, {
        "format": FORMAT,
        "architecture": description.architecture,
        "arguments": dict(description.arguments),
        "layout": description.layout.name,
        "dataconf": dataclasses.asdict(description.dataconf),
        "actions": dict(description.actions),
    })


def read_description(folder: Path) -> Description:
    """Read `FOLDER/model.json`.

    Raises:
        FileNotFoundError: there is none.
        ValueError: it is of another format.
    """
    path = Path(folder) / FILE_NAME
    if not path.exists():
        raise FileNotFoundError(f"{folder} holds no {FILE_NAME}: it is not the folder "
                                "of a model")
    content = read_json(path)
    with reading(path):
        if content.get("format") != FORMAT:
            raise ValueError(f"{path} has format {content.get('format')!r}, known is {FORMAT}")
        check_sizes(content["arguments"])
        return Description(
            content["architecture"], content["arguments"],
            POSE_LAYOUTS[content["layout"]], read_dataconf(content["dataconf"]),
            read_actions(content["actions"]))


def check_sizes(arguments: Any, name: str = "arguments") -> None:
    """Raises ValueError for a network that no machine could build."""
    if isinstance(arguments, Mapping):
        for key, value in arguments.items():
            check_sizes(value, key)
    elif isinstance(arguments, (list, tuple)):
        for value in arguments:
            check_sizes(value, name)
    elif isinstance(arguments, (int, float)):
        most = LARGEST.get(name, LARGEST[""])
        if not -1 <= arguments <= most:
            raise ValueError(f"{name} must be at most {most}, got {arguments}")


def read_dataconf(content: Mapping[str, Any]) -> DataConfig:
    """The crops of JSON; raises ValueError for settings that are none."""
    usual = dataclasses.asdict(DataConfig())
    for name, value in content.items():
        is_list = isinstance(usual[name], tuple) or name in OCCLUSIONS
        if value is None and name in OCCLUSIONS:
            continue
        found = numbers_of(value, np.shape(value), name)
        least = 1 if name in COUNTS else -LARGEST["input_shape"]
        if found.ndim != is_list or not ((least <= found) & (
                found <= LARGEST["input_shape"])).all() or (
                name in COUNTS and (found % 1).any()):
            raise ValueError(f"{name} must be like {usual[name]}, got {value!r}")
    return DataConfig(**content)


def read_actions(content: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The classes of action sets, of JSON."""
    actions = {name: tuple(labels) for name, labels in content.items()}
    if not all(isinstance(label, str) for labels in actions.values() for label in labels):
        raise ValueError(f"actions are names, got {str(content)[:200]}")
    return actions


def find_weights(folder: Path) -> Path:
    """The best weights in `folder`, else the last ones."""
    for name in WEIGHTS:
        if (Path(folder) / name).exists():
            return Path(folder) / name
    raise FileNotFoundError(f"{folder} holds no weights ({' or '.join(WEIGHTS)})")


def spnet_config(description: Description) -> ModelConfig:
    """What the SPNet of `description` is built from.

    Raises:
        ValueError: it is no SPNet.
    """
    if description.architecture != "spnet":
        raise ValueError("needs a network of kind spnet, got one of kind "
                         f"{description.architecture}")
    return ModelConfig(**{**description.arguments, "poselayout": description.layout})


# === Builders, from what JSON keeps ===

def _spnet(description: Description) -> "keras.Model":
    from deephar.models import spnet
    return spnet.build(spnet_config(description))


def _poses(description: Description) -> "keras.Model":
    from deephar.models import keypoints3d, reception
    module = {"reception": reception, "keypoints3d": keypoints3d}[description.architecture]
    return module.build(**_with_tuples(description.arguments))


def _with_poses(description: Description) -> "keras.Model":
    return build_with_pose_network(description)[1]


def build_with_pose_network(description: Description
                            ) -> tuple["keras.Model", "keras.Model"]:
    """(pose network, action network over its layers).

    `arguments["pose"]` are those of the pose network.
    """
    from deephar.models import action, keypoints3d, reception
    arguments = _with_tuples(description.arguments)
    builders: dict[str, tuple[Callable, Callable]] = {
        "merge": (reception.build, action.build_merge_model),
        "keypoints3d_action": (keypoints3d.build, keypoints3d.build_action),
    }
    build_pose, build_actions = builders[description.architecture]
    pose_network = build_pose(**_with_tuples(arguments.pop("pose")))
    return pose_network, build_actions(pose_network, **arguments)


def _with_tuples(arguments: Mapping[str, Any]) -> dict:
    return {name: tuple(value) if isinstance(value, list) else value
            for name, value in arguments.items()}


@dataclass(frozen=True)
class Architecture:
    """A kind of network that sees pictures.

    Args:
        build: from its description.
        title, takes, gives: it, its inputs and its outputs, in few words.
        built_by: what to call for one without a description, in `deephar.models`.
    """
    build: Callable[[Description], "keras.Model"]
    title: str
    takes: str
    gives: str
    built_by: str


ARCHITECTURES = {
    "reception": Architecture(
        _poses, "ReceptionNet, CVPR'18", "picture", "2D or 3D pose, visibility",
        "reception.build"),
    "merge": Architecture(
        _with_poses, "ReceptionNet, actions, CVPR'18", "clip", "actions",
        "action.build_merge_model"),
    "spnet": Architecture(
        _spnet, "SPNet, TPAMI'20", "picture or clip", "2D or 3D poses, actions",
        "spnet.build"),
    "keypoints3d": Architecture(
        _poses, "3D hourglasses, after ICPR'20", "picture", "3D pose, visibility",
        "keypoints3d.build"),
    "keypoints3d_action": Architecture(
        _with_poses, "3D hourglasses, actions", "clip", "actions",
        "keypoints3d.build_action"),
}
