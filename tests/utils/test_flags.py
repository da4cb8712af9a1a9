from dataclasses import dataclass

import pytest

from deephar.utils.flags import flag, parse_config


@dataclass(frozen=True)
class Config:
    """A script."""
    output: str = flag("out", "folder of the results", positional=True)
    num_frames: int = flag(8, "frames of a clip")
    lr: float = 1e-3
    drops: tuple[int, ...] = (15, 25)
    replica: bool = flag(True, "second head")
    weights: str | None = flag(None, "file")
    device: str = flag("auto", "where to run", choices=("auto", "cpu"))


def test_defaults():
    assert parse_config(Config, []) == Config()


def test_every_kind_of_field():
    config = parse_config(Config, [
        "--num-frames", "16", "--lr", "0.5", "--drops", "1", "2", "3",
        "--no-replica", "--weights", "a.h5", "--device", "cpu"])
    assert config == Config("out", 16, 0.5, (1, 2, 3), False, "a.h5", "cpu")


@dataclass(frozen=True)
class Three:
    resume: bool | str = flag(False, "go on", choices=("auto",))


@pytest.mark.parametrize("argv, value", [([], False), (["--resume"], True),
                                         (["--resume", "auto"], "auto")])
def test_a_bool_with_choices(argv, value):
    assert parse_config(Three, argv).resume is value
    with pytest.raises(SystemExit):
        parse_config(Three, ["--resume", "always"])


def test_positional_output():
    assert parse_config(Config, ["here"]).output == "here"
    assert parse_config(Config, ["--output", "there"]).output == "there"


@pytest.mark.parametrize("argv", [["--num-frame-s", "1"], ["--device", "toaster"]])
def test_unknown_values_end_the_program(argv):
    with pytest.raises(SystemExit):
        parse_config(Config, argv)


def test_help_shows_defaults(capsys):
    with pytest.raises(SystemExit):
        parse_config(Config, ["--help"])
    text = capsys.readouterr().out
    assert "frames of a clip (default: 8)" in text and "A script." in text
