"""Layers without weights, and small convolution units (keras.ops only)."""
from deephar.layers.fusion import ContextAggregation
from deephar.layers.pooling import (
    GlobalMaxMinPooling2D, KroneckerPooling, MaxMinPooling2D)
from deephar.layers.reshape import (
    FoldTime, Mean, SelectChannels, StopGradient, UnfoldTime)
from deephar.layers.skeleton import BoneDifference, Project
from deephar.layers.softargmax import (
    ChannelSoftmax1D, ChannelSoftmax2D, DepthExpectation, KeypointConfidence,
    SoftArgmax1D, SoftArgmax2D)

__all__ = [
    "BoneDifference", "ChannelSoftmax1D", "ChannelSoftmax2D", "ContextAggregation",
    "DepthExpectation", "FoldTime", "GlobalMaxMinPooling2D", "KeypointConfidence",
    "KroneckerPooling", "MaxMinPooling2D", "Mean", "Project", "SelectChannels",
    "SoftArgmax1D", "SoftArgmax2D", "StopGradient", "UnfoldTime",
]
