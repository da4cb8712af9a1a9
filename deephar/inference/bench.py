"""How long pictures take to drawn poses; how well and fast people are followed."""
import contextlib
import time
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Callable, Iterator, Sequence

import numpy as np
from PIL import Image

from deephar.data.synthetic.crossing import Crossing, crossing
from deephar.data.synthetic.film import film
from deephar.data.synthetic.motions import MOTIONS
from deephar.inference.job import Job, Saves
from deephar.inference.lift import lift_people, with_lifted
from deephar.inference.motion3d import motion_of
from deephar.inference.predictor import Predictor
from deephar.inference.render import Renderer, draw_people
from deephar.inference.sources import Frame
from deephar.inference.tracks import Tracks
from deephar.inference.video import predict_video
from deephar.inference.view import MotionView
from deephar.inference.writer import VideoWriter
from deephar.measures import identity_f1, identity_switches, p_mpjpe
from deephar.networks.lifting import VideoLifter
from deephar.utils.files import write_json, write_picture
from deephar.utils.pose import H36M17

WARM_UP = 8             # pictures: the first ones go layer by layer, then tracing
FPS = 25
ACTIONS_FPS = 13        # of the synthetic Penn Action videos
VIDEO = (1280, 720), 10 # of a whole call: pixels, seconds
DRAWN = 40              # frames that are drawn for it; they play to and fro
# Pictures of a folder by how people are looked for, their pixels, people of each.
FOLDER, FOLDER_SIZE, FOLDER_PEOPLE = {"scan": 8, "two-pass": 64}, (480, 360), 2
PAGE_SIDE = 384         # pixels of a video to look at
AZIMUTH, TURN = 10, 12  # degrees, and per second, of lifted people
# What a detector does wrong: boxes missed, false ones per frame, errors per size.
MISSED, FALSE, NOISE = 0.05, 0.1, 0.03


def bench_predict(predictor, pictures: Sequence[np.ndarray], runs: int = 20) -> dict:
    """A picture from pixels to a drawn pose, stage by stage, in milliseconds.

    Args:
        predictor: a `Predictor`.
        pictures: (H, W, 3) each, uint8; looked at whole, in turns.
    """
    turns = cycle(pictures)
    times: dict[str, list[float]] = {"crop": [], "network": [], "draw": [], "all": []}
    for step in range(WARM_UP + runs):
        picture = next(turns)
        height, width = picture.shape[:2]
        box = np.array([0, 0, width, height])
        start = time.perf_counter()
        predictor.crops([(picture, box)])
        cropped = time.perf_counter()
        people = predictor(picture, [box])          # crops once more
        found = time.perf_counter()
        draw_people(picture, people, predictor.layout)
        drawn = time.perf_counter()
        if step >= WARM_UP:
            crop = cropped - start
            for name, spent in (("crop", crop), ("network", found - cropped - crop),
                                ("draw", drawn - found), ("all", drawn - cropped)):
                times[name].append(1e3 * spent)
    medians = {name: float(np.median(values)) for name, values in times.items()}
    return {"runs": runs, "picture": list(pictures[0].shape[1::-1]),
            "stages_ms": medians, "frames_per_s": 1e3 / medians["all"]}


# === People who cross ===

def detections(crossed: Crossing, seed: int) -> Iterator[list[tuple]]:
    """Per frame, (box, pose, who) as from a detector; `who` is -1 for a false one."""
    rng = np.random.default_rng([seed, 3])
    width, height = crossed.scene.view.size
    for t, hidden in enumerate(crossed.hidden.T):
        found = []
        for who in np.flatnonzero(~hidden & (rng.random(len(hidden)) >= MISSED)):
            box, pose = crossed.boxes[who, t], crossed.poses[who, t]
            error = NOISE * np.sqrt(np.prod(box[2:] - box[:2]))
            found.append((box + rng.normal(0, error, 4),
                          pose + rng.normal(0, error, pose.shape), who))
        if rng.random() < FALSE:
            x, y = rng.uniform(0, width), rng.uniform(0, height)
            pose = np.stack([x + 60 * rng.random(16), y + 120 * rng.random(16)], axis=-1)
            found.append((np.array([x, y, x + 60, y + 120]), pose, -1))
        yield [found[i] for i in rng.permutation(len(found))]


