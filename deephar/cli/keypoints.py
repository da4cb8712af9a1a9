"""Write the key-point files that lifting trains on.

    deephar keypoints h36m datasets/Human3.6M OUT          of our Human3.6M annotations
    deephar keypoints motion MOTIONS.npz OUT --joints MAP  of 3D motion, virtual cameras
    deephar keypoints synthetic OUT --people 20            of made-up people, without end

OUT gets data_3d_h36m.npz, data_2d_h36m_NAME.npz and cameras.json; docs/lifting.md
tells what is in them.
"""
from pathlib import Path

from deephar.cli.arguments import positive


def add_arguments(parser) -> None:
    parser.add_argument("source", choices=("h36m", "motion", "synthetic"))
    parser.add_argument("paths", nargs="+", metavar="PATH", type=Path,
                        help="what to read (not for synthetic), then the folder to write")
    parser.add_argument("--name", default="gt", help="of the 2D file (default: %(default)s)")
    parser.add_argument("--noise", type=float, default=0, metavar="PX",
                        help="standard deviation of an error of every key point")
    parser.add_argument("--split", choices=("train", "valid"), default="train",
                        help="of Human3.6M (default: %(default)s)")
    parser.add_argument("--joints", type=Path, metavar="JSON",
                        help="17 lists of joint names (default: those of CMU's skeleton)")
    parser.add_argument("--up", choices=("y", "z"), default="y",
                        help="axis of the motion that points up (default: %(default)s)")
    parser.add_argument("--like", nargs="+", default=["S1"], metavar="SUBJECT",
                        help="virtual cameras stand as for these subjects, in turn")
    parser.add_argument("--people", type=positive, default=7, help="made-up subjects")
    parser.add_argument("--actions", nargs="+", metavar="NAME",
                        help="of made-up people (default: the 15 of Human3.6M)")
    parser.add_argument("--seconds", type=float, default=10, help="of every made-up take")
    parser.add_argument("--seed", type=int, default=0, help="of chance")


def run(args) -> int:
    from deephar.data.keypoints import sources
    from deephar.data.keypoints.files import write_motion
    wanted = 1 if args.source == "synthetic" else 2
    if len(args.paths) != wanted:
        raise ValueError(f"{args.source} takes {wanted} paths, got {len(args.paths)}")
    cameras = None
    if args.source == "h36m":
        from deephar.config import human36m_dataconf
        from deephar.data.human36m import Human36M
        from deephar.utils.modes import TRAIN_MODE, VALID_MODE
        motions, cameras = sources.from_human36m(
            Human36M(args.paths[0], human36m_dataconf),
            TRAIN_MODE if args.split == "train" else VALID_MODE)
    elif args.source == "motion":
        joints = sources.read_joint_map(args.joints) if args.joints else sources.CMU31
        motions = sources.read_motion(args.paths[0], joints, up=args.up)
    else:
        from deephar.data.labels import H36M_COLUMNS
        motions = sources.synthetic_motion(args.actions or H36M_COLUMNS, args.people,
                                         seconds=args.seconds, seed=args.seed)
    out = args.paths[-1]
    write_motion(out, motions, cameras or sources.rig_for(list(motions), args.like),
                 name=args.name, noise_px=args.noise, seed=args.seed)
    for subject, takes in motions.items():
        frames = sum(len(poses) for poses in takes.values())
        print(f"{subject}: {len(takes)} takes, {frames} frames")
    print(f"{out}: data_3d_h36m.npz, data_2d_h36m_{args.name}.npz, cameras.json")
    return 0
