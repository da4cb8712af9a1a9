"""3D poses: MPJPE on Human3.6M, single or several crops.

Depth is relative to the root's true depth, and poses go back to the world
with the true camera; both poses are moved to the root, whose zero error
counts.
"""
import logging
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from deephar import measures
from deephar.config import DataConfig
from deephar.data.labels import H36M_ACTIONS
from deephar.evaluation.crops import crop_settings, poses_in_picture
from deephar.evaluation.loop import Rows, Trial, spread
from deephar.evaluation.report import Score
from deephar.networks.network import pose_blocks
from deephar.networks.predict import predict_all
from deephar.utils.camera import camera_deserialize, project_pred_to_camera
from deephar.utils.pose import PoseLayout, pa17j3d

log = logging.getLogger(__name__)

DEPTH_RANGE = 2000.0        # mm that the crop's [0, 1] spans
CROP_SHIFT = (20, 4)        # pixels; the largest shifts of the training preset


def eval_human36m_sc_error(
        model: Any, x: np.ndarray, pose_w: np.ndarray, afmat: np.ndarray,
        rootz: np.ndarray, scam: np.ndarray, action: np.ndarray,
        resol_z: float = DEPTH_RANGE, batch_size: int = 8,
        map_to_pa17j: Sequence[int] | None = None, logdir: str | Path | None = None,
        verbose: bool = True) -> list[float]:
    """MPJPE of arrays that are in memory; `mpjpe_trial` streams a data set.

    Args:
        model: a 3D pose network of pictures.
        x: `(N, H, W, C)`.
        pose_w: `(N, J, 3)`, true poses in the world, mm.
        afmat: `(N, 3, 3)`, from the picture to the crop.
        rootz: `(N,)` or `(N, 1)`, true depth of the root, mm.
        scam: `(N, 21)`, serialised cameras.
        action: `(N,)` or `(N, 1)`, action indices.
        resol_z: depth in mm that the crop spans.
        batch_size: of the prediction.
        map_to_pa17j: for each joint of `pa17j3d`, its index in the predictions.
        logdir: a folder for `y_pred_w.npy`, `(K, N, J, 3)`.
        verbose: log the scores, and those of the last block per action.

    Returns:
        one error in mm per block.
    """
    # Visibilities may stand beside the coordinates or be outputs of their own.
    blocks = [output for output in predict_all(model, x, batch_size)
              if output.shape[-1] >= 3]
    joints = slice(None) if map_to_pa17j is None else list(map_to_pa17j)
    predicted = np.stack([
        _to_world(project_pred_to_camera(pose[:, joints], afmat, resol_z, rootz), scam)
        for pose in blocks])
    true = _from_root(pose_w)
    scores = [measures.mean_distance_error(true, _from_root(p)) for p in predicted]
    if logdir is not None:
        Path(logdir).mkdir(parents=True, exist_ok=True)
        np.save(Path(logdir) / "y_pred_w.npy", predicted)
    if verbose:
        log.info("MPJPE per block (mm): %s", " ".join(f"{s:.1f}" for s in scores))
        for name, error in _per_action(true, _from_root(predicted[-1]),
                                       np.ravel(action)).items():
            log.info("%s: %.1f", name, error)
    return scores


