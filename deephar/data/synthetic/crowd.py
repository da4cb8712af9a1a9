"""Pictures of one to six people, with COCO's key points: some overlap, some are cut off."""
import numpy as np

from deephar.data.coco import FILE, FOLDER, PERSON
from deephar.data.synthetic import scenes
from deephar.data.synthetic.draw import draw_parts
from deephar.data.synthetic.figure import figure
from deephar.data.synthetic.film import (
    Scene, ends_of, film, place_act, save_picture, seen)
from deephar.data.synthetic.motions import H36M
from deephar.data.synthetic.people import make_person
from deephar.utils.files import write_json

SPLITS = {"train": "train2017", "val": "val2017"}      # and their folders of pictures
MOST = 6                    # people of a picture; pictures take turns from one to so many
FRAMES = 24                 # of an act, one of which is drawn
# Joints of the 32 for COCO's 12 of the body; the face's five are found by the head.
BODY_FROM_H36M = (17, 25, 18, 26, 19, 27, 6, 1, 7, 2, 8, 3)
LEAST_AREA = 30             # pixels, from which on somebody is in the picture
LEAST_SEEN = 0.15           # share of a silhouette, from which on joints are annotated


def plan(counts) -> list[tuple[str, int]]:
    return [("train", i) for i in range(counts.train)] + [
        ("val", i) for i in range(counts.test)]


def make(out, counts, seed, job) -> tuple[str, dict, list[dict]]:
    """Writes a picture; (split, COCO's image, its annotations without numbers)."""
    split, i = job
    rng = np.random.default_rng([seed, 7, split == "train", i])
    scene, frame = _scene(rng, seed, split, i, counts.picture)
    picture, depth = film(scene, frame)
    name = f"{i + 1:012d}.jpg"
    path = out / SPLITS[split] / name
    if not path.exists():
        save_picture(path, picture)
    width, height = counts.picture
    image = {"id": i + 1, "file_name": name, "width": width, "height": height}
    return split, image, _annotations(scene, frame, depth)


def finish(out, results) -> None:
    for split, folder in SPLITS.items():
        images = [image for at, image, _ in results if at == split]
        found = [{"image_id": image["id"], **one} for at, image, people in results
                 if at == split for one in people]
        write_json(out / FOLDER / f"{FILE}{folder}.json", {
            "images": images, "categories": [PERSON],
            "annotations": [{"id": n, **one} for n, one in enumerate(found, 1)]})


def _scene(rng, seed: int, split: str, i: int, size) -> tuple[Scene, int]:
    """People in a row that is not straight, looked at from across it."""
    people, along = [], 0.0
    for n in range(i % MOST + 1):
        person = make_person(seed, 2 * (MOST * i + n) + 500_000 + (split != "train"))
        act = place_act(str(rng.choice(list(H36M))), person, rng, 15, FRAMES, along)
        act.body.joints[..., 1] += rng.uniform(-700, 700)
        people.append((person, act))
        along += rng.uniform(250, 1200)
    frame = int(rng.integers(FRAMES))
    fill, shift = (0.45, 0.95), 0.05
    if rng.random() < 0.3:                      # the edge cuts through somebody
        fill, shift = (0.8, 1.2), 0.25
    azimuth = rng.choice([-90, 90]) + rng.uniform(-35, 35)
    view = scenes.frame_view(rng, ends_of([act for _, act in people], frame), size, fill,
                             azimuth, elevation=(-2, 15), shift=shift)
    return Scene(view, people, scenes.background(rng, view), scenes.make_light(rng),
                 []), frame


def _annotations(scene: Scene, frame: int, depth: np.ndarray) -> list[dict]:
    """Whoever is in the picture; who is nearly hidden has no joints, as in COCO."""
    own = np.stack([_depth_of(scene, person, act, frame) for person, act in scene.people])
    in_front = np.isfinite(own) & (own == own.min(axis=0))
    found = []
    for (_, act), mine, alone in zip(scene.people, in_front, own):
        rows, columns = np.nonzero(mine)
        if len(rows) < LEAST_AREA:
            continue
        joints = scene.view.project(joints_of(act.body, frame))
        width, height = scene.view.size
        inside = ((joints[:, :2] >= 0) & (joints[:, :2] < (width, height))).all(axis=-1)
        flags = np.where(inside, 1 + seen(joints, depth), 0)
        if mine.sum() < LEAST_SEEN * np.isfinite(alone).sum():
            flags[:] = 0
        points = np.where(flags[:, None] > 0, np.c_[joints[:, :2], flags], 0)
        x1, y1, x2, y2 = (int(edge) for edge in (
            columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
        found.append({
            "category_id": PERSON["id"], "iscrowd": 0, "segmentation": [],
            "area": int(mine.sum()), "bbox": [x1, y1, x2 - x1, y2 - y1],
            "num_keypoints": int((flags > 0).sum()),
            "keypoints": points.round(1).ravel().tolist()})
    return found


def _depth_of(scene: Scene, person, act, frame: int) -> np.ndarray:
    """The depth (H, W) of one person alone."""
    width, height = scene.view.size
    return draw_parts(np.zeros((height, width, 3), np.uint8), figure(person, act.body, frame),
                      scene.view, scene.light, oversample=1)


def joints_of(body, frame: int) -> np.ndarray:
    """COCO's 17 key points of a body, (17, 3) in mm."""
    neck, nose, top = body.joints[frame, [13, 14, 15]]
    right, front, up = body.head[frame].T
    size = np.linalg.norm(top - neck)
    eyes = [nose + size * (s * 0.12 * right + 0.1 * front + 0.12 * up) for s in (-1, 1)]
    ears = [nose + size * (s * 0.28 * right - 0.2 * front + 0.06 * up) for s in (-1, 1)]
    return np.array([nose + 0.15 * size * front, *eyes, *ears,
                     *body.joints[frame, BODY_FROM_H36M]])
