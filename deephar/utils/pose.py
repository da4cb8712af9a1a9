"""Joint layouts: names, bones, flips and the maps to and from other layouts.

A layout is data.  Flip maps and bones are derived from the joint names, so
that they cannot drift from them.
"""
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Mapping, Sequence

import numpy as np

INVALID = -1e9          # every coordinate of a joint that is missing
VALID_FROM = -1e6       # coordinates above this one are there

# The 17 of Human3.6M's 32 joints that move by themselves ("h36m17"), which lifting
# networks take: the spine is the middle of the back, the thorax the base of the
# neck, the neck the middle of the head's front, the head its top.
H36M17 = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
H36M17_NAMES = (
    "hip", "r_hip", "r_knee", "r_foot", "l_hip", "l_knee", "l_foot", "spine", "thorax",
    "neck", "head", "l_shoulder", "l_elbow", "l_wrist", "r_shoulder", "r_elbow", "r_wrist")


def mirrored(names: tuple[str, ...]) -> tuple[int, ...]:
    """For each name, the index of its left/right partner (itself if none)."""
    swap = {"r_": "l_", "l_": "r_"}
    return tuple(names.index(swap.get(name[:2], name[:2]) + name[2:]) for name in names)


@dataclass(frozen=True, repr=False)
class PoseLayout:
    """Joint names and dimension of a pose, with maps from data sets' joints.

    `map_from_X[j]` is the index in X of joint j; `map_to_X[j]` is the index
    in this layout of joint j of X; `map_from_pa13j[j]` is where the j-th of
    Penn Action's 13 joints goes in this layout.
    """
    name: str
    dim: int
    joint_names: tuple[str, ...]
    map_from_mpii: tuple[int, ...] | None = None
    map_to_mpii: tuple[int, ...] | None = None
    map_from_h36m: tuple[int, ...] | None = None
    map_from_ntu: tuple[int, ...] | None = None
    map_from_pa13j: tuple[int, ...] | None = None
    map_to_lsp: tuple[int, ...] | None = None
    map_to_jhmdb: tuple[int, ...] | None = None
    h36m17: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    of_h36m17: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)

    def __repr__(self) -> str:
        return self.name

    @property
    def num_joints(self) -> int:
        return len(self.joint_names)

    @cached_property
    def map_hflip(self) -> tuple[int, ...]:
        """The joint that each joint becomes in a mirrored picture."""
        return mirrored(self.joint_names)

    @cached_property
    def map_to_pa16j(self) -> tuple[int, ...]:
        """For each of the 16 joints that all layouts have, its index in this one."""
        return tuple(self.joint_names.index(name) for name in _PA16J)

    @cached_property
    def links(self) -> tuple[tuple[int, int], ...]:
        """Bones, as pairs of joint indices, from the pelvis outwards."""
        index = {name: i for i, name in enumerate(self.joint_names)}
        return tuple((index[a], index[b]) for a, b in BONES
                     if a in index and b in index)

    def to_h36m17(self, points: np.ndarray) -> np.ndarray:
        """Points (..., J, D) of this layout as those of `H36M17` (..., 17, D)."""
        return mean_joints(points, self.joint_names,
                           [self.h36m17[name] for name in H36M17_NAMES])

    def from_h36m17(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 17, D) of `H36M17` as this layout's (..., J, D); NaN if unknown."""
        known = [name for name in self.joint_names if name in self.of_h36m17]
        mine = np.full((*points.shape[:-2], self.num_joints, points.shape[-1]), np.nan)
        mine[..., [self.joint_names.index(name) for name in known], :] = mean_joints(
            points, H36M17_NAMES, [self.of_h36m17[name] for name in known])
        return mine


def mean_joints(points: np.ndarray, names: Sequence[str],
                joint_map: Sequence[Sequence[str]]) -> np.ndarray:
    """For each entry the mean of the joints that it names: (..., K, D), K names."""
    return np.stack([points[..., [names.index(name) for name in entry], :].mean(-2)
                     for entry in joint_map], axis=-2)


BONES = (
    ("pelvis", "thorax"), ("thorax", "neck"), ("neck", "head"),
    ("thorax", "r_shoulder"), ("r_shoulder", "r_elbow"),
    ("r_elbow", "r_wrist"), ("r_wrist", "r_hand"),
    ("thorax", "l_shoulder"), ("l_shoulder", "l_elbow"),
    ("l_elbow", "l_wrist"), ("l_wrist", "l_hand"),
    ("pelvis", "r_hip"), ("r_hip", "r_knee"), ("r_knee", "r_ankle"),
    ("r_ankle", "r_foot"),
    ("pelvis", "l_hip"), ("l_hip", "l_knee"), ("l_knee", "l_ankle"),
    ("l_ankle", "l_foot"),
)

_PA16J = ("pelvis", "thorax", "neck", "head",
          "r_shoulder", "l_shoulder", "r_elbow", "l_elbow",
          "r_wrist", "l_wrist", "r_hip", "l_hip",
          "r_knee", "l_knee", "r_ankle", "l_ankle")
_PA20J = _PA16J[:10] + ("r_hand", "l_hand") + _PA16J[10:] + ("r_foot", "l_foot")
_SPINE = ("spine",)

