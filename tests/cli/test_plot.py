"""`deephar plot` writes the picture and says where."""
import subprocess
import sys

from deephar.cli import main
from deephar.training.logs import append_row


def test_plot(tmp_path):
    append_row(tmp_path / "steps.csv", {"step": 1, "loss": 1.0, "lr": 0.1})
    said = subprocess.run([sys.executable, "-m", "deephar", "plot", str(tmp_path)],
                          capture_output=True, text=True, check=True)
    assert said.stdout.strip() == str(tmp_path / "curves.png") and not said.stderr
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_plot_of_nothing(tmp_path, capsys):
    assert main(["plot", str(tmp_path)]) == 2
    assert "not the folder of a run" in capsys.readouterr().err
