"""The papers' protocols, each from a session and a network to scores and plots.

The evaluation scripts choose among them.
"""
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

from deephar import measures
from deephar.data import DATASETS, Human36M, MpiiSinglePerson
from deephar.evaluation import human36m, mpii
from deephar.evaluation.action import (
    action_scores, action_trial, confusion, read_clip_boxes, sample_errors, verdict)
from deephar.evaluation.bboxes import box_trial, boxes_of, clip_keys, frame_keys
from deephar.evaluation.plots import (
    draw_extremes, draw_pose_extremes, plot_blocks, plot_confusion, plot_curve)
from deephar.evaluation.report import Score
from deephar.evaluation.session import EvalConfig, Session
from deephar.networks.cut import actions_only, poses_only
from deephar.networks.network import Network
from deephar.networks.predict import frame_predictor, predictor
from deephar.utils.files import read_json
from deephar.utils.flags import flag
from deephar.utils.modes import MODES
from deephar.utils.plot import to_picture
from deephar.utils.pose import pa16j2d, pa16j3d, pa17j3d

log = logging.getLogger(__name__)

# Of Penn Action, by whether the network is a merged one: the released files, that of
# synthetic data.
PENN_BOXES = {True: ("penn_pred_bboxes_16f.json", "pred_bboxes.json"),
              False: ("penn_pred_bboxes_multitask.json", "pred_bboxes.json")}
EVAL_MODES = {"cs": "cross-subject", "cv": "cross-view"}
BOXES = {
    "gt": "ground truth: around the annotated joints",
    "predicted": "predicted: read from a box file",
    "full": "whole pictures",
    "two-pass": "predicted: by the network itself, on the whole first, middle and "
                "last picture of the clip",
}


@dataclass(frozen=True)
class ActionConfig(EvalConfig):
    """The flags of the scripts that recognise actions."""
    batch_size: int = flag(4, "clips per step")
    boxes: str = flag("gt", "where the crops come from", choices=tuple(BOXES))
    boxes_file: str = flag("", "of predicted boxes, as predict_bboxes.py makes it; "
                               "empty: the released one (Penn Action only)")
    subsampling: int = flag(0, "frame step of the clips; 0: as published")
    multi_clip: bool = flag(True, "all clips of a video, and their mirror images")
    eval_mode: str = flag("cs", "of NTU: cross-subject or cross-view",
                          choices=("cs", "cv"))


@dataclass(frozen=True)
class MultitaskConfig(ActionConfig):
    """The flags of the scripts that also score poses."""
    tasks: tuple[str, ...] = flag(("actions", "poses"), "what to evaluate",
                                  choices=("actions", "poses"))


def mpii_pckh(session: Session, network: Network, *, multi_crop: bool = False,
              flip: bool = False, paper: Sequence[str] = ()) -> Score:
    """PCKh on the validation people of MPII."""
    cfg = session.cfg
    dataset = MpiiSinglePerson(session.locate("mpii"), network.dataconf, pa16j2d)
    trial = mpii.pckh_trial(dataset, MODES[DATASETS["mpii"].tested], network.dataconf,
                            network.layout, count=cfg.limit, multi_crop=multi_crop, flip=flip)
    rows = session.evaluate(trial, frame_predictor(poses_only(network), cfg.batch_size))
    score = mpii.pckh_score(rows, paper=paper, protocol={
        **_data_facts(session, "validation"),
        "crops": _crops(multi_crop, flip),
        "boxes": "annotated centre and scale",
        "joints outside the crop": "not counted"})
    if cfg.plots and score.value is not None:
        x, curve = measures.pckh_curve(
            rows["true_px"], rows["pose_px"][:, -1], rows["head_size"])
        plot_curve(session.folder / "mpii-pckh.png", x, {"all joints": 100 * curve},
                   xlabel="distance / head size", ylabel="PCKh (%)")
        plot_blocks(session.folder / "mpii-blocks.png", score)
        draw_pose_extremes(session.folder / "mpii", trial, rows,
                           mpii.sample_errors(rows), "head sizes", pa16j2d)
    return score