# Between a layout and `H36M17`.  The same names mean two places of the trunk:
# * In pictures (MPII, Penn Action, NTU) the thorax lies between the shoulders and
#   the neck at the base of the skull; nothing marks the middle of the back.
# * `map_from_h36m` puts Human3.6M's joint 12, the middle of the back, on the
#   thorax, 13, the base of the neck, on the neck, and 11, which lies on the hip,
#   on the spine.
# A layout goes with the data that it is the layout of: 16 joints of pictures, 17
# of Human3.6M, 20 and 21 of NTU.  The other reading puts the middle of the back
# 20 cm too high and the base of the neck 10 cm.
_LIMBS = {f"{side}_{joint}": (f"{side}_{'ankle' if joint == 'foot' else joint}",)
          for side in "rl"
          for joint in ("hip", "knee", "foot", "shoulder", "elbow", "wrist")}
_TO_H36M17 = {"hip": ("pelvis",), **_LIMBS, "neck": ("neck", "head"), "head": ("head",)}
_OF_H36M17 = {"pelvis": ("hip",), **{ours: (name,) for name, (ours,) in _LIMBS.items()},
              "head": ("head",)}
_OF_PICTURES = dict(
    h36m17={**_TO_H36M17, "spine": ("pelvis", "thorax"), "thorax": ("thorax",)},
    of_h36m17={**_OF_H36M17, "thorax": ("thorax",), "neck": ("thorax", "neck"),
               "spine": ("spine",)})
_OF_H36M = dict(
    h36m17={**_TO_H36M17, "spine": ("thorax",), "thorax": ("neck",)},
    of_h36m17={**_OF_H36M17, "thorax": ("spine",), "neck": ("thorax",),
               "spine": ("hip",)})

_PA16J_MAPS: dict[str, Any] = dict(
    **_OF_PICTURES,
    map_from_mpii=(6, 7, 8, 9, 12, 13, 11, 14, 10, 15, 2, 3, 1, 4, 0, 5),
    map_to_mpii=(14, 12, 10, 11, 13, 15, 0, 1, 2, 3, 8, 6, 4, 5, 7, 9),
    map_from_h36m=(0, 12, 13, 15, 25, 17, 26, 18, 27, 19, 1, 6, 2, 7, 3, 8),
    map_from_ntu=(0, 20, 2, 3, 4, 8, 5, 9, 6, 10, 12, 16, 13, 17, 14, 18),
    map_from_pa13j=tuple(range(3, 16)),
    map_to_lsp=(14, 12, 10, 11, 13, 15, 8, 6, 4, 5, 7, 9, 2, 3),
    map_to_jhmdb=(2, 1, 3, 4, 5, 10, 11, 6, 7, 12, 13, 8, 9, 14, 15),
)
_PA17J_MAPS = dict(
    _PA16J_MAPS | _OF_H36M,
    map_from_h36m=_PA16J_MAPS["map_from_h36m"] + (11,),
    map_from_ntu=_PA16J_MAPS["map_from_ntu"] + (1,),
)
_PA20J_MAPS: dict[str, Any] = dict(
    **_OF_PICTURES,
    map_from_h36m=(0, 12, 13, 15, 25, 17, 26, 18, 27, 19, 30, 22,
                   1, 6, 2, 7, 3, 8, 4, 9),
    map_from_ntu=(0, 20, 2, 3, 4, 8, 5, 9, 6, 10, 7, 11,
                  12, 16, 13, 17, 14, 18, 15, 19),
    map_from_pa13j=(3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17),
)
_PA21J_MAPS = dict(
    _PA20J_MAPS,
    map_from_h36m=_PA20J_MAPS["map_from_h36m"] + (11,),
    map_from_ntu=_PA20J_MAPS["map_from_ntu"] + (1,),
)

pa16j2d = PoseLayout("pa16j2d", 2, _PA16J, **_PA16J_MAPS)
pa16j3d = PoseLayout("pa16j3d", 3, _PA16J, **_PA16J_MAPS)
pa17j2d = PoseLayout("pa17j2d", 2, _PA16J + _SPINE, **_PA17J_MAPS)
pa17j3d = PoseLayout("pa17j3d", 3, _PA16J + _SPINE, **_PA17J_MAPS)
pa20j3d = PoseLayout("pa20j3d", 3, _PA20J, **_PA20J_MAPS)
pa21j3d = PoseLayout("pa21j3d", 3, _PA20J + _SPINE, **_PA21J_MAPS)

POSE_LAYOUTS = {layout.name: layout for layout in (
    pa16j2d, pa16j3d, pa17j2d, pa17j3d, pa20j3d, pa21j3d)}


def get_visible_joints(x: np.ndarray, margin: float = 0.0) -> np.ndarray:
    """Which joints lie inside the crop.

    Args:
        x: (..., J, 2), in [0, 1] where inside.
        margin: distance to keep from the border.

    Returns:
        (..., J), bool; False for NaN.
    """
    return np.all((x > margin) & (x < 1 - margin), axis=-1)


def get_valid_joints(x: np.ndarray) -> np.ndarray:
    """Which joints (..., J, D) have all their coordinates: (..., J), bool."""
    return np.all(x > VALID_FROM, axis=-1)
