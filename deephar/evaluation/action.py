"""Action recognition: one clip, or many clips and their mirror images.

Penn Action and NTU RGB+D have one implementation.  As published, the class
probabilities of a video's clips are multiplied; their mean is reported too.
"""
import logging
import os
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from deephar import measures
from deephar.data.clips import get_clip_frame_index
from deephar.data.labels import ACTION_SETS
from deephar.evaluation.loop import Rows, Trial, evaluate, spread
from deephar.evaluation.report import Score
from deephar.networks.predict import predict_all, predictor
from deephar.utils.files import read_json
from deephar.utils.modes import TEST_MODE
from deephar.utils.reading import numbers_of, reading

log = logging.getLogger(__name__)

CENTRE = "centre"               # the clip in the middle, beside the numbered ones
SMALLEST = 1e-45                # below it a float32 probability is stored as 0


def eval_singleclip_generator(model: Any, datagen: Any, verbose: int = 1,
                              logdir: str | Path | None = None) -> list[float]:
    """Accuracy of batches of single clips.

    Args:
        model: an action network; all outputs `(N, A)`.
        datagen: a sequence of `[x...], [y...]`, y one-hot `(N, A)`; a
            `BatchLoader` without shuffling.
        verbose: log the scores.
        logdir: a folder for `a_pred.npy`, `(K, N, A)`, and `a_true.npy`, `(N, A)`.

    Returns:
        one fraction per block.
    """
    predictions, labels = [], []
    for i in range(len(datagen)):
        x, y = datagen[i]
        inputs = x[0] if len(x) == 1 else list(x)
        outputs = np.stack(predict_all(model, inputs, len(y[0])))
        # The last batch of a `BatchLoader` is filled up with repetitions.
        rows = datagen.num_rows(i) if hasattr(datagen, "num_rows") else len(y[0])
        predictions.append(outputs[:, :rows])
        labels.append(np.asarray(y[0])[:rows])
    probabilities, labels = np.concatenate(predictions, axis=1), np.concatenate(labels)
    scores = [measures.accuracy(labels, block) for block in probabilities]
    if logdir is not None:
        _save(logdir, a_pred=probabilities, a_true=labels)
    if verbose:
        log.info("single-clip accuracy per block (%%): %s",
                 " ".join(f"{100 * score:.1f}" for score in scores))
    return scores


def eval_multiclip_dataset(model: Any, dataset: Any, subsampling: int,
                           bboxes_file: str | Path | None = None,
                           logdir: str | Path | None = None, verbose: int = 1
                           ) -> np.ndarray:
    """Accuracy on the test videos, over all clips and their mirror images.

    Args:
        model: an action network of clips; all outputs `(N, A)`.
        dataset: a `PennAction` or `Ntu` of topology "sequences".
        subsampling: frame step of the clips.
        bboxes_file: JSON of "VVVV.S.CCC.F" (video, subsampling, clip, flip)
            to the box of that clip.
        logdir: a folder for `a_pred.npy`, the products `(K, N, A)`.
        verbose: log the scores.

    Returns:
        one percentage per block.

    Raises:
        RuntimeError: a video could not be evaluated.  `action_trial` and
            `evaluate` give the scores of the others, and the reasons.
    """
    boxes = None if bboxes_file is None else read_clip_boxes(bboxes_file)
    trial = action_trial(dataset, TEST_MODE, subsampling, boxes=boxes)
    rows = evaluate(trial, predictor(model, batch_size=4), batch_size=4)
    if rows.missing:
        name, reason = next(iter(rows.missing.items()))
        raise RuntimeError(f"{len(rows.missing)} of {rows.total} videos could not be "
                           f"evaluated, the first is {name}: {reason}")
    if logdir is not None:
        _save(logdir, a_pred=np.exp(rows["log_product"]).swapaxes(0, 1))
    scores = 100 * np.array(_accuracies(rows, "log_product"))
    if verbose:
        log.info("multi-clip accuracy per block (%%): %s",
                 " ".join(f"{score:.1f}" for score in scores))
    return scores


