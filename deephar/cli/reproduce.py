"""Measure a row of the papers' tables, beside the published number.

    deephar reproduce                       the rows there are
    deephar reproduce mpii-val --data /data
    deephar reproduce penn --data synthetic
    deephar reproduce --all --data synthetic --tiny

Says what is missing and how to get it; if nothing is, it runs the row's
script with the row's settings.  With --all every row has one line, and what
the scripts say goes to report.txt in the row's folder.
"""
import contextlib
import importlib.util
import io
import logging
import shlex
import time
import traceback
from pathlib import Path

import deephar

TRAINED = Path("output/trained")        # where networks that nobody released are trained
# With --tiny, networks that need no pictures are trained on the spot.
_TAKES = ("--test-subjects", "S9", "--downsample", "10")
_FEW = ("Eating", "Walking")
TINY_TRAINING = {
    "h36m/train_videopose3d.py": (
        "--channels", "8", "--steps-per-epoch", "2", "--epochs", "2", "--unit-epochs", "0",
        "--batch-size", "64", "--subjects", "S1", *_TAKES),
    "h36m/train_label_generator.py": (
        "--units", "32", "--steps-per-epoch", "50", "--epochs", "1", "--subjects", "S1",
        "--test-subjects", "S9", "--every", "10")}
TINY_EVALUATION = {
    "h36m/eval_videopose3d.py": _TAKES,
    "h36m/eval_label_generator.py": ("--test-subjects", "S9", "--noise", "0", "5")}


def add_arguments(parser) -> None:
    parser.add_argument("table", nargs="?", metavar="ROW",
                        help="the row; none lists them all")
    parser.add_argument("--all", action="store_true", help="every row, one line each")
    parser.add_argument("--data", default="datasets",
                        help="folder of the data sets, or synthetic "
                             "(default: %(default)s)")
    parser.add_argument("--output", help="folder of the report (default: output/ROW, of "
                                         "all rows output/reproduce)")
    parser.add_argument("--dry-run", action="store_true",
                        help="only say what would run and what is missing")
    parser.add_argument("--weights", help="instead of the released file")
    parser.add_argument("--batch-size", help="pictures or clips per step")
    parser.add_argument("--limit", help="evaluate only so many samples")
    parser.add_argument("--allow-pickle", action="store_true",
                        help="read key-point files; they can run code: trust them first")
    parser.add_argument("--resume", action="store_true",
                        help="finish an interrupted run")
    parser.add_argument("--tiny", action="store_true",
                        help="tiny networks, untrained or hardly trained: to try it out")


def run(args) -> int:
    from deephar.evaluation.paper_tables import PAPER_TABLES
    if args.all:
        return run_all(PAPER_TABLES, args)
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
    missing = missing_files(row, args)
    for line in missing:
        print(f"missing: {line}")
    output = Path(args.output or f"output/{args.table}")
    flags = script_flags(args.table, row, args, output)
    print(f"command: {shlex.join(['python', str(script_path(row.script)), *flags])}",
          flush=True)
    if args.dry_run or missing:
        return 1 if missing else 0
    make_networks(row, args, output.parent)
    return run_script(row.script, flags)


def run_all(tables, args) -> int:
    """Every row, one line each; 0 if all that can be measured were."""
    logging.disable(logging.WARNING)        # a line each: the rest is in the reports
    try:
        return _lines(tables, args)
    finally:
        logging.disable(logging.NOTSET)


def _lines(tables, args) -> int:
    root, failed = Path(args.output or "output/reproduce"), 0
    for key, row in tables.items():
        start = time.monotonic()
        missing = missing_files(row, args) if row.script else []
        if not row.script or missing:
            print(f"{key:32} {row.why_not or 'missing: ' + '; '.join(missing)}", flush=True)
            failed += bool(missing)
            continue
        if args.dry_run:
            print(f"{key:32} {row.script}")
            continue
        code, line = measure(key, row, args, root)
        failed += code != 0
        if code == 130:
            return code
        print(f"{key:32} {line}  ({time.monotonic() - start:.0f} s)", flush=True)
    print(f"{failed} of {len(tables)} rows could not be measured" if failed else
          f"reports: {root}")
    return 1 if failed else 0


