"""Videos of one's own, sorted into folders: `ROOT/SPLIT/CLASS/VIDEO/*.jpg`.

SPLIT is `train` or `test`; the classes are the folders in both, by name.
There are no joints: a network that already knows poses learns the actions.
A pack cannot be listed: it has the names in `videos.json`.
"""
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deephar.config import DataConfig
from deephar.data.clips import VideoDataset, choose_augmentation
from deephar.data.crops import clip_window, crop_clip
from deephar.data.pictures import picture_size
from deephar.utils.bbox import whole_image_bbox
from deephar.utils.files import natural_order, read_json
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.places import Place, place
from deephar.utils.pose import PoseLayout, pa16j2d
from deephar.utils.reading import reading

SPLITS = {TEST_MODE: "test", TRAIN_MODE: "train"}
PICTURES = (".jpg", ".jpeg", ".png")
LIST = "videos.json"            # of a pack


@dataclass(frozen=True)
class Video:
    """The pictures of one video, in order, and its class from 0."""
    name: str
    pictures: tuple[Path | Place, ...]
    action: int

    def __len__(self) -> int:
        return len(self.pictures)

    def __str__(self) -> str:
        return f"video {self.name}"


class ActionFolders(VideoDataset):
    """Clips with an action; the whole picture is the window.

    Args:
        dataset_path: folder of the splits, or the folder or address of its pack.
        dataconf: size and augmentation of the clips.
        poselayout: of the network that will see them; there are no joints.
        clip_size: frames of a clip.
    """

    def __init__(self, dataset_path: str | os.PathLike | Place, dataconf: DataConfig,
                 poselayout: PoseLayout = pa16j2d, clip_size: int = 16):
        super().__init__(dataconf, poselayout, "sequences", clip_size)
        self.dataset_path = root = place(dataset_path)
        names = list_videos(root)
        self.action_labels = sorted({label for classes in names.values() for label in classes})
        self.sequences = {VALID_MODE: [], **{mode: [
            Video(f"{label}/{video}", tuple(root / split / label / video / picture
                                            for picture in pictures),
                  self.action_labels.index(label))
            for label, videos in names[split].items() for video, pictures in videos.items()]
            for mode, split in SPLITS.items()}}

    def get_data(self, key: int, mode: int, frame_list=None, bbox=None, *,
                 augmentation: dict | None = None,
                 rng: np.random.Generator | None = None) -> dict:
        """One clip.

        Args:
            key: number of the video.
            mode: of the split; training draws its settings from `rng`.
            frame_list: frames of the clip, from 0; None chooses them.
            bbox: (4,), the window in pixels; None: the whole picture.
            augmentation: settings to use instead.
            rng: the only source of chance.

        Returns:
            frame (T, H, W, 3), action (A,), bbox (4,), afmat (3, 3), frame_list (T,).
        """
        aug, drawn, rng = choose_augmentation(self.dataconf, mode, augmentation, rng)
        index, frame_list = self._select(key, mode, frame_list, aug, drawn, rng)
        video = self.sequences[mode][index]
        if bbox is None:
            bbox = whole_image_bbox(picture_size(video.pictures[0]), aug["scale"])
        frames, afmat = crop_clip(
            [video.pictures[i] for i in frame_list], *clip_window(bbox, aug), aug,
            self.dataconf.crop_resolution, drawn, rng)
        return {"frame": frames, "action": np.eye(len(self.action_labels))[video.action],
                "bbox": bbox, "afmat": afmat, "frame_list": np.array(frame_list)}

    def _shapes(self) -> dict:
        return {"frame": self.dataconf.input_shape, "action": (len(self.action_labels),),
                "bbox": (4,), "afmat": (3, 3), "frame_list": (self.clip_size,)}


def list_videos(root: Path | Place) -> dict[str, dict[str, dict[str, list[str]]]]:
    """{split: {class: {video: names of its pictures, in order}}}, by name.

    Raises:
        FileNotFoundError: there is no class.
        ValueError: a video without pictures; or neither a folder nor a pack.
    """
    if isinstance(root, Place):
        if not (root / LIST).is_file():
            raise ValueError(f"{root} has no {LIST}: it must be a folder, or a pack of one "
                             "by `deephar dataset pack own`")
        content = read_json(root / LIST)
        with reading(root / LIST):
            found = {split: {label: {video: list(pictures)
                                     for video, pictures in videos.items()}
                             for label, videos in content[split].items()}
                     for split in SPLITS.values()}
    else:
        found = {split: {label.name: {video.name: _pictures(video)
                                      for video in _folders(label)}
                         for label in _folders(root / split)} for split in SPLITS.values()}
    if not any(found.values()):
        raise FileNotFoundError(f"{root} holds no folder train/CLASS or test/CLASS")
    return found


def _folders(path: Path) -> list[Path]:
    return sorted(f for f in path.iterdir() if f.is_dir()) if path.is_dir() else []


def _pictures(video: Path) -> list[str]:
    names = sorted((p.name for p in video.iterdir() if p.suffix.lower() in PICTURES),
                   key=natural_order)
    if not names:
        raise ValueError(f"{video} holds no pictures ({', '.join(PICTURES)})")
    return names
