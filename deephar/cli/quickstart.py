"""Make synthetic people, train a small network on them, and look at it.

Takes minutes on two CPU cores, it soon tells how many, and needs no download.  It ends with
scores on people that the network has never seen, and with a model that
`deephar predict` takes.  --resume goes on after an interruption.

  deephar quickstart
  deephar quickstart --epochs 2 --out output/quick

--lift trains another small network instead, which puts the people of a video into
space (`deephar predict VIDEO --lift quickstart`), on made-up motion.
"""
import contextlib
import dataclasses
import datetime
import os
import shlex
import sys
import time
from pathlib import Path
from typing import Callable, TextIO

from deephar.cli.quiet import is_quiet

OUT = "output/quickstart"
LIFT_OUT = "output/quickstart-lift"
DATA = "datasets/quickstart"
SIZES = ("epochs", "steps_per_epoch", "pictures", "videos")
FIRST_SECONDS = 5       # after which it tells how long it will take
PICTURES_SHARE = 0.095      # of the time goes into making the pictures, on two cores


def add_arguments(parser) -> None:
    parser.add_argument("--lift", action="store_true",
                        help="train the lifter to three dimensions")
    parser.add_argument("--out", type=Path, help="folder of the run (default: "
                        f"{OUT}, or {LIFT_OUT})")
    parser.add_argument("--data", type=Path, default=Path(DATA),
                        help="folder of the synthetic data (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto",
                        help="as of the training scripts (default: %(default)s)")
    parser.add_argument("--epochs", type=int,
                        help="fewer or more (default: 6, of the lifter 8)")
    parser.add_argument("--steps-per-epoch", type=int, metavar="N",
                        help="(default: 200, of the lifter all windows)")
    parser.add_argument("--pictures", type=int, metavar="N",
                        help="training pictures (default: 2000)")
    parser.add_argument("--videos", type=int, metavar="N",
                        help="training videos (default: 320)")
    parser.add_argument("--resume", action="store_true",
                        help="go on with an interrupted run")


def run(args) -> int:
    args.out = args.out or Path(LIFT_OUT if args.lift else OUT)
    return _run_lift(args) if args.lift else _run(args)


def _run(args) -> int:
    start = datetime.datetime.now()
    from deephar.cli.progress import progress_bar
    from deephar.cli.quiet import find_devices
    step("1/3  Making synthetic people ...")
    find_devices()
    _side_by_side()
    from deephar.evaluation.scorer import score
    from deephar.training.recipes import quickstart
    cfg = _config(args, quickstart.QuickstartConfig)
    bars = {name: progress_bar(label) for name, label in (
        ("mpii", "     pictures"), ("pennaction", "     videos"))}
    expect = _expectation(sys.stdout)
    usual = quickstart.QuickstartConfig()
    is_usual = all(getattr(cfg, name) == getattr(usual, name) for name in SIZES)

    def report(name: str, done: int, total: int) -> None:
        bars[name](done, total)
        if name == "mpii" and is_usual and not is_quiet():
            expect(done / total)

    people = quickstart.make_people(cfg, report)

    step("2/3  Training ...")
    network, training = quickstart.train(cfg, people)

    step("3/3  Scoring people that it has never seen ...")
    scores, guesses = score(network, people), quickstart.baselines(people)
    folder = training.folder
    from deephar.training.curves import plot_runs
    plot_runs([folder], folder / "curves.png")
    quickstart.draw_sheet(network, people, folder / "predictions.png")
    _report(folder, cfg, network, scores, guesses, start)
    _print_tables(scores, guesses)
    print(_next_steps(folder, quickstart.unseen_video(people),
                      (datetime.datetime.now() - start).total_seconds() / 60))
    return 0