def measure(key: str, row, args, root: Path) -> tuple[int, str]:
    """Run a row's script here; exit code, and ours beside the published number."""
    output = root / key
    output.mkdir(parents=True, exist_ok=True)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            make_networks(row, args, root)
            code = run_script(row.script, script_flags(key, row, args, output))
        except Exception as error:          # the other rows are measured all the same
            print(traceback.format_exc())
            return 1, f"FAILED: {type(error).__name__}: {error}"
        finally:
            (output / "report.txt").write_text(said.getvalue(), "utf-8")
    return code, line_of(key, row, output)


def line_of(key: str, row, output: Path) -> str:
    """A row's headline beside ours."""
    from deephar.evaluation.report import number, read_report
    if row.why_not:
        return row.why_not
    scores = read_report(output / "report.json")["scores"]
    score = next((s for s in scores if key in s["paper"]), None)
    if score is None or score["value"] is None:
        return f"FAILED: no score, see {output / 'report.txt'}"
    published = "not verified" if row.value is None else number(row.value)
    return (f"{score['name']}: {number(score['value'])} {score['unit']}, "
            f"published {published}")


def run_script(script: str, flags: list[str]) -> int:
    """The exit code of `exp/SCRIPT`, in this process."""
    from deephar.utils.flags import parse_config
    path = script_path(script)
    spec = importlib.util.spec_from_file_location(f"exp_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    code = module.main(parse_config(module.Config, flags))
    return code if isinstance(code, int) else 0


def script_flags(key: str, row, args, output: Path) -> list[str]:
    """The flags of the row, and those that go to the script as they are."""
    flags = [str(output), "--data", places(row, args.data), *row.flags, "--paper", key]
    if is_trained(row, args):
        names = [str(trained(name, args, output.parent)) for name in row.training]
        flags += ["--weights", names[0]] if not args.weights else []
        flags += ["--reference", names[1]] if len(names) > 1 else []
    for name in ("weights", "batch_size", "limit"):
        if getattr(args, name) is not None and not (
                name == "batch_size" and "keypoints" in row.data):
            flags += ["--" + name.replace("_", "-"), getattr(args, name)]
    if "keypoints" not in row.data:
        flags += ["--tiny"] * args.tiny
    else:
        flags += ["--allow-pickle"] * args.allow_pickle
        flags += TINY_EVALUATION[row.script] if args.tiny else ()
        flags += ["--actions", *_FEW] if args.tiny and "--actionwise" in row.flags else []
    return flags + ["--resume"] * args.resume


def places(row, data: str) -> str:
    """The folder that the row's script wants."""
    folder = Path(data) / "keypoints"
    return str(folder) if "keypoints" in row.data and folder.is_dir() else data


# === Networks that were never released ===

def is_trained(row, args) -> bool:
    """Whether the row's network is one that must be trained first."""
    return bool(row.training) and ("keypoints" in row.data or not (
        args.tiny or args.data == "synthetic"))     # else a random one will do


def trained(name: str, args, root: Path) -> Path:
    """The folder of a training."""
    return (root / "tiny-networks" if args.tiny else TRAINED) / name


def training_command(name: str, args, root: Path) -> tuple[str, list[str]]:
    """Script and flags that train a network of `TRAININGS`."""
    from deephar.evaluation.paper_tables import TRAININGS
    script, *flags = TRAININGS[name]
    if args.tiny:
        each = [_FEW] if "each" in flags else []
        flags = [*flags, *(a for actions in each for a in actions), *TINY_TRAINING[script]]
    return script, [*flags, "--data", args.data, "--logdir", str(trained(name, args, root))]


def make_networks(row, args, root: Path) -> None:
    """Train the tiny networks that the row needs and that are not there."""
    for name in row.training if args.tiny and is_trained(row, args) else ():
        folder = trained(name, args, root)
        if not is_there(folder):
            run_script(*training_command(name, args, root))
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "done").touch()


