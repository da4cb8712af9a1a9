"""The data sets: what is filmed for each, and its annotations on disk.

Each set has a plan (its pictures or videos), a way to make one of them, which
returns what the annotations need, and a way to write the annotations.
"""
from dataclasses import dataclass

import numpy as np

from deephar.data import human36m, mpii, ntu, pennaction
from deephar.data.matfile import ANNOTATION_FILE
from deephar.data.prepare.annotations import (
    PENN_JOINTS, h36m_sequence, mpii_columns, penn_sequence, save_mat, save_sequences)
from deephar.data.synthetic import crowd, scenes
from deephar.data.synthetic.draw import View
from deephar.data.synthetic.film import (
    Scene, ends_of, film, finished_folder, place_act, save_picture, seen)
from deephar.data.synthetic.motions import H36M, MOTIONS, NTU, PENN, placed
from deephar.data.synthetic.people import make_person
from deephar.utils.files import atomic_path, write_json

WORK = ".unfinished"                # what is needed until the set is whole


@dataclass(frozen=True)
class Size:
    """How much of a set there is.

    Args:
        train, test: pictures (MPII) or videos; test also counts for each
            further split.
        frames: of a video.
        picture: (width, height); None where the set has its own.
    """
    train: int
    test: int
    frames: int
    picture: tuple | None = None


def _plan(split: str):
    """A plan of numbered pictures or videos for training, and for another split."""
    return lambda counts: [("tr", i) for i in range(counts.train)] + [
        (split, i) for i in range(counts.test)]


# === MPII ===

# Joints of the 32 in MPII's order.
MPII_FROM_H36M = (3, 2, 1, 6, 7, 8, 0, 13, 14, 15, 27, 26, 25, 17, 18, 19)


def _identity(split: str, i: int) -> int:
    """Number of the i-th person of a split: even in training, odd elsewhere."""
    return 2 * i + (split != "tr")


def _make_mpii(out, counts, seed, job):
    split, i = job
    rng, view, people, frame, persons = _pose_mpii(counts, seed, job)
    name = f"{split}{i:06d}.jpg"
    path = out / mpii.IMAGES / name
    if not path.exists():
        target = people[0][1].body.joints[frame, 0]
        extra = scenes.occluders(rng, view, target) if rng.random() < 0.18 else []
        scene = Scene(view, people, scenes.background(rng, view), scenes.make_light(rng), extra)
        save_picture(path, film(scene, frame)[0])
    used = [k + 1 for k, p in enumerate(persons) if np.isfinite(p["pose"][0]).sum() >= 6]
    return split, name, used, persons


def _pose_mpii(counts, seed, job) -> tuple:
    """Who does what in a picture, seen from where, and how that is annotated."""
    split, i = job
    rng = np.random.default_rng([seed, 1, split == "tr", i])
    people, apart = [], 0.0
    for n in range(rng.choice([1, 2, 3], p=[0.72, 0.2, 0.08])):
        person = make_person(seed, _identity(split, 3 * i + n))
        action = str(rng.choice(list(MOTIONS)))
        people.append((person, place_act(action, person, rng, 15, 24, apart)))
        apart += rng.uniform(700, 1300)
    frame = int(rng.integers(24))
    shift = 0.3 if rng.random() < 0.12 else 0.05
    # Several people stand in a row along x: look at them from across it.
    azimuth = None if len(people) == 1 else rng.choice([-90, 90]) + rng.uniform(-40, 40)
    view = scenes.frame_view(rng, ends_of([a for _, a in people], frame), counts.picture,
                             (0.62, 0.92), azimuth, shift=shift)
    persons = [_mpii_person(view, person, act.body, frame) for person, act in people]
    return rng, view, people, frame, persons


def head_box(view: View, body, frame: int) -> np.ndarray:
    """(x1, y1, x2, y2) around the head: from the neck to the top, ears included."""
    neck, top = body.joints[frame, 13], body.joints[frame, 15]
    right, front = body.head[frame, :, 0], body.head[frame, :, 1]
    size = np.linalg.norm(top - neck)
    middle = top + 0.45 * (neck - top)
    points = [top, neck + 0.1 * (top - neck)]
    points += [middle + s * 0.34 * size * right for s in (-1, 1)]
    points += [middle + s * 0.40 * size * front for s in (-1, 1)]
    uv = view.project(np.array(points))[:, :2]
    return np.concatenate([uv.min(0), uv.max(0)])


def _mpii_person(view, person, body, frame) -> dict:
    uvd = view.project(body.joints[frame, MPII_FROM_H36M])
    uv = uvd[:, :2]
    low, high = uv.min(0), uv.max(0)
    # MPII's scale is the standing person's height over 200 pixels.
    root = view.project(body.joints[frame, 0])
    scale = person.height * view.f[1] / root[2] / 200
    outside = ((uv < 0) | (uv >= view.size)).any(-1)
    pose = uv.T.copy()
    pose[:, outside] = np.nan
    return {"head": head_box(view, body, frame)[None], "objpos": ((low + high) / 2)[None],
            "scale": np.array([[scale]]), "pose": pose}


