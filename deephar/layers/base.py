"""What all layers of this room share."""
import keras


class Float32Layer(keras.layers.Layer):
    """A layer without weights that computes in float32 under any dtype policy.

    Heat maps, softmax over space and coordinates lose whole pixels in half
    precision; inputs are cast on entry.
    """

    def __init__(self, *, dtype="float32", **kwargs):
        super().__init__(dtype=dtype, **kwargs)
