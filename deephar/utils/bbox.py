"""Boxes (x1, y1, x2, y2) around people, in pixels of the picture."""
import logging

import numpy as np

from deephar.utils.pose import get_valid_joints

log = logging.getLogger(__name__)

# Side of a Human3.6M window for a person 1 mm away, per pixel of focal length
# and of picture size: 2.25, with a picture of 1000 px taken as 1000 mm.
H36M_WINDOW = 2.25
GT_WINDOW = 1.5                 # side of a window, per side of the box of the joints
DEPTH_HALF_RANGE = 1000.0       # mm before and behind the root joint


def bbox_to_objposwin(bbox) -> tuple[np.ndarray, tuple[float, float]]:
    """(centre, (w, h)) of a box."""
    x1, y1, x2, y2 = bbox
    return np.array([(x1 + x2) / 2, (y1 + y2) / 2]), (x2 - x1, y2 - y1)


def objposwin_to_bbox(objpos, winsize) -> np.ndarray:
    """The box of a centre and a size (w, h)."""
    (x, y), (w, h) = objpos, winsize
    return np.array([x - w / 2, y - h / 2, x + w / 2, y + h / 2])


def enclosing(boxes) -> np.ndarray:
    """The smallest box around boxes (N, 4)."""
    boxes = np.asarray(boxes)
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


