"""deephar bench writes a table, a JSON file and a picture."""
import json

import pytest

from deephar.cli import main
from deephar.networks.tiny import TINY
from tests.models.small import network


@pytest.mark.slow
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
    assert [row["mode"] for row in result["rows"]] == ["keras", "optimized"]
    assert all(row["picture"] == [1280, 720] for row in result["rows"])
    assert (f"{result['rows'][1]['frames_per_s']:.1f} pictures/s of 1280×720"
            in capsys.readouterr().out)


@pytest.fixture(scope="module")
def people(tiny_set):
    return str(tiny_set("mpii"))


@pytest.mark.slow
def test_blocks_are_scored_where_people_are_given(people, tmp_path, capsys):
    path = tmp_path / "small.keras"
    TINY["penn_spnet"].build().save(path)
    assert main(["bench", "network", "--model", str(path), "--runs", "1", "--batches", "1",
                 "--modes", "optimized", "--blocks", "--data", people,
                 "--out", str(tmp_path)]) == 0
    blocks = json.loads((tmp_path / "network.json").read_text())["blocks"]
    assert [row["block"] for row in blocks] == [1, 2, 3, 4]
    assert all(0 <= row["scores"]["PCKh@0.5"] <= 100 for row in blocks)
    assert f"PCKh@0.5 {blocks[-1]['scores']['PCKh@0.5']:.1f} %" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("build, pictures", [
    (TINY["penn_spnet"].build, 8),
    (TINY["mpii_reception2d"].build, 2)])
def test_training_of_pictures_and_of_clips(build, pictures, people, tmp_path, capsys):
    path = tmp_path / "small.keras"
    build().save(path)
    assert main(["bench", "train", "--model", str(path), "--runs", "2", "--data",
                 people, "--batch-size", "2", "--out", str(tmp_path)]) == 0
    result = json.loads((tmp_path / "train.json").read_text())
    assert result["pictures_per_s"] == pytest.approx(
        1e3 * pictures / result["trainer_ms"]["mean"])
    assert f"{result['pictures_per_s']:.1f} pictures/s" in capsys.readouterr().out


@pytest.mark.slow
def test_training_wants_poses_of_the_data(people, tmp_path, capsys):
    path = tmp_path / "small.keras"
    TINY["ntu_spnet"].build().save(path)
    assert main(["bench", "train", "--model", str(path), "--data", people,
                 "--out", str(tmp_path)]) == 2
    assert "of the data are (..., J, 3), those of the network" in capsys.readouterr().err


@pytest.mark.slow
def test_crowds_are_found_in_every_way(tiny_set, tmp_path, capsys):
    pytest.importorskip("pycocotools")
    path = tmp_path / "small.keras"
    TINY["penn_spnet"].build().save(path)
    assert main(["bench", "crowd", "--model", str(path), "--data", str(tiny_set("coco")),
                 "--out", str(tmp_path)]) == 0
    rows = json.loads((tmp_path / "crowd.json").read_text())["rows"]
    assert [row["way"] for row in rows] == ["true boxes", "two-pass", "scan"]
    assert all(row["AP"] < 0.2 and set(row["ms"]) <= set("0123456") for row in rows)
    said = capsys.readouterr().out
    assert "crowd.jpg" in said and f"of {rows[0]['people']}, false" in said
    assert (tmp_path / "crowd.jpg").exists()
