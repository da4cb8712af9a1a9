"""deephar export, and what its file is good for."""
import json

import numpy as np
import pytest
from PIL import Image

from deephar.cli import main
from tests.deploy.test_export import needs
from tests.models.small import network


@pytest.fixture
def model(tmp_path):
    network("spnet_3d").save(tmp_path / "small.keras")
    return tmp_path / "small.keras"


def test_int8_by_pictures_then_predict(model, tmp_path, capsys):
    needs("onnx")
    rng = np.random.default_rng(0)
    for i in range(3):
        noise = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
        (tmp_path / "photos").mkdir(exist_ok=True)
        Image.fromarray(noise).save(tmp_path / "photos" / f"p{i}.png")
    out = tmp_path / "small.onnx"
    assert main(["export", "onnx", "--model", str(model), "--precision", "int8",
                 "--samples", str(tmp_path / "photos"), "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert "small.onnx" in told and "on the samples" in told and "greatest" in told
    meaning = json.loads((tmp_path / "small.onnx.json").read_text())
    assert meaning["layout"] == "pa17j3d" and meaning["precision"] == "int8"
    assert main(["predict", str(tmp_path / "photos" / "p0.png"), "--model", str(out),
                 "--boxes", "whole", "--min-confidence", "0", "--runtime", "onnx",
                 "--out", str(tmp_path / "seen")]) == 0
    assert (tmp_path / "seen" / "predictions.json").exists()


def test_int8_without_samples_is_refused(model, tmp_path, capsys):
    assert main(["export", "onnx", "--model", str(model), "--precision", "int8",
                 "--out", str(tmp_path / "x.onnx")]) == 2
    assert "int8 needs sample inputs" in capsys.readouterr().err


def test_a_precision_that_the_format_lacks(tmp_path, capsys):
    assert main(["export", "openvino", "--precision", "int8-dynamic"]) == 2
    assert "openvino has the precisions float32, float16, bfloat16, int8" in capsys.readouterr().err
