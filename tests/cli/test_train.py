import sys

import pytest

from deephar.cli import main
from deephar.cli import train as command


def test_it_lists_the_scripts_with_their_first_line(capsys):
    assert main(["train"]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines["train_actions"].startswith("Teach a trained SPNet actions of your own")
    assert len(lines) == len(list(command.script_path("").glob("*/train_*.py")))


@pytest.mark.parametrize("name", ["mine", "train_mine", "own/train_mine.py"])
def test_a_script_runs_with_its_flags(name, tmp_path, monkeypatch, capsys):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "train_mine.py").write_text(
        '"""Mine."""\nimport sys\nif __name__ == "__main__":\n    print(sys.argv[1:])\n')
    monkeypatch.setattr(command, "script_path", lambda script: tmp_path / script)
    before = sys.argv
    assert main(["train", name, "--data", "x", "--no-labels"]) == 0
    assert capsys.readouterr().out == "['--data', 'x', '--no-labels']\n"
    assert sys.argv is before


def test_an_unknown_name_lists_the_known_ones(capsys):
    assert main(["train", "coco"]) == 2
    assert "train_mpii_singleperson" in capsys.readouterr().err