def h36m_mpjpe(session: Session, network: Network, *, split: str = DATASETS["h36m"].tested,
               multi_crop: bool = False, flip: bool = False,
               paper: Sequence[str] = ()) -> Score:
    """MPJPE on Human3.6M."""
    cfg = session.cfg
    dataset = Human36M(session.locate("h36m"), network.dataconf, pa17j3d, "frames")
    joints, _ = human36m.shared_joints(network.layout)
    trial = human36m.mpjpe_trial(
        dataset, MODES[split], network.dataconf,
        network.layout, count=cfg.limit, multi_crop=multi_crop, flip=flip)
    rows = session.evaluate(trial, frame_predictor(poses_only(network), cfg.batch_size))
    labels = dict(enumerate(dataset.action_labels)) or None
    score = human36m.mpjpe_score(rows, labels, paper=paper, protocol={
        **_data_facts(session, split),
        "frames": "those of the annotation file (1 in 64 as released; the paper: 1 in 60)",
        "crops": _crops(multi_crop, flip),
        "boxes": "ground-truth root joint",
        "root depth and camera": "ground truth",
        "joints": f"{len(joints)} of {pa17j3d.num_joints}",
        "alignment": "both poses moved to the root; no rotation, no scale"})
    if cfg.plots and score.value is not None:
        plot_blocks(session.folder / "h36m-blocks.png", score)
        draw_pose_extremes(session.folder / "h36m", trial, rows,
                           human36m.sample_errors(rows), "mm",
                           pa17j3d if len(joints) == pa17j3d.num_joints else pa16j3d)
    return score


def pose_error(session: Session, network: Network) -> list[Score]:
    """MPJPE of a 3D network, if Human3.6M is there."""
    try:
        session.locate("h36m")
    except FileNotFoundError as error:
        log.warning("the error of the 3D poses is not measured: %s", error)
        return []
    return [h36m_mpjpe(session, network)]


