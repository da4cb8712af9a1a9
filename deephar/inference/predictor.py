"""From pictures or clips and boxes to people: crop, predict, map back.

One person is looked for in each box; a detector, or the network itself in windows of
several sizes, says where people are.  Coordinates go out in pixels of the picture; the network sees a crop of
it, and the same 3×3 matrix that made the crop brings the joints back.
"""
import itertools
import logging
import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from typing import Any, Callable, Iterable, Mapping, Sequence

import numpy as np
from PIL import Image, ImageOps

from deephar.data.pictures import open_picture
from deephar.inference.boxes import (
    GIVEN_MARGIN, box_of_poses, check_boxes, detected, square)
from deephar.inference.detectors import (
    DETECTOR, THRESHOLD, Detector, is_installed, load_detector)
from deephar.inference.pyramid import Pyramid, cut_squares
from deephar.inference.results import Person
from deephar.inference.scan import scan
from deephar.inference.threads import read_ahead
from deephar.networks.cut import cut, heat_map_function
from deephar.networks.load import load_network
from deephar.networks.network import Network
from deephar.networks.predict import clip_function, frame_function
from deephar.networks.runtime import quick
from deephar.utils.bbox import (
    DEPTH_HALF_RANGE, H36M_WINDOW, bbox_to_objposwin, whole_image_bbox)
from deephar.utils.plot import to_picture
from deephar.utils.pose import PoseLayout
from deephar.utils.transform import (
    T, normalize_channels, transform_pose_sequence, translation)

log = logging.getLogger(__name__)

WINDOW_MM = 1000 * H36M_WINDOW      # what a crop spans at the depth of the person
CROP_THREADS = 2
CLIPS_PER_BATCH = 4                 # people of a frame go in together

# How to find people: boxes, a function of the picture, or the name of a way.
Boxes = str | Sequence | np.ndarray | Callable[[np.ndarray], Any]
WAYS = ("detect", "scan", "two-pass", "whole")


