"""Motions as BVH files, which animation programs read: bones of constant length that turn.

Every bone has a joint that turns it, one of length 0 where several bones leave from
one place; so each points wherever the positions say.  Lengths are
medians over time; the root also moves.  Centimetres, x to the person's left at rest,
y up, z ahead; a person at rest stands with the arms stretched to the sides.
"""
from pathlib import Path
from typing import Iterator, Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from deephar.data.keypoints.takes import H36M17_PARENTS, fill_missing
from deephar.utils.files import atomic_path
from deephar.utils.pose import H36M17_NAMES, PoseLayout

CENTIMETRES = 100.0
POSITION = "Xposition Yposition Zposition "
ORDER = "ZXY"                   # of the turns, each about the axes that the last one left
# Where a bone points at rest, by what the name of its end has in it.
REST = {"shoulder": (1, 0, 0), "elbow": (1, 0, 0), "wrist": (1, 0, 0), "hand": (1, 0, 0),
        "hip": (1, 0, 0), "knee": (0, -1, 0), "ankle": (0, -1, 0), "foot": (0, 0, 1)}
TO_FILE = np.array([1.0, -1.0, -1.0])       # from x right, y down, z away


def parents_of(joint_names: Sequence[str], layout: PoseLayout | None = None
               ) -> tuple[int, ...]:
    """The joint that each one hangs on, -1 for the root and for what hangs on nothing."""
    if tuple(joint_names) == H36M17_NAMES:
        return H36M17_PARENTS
    found = {b: a for a, b in layout.links}
    return tuple(found.get(j, -1) for j in range(len(joint_names)))


def write_bvh(path: str | Path, joint_names: Sequence[str], parents: Sequence[int],
              positions: np.ndarray, fps: float) -> None:
    """Write one person's motion.

    Args:
        joint_names: of the joints; 'l_' and 'r_' are the sides.
        parents: see `parents_of`; the root is joint 0.
        positions: (T, J, 3) metres, x right, y down, z away; NaN is interpolated.
        fps: frames per second.
    """
    points = fill_missing(positions) * TO_FILE * CENTIMETRES
    skeleton = _Skeleton(joint_names, parents, points)
    lines = skeleton.lines_of(0, np.zeros(3), Rotation.identity(len(points)), "ROOT")
    text = ["HIERARCHY", *lines, "MOTION", f"Frames: {len(points)}",
            f"Frame Time: {1 / fps:.8f}", ""]
    with atomic_path(path) as temporary, open(temporary, "w", encoding="ascii") as file:
        file.write("\n".join(text))
        np.savetxt(file, np.concatenate([points[:, 0], *skeleton.angles], axis=1), fmt="%.5f")


class _Skeleton:
    """Bones of constant length; `angles` grow with the lines of the hierarchy.

    Attributes:
        angles: (T, 3) in degrees for every joint that was written.
    """

    def __init__(self, names, parents, points):
        self.names, self.points, self.angles = names, points, []
        self.children = {j: [c for c, p in enumerate(parents) if p == j and c]
                         for j in range(len(names))}
        self.is_h36m = tuple(names) == H36M17_NAMES

    def rest(self, joint: int) -> np.ndarray:
        """Where the bone that ends at a joint points at rest."""
        name = self.names[joint]
        along = next((at for part, at in REST.items() if part in name and name != "hip"),
                     (0, 1, 0))
        if self.is_h36m and "foot" in name:             # it is an ankle
            along = REST["ankle"]
        return np.array(along, float) * [-1 if name.startswith("r_") else 1, 1, 1]

    def bone(self, start: int, end: int) -> np.ndarray:
        return self.points[:, end] - self.points[:, start]

    def lines_of(self, joint: int, offset: np.ndarray, around: Rotation, kind: str,
                 depth: int = 0) -> Iterator[str]:
        """The text of a joint and all that hangs on it.

        Args:
            offset: (3,) from the joint before, at rest.
            around: (T,), how what it hangs on is turned.
        """
        children, pad = self.children[joint], "\t" * depth
        if not children:
            yield from (f"{pad}End Site", f"{pad}{{", f"{pad}\tOFFSET {_text(offset)}",
                        f"{pad}}}")
            return
        alone = len(children) == 1 and kind != "ROOT"
        turned = (around * self._swing(joint, children[0], around) if alone
                  else self._facing(joint))
        yield from self._head(f"{kind} {self.names[joint]}", offset, pad,
                              around.inv() * turned, POSITION if kind == "ROOT" else "")
        for child in children:
            at = np.median(np.linalg.norm(self.bone(joint, child), axis=1)) * self.rest(child)
            if alone:
                yield from self.lines_of(child, at, turned, "JOINT", depth + 1)
                continue
            swing = self._swing(joint, child, turned)
            yield from self._head(f"JOINT {self.names[joint]}_to_{self.names[child]}",
                                  np.zeros(3), pad + "\t", swing)
            yield from self.lines_of(child, at, turned * swing, "JOINT", depth + 2)
            yield f"{pad}\t}}"
        yield f"{pad}}}"

    def _head(self, title, offset, pad, turn, more="") -> Iterator[str]:
        self.angles.append(np.degrees(np.unwrap(turn.as_euler(ORDER), axis=0)))
        number = 6 if more else 3
        yield from (f"{pad}{title}", f"{pad}{{", f"{pad}\tOFFSET {_text(offset)}",
                    f"{pad}\tCHANNELS {number} {more}Zrotation Xrotation Yrotation")

    def _swing(self, start, end, around) -> Rotation:
        return _swing(self.rest(end), around.inv().apply(self.bone(start, end)))

    def _facing(self, joint) -> Rotation:
        """How the part about a joint with several bones is turned, (T,)."""
        children = self.children[joint]
        aims = np.stack([self.bone(joint, c) for c in children], axis=1)
        rests = np.stack([self.rest(c) for c in children])
        return Rotation.concatenate([_aligned(rests, aim) for aim in aims])


def _aligned(rests: np.ndarray, aims: np.ndarray) -> Rotation:
    """The turn of directions (B, 3) at rest that comes nearest to (B, 3)."""
    lengths = np.linalg.norm(aims, axis=1, keepdims=True)
    units = aims / np.maximum(lengths, 1e-9)
    u, _, vt = np.linalg.svd(units.T @ rests)
    sign = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    return Rotation.from_matrix(u @ sign @ vt)


def _swing(rest: np.ndarray, aims: np.ndarray) -> Rotation:
    """The shortest turns from one direction (3,) to others (T, 3)."""
    units = aims / np.maximum(np.linalg.norm(aims, axis=1, keepdims=True), 1e-9)
    axes = np.cross(rest, units)
    sines = np.linalg.norm(axes, axis=1)
    cosines = units @ rest
    # Straight back there is no shortest turn: any axis across the bone will do.
    across = np.cross(rest, [0.0, 0.0, 1.0] if abs(rest[2]) < 0.9 else [1.0, 0.0, 0.0])
    back = (sines < 1e-9) & (cosines < 0)
    axes[back], sines = across / np.linalg.norm(across), np.where(back, 1.0, sines)
    angles = np.where(back, np.pi, np.arctan2(np.where(back, 0, sines), cosines))
    return Rotation.from_rotvec(axes / np.maximum(sines, 1e-12)[:, None] * angles[:, None])


def _text(vector: np.ndarray) -> str:
    return " ".join(f"{v:.5f}" for v in vector + 0.0)
