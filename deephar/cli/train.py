"""Train a network by one of the scripts.

    deephar train                                   the scripts there are
    deephar train train_mpii_singleperson --help    what one of them takes
    deephar train train_mpii_singleperson --data synthetic

`python exp/mpii/train_mpii_singleperson.py` does the same in a checkout; the
flags are the script's.
"""
import argparse
import ast
import runpy
import sys

from deephar.cli.reproduce import script_path


def add_arguments(parser) -> None:
    parser.add_argument("script", nargs="?", metavar="NAME",
                        help="the script, with or without `train_`; none lists them all")
    parser.add_argument("flags", nargs=argparse.REMAINDER, help="go to the script")


def run(args) -> int:
    scripts = {path.stem: path for path in sorted(script_path("").glob("*/train_*.py"))}
    if not args.script:
        for name, path in scripts.items():
            doc = ast.get_docstring(ast.parse(path.read_text("utf-8")))
            print(f"{name:26} {doc.splitlines()[0]}")
        return 0
    name = args.script.removesuffix(".py").split("/")[-1]
    path = scripts.get(name) or scripts.get(f"train_{name}")
    if path is None:
        raise KeyError(f"no training script is called {args.script!r}; "
                       f"there are {', '.join(scripts)}")
    before = sys.argv
    sys.argv = [str(path), *args.flags]
    try:
        runpy.run_path(str(path), run_name="__main__")
    finally:
        sys.argv = before
    return 0
