"""Exported files say what the network says, as near as their arithmetic allows."""
import importlib.util
from functools import cache

import numpy as np
import pytest

from deephar.deploy.export import FORMATS, export
from deephar.inference.predictor import Predictor
from deephar.networks.load import load_network, meaning_file
from deephar.networks.network import Network
from deephar.networks.optimize import call
from deephar.utils.pose import pa17j3d
from tests.networks.test_optimize import built
from tests.numbers import DEEP, assert_close

NEEDS = {"onnx": "onnxruntime", "litert": "ai_edge_litert", "openvino": "openvino"}
# Greatest difference of a coordinate or probability.  Random weights spread maps
# wide: whole numbers move them little.
LIMITS = {"float32": DEEP, "float16": 5e-3, "bfloat16": 5e-2, "int8": 0.1, "int8-dynamic": 0.1}
QUICK = {("onnx", "float32"), ("onnx", "int8")}
CASES = [pytest.param(format, precision, id=f"{format}-{precision}",
                      marks=[] if (format, precision) in QUICK else [pytest.mark.slow])
         for format, (_, precisions) in FORMATS.items() for precision in precisions]


@cache
def spnet() -> Network:
    actions = {"ntu": tuple("abcdef"), "penn": tuple("xyz")}
    return Network(built("spnet_3d"), pa17j3d, actions, frame_step=3, name="small")


def samples(count=3):
    shape = (count, *spnet().model.input_shape[1:])
    return np.random.default_rng(2).uniform(-1, 1, shape).astype("float32")


def needs(format):
    if importlib.util.find_spec(NEEDS[format]) is None:
        pytest.skip(f"{NEEDS[format]} is not installed")


@pytest.mark.parametrize("format, precision", CASES)
def test_parity(format, precision, tmp_path):
    needs(format)
    path = tmp_path / f"net{FORMATS[format][0]}"
    meaning = export(spnet(), path, format, precision, samples=samples())
    assert all(row["greatest"] <= LIMITS[precision] for row in meaning["parity"])
    assert len(meaning["parity"]) == 3              # the last pose, both action sets
    other = load_network(path)
    assert other.layout is pa17j3d and other.frame_step == 3
    assert other.actions["penn"] == ("x", "y", "z") and other.num_frames == 4
    every = call(spnet().model, samples())
    poses, actions = other.read(other.model.predict(samples(), batch_size=2))
    limit = LIMITS[precision]
    np.testing.assert_allclose(poses[0][0], every[3][..., :3], atol=limit)
    np.testing.assert_allclose(actions[0]["penn"], every[-1], atol=limit)


def test_an_exported_file_predicts_people(tmp_path):
    needs("onnx")
    path = tmp_path / "net.onnx"
    export(spnet(), path, "onnx")
    picture = np.random.default_rng(0).integers(0, 255, (90, 80, 3), dtype=np.uint8)
    found, = Predictor(path)(picture, [[10, 10, 60, 80]])
    wanted, = Predictor(spnet())(picture, [[10, 10, 60, 80]])
    np.testing.assert_allclose(found.joints, wanted.joints, atol=1e-2)


def test_one_file_two_runtimes(tmp_path):
    needs("onnx")
    needs("openvino")
    path = tmp_path / "net.onnx"
    export(spnet(), path, "onnx", blocks=1)
    a, b = (load_network(path, runtime=name).model.predict_on_batch(samples(1))
            for name in ("onnx", "openvino"))
    assert len(a) == len(b) == 1                    # actions come after block 1
    assert_close(a[0], b[0], DEEP)


@pytest.mark.slow
def test_int8_is_smaller(tmp_path):
    needs("onnx")
    sizes = {p: export(spnet(), tmp_path / f"{p}.onnx", "onnx", p, samples=samples(1)
                       )["bytes"] for p in ("float32", "int8")}
    assert sizes["int8"] < 0.85 * sizes["float32"]


@pytest.mark.slow
def test_the_numbers_beside_an_openvino_network_are_checked(tmp_path):
    needs("openvino")
    export(spnet(), tmp_path / "net.xml", "openvino")
    numbers = bytearray((tmp_path / "net.bin").read_bytes())
    numbers[len(numbers) // 2] ^= 1
    (tmp_path / "net.bin").write_bytes(numbers)
    with pytest.raises(ValueError, match=r"net.bin is damaged \(it is not the file that"):
        load_network(tmp_path / "net.xml")


@pytest.mark.parametrize("arguments, message", [
    (("net.onnx", "tflite"), "format must be one of onnx, litert, openvino"),
    (("net.onnx", "litert", "int8-dynamic"), "litert has the precisions"),
    (("net.tflite", "onnx"), "must end in .onnx"),
    (("net.onnx", "onnx", "int8"), "int8 needs sample inputs")])
def test_wrong_requests(arguments, message, tmp_path):
    name, *rest = arguments
    with pytest.raises(ValueError, match=message):
        export(spnet(), tmp_path / name, *rest)
    assert not list(tmp_path.iterdir())


def test_a_failed_export_leaves_no_file(tmp_path, monkeypatch):
    def fail(model, path, samples):
        path.write_text("half")
        raise RuntimeError("no room")
    monkeypatch.setitem(FORMATS["onnx"][1], "float32", fail)
    with pytest.raises(RuntimeError, match="no room"):
        export(spnet(), tmp_path / "net.onnx", "onnx")
    assert not list(tmp_path.iterdir())
    assert not meaning_file(tmp_path / "net.onnx").exists()