def _run_lift(args) -> int:
    start = time.monotonic()
    for name in ("pictures", "videos"):
        if getattr(args, name) is not None:
            raise ValueError(f"--{name} is of the quickstart without --lift: a lifter sees "
                             "key points only")
    from deephar.cli.progress import progress_bar
    from deephar.cli.quiet import find_devices
    from deephar.evaluation.report import format_report
    step("1/2  Making motion before cameras ...")
    find_devices()
    from deephar.training.recipes import lifting, quicklift
    if lifting.is_finished(args.out) and not args.resume:
        raise FileExistsError(f"{args.out} already holds a lifter: another --out trains one "
                              "afresh")
    given = {name: getattr(args, name) for name in ("epochs", "steps_per_epoch")
             if getattr(args, name) is not None}
    cfg = quicklift.QuickliftConfig(logdir=str(args.out), seed=args.seed, device=args.device,
                                    resume=args.resume, **given)
    motion = quicklift.make_motion(cfg, progress_bar("     people"))
    step("2/2  Training ...")
    print(format_report(quicklift.train(cfg, motion)))
    run = "quickstart" if str(args.out) == LIFT_OUT else shlex.quote(str(args.out))
    print(f"""
Always the mean pose: {quicklift.baseline(motion):.1f} mm.
Done in {(time.monotonic() - start) / 60:.1f} minutes.

Try it on a video:   deephar predict VIDEO --lift {run}
The poses to it:     `deephar quickstart` trains a network, or --model (deephar models)
More:                docs/lifting.md
""")
    return 0


def _side_by_side() -> None:
    """On two cores two small operations at once, each on one, not each over both.

    A tenth more pictures a second here; large maps want it the other way round.
    """
    import tensorflow as tf
    if os.cpu_count() == 2:
        with contextlib.suppress(RuntimeError):     # TensorFlow is at work already
            tf.config.threading.set_inter_op_parallelism_threads(2)
            tf.config.threading.set_intra_op_parallelism_threads(1)


def step(text: str) -> None:
    """Say what begins, unless nobody wants to hear it."""
    if not is_quiet():
        print(text, flush=True)


def _expectation(stream: TextIO) -> Callable[[float], None]:
    """A function of the share of the pictures that is made.

    It tells once how long all will take, by the time since its first call.
    """
    began = told = None

    def expect(share: float) -> None:
        nonlocal began, told
        now = time.monotonic()
        if began is None:
            began = now, share
        elif told is None and now - began[0] >= FIRST_SECONDS:
            told = (now - began[0]) / (share - began[1]) / PICTURES_SHARE / 60
            print(f"     about {max(1, round(told))} minutes in all on this machine",
                  file=stream, flush=True)

    return expect


def _config(args, config_class):
    given = {name: getattr(args, name) for name in SIZES}
    return config_class(
        logdir=str(args.out), data=str(args.data), seed=args.seed, device=args.device,
        resume=args.resume, **{k: v for k, v in given.items() if v is not None})


def _report(folder: Path, cfg, network, scores, guesses, start) -> None:
    """Write the report; the baselines stand in it as scores of their own."""
    from deephar.evaluation.pages import save_report
    from deephar.evaluation.report import make_report
    named = [dataclasses.replace(score, name=f"{score.name}, baseline")
             for score in guesses]
    save_report(folder, make_report(
        [*scores, *named], weights=network.weights, seed=cfg.seed,
        started=start, config=dataclasses.asdict(cfg)))


def _print_tables(scores, guesses) -> None:
    """One table per score: each part and the whole, beside the baseline."""
    from deephar.evaluation.report import number, table
    for score, guess in zip(scores, guesses):
        cells = [[f"{score.name} ({score.unit})", "network", "baseline"]]
        cells += [[part, number(value), number(guess.parts.get(part))]
                  for part, value in score.parts.items()]
        cells.append([f"all, {score.evaluated} of {score.samples} samples",
                      number(score.value), number(guess.value)])
        print("\n" + "\n".join(table(cells)))


def _next_steps(folder: Path, video: Path, minutes: float) -> str:
    def named(name):
        return shlex.quote(str(folder / name))

    model = "" if str(folder) == OUT else f" --model {shlex.quote(str(folder))}"
    predict = (f"deephar predict{model} {shlex.quote(str(video))} --frames "
               f"--save-video {named('video.gif')}")
    return f"""
Done in {minutes:.1f} minutes.  The baseline does not look at the pictures: it always
answers the mean pose and the most frequent class.

  {named("predictions.png")}    poses and actions of unseen people
  {named("curves.png")}         losses of the training
  {named("report.html")}        the scores, and all that to look at
  {named("run.html")}           the training, epoch after epoch

Try it on a video:   {predict}
Own pictures:        deephar models, then docs/own-pictures.md
Real data sets:      datasets/README.md, docs/train.md
"""
