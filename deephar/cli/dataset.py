"""Check, prepare, pack, show or make up a data set.

  deephar dataset check pennaction datasets/PennAction
  deephar dataset prepare ntu DOWNLOADS/nturgbd datasets/NTU
  deephar dataset pack ntu /shared/packed/NTU --data datasets
  deephar dataset pack own /shared/packed/mine --data my_videos
  deephar dataset show mpii datasets/MPII --index 7
  deephar dataset synthesize pennaction datasets/synthetic
  deephar dataset synthesize crowd datasets/COCO

datasets/README.md has the layout of every set and where to get it.
"""
import argparse
from pathlib import Path

from deephar.cli.arguments import positive

SETS = ("mpii", "h36m", "pennaction", "ntu", "coco")
# COCO is ready as it comes; `own` are folders of videos, see docs/own-data.md.
CHOICES = {"prepare": SETS[:-1], "pack": (*SETS, "own"), "synthesize": (*SETS[:-1], "crowd")}


def add_arguments(parser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    command = _command(actions, "check", "say what is there, what is missing and what "
                       "is broken; the exit code is 1 if anything is")
    command.add_argument("path", help="the data set's folder or address")
    command.add_argument("--quick", action="store_true",
                         help="do not open the pictures")
    _add_workers(command)

    command = _command(actions, "prepare", "turn the owners' own files into our layout; "
                       "an interrupted run goes on where it stopped")
    command.add_argument("source", type=Path, help="folder of the owners' files")
    command.add_argument("out", type=Path, help="folder to make, e.g. datasets/NTU")
    command.add_argument("--valid-list", type=Path, metavar="FILE",
                         help="MPII: names of the validation pictures, one per line")
    _add_workers(command)

    command = _command(actions, "pack", "write pictures and annotations into a few large "
                       "files, which every script reads as it reads the folder")
    command.add_argument("out", type=Path, help="folder to make, e.g. packed/NTU")
    command.add_argument("--data", default="datasets",
                         help="the data set's folder, or that of all sets (default: "
                              "%(default)s)")

    command = _command(actions, "show", "draw a sample: the picture with joints and "
                       "box, and its crop")
    command.add_argument("path", help="the data set's folder or address")
    command.add_argument("--index", type=int, default=0, help="number of the sample")
    command.add_argument("--split", choices=("test", "train", "valid"), default="train")
    command.add_argument("--out", type=Path,
                         help="picture to write (default: SET_SPLIT_INDEX.png)")
    command.add_argument("--window", action="store_true", help="open a window instead")

    command = _command(actions, "synthesize", "make a data set of drawn people, in the "
                       "layout of the real one")
    command.add_argument("out", type=Path, help="folder to make")
    command.add_argument("--size", default="small",
                         help="tiny, small, or a number (default: small)")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--picture", type=_width_and_height, metavar="WxH",
                         help="size of the pictures of mpii, pennaction and crowd, "
                              "e.g. 1280x720 (default: the set's own)")


def _command(actions, name: str, text: str):
    command = actions.add_parser(name, help=text, description=text)
    sets = CHOICES.get(name, SETS)
    command.add_argument("set", choices=sets, metavar="SET", help=", ".join(sets))
    return command


def _add_workers(command) -> None:
    command.add_argument("--workers", type=positive, default=2,
                         help="threads (default: %(default)s)")


def _width_and_height(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise argparse.ArgumentTypeError(f"must be WIDTHxHEIGHT, got {text}")
    return int(width), int(height)


def run(args) -> int:
    return {"check": _check, "prepare": _prepare, "pack": _pack, "show": _show,
            "synthesize": _synthesize}[args.action](args)


def _check(args) -> int:
    from deephar.cli.progress import progress_bar
    from deephar.data.check import check
    found = check(args.set, args.path, quick=args.quick, workers=args.workers,
                  progress=progress_bar("pictures"))
    for fact in found.facts:
        print(f"  {fact}")
    for problem in found.problems:
        print(f"! {problem}")
    print(f"{args.path}: " + ("good to use" if found.ok
                              else f"{_count(found.problems, 'problem')}"))
    return 0 if found.ok else 1


def _prepare(args) -> int:
    from deephar.cli.progress import progress_bar
    from deephar.data.prepare import PREPARE
    from deephar.utils.locks import lock_folder
    options = {}
    if args.valid_list is not None:
        if args.set != "mpii":
            raise ValueError(f"--valid-list is for mpii, got {args.set}")
        options["valid_list"] = args.valid_list
    with lock_folder(args.out):
        outcome = PREPARE[args.set](args.source, args.out, workers=args.workers,
                                    progress=progress_bar(f"prepare {args.set}"), **options)
    for split, count in outcome.sequences.items():
        print(f"  {split}: {count}")
    for note in outcome.notes:
        print(f"  {note}")
    for problem in outcome.problems[:10]:
        print(f"! {problem}")
    if len(outcome.problems) > 10:
        print(f"! {len(outcome.problems) - 10} more in {args.out / 'prepared.json'}")
    print(f"{args.out}: written" + (
        f", with {_count(outcome.problems, 'problem')}" if outcome.problems else ""))
    return 0 if any(outcome.sequences.values()) else 1


def _pack(args) -> int:
    from deephar.cli.progress import progress_bar
    from deephar.data.locate import locate
    from deephar.data.pack import pack
    source = Path(args.data) if args.set == "own" else locate(args.data, args.set)
    found = pack(args.set, source, args.out,
                 progress=progress_bar(f"pack {args.set}"))
    print(f"{args.out}: {found.pictures} pictures and {found.annotations} annotation files "
          f"in {found.shards} shards, {found.bytes / 1e9:.2f} GB")
    if found.missing:
        print(f"! {found.missing} pictures of the annotations are not there")
    return 0


def _count(items: list, noun: str) -> str:
    return f"{len(items)} {noun}" + ("s" if len(items) != 1 else "")


def _show(args) -> int:
    from deephar.data.show import draw_sample
    from deephar.utils.plot import show
    picture = draw_sample(args.set, args.path, args.split, args.index)
    if args.window:
        show(picture)
        return 0
    out = args.out or Path(f"{args.set}_{args.split}_{args.index}.png")
    show(picture, filename=out)
    print(out)
    return 0


def _synthesize(args) -> int:
    from deephar.cli.progress import progress_bar
    from deephar.data.synthetic import synthesize
    size = int(args.size) if args.size.isdigit() else args.size
    name = "coco" if args.set == "crowd" else args.set
    synthesize(name, args.out, size=size, seed=args.seed, picture=args.picture,
               progress=progress_bar(f"synthesize {args.set}"))
    print(f"{args.out}: written")
    return 0
