"""Flags that several sub-commands have."""
import argparse
from pathlib import Path


def add_network(parser) -> None:
    """--model and --weights, as `load_network` takes them."""
    parser.add_argument("--model", default="quickstart",
                        help="a published name, quickstart, a run's folder or a file "
                             "(default: %(default)s)")
    parser.add_argument("--weights", type=Path, default=Path("weights"),
                        help="folder of the published files (default: %(default)s)")


def positive(text: str) -> int:
    """A number from 1 on."""
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be ≥ 1, got {text}")
    return int(text)
