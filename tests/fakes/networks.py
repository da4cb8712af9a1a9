"""Stand-ins for trained networks, whose answers are known."""
import numpy as np

from deephar.networks.network import Network
from deephar.utils.pose import pa16j2d, pa17j3d

# Where the fixed stand-in sees the joints, in fractions of the crop.
FIXED = np.stack([np.linspace(0.1, 0.9, 16), np.linspace(0.85, 0.2, 16)], axis=-1)


class Fixed:
    """Says the same of every crop; counts what it was asked.

    Args:
        frames: of a clip; None for pictures.
        pose: (J, D) in the crop.
        confidence: of every joint.
        actions: probabilities of one action set, or None.
    """

    def __init__(self, frames=None, pose=FIXED, confidence=0.9, actions=None, side=32):
        self.input_shape = (None,) + ((frames,) if frames else ()) + (side, side, 3)
        self.pose, self.confidence, self.actions = pose, confidence, actions
        self.seen = []

    def predict(self, x, batch_size=None, verbose=0):
        self.seen.append(np.array(x))
        lead = x.shape[:-3]
        pose = np.concatenate(
            [self.pose, np.full((len(self.pose), 1), self.confidence)], axis=-1)
        outputs = [np.broadcast_to(pose, lead + pose.shape).astype(np.float32)]
        if self.actions is not None:
            outputs.append(np.broadcast_to(
                np.float32(self.actions), (len(x), len(self.actions))))
        return outputs


class Dots:
    """Finds coloured dots: joint j where the crop has the hue of `dot_color(j)`.

    A joint that is not seen has confidence 0.  With `num_actions` clips also get
    an action: its class is how far joint 0 moved, in tenths of the crop.
    """

    def __init__(self, frames=None, num_joints=16, side=64, num_actions=0):
        self.input_shape = (None,) + ((frames,) if frames else ()) + (side, side, 3)
        self.num_joints, self.num_actions = num_joints, num_actions

    def predict(self, x, batch_size=None, verbose=0):
        frames = x.reshape((-1,) + x.shape[-3:])
        poses = np.stack([self._pose(frame) for frame in frames])
        poses = poses.reshape(x.shape[:-3] + poses.shape[1:])
        if not self.num_actions:
            return [poses]
        moved = np.abs(poses[:, -1, 0, 0] - poses[:, 0, 0, 0]) * 10
        classes = np.eye(self.num_actions)[np.round(moved).astype(int).clip(
            0, self.num_actions - 1)]
        return [poses, classes.astype(np.float32)]

    def _pose(self, frame):
        color = (frame + 1) / 2
        brightness, grey = color.max(axis=-1), color.min(axis=-1)
        vivid = brightness - grey > np.maximum(0.2, 0.6 * brightness)
        nearest = np.round(hue(color) * HUES).astype(int) % HUES
        rows, columns = frame.shape[:2]
        pose = np.zeros((self.num_joints, 3), np.float32)
        for j in range(self.num_joints):
            weight = np.where(vivid & (nearest == j), brightness, 0)
            if weight.sum() < 1:
                continue
            x = (weight.sum(axis=0) * (np.arange(columns) + 0.5)).sum() / weight.sum()
            y = (weight.sum(axis=1) * (np.arange(rows) + 0.5)).sum() / weight.sum()
            pose[j] = x / columns, y / rows, 1
        return pose


HUES = 16


def hue(color: np.ndarray) -> np.ndarray:
    """The hue (..., ), 0 to 1, of colours (..., 3)."""
    r, g, b = np.moveaxis(color, -1, 0)
    return np.arctan2(np.sqrt(3) * (g - b), 2 * r - g - b) / (2 * np.pi) % 1


def dot_color(j: int) -> tuple[int, int, int]:
    """The vivid colour of joint j; mixed with black it keeps its hue."""
    turn = j / HUES * 2 * np.pi
    wave = np.cos(turn - np.array([0, 2, 4]) * np.pi / 3)
    level = (wave - wave.min()) / np.ptp(wave)
    return tuple(int(v) for v in np.round(255 * level))


def fixed(frames=None, layout=pa16j2d, **options) -> Network:
    """A `Fixed` as a network, with the classes 'rest', 'wave', 'run'."""
    if layout is pa17j3d and "pose" not in options:
        options["pose"] = np.concatenate(
            [np.linspace((0.1, 0.9), (0.9, 0.2), 17), np.linspace(0.3, 0.7, 17)[:, None]],
            axis=-1)
    model = Fixed(frames, **options)
    actions = {"moves": ("rest", "wave", "run")} if model.actions is not None else {}
    return Network(model, layout, actions, frame_step=1, name="fixed")
