"""The `deephar` command: one module per sub-command.

A sub-command's module has a docstring (its help), `add_arguments(parser)`
and `run(args)`, which returns the exit code.  They import what they need
inside `run`, so that `deephar --help` stays quick.
"""
import argparse
import contextlib
import os
import sys

from deephar import __version__
from deephar.cli import (
    bench, completion, convert, dataset, demo, doctor, download, export, keypoints, label3d, models, plot,
    predict, quickstart, report, reproduce, train, view)

from deephar.cli.quiet import quiet_progress

COMMANDS = {
    "quickstart": quickstart,
    "doctor": doctor,
    "models": models,
    "download": download,
    "convert": convert,
    "dataset": dataset,
    "plot": plot,
    "predict": predict,
    "view": view,
    "demo": demo,
    "export": export,
    "bench": bench,
    "keypoints": keypoints,
    "label3d": label3d,
    "train": train,
    "reproduce": reproduce,
    "report": report,
    "completion": completion,
}

# What a person can put right; anything else is a bug and shows its traceback.
EXPECTED_ERRORS = (ValueError, KeyError, OSError, RuntimeError, ImportError)


BEGIN = """deephar finds poses and actions of people in pictures and videos.

  deephar quickstart             train a small network on made-up people, in minutes
  deephar demo                   a page to try it
  deephar predict photo.jpg      your own pictures, videos, camera
  deephar models                 the networks and the published weights
  deephar reproduce              the published results, and what each needs
  deephar train                  the training scripts
  deephar doctor                 does this machine compute the right numbers?

`deephar --help` lists all commands, `--help` after a command explains it.
"""


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command."""
    parser = argparse.ArgumentParser(
        prog="deephar",
        description="Multitask 2D/3D human pose estimation and action recognition.")
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--debug", action="store_true",
                        help="show the traceback of an error")
    _add_quiet(parser, False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, module in COMMANDS.items():
        doc = module.__doc__.strip()
        command = commands.add_parser(
            name, help=doc.splitlines()[0], description=doc,
            formatter_class=argparse.RawDescriptionHelpFormatter)
        module.add_arguments(command)
        _add_quiet(command, argparse.SUPPRESS)
    parser.set_defaults(parser=parser)      # completion tells what it takes
    return parser


def _add_quiet(parser: argparse.ArgumentParser, default) -> None:
    parser.add_argument("--quiet", action="store_true", default=default,
                        help="no progress: results, warnings and errors only")


def main(argv: list[str] | None = None) -> int:
    """Run one sub-command; returns its exit code."""
    args = make_parser().parse_args(argv)
    if args.command is None:
        print(BEGIN, end="")
        return 0
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        with quiet_progress() if args.quiet else contextlib.nullcontext():
            code = COMMANDS[args.command].run(args)
        sys.stdout.flush()
        return code
    except BrokenPipeError:             # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141                      # as if by SIGPIPE
    except KeyboardInterrupt:
        print("deephar: interrupted", file=sys.stderr)
        return 130
    except EXPECTED_ERRORS as error:
        if args.debug:
            raise
        text = error.args[0] if isinstance(error, KeyError) and error.args else error
        print(f"deephar: error: {' '.join(str(text).split())}", file=sys.stderr)
        return 2