def common_area(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of boxes (..., 4) with boxes (..., 4), which are broadcast."""
    low, high = np.maximum(a[..., :2], b[..., :2]), np.minimum(a[..., 2:], b[..., 2:])
    return np.prod(np.clip(high - low, 0, None), axis=-1)


def overlaps(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of boxes (N, 4) with boxes (M, 4): (N, M)."""
    a, b = np.asarray(a, float).reshape(-1, 1, 4), np.asarray(b, float).reshape(1, -1, 4)
    common = common_area(a, b)
    areas = [np.prod(box[..., 2:] - box[..., :2], axis=-1) for box in (a, b)]
    return common / np.maximum(areas[0] + areas[1] - common, 1e-12)


def get_valid_bbox(points: np.ndarray, jprob: np.ndarray | None = None,
                   relsize: float = 1.5, square: bool = False) -> np.ndarray:
    """The box around the valid joints of one pose, enlarged about its centre.

    Args:
        points: (J, D), D at least 2; missing joints are NaN or very negative.
        jprob: (J,), a joint counts from 0.5 on; None: joints that are valid.
        relsize: enlargement.
        square: extend the shorter side.

    Returns:
        (4,).

    Raises:
        ValueError: no joint is valid.
    """
    points = np.asarray(points, float)[:, :2]
    valid = get_valid_joints(points)
    if jprob is not None:
        valid = valid & (np.ravel(jprob) >= 0.5)
    if not valid.any():
        raise ValueError(f"a box needs a valid joint, got none of {len(points)}")
    low, high = points[valid].min(axis=0), points[valid].max(axis=0)
    side = high - low
    if square:
        side = np.full(2, side.max())
    return objposwin_to_bbox((low + high) / 2, relsize * side)


def get_valid_bbox_array(pointarray: np.ndarray, jprob: np.ndarray | None = None,
                         relsize: float = 1.5, square: bool = False) -> np.ndarray:
    """`get_valid_bbox` of many poses (N, J, D): (N, 4)."""
    return np.array([
        get_valid_bbox(points, None if jprob is None else jprob[i], relsize, square)
        for i, points in enumerate(pointarray)]).reshape(-1, 4)


def get_objpos_winsize(points: np.ndarray, relsize: float = 1.5, square: bool = True
                       ) -> tuple[np.ndarray, tuple[float, float]]:
    """(centre, (w, h)) of the window around the valid joints of a pose."""
    return bbox_to_objposwin(get_valid_bbox(points, None, relsize, square))


def compute_grid_bboxes(frame_size: tuple[int, int], grid: tuple[int, int] = (3, 2),
                        relsize: float = 1.5, square: bool = True) -> np.ndarray:
    """Boxes to look for a person in: the whole picture, then a grid over it.

    Args:
        frame_size: (w, h).
        grid: columns and rows.
        relsize: size of a box relative to its cell.
        square: the cell is a square of its larger side.

    Returns:
        (1 + columns * rows, 4).
    """
    w, h = frame_size
    columns, rows = grid
    cell = np.array([w / columns, h / rows])
    size = relsize * (np.full(2, cell.max()) if square else cell)
    centres = [((i + 0.5) * w / columns, (j + 0.5) * h / rows)
               for j in range(rows) for i in range(columns)]
    return np.array([whole_image_bbox(frame_size)]
                    + [objposwin_to_bbox(centre, size) for centre in centres])


def whole_image_bbox(frame_size: tuple[int, int], scale: float = 1.0) -> np.ndarray:
    """The square box about the centre of a picture that holds all of it."""
    side = scale * max(frame_size)
    return objposwin_to_bbox((frame_size[0] / 2, frame_size[1] / 2), (side, side))


def get_gt_bbox(pose: np.ndarray, visible: np.ndarray, image_size: tuple[int, int],
                scale: float = 1.0, logkey=None) -> np.ndarray:
    """The box around the person in the first, middle and last frame of a clip.

    Args:
        pose: (T, J, D) in pixels; missing joints are NaN.
        visible: (T, J).
        image_size: (w, h), for the box when there is no joint at all.
        scale: size relative to the usual square, 1.5 times the pose.
        logkey: names the clip in the warning.

    Returns:
        (4,), the box that encloses those of the frames.
    """
    last = len(pose) - 1
    frames = (0, min(int(len(pose) / 2 + 0.5), last), last)
    boxes = []
    for i in frames:
        points = np.asarray(pose[i], float)[:, :2]
        chosen = np.ravel(visible[i]) >= 0.5
        if not (chosen & get_valid_joints(points)).any():
            chosen = (points > 0).all(axis=-1)
        if (chosen & get_valid_joints(points)).any():
            boxes.append(get_valid_bbox(points, chosen, GT_WINDOW * scale, square=True))
    if not boxes:
        log.warning("no joint to take the box of clip %s from: using the whole image",
                    "(unnamed)" if logkey is None else logkey)
        return whole_image_bbox(image_size, scale)
    return enclosing(boxes)


def get_crop_params(rootj: np.ndarray, imgsize: tuple[int, int], f, scale: float
                    ) -> tuple[np.ndarray, tuple[float, float], tuple[float, float]]:
    """The window of Human3.6M around the root joint of a clip's first frame.

    Args:
        rootj: (T, 3), the root joint in pixels and mm of depth.
        imgsize: (w, h).
        f: 2 values, focal lengths in pixels.
        scale: size relative to the published window.

    Returns:
        centre (2,), window (w, h), depth range (near, far) in mm.
    """
    u, v, d = np.asarray(rootj, float).reshape(-1, 3)[0]
    fx, fy = np.ravel(f)
    side = H36M_WINDOW * scale * max(imgsize[0] * fx, imgsize[1] * fy) / d
    # As published: the window is `scale` pixels lower than the root joint.
    centre = np.array([u, v + scale])
    reach = DEPTH_HALF_RANGE * scale
    return centre, (side, side), (d - reach, d + reach)


class PoseBBox:
    """Boxes of a sequence of poses (N, J, D), computed when asked for."""

    def __init__(self, poses: np.ndarray, relsize: float = 1.5, square: bool = True):
        self.poses, self.relsize, self.square = poses, relsize, square

    def __len__(self) -> int:
        return len(self.poses)

    @property
    def shape(self) -> tuple[int, int]:
        return (len(self), 4)

    def __getitem__(self, key) -> np.ndarray:
        """(4,) for a number, (n, 4) for a slice."""
        poses = self.poses[key]
        box = get_valid_bbox if poses.ndim == 2 else get_valid_bbox_array
        return box(poses, None, self.relsize, self.square)
