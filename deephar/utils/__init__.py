"""Small tools without a network in them: joint layouts, geometry, files, drawing.

NumPy, SciPy, Pillow and matplotlib only.
"""
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.plot import draw, show
from deephar.utils.pose import (
    pa16j2d, pa16j3d, pa17j2d, pa17j3d, pa20j3d, pa21j3d)

__all__ = [
    "TEST_MODE", "TRAIN_MODE", "VALID_MODE",
    "pa16j2d", "pa16j3d", "pa17j2d", "pa17j3d", "pa20j3d", "pa21j3d",
    "draw", "show",
]
