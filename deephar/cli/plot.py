"""Draw the losses and scores of training runs.

  deephar plot output/quickstart
  deephar plot output/first output/second --out both.png
"""
from pathlib import Path

from deephar.cli.quiet import start_keras


def add_arguments(parser) -> None:
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN",
                        help="folder of a training run")
    parser.add_argument("--out", type=Path,
                        help="the picture (default: curves.png in the first folder)")


def run(args) -> int:
    start_keras()
    from deephar.training.curves import plot_runs
    print(plot_runs(args.runs, args.out or args.runs[0] / "curves.png"))
    return 0
