"""Flags that sub-commands share."""
import argparse
from pathlib import Path

import pytest

from deephar.cli.arguments import add_network, positive


def test_the_quickstart_is_the_network_of_whoever_names_none():
    parser = argparse.ArgumentParser()
    add_network(parser)
    assert vars(parser.parse_args([])) == {"model": "quickstart", "weights": Path("weights")}
    assert parser.parse_args(["--model", "run"]).model == "run"


def test_positive():
    assert positive("3") == 3
    with pytest.raises(argparse.ArgumentTypeError, match="must be ≥ 1, got 0"):
        positive("0")
