"""Small tools without a network in them: joint layouts, geometry, files, drawing.

NumPy, SciPy, Pillow and matplotlib only.
"""
from deephar.utils.bbox import (
    PoseBBox, bbox_to_objposwin, compute_grid_bboxes, get_crop_params, get_gt_bbox,
    get_objpos_winsize, get_valid_bbox, get_valid_bbox_array, objposwin_to_bbox)
from deephar.utils.camera import Camera, camera_deserialize, project_pred_to_camera
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.plot import draw, show
from deephar.utils.pose import (
    get_valid_joints, get_visible_joints,
    pa16j2d, pa16j3d, pa17j2d, pa17j3d, pa20j3d, pa21j3d)
from deephar.utils.transform import (
    T, normalize_channels, transform_2d_points, transform_pose_sequence)

__all__ = [
    "TEST_MODE", "TRAIN_MODE", "VALID_MODE",
    "pa16j2d", "pa16j3d", "pa17j2d", "pa17j3d", "pa20j3d", "pa21j3d",
    "get_visible_joints", "get_valid_joints",
    "T", "transform_2d_points", "transform_pose_sequence", "normalize_channels",
    "Camera", "camera_deserialize", "project_pred_to_camera",
    "get_valid_bbox", "get_valid_bbox_array", "get_objpos_winsize",
    "compute_grid_bboxes", "bbox_to_objposwin", "objposwin_to_bbox", "get_gt_bbox",
    "get_crop_params", "PoseBBox",
    "draw", "show",
]
