"""Find people in pictures, videos and cameras: joints, actions, something to look at.

  deephar predict photo.jpg                       a picture
  deephar predict photos/ "more/*.png"            folders, patterns
  deephar predict video.mp4 --timeline            a video
  deephar predict video.mp4 --lift quickstart     in three dimensions
  deephar predict frames/0001 --frames            a folder of frames
  deephar predict rtsp://camera/1 --show          a stream
  deephar predict 0 --show                        camera number 0
  deephar predict videos/ --cluster auto          all videos below, on Ray

Without --save-... or --show, the drawn pictures or videos and a JSON file go to
--out.  One person is looked for per box, and one where no boxes are given.
docs/own-pictures.md describes the files.
"""
import sys
from pathlib import Path

from deephar.cli.arguments import add_network, positive
from deephar.cli.quiet import start_keras

VIDEO_SAVES = ("video", "keypoints", "bvh")
LIFTED_SIDE = 360       # pixels that a lifted video is high at least
SAVES = VIDEO_SAVES + ("json", "npz", "coco")


def add_arguments(parser) -> None:
    parser.add_argument("inputs", nargs="+", metavar="INPUT",
                        help="picture, folder, pattern, video, address or camera number")
    group = parser.add_argument_group("the network")
    add_network(group)
    group.add_argument("--runtime", choices=("onnx", "litert", "openvino"),
                       help="what runs a file of `deephar export` (default: its own)")
    group.add_argument("--flip", action="store_true",
                       help="also predict mirrored, and average")
    group.add_argument("--stop-after-block", type=positive, metavar="K",
                       help="use the network up to this prediction block")
    group.add_argument("--batch-size", type=positive, default=8,
                       help="crops per call (default: %(default)s)")

    group = parser.add_argument_group("many videos")
    group.add_argument("--cluster", metavar="ADDRESS",
                       help="predict videos, folders of videos or lists of them (.txt) on "
                            "Ray: 'auto' or ray://HOST:10001; a JSON file for each goes to "
                            "--out, those that are there are left alone")
    group.add_argument("--actors", type=positive, metavar="N",
                       help="copies of the network on the cluster (default: one for each "
                            "GPU, or one)")
    group.add_argument("--parquet", action="store_true",
                       help="summary.parquet beside summary.csv, by Ray's own writer "
                            "(pip install 'ray[data]')")

    group = parser.add_argument_group("where to look")
    group.add_argument("--boxes", metavar="FILE|WAY",
                       help="JSON or CSV file; 'detect' (everybody, by --detector; the "
                            "default for pictures if KerasHub is installed); 'scan' "
                            "(everybody, by the network alone; the default for pictures "
                            "otherwise); 'track' (videos: where the last pose was; their "
                            "default); 'two-pass' (whole picture, then closer); 'whole'; "
                            "'annotation' (of the data set that the pictures are from)")
    group.add_argument("--detector", metavar="NAME|FOLDER|FILE",
                       help="a preset of KerasHub, the folder of one, or an ONNX file with "
                            "its JSON (default: dfine_nano_coco)")
    group.add_argument("--threshold", type=float, default=0.4,
                       help="least probability of a detector's person "
                            "(default: %(default)s)")
    group.add_argument("--max-people", type=positive, metavar="N",
                       help="of a picture: the surest that were detected or scanned")
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
    group.add_argument("--every", type=positive, default=1,
                       help="use one frame in so many (default: %(default)s)")
    group.add_argument("--stride", type=positive,
                       help="frames between two predictions of the action "
                            "(default: as many as they see, averaged with the "
                            "predictions before and after)")
    group.add_argument("--smooth", action="store_true", help="steady the joints")
    group.add_argument("--live", action="store_true",
                       help="drop frames rather than lag (cameras and streams do)")

    group = parser.add_argument_group("three dimensions")
    group.add_argument("--lift", metavar="RUN",
                       help="folder of a lifter's training, or quickstart: puts the people of "
                            "a video into space")
    group.add_argument("--view-3d", action="store_true",
                       help="the 3D pose of a 3D network beside the picture")
    group.add_argument("--azimuth", type=float, default=35.0,
                       help="degrees around the people (default: %(default)s)")
    group.add_argument("--turn", type=float, default=15.0,
                       help="degrees per second of lifted people (default: %(default)s)")

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
    group.add_argument("--save-bvh", type=Path, metavar="FILE",
                       help="poses in space for animation programs, one file per person")
    group.add_argument("--show", action="store_true", help="open a window")
    group.add_argument("--draw-boxes", action="store_true")
    group.add_argument("--timeline", action="store_true",
                       help="the actions over time below the video")
    group.add_argument("--max-side", type=positive, default=1920,
                       help="of drawn pictures, in pixels (default: %(default)s)")