def actions(session: Session, network: Network, name: str, *,
            paper: Sequence[str] = (), over_clips: str = "product") -> list[Score]:
    """Accuracy on the test videos of Penn Action or NTU.

    Args:
        session: of a script whose flags are an `ActionConfig`.
        network: of clips.
        name: "pennaction" or "ntu".
        paper: published rows.
        over_clips: the headline, see `action_scores`.

    Returns:
        the single-clip score and, unless it is the only one, the multi-clip score.
    """
    cfg = session.cfg
    labels, mode = DATASETS[name].actions, MODES[DATASETS[name].tested]
    model = actions_only(network, len(labels))
    subsampling = cfg.subsampling or network.frame_step
    dataset, clip_boxes = _videos(session, network, name, cfg.boxes, cfg.boxes_file)
    if cfg.boxes == "two-pass":
        first_pass = session.evaluate(
            box_trial(dataset, mode, clip_keys(
                dataset, mode, subsampling, multi_clip=cfg.multi_clip),
                name=f"{name}-boxes", count=cfg.limit),
            frame_predictor(poses_only(network), cfg.batch_size))
        clip_boxes = boxes_of(first_pass)
    trial = action_trial(dataset, mode, subsampling, multi_clip=cfg.multi_clip,
                         boxes=clip_boxes, count=cfg.limit)
    rows = session.evaluate(trial, predictor(model, cfg.batch_size))
    names = model.output_names if network.is_merge else ()
    scores = action_scores(rows, labels, paper=session.cfg.paper or paper,
                           block_names=names, over_clips=over_clips, protocol={
        **_data_facts(session, "test" if name == "pennaction" else
                      f"test, {EVAL_MODES[cfg.eval_mode]}"),
        "boxes": BOXES[cfg.boxes],
        "clips": f"{network.num_frames} frames, step {subsampling}"})
    if cfg.plots and len(rows):
        plot_confusion(session.folder / f"{name}-confusion.png",
                       confusion(rows, len(labels)), labels)
        plot_blocks(session.folder / f"{name}-blocks.png", scores[-1])
        draw_extremes(
            session.folder / name, trial, rows, sample_errors(rows),
            lambda row, data: to_picture(data["frame"][len(data["frame"]) // 2]),
            lambda row: verdict(rows, row, labels))
    return scores


def actions_and_poses(session: Session, key: str, name: str, *,
                      paper: Sequence[str] = (), over_clips: str = "product") -> dict:
    """The report of a network that does both: the tasks that the flags ask for.

    Args:
        session: of a script whose flags are a `MultitaskConfig`.
        key: of the network, see `Session.load_network`.
        name: "pennaction", with poses on MPII, or "ntu", with Human3.6M.
        paper, over_clips: of the actions.
    """
    network = session.load_network(key)
    scores = []
    if "actions" in session.cfg.tasks:
        scores += actions(session, network, name, paper=paper, over_clips=over_clips)
    if "poses" in session.cfg.tasks:
        scores.append(mpii_pckh(session, network) if name == "pennaction"
                      else h36m_mpjpe(session, network))
        if name == "pennaction" and network.layout.dim == 3:
            scores += pose_error(session, network)
    return session.finish(scores)


def predicted_boxes(session: Session, network: Network, name: str, mode: int, kind: str
                    ) -> tuple[dict[str, list[float]], Score]:
    """Boxes from poses on whole pictures of Penn Action or NTU.

    Args:
        session, network: of the script.
        name: "pennaction" or "ntu".
        mode: the split.
        kind: "frames" ("SEQ.FRAME") or "clips" ("VVVV.S.CCC.F").

    Returns:
        the boxes by name, and their count as a score.
    """
    cfg = session.cfg
    split = {number: name for name, number in MODES.items()}[mode]
    dataset, _ = _videos(session, network, name, "full", "")
    subsampling = network.dataconf.fixed_subsampling
    keys = (frame_keys(dataset, mode) if kind == "frames"
            else clip_keys(dataset, mode, subsampling))
    rows = session.evaluate(
        box_trial(dataset, mode, keys, name=f"{name}-{split}-boxes", count=cfg.limit),
        frame_predictor(poses_only(network), cfg.batch_size))
    boxes = boxes_of(rows)
    return boxes, Score(
        f"boxes, {split}", "boxes", len(boxes) or None, samples=rows.total,
        evaluated=len(rows), missing=rows.missing,
        protocol={**_data_facts(session, split), "poses": "on whole pictures",
                  "one box for": "every picture" if kind == "frames" else
                                 f"every test clip, step {subsampling}"})


def _videos(session: Session, network: Network, name: str, boxes: str, boxes_file: str
            ) -> tuple[Any, dict | None]:
    """The data set of videos, and the boxes of its clips if they come from a file."""
    if boxes not in BOXES:
        raise KeyError(f"boxes must be one of {', '.join(BOXES)}, got {boxes!r}")
    folder = session.locate(name)
    options = dict(topology="sequences", use_gt_bbox=boxes == "gt",
                   clip_size=network.num_frames)
    if name == "ntu":
        options["eval_mode"] = getattr(session.cfg, "eval_mode", "cs")
    clip_boxes = None
    if boxes == "predicted":
        places = [Path(boxes_file)] if boxes_file else [
            folder / file for file in PENN_BOXES[network.is_merge]]
        path = next((place for place in places if place.is_file()), None)
        if path is None:
            raise FileNotFoundError(
                f"no box file {places[0]}: give one with --boxes-file; "
                "predict_bboxes.py makes it")
        content = read_json(path)
        if isinstance(content, dict):
            clip_boxes = read_clip_boxes(path)
        elif name == "pennaction":
            options["pred_bboxes_file"] = path
        else:
            raise ValueError(f"{path} must hold boxes of clips (VVVV.S.CCC.F)")
    return DATASETS[name].opener(folder, network.dataconf, network.layout, **options), clip_boxes


def _data_facts(session: Session, split: str) -> dict[str, str]:
    synthetic = {"data": "SYNTHETIC people, not the data set"}
    facts = {"split": split + (f", {session.cfg.limit} samples spread over it"
                               if session.cfg.limit else "")}
    return {**(synthetic if session.cfg.data == "synthetic" else {}), **facts}


def _crops(multi_crop: bool, flip: bool) -> str:
    return ("5 displaced" if multi_crop else "single") + (
        ", each also mirrored; mean" if flip else "")
