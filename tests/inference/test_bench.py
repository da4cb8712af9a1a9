"""The stages of a prediction add up."""
import json

import numpy as np
import pytest
from PIL import Image

from deephar.data.synthetic.crossing import crossing
from deephar.inference import bench
from deephar.inference.bench import FilmedPeople, bench_predict, detections
from deephar.inference.predictor import Predictor
from tests.fakes.lifters import flat_lifter
from tests.fakes.networks import fixed


def test_stages_of_prediction():
    picture = np.zeros((60, 80, 3), np.uint8)
    result = bench_predict(Predictor(fixed()), [picture], runs=3)
    assert set(result["stages_ms"]) == {"crop", "network", "draw", "all"}
    assert result["picture"] == [80, 60]
    assert result["frames_per_s"] == pytest.approx(1e3 / result["stages_ms"]["all"])


def test_a_detector_misses_some_and_sees_others_that_are_not_there():
    crossed = crossing(0, 3)
    seen = list(detections(crossed, 0))
    who = [w for frame in seen for _, _, w in frame]
    shown = (~crossed.hidden).sum()
    assert 0.9 * shown < sum(w >= 0 for w in who) < shown
    assert 1 <= who.count(-1) <= 20
    for t, frame in enumerate(seen):
        for box, pose, w in frame:
            if w >= 0:
                assert not crossed.hidden[w, t] and pose.shape == (16, 2)
                assert np.abs(box - crossed.boxes[w, t]).max() < 40


def test_filmed_people(tmp_path):
    network = fixed(frames=4, actions=[1, 0, 0])
    filmed = FilmedPeople(Predictor(network, batch_size=4), 0, 2, frames=4)
    assert filmed.crossed.actions == ("Walking", "Walking")
    assert [[p.id for p in result.people] for _, result in filmed.predicted()] == [[0, 1]] * 4
    assert [len(result.people) for _, result in filmed.predicted(1)] == [1] * 4
    assert filmed.action_accuracy() == 0 and filmed.frames_per_second(1) > 0
    filmed.save(tmp_path / "people.gif")
    with Image.open(tmp_path / "people.gif") as drawn:
        assert drawn.n_frames > 1 and drawn.size == (384, 216 + 2 * 18)
    error, picture = filmed.lifted(flat_lifter())
    assert 10 < error < 1000 and picture.shape == (3 * 360, 640 + 360, 3)


def test_a_folder_beside_the_networks_own_rate(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "FOLDER", {"whole": 3, "two-pass": 2})
    monkeypatch.setattr(bench, "FOLDER_SIZE", (64, 48))
    monkeypatch.setattr(bench, "FOLDER_PEOPLE", 1)
    told = []
    rows = bench.bench_folder(Predictor(fixed(), batch_size=2), tmp_path, 1, told.append)
    assert [(row["way"], row["pictures"], row["crops"]) for row in rows] == [
        ("whole", 3, 1), ("two-pass", 2, 2)]
    for row, line in zip(rows, told):
        assert row["share"] == row["network_seconds"] / row["seconds"] > 0
        assert row["cpu_share"] == row["network_cpu_seconds"] / row["cpu_seconds"] > 0
        assert line.startswith(f"--boxes {row['way']}: {row['pictures']} pictures of 64×48")
    with Image.open(tmp_path / "out" / "0.png") as drawn:
        assert drawn.size == (64, 48)


def test_a_video_from_file_to_file(tmp_path, monkeypatch):
    pytest.importorskip("av")
    monkeypatch.setattr(bench, "VIDEO", ((160, 90), 1))
    monkeypatch.setattr(bench, "DRAWN", 4)
    predictor = Predictor(fixed(frames=4, actions=[1, 0, 0]), batch_size=4)
    result = bench.bench_video(predictor, tmp_path, people=2, runs=1)
    assert (result["frames"], result["picture"]) == (25, [160, 90])
    first, both = result["rows"]
    assert (first["people"], both["people"]) == (1, 2)
    assert 0 < both["network_seconds"] < both["seconds"]
    assert both["share"] == both["network_seconds"] / both["seconds"]
    assert result["further_person"] == pytest.approx(both["seconds"] / first["seconds"] - 1)
    content = json.loads((tmp_path / "2" / "people.json").read_text())
    assert all(len(frame["people"]) == 2 for frame in content["frames"])
    assert (tmp_path / "1" / "people.mp4").stat().st_size > 1000
