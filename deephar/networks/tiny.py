"""Tiny networks for trying out: each checkpoint's and variant's, a fraction as large."""
from dataclasses import replace
from typing import Any, Mapping

from deephar.checkpoints.table import CHECKPOINTS
from deephar.checkpoints.variants import VARIANTS
from deephar.config import DataConfig

FRAMES, SIDE = 4, 64
# What is smaller, by the name of the builder's argument.
SIZES = {"num_frames": FRAMES, "ksize": (3, 3), "num_blocks": 2, "depth_maps": 4,
         "width": 16, "num_levels": 3, "num_pyramids": 2, "action_pyramids": (1, 2),
         "growth": 16, "num_pose_features": 32, "num_visual_features": 32}


def tiny_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A builder's arguments, and those of the pose network within, with SIZES."""
    tiny = {name: tiny_arguments(value) if isinstance(value, Mapping) else
            SIZES.get(name, value) for name, value in arguments.items()}
    if "input_shape" in tiny:
        clip = len(tiny["input_shape"]) == 4
        tiny["input_shape"] = (FRAMES,) * clip + (SIDE, SIDE, 3)
    return tiny


TINY = {key: replace(entry.description, dataconf=DataConfig(crop_resolution=(SIDE, SIDE)),
                     arguments=tiny_arguments(entry.description.arguments))
        for key, entry in (CHECKPOINTS | VARIANTS).items()}