def read_clip_boxes(path: str | os.PathLike) -> dict[str, list[float]]:
    """The boxes of clips in a JSON file, see `clip_key`."""
    content = read_json(path)
    with reading(path):
        for key, box in content.items():
            numbers_of(box, (4,), f"box {key}")
    return content


def action_trial(dataset: Any, mode: int, subsampling: int, *, multi_clip: bool = True,
                 flip: bool = True, boxes: Mapping[str, Sequence[float]] | None = None,
                 count: int | None = None) -> Trial:
    """The videos of `dataset`: the clip in the middle, then all clips.

    Args:
        dataset: a `PennAction` or `Ntu` of topology "sequences".
        mode: the split.
        subsampling: frame step of the clips.
        multi_clip: all clips of the video, or that in the middle only.
        flip: also mirror each clip (not the single one).
        boxes: of the clips, see `clip_key`; else the data set has its own.
        count: only so many videos, evenly spread over the split.
    """
    chosen = spread(dataset.get_length(mode), count)

    def views(sample):
        where = dataset, chosen[sample], mode, subsampling
        flips = (0, 1) if flip else (0,)
        many = [(clip, hflip) for clip in (numbered_clips(*where) if multi_clip else ())
                for hflip in flips]
        return [((CENTRE, centre_clip(*where)), 0)] + many

    def read(sample, view):
        (clip, frames), hflip = view
        video = chosen[sample]
        box = None if boxes is None else _box_of(boxes, video, subsampling, clip, hflip)
        data = dataset.get_data(
            video, mode, frame_list=frames, bbox=box,
            augmentation={**dataset.dataconf.get_fixed_config(),
                          "hflip": hflip, "subspl": subsampling})
        return {"frame": data["frame"], "label": label_of(data)}

    def reduce(sample, views, outputs):
        probabilities = np.stack(outputs, axis=1).astype(float)     # (V, K, A)
        row = {"label": views[0]["label"],
               "single": probabilities[0].astype(np.float32)}
        if multi_clip:
            many = probabilities[1:]
            row.update(
                mean=many.mean(0).astype(np.float32),
                # Products of many small numbers all become 0; their logarithms don't.
                log_product=np.log(np.maximum(many, SMALLEST)).sum(0),
                short=not dataset.get_clip_index(
                    chosen[sample], mode, subsamples=[subsampling]))
        return row

    return Trial(name="actions", samples=[str(i) for i in chosen],
                 views=views, read=read, reduce=reduce)


def numbered_clips(dataset: Any, video: int, mode: int, subsampling: int
                   ) -> list[tuple[int, list[int]]]:
    """(number, frames) of the clips that cover a video.

    A video too short for any has the one in its middle.
    """
    clips = dataset.get_clip_index(video, mode, subsamples=[subsampling])
    return list(enumerate(clips or [centre_clip(dataset, video, mode, subsampling)]))


def centre_clip(dataset: Any, video: int, mode: int, subsampling: int) -> list[int]:
    """The frames of the clip in the middle of a video."""
    return get_clip_frame_index(
        dataset.get_num_frames(video, mode), subsampling, dataset.clip_length())


def clip_key(video: int, subsampling: int, clip: int | str, hflip: int) -> str:
    """The name of a clip in a box file, "VVVV.S.CCC.F"."""
    number = clip if clip == CENTRE else f"{clip:03d}"
    return f"{video:04d}.{subsampling}.{number}.{hflip}"