def follow(crossed: Crossing, seed: int, poses: bool = True) -> dict[str, float]:
    """Scores of `Tracks` for disturbed boxes; `best` is the highest IDF1 they allow.

    Nobody needs to be found who is hidden.
    """
    tracks = Tracks()
    true, found, best = [], [], []
    for t, seen in enumerate(detections(crossed, seed)):
        boxes = [box for box, _, _ in seen]
        numbers = tracks.number(boxes, t / FPS, [p for _, p, _ in seen] if poses else None)
        true.append({who: crossed.boxes[who, t]
                     for who in np.flatnonzero(~crossed.hidden[:, t])})
        found.append(dict(zip(numbers, boxes)))
        best.append({who: box for box, _, who in seen})
    return {"idf1": identity_f1(true, found), "best": identity_f1(true, best),
            "switches": identity_switches(true, found)}


def bench_tracks(seeds: int = 20) -> list[dict]:
    """Mean scores of `follow` over videos of 2, 3 and 4 people, with poses and without."""
    rows = []
    for people in (2, 3, 4):
        videos = [crossing(seed, people) for seed in range(seeds)]
        for poses in (True, False):
            scores = [follow(video, seed, poses) for seed, video in enumerate(videos)]
            rows.append({"people": people, "poses": poses, **{
                name: float(np.mean([score[name] for score in scores]))
                for name in scores[0]}})
    return rows


