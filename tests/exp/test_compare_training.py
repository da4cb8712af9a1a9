"""Ways of training side by side: the table, and a run in every way."""
import pytest

from deephar.training.logs import append_row
from tests.exp.conftest import load_script

script = load_script("pennaction/compare_training.py")


def test_a_table_of_curves(tmp_path):
    for seed, scores in ((0, (10.0, 50.0)), (1, (20.0, 60.0)), (2, (30.0,))):
        for epoch, score in enumerate(scores, 1):
            append_row(tmp_path / f"poses-seed{seed}" / "scores.csv",
                       {"step": epoch, "epoch": epoch, "mpii/pckh": score})
    table = script.as_table(tmp_path, 2).splitlines()
    assert table[0] == "| way | score | seeds | epoch 1 | epoch 2 | last, range |"
    assert table[2:] == ["| poses | mpii/pckh | 2 | 15.0 | 55.0 | 50.0 to 60.0 |"]


@pytest.mark.slow
def test_runs_and_their_table(tmp_path):
    cfg = script.Config(
        logdir=str(tmp_path / "runs"), data=str(tmp_path / "people"), pictures=8, videos=4,
        ways=("both-decoupled", "actions", "poses-keras"), seeds=(0,), epochs=1,
        steps_per_epoch=1, batch_size=1, eval_samples=2, device="cpu")
    rows = script.main(cfg).splitlines()[2:]
    assert [row.split(" | ")[0].strip("| ") for row in rows] == [
        "both-decoupled", "both-decoupled", "actions", "poses-keras"]
    assert script.main(cfg).splitlines()[2:] == rows        # nothing is trained again