def action_scores(rows: Rows, labels: Sequence[str], *, protocol: dict,
                  paper: Sequence[str] = (), block_names: Sequence[str] = (),
                  over_clips: str = "product") -> list[Score]:
    """Accuracy in per cent: single clip, and multi clip if there is any.

    The multi-clip score, the last one, is set beside the published `paper`.

    Args:
        over_clips: "product" of the probabilities, as in the published code, or
            their "mean"; the other one is among the extras.
    """
    columns = {"product": "log_product", "mean": "mean"}
    headline = columns.pop(over_clips)
    (other, other_column), = columns.items()

    def score_of(name, column, how, of_published):
        score = Score(name, "%", None, samples=rows.total, evaluated=len(rows),
                      missing=rows.missing, block_names=block_names,
                      protocol={**protocol, "over clips and flips": how},
                      paper=paper if of_published else ())
        if len(rows):
            score.blocks = [100 * a for a in _accuracies(rows, column)]
            score.value = score.blocks[-1]
            score.parts = _per_class(rows, column, labels)
            score.extras = {"top-5": 100 * measures.top_k_accuracy(
                rows["label"], rows[column][:, -1], 5)}
        return score

    # Without any row it is not known, nor does it matter.
    multi_clip = "log_product" in rows.columns
    scores = [score_of("single-clip accuracy", "single",
                       "none: the clip in the middle, not mirrored", not multi_clip)]
    if multi_clip:
        score = score_of("multi-clip accuracy", headline, "probabilities multiplied, as "
                         "published" if over_clips == "product" else "mean", True)
        score.extras[f"{other} instead of {over_clips}"] = 100 * _accuracies(
            rows, other_column)[-1]
        score.notes = [f"{int(rows['short'].sum())} videos are too short for any clip: "
                       "the one in their middle was taken"]
        scores.append(score)
    return scores


def confusion(rows: Rows, num_classes: int) -> np.ndarray:
    """Counts `(A, A)` of the headline: true class by predicted class."""
    column = "log_product" if "log_product" in rows.columns else "single"
    return measures.confusion_matrix(rows["label"], rows[column][:, -1], num_classes)


def sample_errors(rows: Rows) -> np.ndarray:
    """One minus the true class's probability in the single clip, `(N,)`."""
    last = rows["single"][:, -1]
    return 1 - np.take_along_axis(last, rows["label"][:, None], axis=1)[:, 0]


def verdict(rows: Rows, row: int, labels: Sequence[str]) -> str:
    """What a video is, and what it was taken for if for anything else."""
    true = int(rows["label"][row])
    taken_for = int(rows["single"][row, -1].argmax())
    return labels[true] + (f" as {labels[taken_for]}" if taken_for != true else "")


def _accuracies(rows: Rows, column: str) -> list[float]:
    """Accuracy of each block."""
    values = rows[column]                                           # (N, K, A)
    return [measures.accuracy(rows["label"], values[:, block])
            for block in range(values.shape[1])]


def _per_class(rows: Rows, column: str, labels: Sequence[str]) -> dict[str, float]:
    """Accuracy of the last block in per cent, of the classes that there are."""
    label, predicted = rows["label"], rows[column][:, -1]
    return {labels[a]: 100 * measures.accuracy(label[label == a], predicted[label == a])
            for a in np.unique(label)}


def label_of(data: Mapping[str, np.ndarray]) -> int:
    """The class of a sample, from 0: a set without some actions has zeros for them."""
    for key in ACTION_SETS:
        if key in data and np.any(data[key]):
            return int(np.argmax(data[key]))
    raise ValueError(f"the sample has no action: {', '.join(ACTION_SETS)} are all zero")


def _box_of(boxes: Mapping, video: int, subsampling: int, clip: int | str, hflip: int
            ) -> Sequence[float]:
    """The box of a clip; for the one in the middle also that of its neighbour."""
    key = clip_key(video, subsampling, clip, hflip)
    if key in boxes:
        return boxes[key]
    if clip == CENTRE:
        prefix, suffix = f"{video:04d}.{subsampling}.", f".{hflip}"
        same = sorted(k for k in boxes if k.startswith(prefix) and k.endswith(suffix))
        if same:
            return boxes[same[len(same) // 2]]
    raise KeyError(f"the box file has no clip {key}")


def _save(folder: str | Path, **arrays: np.ndarray) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(Path(folder) / f"{name}.npy", array)