class Predictor:
    """A network that takes pictures and gives people.

        predictor = Predictor("quickstart")
        for person in predictor("photo.jpg"):
            print(person.joints)

    Args:
        model: anything that `load_network` takes: the name of a published
            checkpoint, 'quickstart', a run's folder, a file, a Keras model, or
            an object with `predict` and `input_shape`.
        weights: folder of the published files.
        batch_size: crops (or clips) per call of the network.
        flip: also predict the mirrored crop, and average.
        angle: rotate the crops by so many degrees, counter-clockwise; for a
            camera that is not level.
        margin: side of the crop, per longer side of a given box.
        min_confidence: mean confidence of the joints from which on a person
            that was not given by a box counts as found.
        max_people: of a picture, from a detector or a scan: the surest; None: all.
        detector: what 'detect' asks: a name or file that `load_detector` takes, or
            a function of the picture.
        threshold: least probability of its persons.
        stop_after_block: use the network up to this prediction block only.
        optimize: run an equivalent network with fewer steps.
        camera: (fx, fy, cx, cy) in pixels, if known, for millimetres.
        depth_range: millimetres that depth 0 to 1 of a 3D network spans.
        layout, actions: of a bare model, see `load_network`.
    """

    def __init__(self, model: Any, *, weights: str | os.PathLike = "weights",
                 batch_size: int = 8, flip: bool = False, angle: float = 0.0,
                 margin: float = GIVEN_MARGIN, min_confidence: float = 0.15,
                 max_people: int | None = None,
                 detector: str | os.PathLike | Callable | None = None,
                 threshold: float = THRESHOLD,
                 stop_after_block: int | None = None, optimize: bool = True,
                 camera: tuple[float, float, float, float] | None = None,
                 depth_range: float = 2 * DEPTH_HALF_RANGE,
                 layout: PoseLayout | None = None,
                 actions: Mapping[str, Sequence[str]] | None = None):
        if batch_size < 1:
            raise ValueError(f"batch_size must be ≥ 1, got {batch_size}")
        if margin <= 0:
            raise ValueError(f"margin must be > 0, got {margin}")
        if max_people is not None and max_people < 1:
            raise ValueError(f"max_people must be ≥ 1, got {max_people}")
        network = load_network(model, weights=weights, layout=layout, actions=actions)
        if stop_after_block is not None:
            network = cut(network, blocks=stop_after_block)
        self.network: Network = network
        self.batch_size, self.flip, self.angle = batch_size, flip, angle
        self.margin, self.min_confidence = margin, min_confidence
        self.max_people, self.threshold, self._detector = max_people, threshold, detector
        self.camera, self.depth_range = camera, depth_range
        faster = quick if optimize else (lambda network, **options: network)
        self._run_frames = (frame_function(faster(network, poses=True), batch_size)
                            if network.layout else None)
        frames = network.num_frames
        if frames:
            clips = faster(network)
            self._clips_per_batch = max(1, batch_size // frames)
            if getattr(clips.model, "takes_any_batch", False):     # nothing is filled up
                self._clips_per_batch = max(self._clips_per_batch,
                                            min(batch_size, CLIPS_PER_BATCH))
            self._run_clips = clip_function(clips, self._clips_per_batch)
        self._threads = ThreadPoolExecutor(CROP_THREADS, "crop")

    @property
    def layout(self) -> PoseLayout | None:
        return self.network.layout

    @cached_property
    def detector(self) -> Callable[[np.ndarray], Any]:
        """What 'detect' asks; loaded on first use."""
        if callable(self._detector):
            return self._detector
        return load_detector(self._detector or DETECTOR, threshold=self.threshold)

    @cached_property
    def usual_way(self) -> str:
        """How people are found if nobody says how: 'detect' if that can be, else 'scan'."""
        if self._detector is None:
            if not is_installed():
                return "scan"
            try:
                _ = self.detector           # loads it
            except OSError as error:
                log.warning("%s", error)
                return "scan"
        return "detect"

    def __call__(self, picture, boxes: Boxes | None = None) -> list[Person]:
        """The people of one picture: a path, a PIL image or an array."""
        return self.pictures([picture], None if boxes is None else [boxes])[0]

    def pictures(self, pictures: Sequence,
                 boxes: Boxes | Sequence[Boxes] | None = None) -> list[list[Person]]:
        """The people of several pictures, predicted in batches.

        Args:
            pictures: paths, PIL images or arrays.
            boxes: one entry per picture: boxes (N, 4); a function that takes the
                picture (H, W, 3), uint8, and returns boxes; 'detect' asks the
                detector; 'scan' looks through windows of several sizes, then closer;
                'two-pass' looks at the whole picture first and then closer where it
                saw somebody; 'whole' looks at the whole picture only.  A name or a
                function may stand alone; None is `usual_way`.
        """
        pictures = [open_any(picture) for picture in pictures]
        boxes = self.usual_way if boxes is None else boxes
        if isinstance(boxes, str) or callable(boxes):
            boxes = [boxes] * len(pictures)
        if len(boxes) != len(pictures):
            raise ValueError(f"boxes: one entry per picture ({len(pictures)}), "
                             f"got {len(boxes)}")
        boxes = self._by_detectors(pictures, boxes)
        looks = [(i, *look) for i, (picture, wanted) in enumerate(zip(pictures, boxes))
                 for look in self.looks(picture, wanted)]
        people = self.look(pictures, looks)
        closer = [(i, box_of_poses(p.joints[None], p.confidence[None]), "first pass")
                  for (i, _, source), p in zip(looks, people)
                  if source == "two-pass" and self.is_sure(p)]
        second = iter(self.look(pictures, closer))
        found: list[list[Person]] = [[] for _ in pictures]
        scanned = [i for i, wanted in enumerate(boxes)
                   if isinstance(wanted, str) and wanted == "scan"]
        for i, everybody in zip(scanned, self.scan([pictures[i] for i in scanned])):
            found[i] = everybody
        for (i, _, source), person in zip(looks, people):
            if source == "two-pass":
                person = next(second) if self.is_sure(person) else None
            if person is not None and (source == "given" or self.is_sure(person)):
                found[i].append(person)
        return [[replace(person, id=number) for number, person in enumerate(people)]
                for people in found]

    def looks(self, picture: np.ndarray, boxes: Boxes
              ) -> list[tuple[np.ndarray, str]]:
        """The squares to look into, with where they are from."""
        size = picture.shape[1::-1]
        if isinstance(boxes, str):
            if boxes not in WAYS:
                raise ValueError(f"boxes must be numbers, a function or one of "
                                 f"{', '.join(WAYS)}, got {boxes!r}")
            source = "whole picture" if boxes == "whole" else boxes
            return [] if boxes == "scan" else [(whole_image_bbox(size), source)]
        return [(square(box, self.margin), "given") for box in check_boxes(boxes, size)]

    def _by_detectors(self, pictures, boxes) -> list:
        """Boxes in the place of every detector, each of which gets its pictures at once."""
        boxes = [self.detector if isinstance(wanted, str) and wanted == "detect" else wanted
                 for wanted in boxes]
        for detector in {id(wanted): wanted for wanted in boxes if callable(wanted)}.values():
            places = [i for i, wanted in enumerate(boxes) if wanted is detector]
            found = self.boxes_of(detector, [pictures[i] for i in places])
            for i, some in zip(places, found):
                boxes[i] = some
        return boxes

    def boxes_of(self, detector: Callable, pictures: Sequence[np.ndarray],
                 names: Sequence[str] = ()) -> list[np.ndarray]:
        """A detector's boxes (N, 4) of every picture, those that are boxes."""
        found = (detector.batch(pictures) if isinstance(detector, Detector)
                 else [detector(picture) for picture in pictures])
        return [detected(boxes, picture.shape[1::-1], name)[:self.max_people]
                for boxes, picture, name in zip(found, pictures,
                                                names or [""] * len(pictures))]

    def scan(self, pictures: Sequence[np.ndarray]) -> list[list[Person]]:
        """Everybody of each picture, the surest first; see `deephar.inference.scan`.

        Squares of all pictures go through the network together: its batches are full.
        """
        def look_closer(squares, views=pictures, crops=self.crops):
            people = iter(self.look(views, [
                (i, square, "scan") for i, some in enumerate(squares) for square in some],
                crops))
            return [list(itertools.islice(people, len(some))) for some in squares]

        def look(squares):
            return look_closer(squares, [Pyramid(picture, self.network.resolution)
                                         for picture in pictures], cut_squares)

        found = scan(look_closer if self.angle else look, look_closer,
                     [picture.shape[1::-1] for picture in pictures],
                     self.layout.joint_names if self.layout else (), self.min_confidence)
        return [people[:self.max_people] for people in found]

    def is_sure(self, person: Person) -> bool:
        """Whether the confidences say that somebody is there."""
        return float(np.mean(person.confidence)) >= self.min_confidence

    def look(self, pictures, looks, crops: Callable | None = None) -> list[Person]:
        """A person per (number of the picture, square, source of the square).

        Args:
            crops: cuts them; default: the method.
        """
        crops = crops or self.crops
        if not looks:
            return []
        if self._run_frames is None:
            raise ValueError(f"{self.network.name} predicts actions of clips only; "
                             "give it a video")
        batches = [looks[start:start + self.batch_size]
                   for start in range(0, len(looks), self.batch_size)]
        cut = (crops([(pictures[i], window) for i, window, _ in batch])
               for batch in batches)
        if len(batches) > 1:            # cut the next while the network works
            cut = read_ahead(cut, 1)
        people = []
        for (frames, matrices), batch in zip(cut, batches):
            pose, confidence = self._predict_frames(frames)
            people += [
                self._person(pose[k], confidence[k], matrices[k], window, source)
                for k, (_, window, source) in enumerate(batch)]
        return people

    def crops(self, wanted: Iterable[tuple[np.ndarray, np.ndarray]]
              ) -> tuple[np.ndarray, np.ndarray]:
        """The network's view of squares: frames (N, H, W, 3), matrices (N, 3, 3)."""
        def cut(item):
            return crop(*item, self.network.resolution, self.angle)

        frames, matrices = zip(*self._threads.map(cut, wanted))
        return np.stack(frames), np.stack(matrices)

    def _predict_frames(self, frames):
        """Pose (N, J, D) and confidence (N, J) of crops, by the last block."""
        pose, confidence = self._run_frames(frames)[-1]
        if not self.flip:
            return pose, confidence
        mirrored = self._run_frames(frames[:, :, ::-1])[-1]
        return _average((pose, confidence), self._mirror_back(*mirrored))

    def _mirror_back(self, pose, confidence):
        swap = list(self.layout.map_hflip)
        pose = pose[..., swap, :].copy()
        pose[..., 0] = 1 - pose[..., 0]
        return pose, confidence[..., swap]

    def clips(self, clips: Sequence[tuple[Sequence[np.ndarray], np.ndarray, str]]
              ) -> list[list[Person]]:
        """One person through each clip: poses of every frame, and actions.

        Args:
            clips: (T pictures, a square for all (4,) or for each (T, 4), its source).

        Returns:
            per clip, T people; all of a clip have its actions.
        """
        found = []
        for start in range(0, len(clips), self._clips_per_batch):
            batch = [(pictures, np.broadcast_to(windows, (len(pictures), 4)), source)
                     for pictures, windows, source in clips[start:][:self._clips_per_batch]]
            frames, matrices = self.crops([
                pair for pictures, windows, _ in batch for pair in zip(pictures, windows)])
            shape = (len(batch), self.network.num_frames)
            pose, confidence, actions = self._predict_clips(
                frames.reshape(shape + frames.shape[1:]))
            matrices = matrices.reshape(shape + (3, 3))
            found += [[
                self._person(None if pose is None else pose[k, t],
                             None if pose is None else confidence[k, t],
                             matrices[k, t], windows[t], source, actions[k])
                for t in range(shape[1])] for k, (_, windows, source) in enumerate(batch)]
        return found

    def _predict_clips(self, clips):
        """Pose, confidence and {set: {class: probability}} of clips."""
        poses, actions = self._run_clips(clips)
        pose, confidence = poses[-1] if poses else (None, None)
        actions = dict(actions[-1]) if actions else {}
        if self.flip:
            mirrored, mirrored_actions = self._run_clips(clips[:, :, :, ::-1])
            if poses:
                pose, confidence = _average(
                    (pose, confidence), self._mirror_back(*mirrored[-1]))
            actions = {name: (p + mirrored_actions[-1][name]) / 2
                       for name, p in actions.items()}
        named = [{name: dict(zip(self.network.actions[name], p[k].tolist()))
                  for name, p in actions.items()} for k in range(len(clips))]
        return pose, confidence, named

    def _person(self, pose, confidence, matrix, window, source, actions=None) -> Person:
        joints = joints_mm = None
        if pose is not None:
            pose = np.asarray(pose, np.float64)
            joints = transform_pose_sequence(matrix, pose[None, :, :2])[0]
            if pose.shape[-1] == 3:
                joints_mm = self._millimetres(joints, pose[:, 2], window)
        return Person(joints, confidence, pose, joints_mm, np.asarray(window), source,
                      matrix, actions or {})

    def _millimetres(self, joints, depth, window) -> np.ndarray:
        """Joints (J, 3) relative to the first, as if the window spanned WINDOW_MM.

        With a camera the window also gives the distance, and perspective counts.
        """
        side = window[2] - window[0]
        z = (depth - depth[0]) * self.depth_range
        if self.camera is None:
            xy = (joints - joints[0]) * WINDOW_MM / side
            return np.concatenate([xy, z[:, None]], axis=-1)
        focal, centre = np.split(np.asarray(self.camera, np.float64), 2)
        distance = WINDOW_MM * focal.mean() / side
        xy = (joints - centre) / focal * (distance + z)[:, None]
        return np.concatenate([xy - xy[0], z[:, None]], axis=-1)


    def heat_maps(self, picture, person: Person) -> np.ndarray:
        """The heat maps (h, w, J) of a person's joints, of the crop.

        `draw_heat_map` of `deephar.inference.render` lays them over the picture.
        """
        frames, _ = self.crops([(open_any(picture), person.box)])
        return heat_map_function(self.network)(frames)[0]


def _average(one, other):
    return tuple((a + b) / 2 for a, b in zip(one, other))


def open_any(picture) -> np.ndarray:
    """A path, a PIL image or an array as upright RGB, (H, W, 3) uint8."""
    if isinstance(picture, (str, os.PathLike)):
        picture = open_picture(picture)[0]
    if isinstance(picture, Image.Image):
        picture = ImageOps.exif_transpose(picture)
    elif picture.dtype == np.uint8 and picture.shape[2:] == (3,):
        return picture
    return np.asarray(to_picture(picture))


def crop(picture: np.ndarray, window: np.ndarray, resolution: tuple[int, int],
         angle: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """What the network sees of a window, and the matrix from picture to crop.

    Returns:
        frame (H, W, 3) float32 in [-1, 1], matrix (3, 3) to fractions.
    """
    centre, side = bbox_to_objposwin(window)
    # Only what the window can show, turned or not, is worth converting.
    reach = max(side) * (0.5 if angle == 0 else math.sqrt(0.5)) + 2
    limit = np.array(picture.shape[1::-1])
    x0, y0 = np.clip(centre - reach, 0, limit - 1).astype(int)
    x1, y1 = np.clip(np.ceil(centre + reach), (x0 + 1, y0 + 1), limit).astype(int)
    view = T(Image.fromarray(np.ascontiguousarray(picture[y0:y1, x0:x1])))
    view.rotate_crop(angle, centre - (x0, y0), side)
    view.resize(resolution)
    view.normalize_affinemap()
    return normalize_channels(view.asarray()), view.afmat @ translation(-x0, -y0)
