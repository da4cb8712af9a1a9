"""Published activations; a network takes the layers themselves."""
from deephar.layers import ChannelSoftmax1D, ChannelSoftmax2D


def channel_softmax_2d(alpha: float = 1) -> ChannelSoftmax2D:
    """Softmax of `alpha * x` over H and W of maps `(N, H, W, J)`."""
    return ChannelSoftmax2D(alpha)


def channel_softmax_1d() -> ChannelSoftmax1D:
    """Softmax over the depth of `(N, depth, J)`."""
    return ChannelSoftmax1D()
