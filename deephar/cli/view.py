"""Look at 3D poses: turning skeletons over a ground, axes in metres.

  deephar view predictions/video.npz                      a picture of four moments
  deephar view predictions/video.json --out walk.mp4      a video
  deephar view labels.npz --out walk.gif --turn 30

FILE is what `deephar predict` writes (lifted with --lift, or by a network of 3D poses), the
labels of `deephar label3d`, or poses.npz of eval_videopose3d.py.
"""
from pathlib import Path

from deephar.cli.quiet import start_keras


def add_arguments(parser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--out", type=Path, metavar="FILE",
                        help=".png or .jpg (four moments), .mp4, .mkv, .mov, .gif or a "
                             "folder (default: FILE as .png)")
    parser.add_argument("--sequence", metavar="NAME",
                        help="of a file that holds several (default: the first)")
    parser.add_argument("--azimuth", type=float, default=35.0,
                        help="degrees around the people (default: %(default)s)")
    parser.add_argument("--elevation", type=float, default=14.0,
                        help="degrees looking down (default: %(default)s)")
    parser.add_argument("--turn", type=float, default=15.0,
                        help="degrees per second (default: %(default)s)")
    parser.add_argument("--fps", type=float, default=50.0,
                        help="of a file without times (default: %(default)s)")


def run(args) -> int:
    start_keras()
    from deephar.cli.progress import progress_bar
    from deephar.inference.motion3d import read_motions
    from deephar.inference.view import PICTURES, MotionView, write_view
    from deephar.inference.writer import kind_of
    if not args.fps > 0:
        raise ValueError(f"--fps must be > 0, got {args.fps}")
    out = args.out or args.file.with_suffix(".png")
    if out.suffix.lower() not in PICTURES:
        kind_of(out)
    motions = read_motions(args.file, args.fps)
    name = args.sequence or next(iter(motions))
    if name not in motions:
        raise ValueError(f"{args.file} has no sequence {name!r}; it has {', '.join(motions)}")
    motion = motions[name]
    view = MotionView(motion, azimuth=args.azimuth, elevation=args.elevation, turn=args.turn)
    write_view(out, view, progress_bar(name, unit="frames", rate=True))
    others = ", ".join(other for other in motions if other != name)
    print(f"{name}: {len(motion.times)} frames, people {', '.join(map(str, motion.people))}"
          + f"; also in the file: {others}" * bool(others))
    print(out)
    return 0