def _finish_mpii(out, results):
    content = {}
    for split in ("tr", "val"):
        content[f"annot_{split}"] = mpii_columns(
            (name, used, [persons[number - 1] for number in used])
            for at, name, used, persons in results if at == split and used)
    save_mat(out / ANNOTATION_FILE, content)


# === Penn Action ===

# In the order of `PENN_JOINTS`, which the layouts' `map_from_pa13j` expects.
PENN_FROM_H36M = (15, 25, 17, 26, 18, 27, 19, 1, 6, 2, 7, 3, 8)


def _make_penn(out, counts, seed, job):
    split, i = job
    rng = np.random.default_rng([seed, 2, split == "tr", i])
    action = list(PENN)[i % len(PENN)]
    person = make_person(seed, _identity(split, 100_000 + i))
    frames = counts.frames + (int(rng.integers(-3, 4)) if counts.frames > 16 else 0)
    fps = 13.0              # two seconds: each deed once
    act = place_act(action, person, rng, fps, frames)
    view = scenes.frame_view(rng, ends_of([act]), counts.picture, (0.7, 0.95))
    people = [(person, act)]
    if rng.random() < 0.08:             # somebody waits in the background
        other = make_person(seed, _identity(split, 200_000 + i))
        aside = place_act("Waiting", other, rng, fps, frames)
        position = act.body.joints[0, 0] + view.R[2] * 2200 + view.R[0] * (
            rng.choice([-1, 1]) * rng.uniform(700, 1500))
        people.append((other, placed(aside, 0, position * [1, 1, 0])))
    scene = Scene(view, people, scenes.background(rng, view), scenes.make_light(rng), [])
    index = i + 1 if split == "tr" else counts.train + i + 1
    rows = []

    def write(folder):
        for t in range(frames):
            picture, depth = film(scene, t)
            save_picture(folder / pennaction.FRAME.format(t + 1), picture)
            uvd = view.project(act.body.joints[t, PENN_FROM_H36M])
            rows.append(seen(uvd, depth))
        with atomic_path(flags) as temporary:
            np.save(temporary, np.array(rows))

    flags = out / WORK / f"{index:04d}.npy"
    finished_folder(out / "frames" / f"{index:04d}", write)
    poses = view.project(act.body.joints[:, PENN_FROM_H36M])[..., :2]
    visible = np.load(flags, allow_pickle=False)
    boxes = [_near_box(rng, pose, view.size) for pose in poses]
    return split, index, i % len(PENN) + 1, view.size, poses, visible, boxes


def _near_box(rng, pose, size) -> list:
    """A detector's box around a pose: about right, within the picture."""
    low, high = pose.min(0), pose.max(0)
    extent = high - low
    low = low - extent * (0.12 + 0.04 * rng.normal(size=2))
    high = high + extent * (0.12 + 0.04 * rng.normal(size=2))
    box = np.concatenate([np.maximum(low, 0), np.minimum(high, size)])
    return [int(round(v)) for v in box]


def _finish_penn(out, results):
    splits, boxes = {}, {}
    for split in ("te", "tr"):
        rows = [r[1:] for r in results if r[0] == split]
        splits[split] = [
            penn_sequence(index, action, range(1, len(poses) + 1), size, poses, visible)
            for index, action, size, poses, visible, _ in rows]
        boxes[split] = {f"{number}.{t}": b for number, row in enumerate(rows)
                        for t, b in enumerate(row[-1])}
    save_sequences(out, splits, list(PENN), PENN_JOINTS)
    write_json(out / "pred_bboxes.json", [boxes["te"], boxes["tr"], {}])


# === NTU ===

NTU_TRAIN_PEOPLE = tuple(sorted(ntu.TRAIN_PERSONS))
NTU_TEST_PEOPLE = tuple(sorted(set(range(1, 41)) - ntu.TRAIN_PERSONS))
# Joints of the 32 in NTU's order.  The arm and leg that come first there are
# those that the layouts' `map_from_ntu` takes for the right ones.
NTU_FROM_H36M = (0, 12, 14, 15, 25, 26, 27, 30, 17, 18, 19, 22,
                 1, 2, 3, 4, 6, 7, 8, 9, 13, 31, 29, 23, 21)