def run(args) -> int:
    for name in ("actors", "parquet"):
        if getattr(args, name) and not args.cluster:
            raise ValueError(f"--{name} is for --cluster")
    start_keras()
    if args.cluster:
        return _on_cluster(args)
    from deephar.cli.progress import progress_bar
    from deephar.inference.job import Job, Playback, Saves
    from deephar.inference.predictor import Predictor
    from deephar.inference.sources import sort_inputs
    from deephar.networks.lifting import load_video_lifter
    from deephar.networks.load import load_network
    pictures, videos = sort_inputs(args.inputs, args.frames)
    _check(args, pictures, videos)
    lifter = load_video_lifter(args.lift) if args.lift else None
    predictor = Predictor(
        load_network(args.model, weights=args.weights, runtime=args.runtime),
        **_predictor_options(args))
    if lifter and predictor.layout is None:
        raise ValueError("--lift needs a network that finds poses, "
                         f"{predictor.network.name} only tells actions")
    flat = predictor.layout is None or predictor.layout.dim < 3
    if flat and (args.view_3d or args.save_bvh and not lifter):
        raise ValueError(f"{'--view-3d' if args.view_3d else '--save-bvh'} needs a network "
                         f"of 3D poses, {predictor.network.name} has none; or --lift RUN")
    job = Job(
        predictor,
        Saves(args.out, {kind: getattr(args, f"save_{kind}") for kind in SAVES
                         if getattr(args, f"save_{kind}") is not None}, args.show),
        Playback(args.fps, args.every, args.stride, args.smooth, args.live),
        _boxes(args),
        {"boxes": args.draw_boxes, "max_side": args.max_side,
         "least_height": LIFTED_SIDE if lifter else 1}, args.timeline,
        view_3d=args.view_3d, azimuth=args.azimuth, turn=args.turn, lifter=lifter,
        progress=lambda label, unit: progress_bar(label, unit=unit, rate=True))
    return max(_told(outcome) for outcome in job.run(pictures, videos))


def _on_cluster(args) -> int:
    from deephar.cli.progress import progress_bar
    from deephar.inference.cluster import (
        Setup, collection, need_parquet, predict_collection, write_parquet, write_summary)
    from deephar.inference.job import Playback
    from deephar.utils.locks import lock_folder
    for name in ("show", "live", "timeline", "draw_boxes", "view_3d", "lift", "frames",
                 *(f"save_{kind}" for kind in SAVES)):
        if getattr(args, name):
            raise ValueError(f"--{name.replace('_', '-')} does not go with --cluster, which "
                             "writes a JSON file for each video")
    if args.parquet:
        need_parquet()
    videos, out = collection(args.inputs), args.out.absolute()
    setup = Setup(
        out, {"source": _there(args.model), "weights": Path(args.weights).absolute(),
              "runtime": args.runtime},
        _predictor_options(args), Playback(args.fps, args.every, args.stride, args.smooth),
        _boxes(args))
    rows, progress = [], progress_bar("videos", rate=True)
    with lock_folder(out):
        try:
            for row in predict_collection(args.cluster, setup, videos,
                                          actors=args.actors or 0):
                rows.append(row)
                progress(len(rows), len(videos))
        finally:
            write_summary(out / "summary.csv", rows)
        if args.parquet:
            write_parquet(out / "summary.parquet", rows, args.cluster)
    return _summed_up(rows, out)


def _predictor_options(args) -> dict:
    names = ("batch_size", "flip", "angle", "min_confidence", "stop_after_block",
             "max_people", "threshold")
    return {"detector": _there(args.detector), **{name: getattr(args, name) for name in names}}


def _boxes(args) -> str | None:
    """What the flags say of where to look; None: nothing."""
    boxes = args.boxes or (args.detector and "detect")
    return _there(boxes) if boxes and Path(boxes).is_file() else boxes


def _there(text: str | None) -> str | None:
    """A path as every process finds it; other words stay as they are."""
    return str(Path(text).absolute()) if text and Path(text).exists() else text


def _summed_up(rows, out) -> int:
    """Prints how the videos of a collection fared; its exit code."""
    failed = [row for row in rows if row.state == "failed"]
    for row in failed:
        print(f"! {row.video}: {row.reason} ({row.attempts} attempts)")
    for state, words in (("done", "done"), ("there", "were there"), ("failed", "failed")):
        chosen = [row for row in rows if row.state == state]
        print(f"{words:<12}{len(chosen):>8} videos {sum(row.frames for row in chosen):>10} "
              f"frames {sum(row.poses for row in chosen):>10} poses")
    print(f"{out / 'summary.csv'}: a row for each")
    return 1 if failed else 0


def _check(args, pictures, videos) -> None:
    for name in SAVES:
        jobs = len(videos) + bool(pictures)
        if getattr(args, f"save_{name}") is not None and jobs > 1:
            raise ValueError(f"--save-{name} names one file, but there are "
                             f"{jobs} results: use --out")
    for name in VIDEO_SAVES:
        if getattr(args, f"save_{name}") is not None and pictures:
            raise ValueError(f"--save-{name} is for videos; pictures of a "
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
    if args.lift is not None and pictures:
        raise ValueError(f"--lift takes videos, and {pictures[0]} is a picture; the frames "
                         "of a video need --frames")
    if args.boxes == "track" and pictures:
        raise ValueError("--boxes track is for videos; pictures take a file, "
                         "detect, scan, two-pass or whole")


def _told(outcome) -> int:
    """Says what became of pictures or of a video; its exit code."""
    for fault in outcome.faults:
        print(f"deephar: {fault}", file=sys.stderr)
    for note in outcome.notes:
        print(note)
    for path in outcome.files:
        print(path)
    people = [len(result.people) for result in outcome.results]
    print(f"{len(people)} {outcome.noun}s, {sum(people)} poses"
          + (f", nobody found in {people.count(0)}" if 0 in people else "")
          + (f" (--boxes {outcome.way})" if outcome.way else ""))
    return outcome.code
