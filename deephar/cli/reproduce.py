"""Measure a row of the papers' tables, beside the published number.

    deephar reproduce                       the rows there are
    deephar reproduce mpii-val --data /data
    deephar reproduce penn --data synthetic

Says what is missing and how to get it; if nothing is, it runs the row's
script with the row's settings.
"""
import shlex
import subprocess
import sys
from pathlib import Path

import deephar


def add_arguments(parser) -> None:
    parser.add_argument("table", nargs="?", metavar="ROW",
                        help="the row; none lists them all")
    parser.add_argument("--data", default="datasets",
                        help="folder of the data sets, or synthetic "
                             "(default: %(default)s)")
    parser.add_argument("--output", help="folder of the report (default: output/ROW)")
    parser.add_argument("--dry-run", action="store_true",
                        help="only say what would run and what is missing")
    parser.add_argument("--weights", help="instead of the released file")
    parser.add_argument("--batch-size", help="pictures or clips per step")
    parser.add_argument("--limit", help="evaluate only so many samples")
    parser.add_argument("--resume", action="store_true",
                        help="finish an interrupted run")
    parser.add_argument("--tiny", action="store_true",
                        help="a tiny untrained network: to try it out")


def run(args) -> int:
    from deephar.evaluation.paper_tables import PAPER_TABLES
    if not args.table:
        print(overview(PAPER_TABLES))
        return 0
    if args.table not in PAPER_TABLES:
        raise KeyError(f"no published row is called {args.table!r}; "
                       f"there are {', '.join(PAPER_TABLES)}")
    row = PAPER_TABLES[args.table]
    print(describe(row))
    if not row.script:
        return 1
    free = args.data == "synthetic" or args.tiny      # random weights will do
    missing = missing_files(row, args.data, args.weights or free)
    for line in missing:
        print(f"missing: {line}")
    command = [sys.executable, str(script_path(row.script)),
               args.output or f"output/{args.table}", "--data", args.data,
               *row.flags, *script_flags(args)]
    print(f"command: {shlex.join(command)}", flush=True)
    if args.dry_run or missing:
        return 1 if missing else 0
    return subprocess.call(command)


def script_flags(args) -> list[str]:
    """The flags that go to the script as they are."""
    flags = []
    for name in ("weights", "batch_size", "limit"):
        if getattr(args, name) is not None:
            flags += ["--" + name.replace("_", "-"), getattr(args, name)]
    return flags + [f"--{name}" for name in ("resume", "tiny") if getattr(args, name)]


def overview(tables) -> str:
    """One line per row: key, published number, title."""
    lines = []
    for key, row in tables.items():
        number = "not verified" if row.value is None else f"{row.value} {row.unit}"
        lines.append(f"{key:20} {row.metric:10} {number:>14}  {row.title}"
                     + ("" if row.script else " (no script can measure it)"))
    return "\n".join(lines)


def describe(row) -> str:
    """What was published, where, and what must be known to compare."""
    number = ("not verified, no number" if row.value is None
              else f"{row.value} {row.unit}")
    lines = [row.title, f"published: {row.metric} {number} ({row.source})"]
    return "\n".join(lines + ([f"note: {row.note}"] if row.note else []))


def missing_files(row, data: str, has_weights: bool) -> list[str]:
    """What the row needs and is not there, each with the way to get it."""
    from deephar.checkpoints.table import CHECKPOINTS
    from deephar.data import DATASETS
    from deephar.data.locate import locate
    missing = []
    if row.checkpoint and not has_weights:
        path = Path("weights") / CHECKPOINTS[row.checkpoint].file
        if not path.exists():
            missing.append(f"{path}: `deephar download {row.checkpoint}`")
    for name in row.data if data != "synthetic" else ():
        if name not in DATASETS:
            continue
        try:
            folder = locate(data, name)
        except FileNotFoundError as error:
            missing.append(f"{DATASETS[name].folder}: {DATASETS[name].advice} ({error})")
            continue
        if "predicted" in row.flags:
            missing += _missing_boxes(folder)
    return missing


def _missing_boxes(folder: Path) -> list[str]:
    from deephar.checkpoints.table import ANNOTATIONS
    path = folder / Path(ANNOTATIONS["penn_pred_bboxes"].place).name
    return [] if path.exists() else [f"{path}: `deephar download penn_pred_bboxes`, or "
                                     "exp/pennaction/predict_bboxes.py"]


def script_path(script: str) -> Path:
    """The path of `exp/SCRIPT`: in the installed package, or beside it in a checkout."""
    package = Path(deephar.__file__).resolve().parent
    for path in (package / "exp" / script, package.parent / "exp" / script):
        if path.exists():
            return path
    raise FileNotFoundError(f"{path} is not there, nor in {package}: install deephar again")