def _make_ntu(out, counts, seed, job):
    split, i = job
    rng = np.random.default_rng([seed, 3, split == "tr", i])
    number = list(NTU)[i % len(NTU)]
    people = NTU_TRAIN_PEOPLE if split == "tr" else NTU_TEST_PEOPLE
    turn = i // len(NTU)
    who = people[(turn + i) % len(people)]
    # Unique names: the setup and the take count the rounds through all people.
    setup, take = turn // len(people) // 2 + 1, turn // len(people) % 2 + 1
    name = f"S{setup:03d}C{i % 3 + 1:03d}P{who:03d}R{take:03d}A{number:03d}"
    person = make_person(seed, 300_000 + who)
    frames = counts.frames + (int(rng.integers(-4, 5)) if counts.frames > 16 else 0)
    act = place_act(f"ntu_{number:03d}", person, rng, 15.0, frames)
    # Kinect: 1920×1080, about 1060 pixels of focal length; pictures are halved.
    heading = np.degrees(np.arctan2(*act.body.pelvis[0, [1, 0], 1]))
    view = scenes.frame_view(rng, ends_of([act]), (960, 540), (0.45, 0.75), heading + (
        rng.uniform(-55, 55)), elevation=(0, 12))
    scene = Scene(view, [(person, act)], scenes.background(rng, view, indoors=True),
                  scenes.make_light(rng), [])

    def write(folder):
        for t in range(0, frames, 2):       # readers use every second row
            save_picture(folder / ntu.FRAME.format(t + 1), film(scene, t, oversample=1)[0])

    finished_folder(out / ntu.IMAGES / name, write)
    joints = act.body.joints[:, NTU_FROM_H36M]
    uvd = view.project(joints)
    camera_m = (joints - view.T) @ view.R.T / 1000
    kinect = camera_m * [1, -1, 1]
    row = np.concatenate([
        np.arange(1, frames + 1)[:, None], kinect.reshape(frames, 75),
        2 * uvd[..., 0], 2 * uvd[..., 1], uvd[..., 2]], 1)
    with atomic_path(out / ntu.ANNOTATION_FOLDER / f"{name}.npy") as temporary:
        np.save(temporary, row)
    return name


def _finish_ntu(out, results):
    """Nothing is left to do: every video has its own annotations."""


# === Human3.6M ===

H36M_PEOPLE = {"tr": (1, 5, 6, 7, 8), "val": (9,), "te": (11,)}
# Camera 1 to 4 of a studio of 5 by 6 m: place in mm, focal length, centre and
# size in pixels; lenses like those of the real one.
STUDIO = (
    ((1850, 4950, 1570), (1145.0, 1143.8), (512.5, 515.5), (1000, 1002)),
    ((1780, -5080, 1600), (1149.7, 1147.6), (508.8, 508.1), (1000, 1000)),
    ((-1840, 5210, 1500), (1149.1, 1148.8), (519.8, 501.4), (1000, 1000)),
    ((-1790, -4400, 1570), (1145.5, 1144.8), (515.0, 501.9), (1000, 1002)))
LENS_K, LENS_P = (-0.2, 0.24, -0.002), (-0.0009, -0.0014)


def _plan_h36m(counts):
    labels = list(H36M)
    jobs = []
    for split, people in H36M_PEOPLE.items():
        for i in range(counts.train if split == "tr" else counts.test):
            turn = i // len(labels)
            jobs.append((split, i % len(labels), people[(turn + i) % len(people)],
                         turn // len(people) // 4 + 1, turn % 4 + 1 if turn else i % 4 + 1))
    return jobs


def _studio_view(camera: int) -> View:
    place, f, c, size = STUDIO[camera - 1]
    place = np.array(place, float)
    return View(scenes.look_at(place, np.array([0.0, 0.0, 880.0])), place, np.array(f),
                np.array(c), size, np.array(LENS_K), np.array(LENS_P))


def _make_h36m(out, counts, seed, job):
    split, label, who, take, camera = job
    action = list(H36M)[label]
    step = 64 if split == "val" else 5
    number = 2 + label
    name = f"a{number:02d}_s{who:02d}_e{take:02d}_c{camera:02d}"
    # The same take from every camera: the camera is not in the seed.
    rng = np.random.default_rng([seed, 4, number, who, take])
    person = make_person(seed, 400_000 + who)
    act = place_act(action, person, rng, 50 / step, counts.frames)
    people = [(person, act)]
    if action == "WalkTogether":
        friend = make_person(seed, 400_100 + who)
        people.append((friend, placed(act, 0, np.append(rng.normal(0, 200, 2) + [650, 0], 0))))
    view = _studio_view(camera)
    studio = np.random.default_rng([seed, 5, camera])
    scene = Scene(view, people, scenes.background(studio, view, indoors=True),
                  scenes.make_light(np.random.default_rng([seed, 6])), [])
    numbers = [1 + step * t for t in range(counts.frames)]

    def write(folder):
        for t, f in enumerate(numbers):
            save_picture(folder / human36m.FRAME.format(f), film(scene, t, oversample=1)[0])

    finished_folder(out / human36m.IMAGES / name, write)
    return split, name, camera, numbers, act.body.joints


def _finish_h36m(out, results):
    splits = {"te": [], "tr": [], "val": []}
    for split, name, camera, numbers, joints in results:
        view = _studio_view(camera)
        splits[split].append(h36m_sequence(
            name, {part: getattr(view, part) for part in "RTfcpk"}, numbers, view.size,
            joints))
    save_sequences(out, splits, ["act01", *H36M, "act17"], [f"j{i:02d}" for i in range(32)])


SETS = {
    "mpii": (_plan("val"), _make_mpii, _finish_mpii),
    "h36m": (_plan_h36m, _make_h36m, _finish_h36m),
    "pennaction": (_plan("te"), _make_penn, _finish_penn),
    "ntu": (_plan("te"), _make_ntu, _finish_ntu),
    "coco": (crowd.plan, crowd.make, crowd.finish),
}
