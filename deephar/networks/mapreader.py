"""What is read from maps, in one pass over them (keras.ops only)."""
import keras
import numpy as np
from keras import ops

from deephar.layers import SoftArgmax2D
from deephar.layers.base import Float32Layer

PARTS = ("position", "confidence", "depth", "features")


@keras.saving.register_keras_serializable(package="deephar")
class ReadMaps(Float32Layer):
    """`ChannelSoftmax2D` and what is read from its maps, without making them.

    Exponentials are summed with the weights that a part asks for, and divided
    by their sum afterwards, when only a few numbers per joint are left.

    Inputs: maps `(N, H, W, J)` before the softmax; then, if the part is asked
    for and in the order of `parts`, depth maps `(N, H, W, J)` and features
    `(N, H, W, C)`.

    Args:
        parts: of `PARTS`, in the order of the outputs: positions `(N, J, 2)`,
            confidences and depths `(N, J, 1)`, features `(N, J, C)`.
        alpha: of the softmax.
        ramp_x, ramp_y: of the soft-argmax, if they are not the default.
    """

    def __init__(self, parts, alpha=1.0, ramp_x=None, ramp_y=None, **kwargs):
        super().__init__(**kwargs)
        unknown = set(parts) - set(PARTS)
        if unknown:
            raise ValueError(f"parts must be of {PARTS}, got {sorted(unknown)}")
        self.parts, self.alpha = list(parts), float(alpha)
        self.ramp_x, self.ramp_y = ramp_x, ramp_y

    def call(self, inputs):
        maps, *others = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        others = iter(others)
        rows, columns, joints = maps.shape[1:]

        def flat(x):
            return ops.reshape(x, (-1, rows * columns, x.shape[-1]))

        maps = maps if self.alpha == 1 else self.alpha * maps
        e = ops.exp(maps - ops.max(maps, axis=(1, 2), keepdims=True))
        by_joint = ops.transpose(flat(e), (0, 2, 1))                # (N, J, H*W)
        moments = ops.matmul(by_joint, ops.convert_to_tensor(
            self.pixel_weights(rows, columns)))                          # (N, J, 3)
        total = moments[..., 2:]
        read = {
            "position": lambda: moments[..., :2] / total,
            "confidence": lambda: _best_window(e) / total,
            "depth": lambda: _sum(ops.sigmoid(next(others)) * e) / total,
            "features": lambda: ops.matmul(by_joint, flat(next(others))) / total}
        outputs = [read[part]() for part in self.parts]
        return outputs if len(outputs) > 1 else outputs[0]

    def pixel_weights(self, rows: int, columns: int) -> np.ndarray:
        """What a pixel counts for x, y and the sum, (H*W, 3)."""
        x, y = (SoftArgmax2D.default_ramp(size) if ramp is None
                else np.array(ramp, "float32")
                for ramp, size in ((self.ramp_x, columns), (self.ramp_y, rows)))
        x, y = np.meshgrid(x, y)
        return np.stack([x, y, np.ones_like(x)], axis=-1).reshape(-1, 3)

    def get_config(self):
        return {**super().get_config(), "parts": self.parts, "alpha": self.alpha,
                "ramp_x": self.ramp_x, "ramp_y": self.ramp_y}


def _best_window(e):
    """The greatest sum of 2x2 neighbours: `(N, J, 1)`."""
    return 4.0 * ops.max(ops.average_pool(e, 2, strides=1, padding="valid"),
                         axis=(1, 2))[..., None]


def _sum(maps):
    return ops.sum(maps, axis=(1, 2))[..., None]