class FilmedPeople:
    """A drawn video of people who each do something else while they cross."""

    def __init__(self, predictor: Predictor, seed: int, people: int, frames: int = 48,
                 size: tuple[int, int] = (640, 360), actions: Sequence[str] = ()):
        known = [name for name in next(iter(predictor.network.actions.values()), ())
                 if name in MOTIONS] or ["Walking"]
        picked = np.random.default_rng(seed).permutation(len(known))[:people]
        self.predictor, self.people = predictor, people
        self.crossed = crossing(seed, people, frames, ACTIONS_FPS, size,
                                actions=actions or [known[i] for i in picked])
        self.frames = [Frame(t, t / ACTIONS_FPS, film(self.crossed.scene, t)[0], "crossing")
                       for t in range(frames)]

    def predicted(self, people: int | None = None):
        """(frame, result) with the true boxes of the first `people`."""
        boxes = self.crossed.boxes[:people]
        return predict_video(self.predictor, self.frames, boxes={
            str(t): boxes[:, t].tolist() for t in range(boxes.shape[1])})

    def frames_per_second(self, people: int) -> float:
        """From the pictures in memory to drawn ones, all in one thread."""
        renderer = Renderer(self.predictor.layout)
        start = time.perf_counter()
        for frame, result in self.predicted(people):
            renderer(frame.picture, result)
        return len(self.frames) / (time.perf_counter() - start)

    def action_accuracy(self) -> float:
        """Share of boxes whose person, by the number, has the right action."""
        right = [person.best_action()[0] == self.crossed.actions[person.id]
                 if person.id < self.people else False
                 for _, result in self.predicted() for person in result.people]
        return float(np.mean(right))

    def save(self, path: Path) -> None:
        """Write the drawn video, with everybody's time line, small enough for a page."""
        renderer = Renderer(self.predictor.layout, timeline=len(self.frames),
                            rows=self.people, max_side=PAGE_SIDE)
        with VideoWriter(path, ACTIONS_FPS) as writer:
            for frame, result in self.predicted():
                writer.write(renderer(frame.picture, result), frame.time)

    def lifted(self, lifter: VideoLifter) -> tuple[float, np.ndarray]:
        """P2 in mm of everybody in space, aligned to the true pose, and three moments."""
        layout = self.predictor.layout
        results = [replace(result, people=tuple(replace(p, actions={}) for p in result.people))
                   for _, result in self.predicted()]
        pieces = [p for p in lift_people(results, layout, lifter) if p.person < self.people]
        bodies = [act.body.joints[:, list(H36M17)] / 1000 for _, act in self.crossed.scene.people]
        errors = [1000 * p_mpjpe(bodies[p.person][p.frames], p.poses) for p in pieces]
        results = list(with_lifted(results, pieces))
        view = MotionView(motion_of(results, layout), azimuth=AZIMUTH, turn=TURN)
        renderer = Renderer(layout, rows=self.people, beside=view.beside)
        return (float(np.average(errors, weights=[len(p.frames) for p in pieces])),
                np.concatenate([renderer(self.frames[t].picture, results[t])
                                for t in (len(results) * i // 6 for i in (1, 3, 5))]))


# === Whole calls ===

def bench_folder(predictor: Predictor, folder: Path, runs: int = 5,
                 progress: Callable[[str], None] = print) -> list[dict]:
    """A folder of pictures from files to files, beside the network's own rate.

    That is the rate of as many crops in the same batches, all in memory, with nothing
    beside the network.  Of several runs of each, in turns, the medians count.

    Returns:
        per way to look: way, pictures, crops and seconds of a picture, and of the
        network alone, `share` of the network's own rate; the same of processor time.
    """
    rows = []
    for way, count in FOLDER.items():
        filmed = FilmedPeople(predictor, 5, FOLDER_PEOPLE, count, FOLDER_SIZE)
        paths = [folder / way / f"{frame.index}.jpg" for frame in filmed.frames]
        for path, frame in zip(paths, filmed.frames):
            write_picture(path, Image.fromarray(frame.picture), quality=92)
        job = Job(predictor, Saves(folder / "out"), boxes=way)
        batches: list[np.ndarray] = []
        with watched(predictor, lambda inputs, seconds: batches.append(inputs)):
            list(job.run(paths, []))
        crops = max(batches, key=len)
        spent: list[list[np.ndarray]] = []          # by run: network, whole call
        for _ in range(runs + 1):                   # the first is to warm up
            marks = [_clocks()]
            for batch in batches:
                predictor._run_frames(crops[:len(batch)])
            marks.append(_clocks())
            list(job.run(paths, []))
            spent.append(np.diff([*marks, _clocks()], axis=0) / count)
        (network_s, network_cpu), (job_s, job_cpu) = np.median(spent[1:], axis=0).tolist()
        rows.append({"way": way, "pictures": count, "picture": list(FOLDER_SIZE),
                     "crops": sum(map(len, batches)) / count, "seconds": job_s,
                     "network_seconds": network_s, "share": network_s / job_s,
                     "cpu_seconds": job_cpu, "network_cpu_seconds": network_cpu,
                     "cpu_share": network_cpu / job_cpu})
        progress(f"--boxes {way}: {count} pictures of {'×'.join(map(str, FOLDER_SIZE))}, "
                 f"{rows[-1]['crops']:.0f} crops and {1e3 * job_s:.1f} ms each, the network "
                 f"alone {1e3 * network_s:.1f}: {rows[-1]['share']:.0%} of its own rate; processor "
                 f"{1e3 * job_cpu:.1f} and {1e3 * network_cpu:.1f} ms")
    return rows


def _clocks() -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    return time.perf_counter(), time.process_time()



def bench_video(predictor: Predictor, folder: Path, people: int = 3, runs: int = 2) -> dict:
    """A video from file to file, by the clock and by the network's own time, in seconds.

    Boxes of one person, then of everybody are given; the drawn video and the JSON file
    are written.  Of several runs, in turns, the quickest counts.
    """
    size, seconds = VIDEO
    filmed = FilmedPeople(predictor, 5, people, DRAWN, size)
    order = np.resize(np.r_[0:DRAWN, DRAWN - 2:0:-1], seconds * FPS)
    video = str(folder / "people.mp4")
    with VideoWriter(video, FPS) as writer:
        for place in order:
            writer.write(filmed.frames[place].picture)
    jobs, times = {}, {1: [], people: []}
    for count in times:
        boxes = folder / f"{count}.json"
        write_json(boxes, {str(i): filmed.crossed.boxes[:count, place].tolist()
                           for i, place in enumerate(order)})
        jobs[count] = Job(predictor, Saves(folder / str(count)), boxes=str(boxes))
    filmed.frames_per_second(people)                        # warm
    for _ in range(runs):
        for count, job in jobs.items():
            spent: list[float] = []
            with watched(predictor, lambda inputs, seconds: spent.append(seconds)):
                start = time.perf_counter()
                outcome, = job.run([], [video])
                times[count].append((time.perf_counter() - start, sum(spent)))
    rows = [{"people": count, "seconds": wall, "network_seconds": own, "share": own / wall}
            for count, (wall, own) in ((count, min(found)) for count, found in times.items())]
    first, all = rows[0]["seconds"], rows[1]["seconds"]
    return {"frames": len(outcome.results), "picture": list(size), "rows": rows,
            "further_person": (all - first) / (people - 1) / first}


@contextlib.contextmanager
def watched(predictor: Predictor, told: Callable[[np.ndarray, float], None]
            ) -> Iterator[None]:
    """Tells the inputs and the seconds of every call of the predictor's networks."""
    def timed(function):
        def call(inputs):
            start = time.perf_counter()
            outputs = function(inputs)
            told(inputs, time.perf_counter() - start)
            return outputs
        return call

    kept = {name: getattr(predictor, name) for name in ("_run_frames", "_run_clips")
            if getattr(predictor, name, None) is not None}
    try:
        for name, function in kept.items():
            setattr(predictor, name, timed(function))
        yield
    finally:
        for name, function in kept.items():
            setattr(predictor, name, function)
