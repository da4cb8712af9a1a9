"""Folders for model servers: loaded without this package, they say the same."""
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from deephar.cli import main
from deephar.deploy.serving import serve
from deephar.models import reception
from deephar.networks.predict import clip_function, frame_function
from tests.deploy.test_export import spnet
from tests.numbers import DEEP

# In a process that cannot import the package.
LOAD = """
import json, sys
sys.modules["deephar"] = None           # also where it is installed
import numpy as np
import tensorflow as tf
loaded = tf.saved_model.load(sys.argv[1])
crops = np.load(sys.argv[2])
results = {}
for name, batch in (("poses", crops[:, 0]), ("clip", crops)):
    for key, value in loaded.signatures[name](crops=tf.constant(batch)).items():
        results[f"{name}/{key}"] = value.numpy()
np.savez(sys.argv[3], **results)
print(json.dumps(sorted(loaded.signatures)))
"""


@pytest.fixture(scope="module")
def triton(tmp_path_factory):
    out = tmp_path_factory.mktemp("models") / "small"
    meaning = serve(spnet(), out, "triton")
    assert meaning["parity"] == json.loads((out / "network.json").read_text())["parity"]
    assert max(meaning["parity"].values()) < DEEP and len(meaning["parity"]) == 6
    return out


@pytest.mark.slow
def test_it_is_loaded_without_the_package(triton, tmp_path):
    rng = np.random.default_rng(0)
    crops = rng.integers(0, 256, (3, *spnet().model.input_shape[1:]), np.uint8)
    np.save(tmp_path / "crops.npy", crops)
    env = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    said = subprocess.run(
        [sys.executable, "-c", LOAD, triton / "1/model.savedmodel", tmp_path / "crops.npy",
         tmp_path / "results.npz"], cwd=tmp_path, env=env, check=True, capture_output=True,
        text=True).stdout
    assert json.loads(said.splitlines()[-1]) == ["clip", "poses", "serving_default"]
    results = np.load(tmp_path / "results.npz")
    x = crops.astype(np.float32) / 127.5 - 1
    poses, actions = clip_function(spnet(), 3)(x)
    expected = {"clip/poses": poses[-1][0], "clip/confidences": poses[-1][1],
                **{f"clip/{name}": value for name, value in actions[-1].items()}}
    frames = frame_function(spnet(), 3)(x[:, 0])[-1]
    expected |= {"poses/poses": frames[0], "poses/confidences": frames[1]}
    assert set(results.files) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(results[name], value, atol=DEEP, err_msg=name)


@pytest.mark.slow
def test_the_configuration_names_what_there_is(triton):
    text = (triton / "config.pbtxt").read_text()
    t, h, w, _ = spnet().model.input_shape[1:]
    assert 'name: "small"' in text and "tensorflow_savedmodel" in text
    assert f'name: "crops" data_type: TYPE_UINT8 dims: [ {t}, {h}, {w}, 3 ]' in text
    assert f'name: "poses" data_type: TYPE_FP32 dims: [ {t}, 17, 3 ]' in text
    assert 'name: "penn" data_type: TYPE_FP32 dims: [ 3 ]' in text
    assert 'string_value: "clip"' in text and text.count("{") == text.count("}")


@pytest.mark.slow
def test_the_command_writes_for_tensorflow_serving(tmp_path, capsys):
    reception.build((32, 32, 3), 16, 2, num_blocks=1).save(tmp_path / "small.keras")
    words = ["export", "savedmodel", "--model", str(tmp_path / "small.keras"),
             "--out", str(tmp_path / "served")]
    assert main(words) == 0
    assert "poses/poses" in capsys.readouterr().out
    assert (tmp_path / "served/1/saved_model.pb").exists()
    assert main(words) == 2
    assert "is not empty" in capsys.readouterr().err
    assert main([*words[:-1], str(tmp_path / "x"), "--precision", "int8"]) == 2
    assert "savedmodel has the precision float32 only" in capsys.readouterr().err


def test_formats_and_models_that_are_none(tmp_path):
    with pytest.raises(ValueError, match="format must be one of savedmodel, triton"):
        serve(spnet(), tmp_path / "x", "onnx")
