"""deephar bench writes a table, a JSON file and a picture."""
import json

from deephar.cli import main
from tests.models.small import network


def test_network_and_predict(tmp_path, capsys):
    path = tmp_path / "small.keras"
    network("spnet_3d").save(path)
    common = ["--model", str(path), "--runs", "2", "--out", str(tmp_path / "bench")]
    assert main(["bench", "network", "--modes", "optimized", "--batches", "1",
                 *common]) == 0
    result = json.loads((tmp_path / "bench" / "network.json").read_text())
    row, = result["rows"]
    assert row["mode"] == "optimized" and row["batch"] == 1
    assert result["machine"]["versions"]["keras"]
    table = capsys.readouterr().out
    assert f"{row['frames_per_s']:.1f}" in table and "share" in table
    assert (tmp_path / "bench" / "network.png").exists()

    assert main(["bench", "predict", *common]) == 0
    result = json.loads((tmp_path / "bench" / "predict.json").read_text())
    assert result["picture"] == [1280, 720]


def test_training_wants_a_network_of_pictures(tmp_path, capsys):
    path = tmp_path / "small.keras"
    network("spnet_3d").save(path)
    assert main(["bench", "train", "--model", str(path), "--out", str(tmp_path)]) == 1
    assert "network of pictures" in capsys.readouterr().err
