"""How a joint's specialised map and its context maps become one position."""
import keras
from keras import ops

from deephar.layers.base import Float32Layer


@keras.saving.register_keras_serializable(package="deephar")
class ContextAggregation(Float32Layer):
    """`alpha * ys + (1 - alpha) * sum(p * yc) / sum(p)` (CVPR'18 equation 5).

    Inputs: positions `ys (N, J, 2)` of the specialised maps, `yc (N, J*n, 2)`
    of the context maps, and confidences `p (N, J*n, 1)` of the latter; the n
    contexts of a joint stand side by side.  Output `(N, J, 2)`.
    """

    def __init__(self, num_contexts, alpha=0.8, **kwargs):
        super().__init__(**kwargs)
        self.num_contexts = num_contexts
        self.alpha = float(alpha)

    def build(self, input_shape):
        self.num_joints = input_shape[0][1]

    def call(self, inputs):
        ys, yc, confidence = inputs
        shape = (-1, self.num_joints, self.num_contexts)
        yc = ops.reshape(yc, (*shape, 2))
        p = ops.reshape(confidence, (*shape, 1))
        # As published: raw confidences may be negative, and no epsilon.
        context = ops.sum(p * yc, axis=2) / ops.sum(p, axis=2)
        return self.alpha * ys + (1 - self.alpha) * context

    def get_config(self):
        return {**super().get_config(),
                "num_contexts": self.num_contexts, "alpha": self.alpha}