def mpjpe_trial(dataset: Any, mode: int, dataconf: DataConfig, layout: PoseLayout, *,
                count: int | None = None, multi_crop: bool = False, flip: bool = False
                ) -> Trial:
    """The frames of `dataset`, a `Human36M` of topology "frames".

    Args:
        dataset: gives pose_w and pose_uvd (of `pa17j3d`), camera and action.
        mode: the split.
        dataconf: the settings of the plain crop.
        layout: the network's joints.
        count: only so many, evenly spread over the split.
        multi_crop: five crops instead of one.
        flip: also mirror each crop.
    """
    settings = crop_settings(dataconf, shift=CROP_SHIFT if multi_crop else None,
                             flip=flip)
    depth_range = DEPTH_RANGE * dataconf.fixed_scale
    shared, joints = shared_joints(layout)

    def reduce(sample, views, outputs):
        poses, _ = zip(*pose_blocks(outputs, 3))
        uvd = poses_in_picture(np.stack(poses, axis=1),         # (V, K, J, 3)
                               [view["afmat"] for view in views], settings, layout)
        root_z = np.asarray(views[0]["pose_uvd"])[0, 2]
        uvd[..., 2] = depth_range * (uvd[..., 2] - 0.5) + root_z
        camera = np.ravel(views[0]["camera"])
        return {
            "pose_w": _to_world(uvd, [camera] * len(uvd))[:, joints],
            "true_w": np.asarray(views[0]["pose_w"])[shared],
            "pose_px": uvd[:, joints, :2].astype(np.float32),
            "true_px": np.asarray(views[0]["pose_uvd"])[shared, :2],
            "action": int(np.ravel(views[0]["action"])[0]),
        }

    chosen = spread(dataset.get_length(mode), count)
    return Trial(
        name="h36m", samples=[str(i) for i in chosen],
        views=lambda sample: settings,
        read=lambda sample, view: dataset.get_data(
            chosen[sample], mode, augmentation=view),
        reduce=reduce)


def shared_joints(layout: PoseLayout) -> tuple[list[int], list[int]]:
    """The joints of `pa17j3d` that a layout has: their indices there, and in the layout."""
    shared = [i for i, name in enumerate(pa17j3d.joint_names) if name in layout.joint_names]
    if shared[:1] != [0]:
        raise ValueError(f"{layout.name} lacks the root of {pa17j3d.name}")
    return shared, [layout.joint_names.index(pa17j3d.joint_names[i]) for i in shared]


def mpjpe_score(rows: Rows, labels: Mapping[int, str] | None = None, *, protocol: dict,
                paper: Sequence[str] = ()) -> Score:
    """MPJPE in mm, pooled over samples, per block and per action."""
    score = Score("MPJPE", "mm", None, higher_is_better=False, samples=rows.total,
                  evaluated=len(rows), missing=rows.missing, protocol=protocol,
                  paper=paper)
    if not len(rows):
        return score
    true, pred = _from_root(rows["true_w"]), _from_root(rows["pose_w"])
    last = pred[:, -1]
    score.blocks = [measures.mean_distance_error(true, pred[:, block])
                    for block in range(pred.shape[1])]
    score.value = score.blocks[-1]
    score.parts = _per_action(true, last, rows["action"], labels)
    score.legacy_parts = _per_action(
        true, pred[:, int(np.argmin(score.blocks))], rows["action"],
        labels)
    score.extras = {
        "mean over actions": float(np.mean(list(score.parts.values()))),
        "P-MPJPE": measures.p_mpjpe(true, last),
        "PCK3D@150 (%)": 100 * measures.pck3d(true, last),
        "PCK3D AUC (%)": 100 * measures.pck3d_auc(true, last)}
    return score


def sample_errors(rows: Rows) -> np.ndarray:
    """MPJPE of each evaluated sample in mm."""
    return measures.joint_distances(
        _from_root(rows["true_w"]), _from_root(rows["pose_w"][:, -1])).mean(-1)


def _per_action(true: np.ndarray, predicted: np.ndarray, action: np.ndarray,
                labels: Mapping[int, str] | None = None) -> Mapping[str, float]:
    """Mean error by action name, of the actions that there are."""
    labels = labels or dict(enumerate(H36M_ACTIONS))
    return {labels.get(a, f"action {a}"): measures.mean_distance_error(true[action == a],
                                                  predicted[action == a])
            for a in np.unique(action).tolist()}


def _to_world(poses_uvd: np.ndarray, cameras: Sequence[np.ndarray]) -> np.ndarray:
    """`(N, J, 3)` in the picture to the world, one serialised camera each."""
    return np.stack([camera_deserialize(camera).inverse_project(pose)
                     for pose, camera in zip(poses_uvd, cameras, strict=True)])


def _from_root(poses: np.ndarray) -> np.ndarray:
    """`(..., J, 3)` relative to its first joint."""
    poses = np.asarray(poses, float)
    return poses - poses[..., :1, :]
