"""Find people in pictures, videos and cameras: joints, actions, something to look at.

  deephar predict photo.jpg                       a picture
  deephar predict photos/ "more/*.png"            folders, patterns
  deephar predict video.mp4 --timeline            a video
  deephar predict frames/0001 --frames            a folder of frames
  deephar predict rtsp://camera/1 --show          a stream
  deephar predict 0 --show                        camera number 0

Without --save-... or --show, the drawn pictures or videos and a JSON file go to
--out.  One person is looked for per box, and one where no boxes are given.
docs/own-pictures.md describes the files.
"""
import argparse
import contextlib
import sys
from pathlib import Path

from deephar.cli.quiet import start_keras

VIDEO_SAVES = ("save_video", "save_keypoints")
SAVES = VIDEO_SAVES + ("save_json", "save_npz", "save_coco")


def add_arguments(parser) -> None:
    parser.add_argument("inputs", nargs="+", metavar="INPUT",
                        help="picture, folder, pattern, video, address or camera number")
    group = parser.add_argument_group("the network")
    group.add_argument("--model", default="quickstart",
                       help="a published name, quickstart, a run's folder or a file "
                            "(default: %(default)s)")
    group.add_argument("--weights", type=Path, default=Path("weights"),
                       help="folder of the published files (default: %(default)s)")
    group.add_argument("--runtime", choices=("onnx", "litert", "openvino"),
                       help="what runs a file of `deephar export` (default: its own)")
    group.add_argument("--flip", action="store_true",
                       help="also predict mirrored, and average")
    group.add_argument("--stop-after-block", type=_positive, metavar="K",
                       help="use the network up to this prediction block")
    group.add_argument("--batch-size", type=_positive, default=8,
                       help="crops per call (default: %(default)s)")

    group = parser.add_argument_group("where to look")
    group.add_argument("--boxes", metavar="FILE|WAY",
                       help="JSON or CSV file; 'annotation' (of the data set that the "
                            "pictures are from); 'two-pass' (whole picture, then "
                            "closer); 'whole'; 'track' (videos: where the last pose was)")
    group.add_argument("--min-confidence", type=float, default=0.15,
                       help="mean confidence from which on a person counts as found "
                            "(default: %(default)s)")
    group.add_argument("--angle", type=float, default=0.0,
                       help="turn the crops, degrees counter-clockwise")

    group = parser.add_argument_group("videos")
    group.add_argument("--frames", action="store_true",
                       help="a folder's pictures are the frames of a video (guessed "
                            "if their names are numbers)")
    group.add_argument("--fps", type=float, default=25.0,
                       help="of a folder of frames (default: %(default)s)")
    group.add_argument("--every", type=_positive, default=1,
                       help="use one frame in so many (default: %(default)s)")
    group.add_argument("--stride", type=_positive,
                       help="frames between two predictions of the action "
                            "(default: as many as they see)")
    group.add_argument("--smooth", action="store_true", help="steady the joints")
    group.add_argument("--live", action="store_true",
                       help="drop frames rather than lag (cameras and streams do)")

    group = parser.add_argument_group("what comes out")
    group.add_argument("--out", type=Path, default=Path("predictions"),
                       help="folder (default: %(default)s)")
    group.add_argument("--save-video", type=Path, metavar="FILE",
                       help=".mp4, .mkv, .mov, .gif or a folder")
    group.add_argument("--save-json", type=Path, metavar="FILE")
    group.add_argument("--save-npz", type=Path, metavar="FILE")
    group.add_argument("--save-coco", type=Path, metavar="FILE",
                       help="COCO's list of 17 key points")
    group.add_argument("--save-keypoints", type=Path, metavar="FILE",
                       help="one video's key points, as lifting reads them (.npz)")
    group.add_argument("--show", action="store_true", help="open a window")
    group.add_argument("--draw-boxes", action="store_true")
    group.add_argument("--view-3d", action="store_true",
                       help="the 3D pose beside the picture")
    group.add_argument("--azimuth", type=float, default=35.0,
                       help="degrees around the person (default: %(default)s)")
    group.add_argument("--timeline", action="store_true",
                       help="the actions over time below the video")
    group.add_argument("--max-side", type=_positive, default=1920,
                       help="of drawn pictures, in pixels (default: %(default)s)")


