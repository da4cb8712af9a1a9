"""`deephar plot` writes the picture and says where."""
from deephar.cli import main
from deephar.training.logs import append_row


def test_plot(tmp_path, capsys):
    append_row(tmp_path / "steps.csv", {"step": 1, "loss": 1.0, "lr": 0.1})
    assert main(["plot", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_plot_of_nothing(tmp_path, capsys):
    assert main(["plot", str(tmp_path)]) == 2
    assert "not the folder of a run" in capsys.readouterr().err
