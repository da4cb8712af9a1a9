"""Figures that hang together."""
import keras
import numpy as np
import pytest

from deephar.deploy.bench import (
    bench_blocks, bench_network, matmul_rate, plot_network, runner, unsettle)
from deephar.models.flops import count_flops
from deephar.networks.network import Network
from deephar.networks.optimize import call
from deephar.utils.pose import pa17j3d
from tests.models.small import network
from tests.numbers import DEEP, assert_close


def clips():
    return Network(network("spnet_3d"), pa17j3d, {"a": range(6), "b": range(3)},
                   name="small")


@pytest.mark.slow
def test_a_network_beside_the_matrix_product(tmp_path):
    result = bench_network(clips(), ["keras", "optimized"], [1], runs=2)
    keras, optimized = result["rows"]
    assert (keras["mode"], optimized["mode"]) == ("keras", "optimized")
    assert result["gflop"] == count_flops(network("spnet_3d")) / 1e9
    for row in result["rows"]:
        assert row["ms_per_picture"] == pytest.approx(row["median"] / 4)
        assert row["frames_per_s"] == pytest.approx(4e3 / row["median"])
        assert row["rate"] == pytest.approx(result["gflop"] / row["median"] * 1e3)
        assert row["share"] == pytest.approx(row["rate"] / row["peak_rate"])
    result["blocks"] = bench_blocks(clips(), runs=1, blocks=[1, 4],
                                    score=lambda n: {"PCKh@0.5": 50.0})
    assert [row["block"] for row in result["blocks"]] == [1, 4]
    assert result["blocks"][0]["scores"] == {"PCKh@0.5": 50.0}
    plot_network(tmp_path / "network.png", result)
    assert (tmp_path / "network.png").read_bytes()[:4] == b"\x89PNG"


def test_left_after_a_block_is_that_block(tmp_path):
    x = np.random.default_rng(0).uniform(-1, 1, (1, 4, 64, 64, 3)).astype("float32")
    run = runner(clips(), "optimized", tmp_path, blocks=3)
    poses, actions = run.read(run.model.predict_on_batch(x))
    assert len(poses) == 1 and len(actions) == 1
    assert_close(poses[0][0], call(network("spnet_3d"), x)[2][..., :3], DEEP)


def test_an_unknown_mode_is_refused(tmp_path):
    with pytest.raises(ValueError, match="a mode is one of keras, optimized, onnx"):
        runner(clips(), "onnx int4", tmp_path)


def test_unsettled_normalisations_do_something():
    inputs = keras.Input((4, 4, 3))
    model = keras.Model(inputs, keras.layers.BatchNormalization()(inputs))
    x = np.ones((1, 4, 4, 3), "float32")
    before = call(model, x)[0]
    unsettle(model)
    assert np.abs(call(model, x)[0] - before).min() > 1e-3


def test_rates_agree_with_times():
    rate = matmul_rate(runs=2)
    assert 0.1 < rate["rate"] < 1e5 and rate["core_rate"] > 0.1
