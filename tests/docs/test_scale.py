"""The formulas of docs/scale.py by hand; the page is what it prints."""
import importlib.util
import math

import pytest

from deephar.models import spnet
from deephar.models.flops import count_flops
from tests.exp.conftest import EXP, load_script

DOCS = EXP.parent / "docs"


@pytest.fixture(scope="module")
def scale():
    spec = importlib.util.spec_from_file_location("scale", DOCS / "scale.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_script_prints(scale):
    assert (DOCS / "scale.md").read_text("utf-8") == scale.page()


def test_measured_inputs_stand_in_the_measurements(scale):
    text = (DOCS / "performance.md").read_text("utf-8")
    assert "R / 220 cores" in text and scale.VALUE["crops_per_core"] == 220
    assert "27.3 on OpenVINO in bfloat16" in text and scale.VALUE["predict_rate"] == 27.3


def test_rates_and_bytes(scale):
    assert scale.device_rate(2e9, 12e9, 3) == 2
    assert scale.mean({"a": 10, "b": 20}, {"a": 0.25, "b": 0.75}) == 17.5
    assert scale.gradient_bytes(1000) == 4000
    assert scale.cores(880, 0.5, 220) == 2


def test_the_ring(scale):
    """2 machines: half of the gradients twice, in 2 messages; one machine: nothing."""
    assert scale.reduction_seconds(100.0, 1, 10.0, 1.0) == 0
    assert scale.reduction_seconds(100.0, 2, 10.0, 0.0) == 10
    assert scale.reduction_seconds(100.0, 2, 10.0, 0.5) == 11
    assert scale.reduction_seconds(100.0, 4, 10.0, 0.0) == 15


def test_shares_and_counts(scale):
    assert scale.efficiency(3.0, 1.0) == 0.75
    assert scale.first_to_break({"a": 0.5, "b": 2.0}) == "b: 2.00 times what is there"
    assert scale.first_to_break({"a": 0.5, "b": 0.1}) == "nothing; nearest is a, 50% used"
    assert scale.machines_for(1000, 10, 30) == 4


def test_a_plan_by_hand(scale, monkeypatch):
    monkeypatch.setattr(scale, "VALUE", {
        "device_flops": 30e9, "training_factor": 3, "devices_per_machine": 8, "network": 1e9,
        "latency": 0.0, "disk": 1e6, "cores_per_machine": 1, "crops_per_core": 100})
    recipe = scale.Recipe("x", 250_000_000, 1e9, 10, {"NTU": 1.0})
    plan = scale.plan(recipe, 16)
    # 10 pictures a second and device: a second a step, and one for 1 GB over 2 machines.
    assert plan["reduction"] == 1 and plan["efficiency"] == 0.5
    assert plan["rate"] == 80 and plan["bytes"] == 80 * 45e3
    assert math.isclose(plan["cores"], 80 * 0.6 / 100)
    assert plan["breaks"] == "the disk: 3.60 times what is there"


@pytest.mark.slow
def test_the_networks_are_as_large_as_the_page_says(scale):
    for recipe in scale.RECIPES:
        script = load_script(recipe.script)
        cfg = script.Config()
        if hasattr(script, "model_config"):
            model = spnet.build(script.model_config(cfg))
        else:
            from deephar.training.recipes.penn import describe
            model = getattr(script, "describe", describe)(cfg).build()
        frames = model.input_shape[1] if len(model.input_shape) == 5 else 1
        assert model.count_params() == recipe.parameters, recipe.script
        assert math.isclose(count_flops(model) / frames, recipe.flops, rel_tol=1e-9)