def _positive(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be ≥ 1, got {text}")
    return int(text)


def run(args) -> int:
    start_keras()
    from deephar.inference.predictor import Predictor
    pictures, videos = _sort_inputs(args)
    _check(args, pictures, videos)
    model = args.model
    if args.runtime is not None:
        from deephar.networks.runtime import load_exported
        model = load_exported(args.model, args.runtime)
    predictor = Predictor(
        model, weights=args.weights, batch_size=args.batch_size, flip=args.flip,
        angle=args.angle, min_confidence=args.min_confidence,
        stop_after_block=args.stop_after_block)
    if args.view_3d and (predictor.layout is None or predictor.layout.dim < 3):
        raise ValueError("--view-3d needs a network of 3D poses, "
                         f"{predictor.network.name} has none")
    from deephar.inference.results import result_names
    names = result_names([*pictures, *videos], args.out)
    code = 0
    if pictures:
        code = max(code, _pictures(args, predictor, pictures, names))
    for source, name in zip(videos, names[len(pictures):]):
        code = max(code, _video(args, predictor, source, name))
    return code


def _sort_inputs(args) -> tuple[list[Path], list[str]]:
    """(pictures, videos) of what was asked for."""
    from deephar.inference.sources import is_frame_folder, is_video, pictures_of
    pictures, videos = [], []
    for text in args.inputs:
        path = Path(text)
        if path.is_dir():
            if args.frames or is_frame_folder(path):
                videos.append(text)
                continue
            found = pictures_of(path)
        elif any(c in text for c in "*?[") and not path.exists():
            found = sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
        elif is_video(text):
            videos.append(text)
            continue
        elif path.exists():
            found = [path]
        else:
            raise FileNotFoundError(f"{text}: no such file")
        if not found:
            raise FileNotFoundError(f"{text}: no pictures there")
        for file in found:
            (videos if is_video(file) else pictures).append(file)
    return pictures, [str(v) for v in videos]


def _check(args, pictures, videos) -> None:
    for name in SAVES:
        jobs = len(videos) + bool(pictures)
        if getattr(args, name) is not None and jobs > 1:
            raise ValueError(f"--{name.replace('_', '-')} names one file, but there are "
                             f"{jobs} results: use --out")
    for name in VIDEO_SAVES:
        if getattr(args, name) is not None and pictures:
            raise ValueError(f"--{name.replace('_', '-')} is for videos; pictures of a "
                             "video's frames need --frames")
    if args.save_video is not None:
        from deephar.inference.sources import is_camera, is_stream
        from deephar.inference.writer import kind_of
        kind = kind_of(args.save_video)
        if kind == "gif" and any(is_camera(v) or is_stream(v) for v in videos):
            raise ValueError("a .gif is held in memory: save a camera or stream as .mp4")
        if args.save_video.resolve() in {Path(video).resolve() for video in videos}:
            raise ValueError(f"--save-video {args.save_video} is what is being read; "
                             "choose another name")
    if args.boxes == "track" and pictures:
        raise ValueError("--boxes track is for videos; pictures take a file, "
                         "two-pass or whole")


def _boxes(args, default: str, pictures):
    """What `Predictor` takes as boxes; `pictures` are for the annotations."""
    from deephar.inference.boxes import read_boxes, shrunk
    from deephar.inference.video import WAYS
    if args.boxes is None:
        return default
    if args.boxes == "annotation":
        from deephar.data.show import annotated_windows
        return shrunk(annotated_windows(pictures))
    return args.boxes if args.boxes in WAYS else read_boxes(args.boxes)


def _asked(args) -> bool:
    """Whether the user chose what to save or show."""
    return args.show or any(getattr(args, name) is not None for name in SAVES)


# === Pictures ===

def _pictures(args, predictor, paths, names) -> int:
    from deephar.cli.progress import progress_bar
    from deephar.inference.boxes import boxes_for
    from deephar.inference.predictor import open_any
    from deephar.inference.results import FrameResult
    boxes = _boxes(args, "two-pass", paths)
    progress = progress_bar("pictures", rate=True)
    results, code = [], 0
    for start in range(0, len(paths), args.batch_size):
        opened = []
        for index, path in enumerate(paths[start:start + args.batch_size], start):
            try:
                opened.append((index, path, open_any(path)))
            except (OSError, ValueError) as error:
                print(f"deephar: {error}", file=sys.stderr)
                code = 1
        wanted = boxes if isinstance(boxes, str) else [
            boxes_for(boxes, str(path), index) for index, path, _ in opened]
        found = predictor.pictures([picture for _, _, picture in opened], wanted)
        for (index, path, picture), people in zip(opened, found):
            results.append(FrameResult(index, None, picture.shape[1::-1], str(path),
                                       tuple(people)))
            _draw_picture(args, predictor, picture, results[-1], names[index])
            progress(len(results), len(paths))
    _save(args, predictor, results, args.out / "predictions.json")
    _report(results, "picture")
    return code


def _draw_picture(args, predictor, picture, result, name) -> None:
    from deephar.utils.plot import show
    if _asked(args) and not args.show:
        return
    drawn = _renderer(args, predictor, 0)(picture, result)
    if args.show:
        show(drawn)
    else:
        show(drawn, filename=args.out / f"{name}.png")


def _renderer(args, predictor, timeline: int):
    from deephar.inference.render import Renderer
    return Renderer(predictor.layout, boxes=args.draw_boxes, view_3d=args.view_3d,
                    azimuth=args.azimuth, timeline=timeline, max_side=args.max_side)


# === Videos ===

def _video(args, predictor, source: str, name: str) -> int:
    from deephar.data.video import BrokenVideo
    from deephar.inference.results import Spool
    from deephar.inference.smooth import Smoother
    from deephar.inference.sources import (
        count_frames, frames_of, frames_per_second, is_camera, is_stream, pictures_of)
    from deephar.inference.video import predict_live, predict_video
    live = args.live or is_camera(source) or is_stream(source)
    frames = frames_of(source, every=args.every, fps=args.fps)
    boxes = _boxes(args, "track", pictures_of(source) if Path(source).is_dir() else ())
    if args.boxes == "annotation":          # frames go by the names of their files
        boxes = {Path(name).name: found for name, found in boxes.items()}
    if live:
        predicted = predict_live(predictor, frames, boxes=boxes, every=args.every)
    else:
        predicted = predict_video(predictor, frames, boxes=boxes, stride=args.stride,
                                  every=args.every)
    smooth = Smoother() if args.smooth else lambda result: result
    count = -(-count_frames(source) // args.every)
    fps = frames_per_second(source, args.fps) / args.every
    results, code = Spool(), 0
    try:
        with (contextlib.closing(predicted),
              _outputs(args, predictor, name, count, fps) as put):
            for frame, result in predicted:
                result = smooth(result)
                results.append(result)
                if not put(frame, result, len(results)):
                    break
    except BrokenVideo as error:
        print(f"deephar: {error}; what came before is kept", file=sys.stderr)
        code = 1
    except KeyboardInterrupt:
        print("deephar: stopped; what came before is kept", file=sys.stderr)
        code = 130
    _save(args, predictor, results, args.out / f"{name}.json")
    _report(results, "frame")
    return code


class _outputs:
    """Draws, writes and shows frames in a thread, while the network works."""

    def __init__(self, args, predictor, name, count, fps):
        from deephar.cli.progress import progress_bar
        self.count = count
        self.progress = progress_bar(name, unit="frames", rate=True)
        wants_video = args.save_video is not None or not _asked(args)
        self.path = None
        if wants_video:
            self.path = args.save_video or args.out / f"{name}.mp4"
        self.draws = wants_video or args.show
        self.fps, self.show, self.title = fps, args.show, name
        timeline = (count or 300) if args.timeline else 0
        self.renderer = _renderer(args, predictor, timeline)

    def __enter__(self):
        from deephar.inference.threads import WriteBehind
        from deephar.inference.window import Window
        from deephar.inference.writer import VideoWriter
        self.writer = VideoWriter(self.path, self.fps) if self.path else None
        self.window = Window(self.title) if self.show else None
        # A window belongs to the main thread; files are written beside it.
        self.behind = (WriteBehind(self._draw, size=4)
                       if self.draws and not self.show else None)
        return self._put

    def _draw(self, item):
        frame, result = item
        drawn = self.renderer(frame.picture, result)
        if self.writer is not None:
            self.writer.write(drawn, frame.time)
        return drawn

    def _put(self, frame, result, number) -> bool:
        self.progress(number, self.count or None)
        if self.behind is not None:
            self.behind.put((frame, result))
        elif self.draws:
            return self.window.show(self._draw((frame, result)))
        return True

    def __exit__(self, *error):
        from deephar.data.video import BrokenVideo
        keeps = error[0] is None or issubclass(error[0], (BrokenVideo,
                                                          KeyboardInterrupt))
        try:
            if self.behind is not None:
                self.behind.close()
        except Exception:
            if self.writer is not None:
                self.writer.__exit__(*sys.exc_info())
            raise
        if self.writer is not None:
            self.writer.__exit__(*((None,) * 3 if keeps else error))
            if keeps and self.writer.path.exists():
                print(self.writer.path)
        return False


# === Files and words ===

def _save(args, predictor, results, default: Path) -> None:
    from deephar.inference.results import save_coco, save_json, save_keypoints, save_npz
    json_path = args.save_json or (None if _asked(args) else default)
    name = str(predictor.network.name or args.model)
    if json_path is not None:
        save_json(json_path, results, predictor.layout, name)
        print(json_path)
    if args.save_npz is not None:
        save_npz(args.save_npz, results, predictor.layout)
        print(args.save_npz)
    if args.save_coco is not None:
        save_coco(args.save_coco, results, predictor.layout)
        print(args.save_coco)
    if args.save_keypoints is not None:
        save_keypoints(args.save_keypoints, results, predictor.layout)
        print(args.save_keypoints)


def _report(results, noun: str) -> None:
    people = sum(len(r.people) for r in results)
    empty = sum(not r.people for r in results)
    print(f"{len(results)} {noun}s, {people} poses"
          + (f", nobody found in {empty}" if empty else ""))