def is_there(folder: Path) -> bool:
    """Whether a tiny training came to its end."""
    return (folder / "done").exists()


# === What there is, what is missing ===

def overview(tables) -> str:
    """One line per row: key, published number, title."""
    lines = []
    for key, row in tables.items():
        number = "not verified" if row.value is None else f"{row.value} {row.unit}"
        lines.append(f"{key:34} {row.metric:10} {number:>24}  {row.title}"
                     + (f" (cannot be measured: {row.why_not})" if row.why_not else ""))
    return "\n".join(lines)


def describe(row) -> str:
    """What was published, where, and what must be known to compare."""
    number = ("not verified, no number" if row.value is None
              else f"{row.value} {row.unit}")
    lines = [row.title, f"published: {row.metric} {number} ({row.source})"]
    lines += [f"note: {row.note}"] if row.note else []
    return "\n".join(lines + ([f"cannot be measured: {row.why_not}"] if row.why_not else []))


def missing_files(row, args) -> list[str]:
    """What the row needs and is not there, each with the way to get it."""
    from deephar.checkpoints.table import CHECKPOINTS
    from deephar.data import DATASETS
    from deephar.data.locate import locate
    synthetic = args.data == "synthetic"
    missing = []
    if row.checkpoint and not (args.weights or args.tiny or synthetic):
        path = Path("weights") / CHECKPOINTS[row.checkpoint].file
        if not path.exists():
            missing.append(f"{path}: `deephar download {row.checkpoint}`")
    missing += _missing_trainings(row, args)
    for name in row.data if not synthetic else ():
        if name == "keypoints":
            missing += _missing_keypoints(row, args)
            continue
        try:
            folder = locate(args.data, name)
        except FileNotFoundError as error:
            missing.append(f"{DATASETS[name].folder}: {DATASETS[name].advice} ({error})")
            continue
        if "predicted" in row.flags and name == "pennaction":
            missing += _missing_boxes(folder, row)
    return missing


def _missing_trainings(row, args) -> list[str]:
    if args.tiny or not is_trained(row, args):
        return []
    wanted = row.training[1:] if args.weights else row.training
    return [f"{TRAINED / name}: no weights were released; train them with "
            f"`{shlex.join(['python', f'exp/{script}', *flags])}`"
            for name in wanted if not (TRAINED / name).is_dir()
            for script, flags in [training_command(name, args, TRAINED)]]


def _missing_keypoints(row, args) -> list[str]:
    folder = Path(places(row, args.data))
    named = row.flags[row.flags.index("--keypoints") + 1:] if "--keypoints" in row.flags else ()
    files = [folder / f"data_{part}.npz" for part in (
        "3d_h36m", f"2d_h36m_{named[0] if named else 'gt'}")]
    missing = [f"{file}: see docs/lifting.md" for file in files if not file.exists()]
    if not missing and not args.allow_pickle:
        missing.append("--allow-pickle: the key-point files hold pickled objects, which can "
                       "run code; give it if you trust them")
    return missing


def _missing_boxes(folder: Path, row) -> list[str]:
    from deephar.checkpoints.table import ANNOTATIONS
    key = "penn_pred_bboxes" + "_multitask" * (row.checkpoint == "penn_spnet")
    path = folder / Path(ANNOTATIONS[key].place).name
    return [] if path.exists() else [f"{path}: `deephar download {key}`, or "
                                     "exp/pennaction/predict_bboxes.py"]


def script_path(script: str) -> Path:
    """The path of `exp/SCRIPT`: in the installed package, or beside it in a checkout."""
    package = Path(deephar.__file__).resolve().parent
    for path in (package / "exp" / script, package.parent / "exp" / script):
        if path.exists():
            return path
    raise FileNotFoundError(f"{path} is not there, nor in {package}: install deephar again")
