"""The networks without released weights are what their entries say."""
import pytest

from deephar.checkpoints import CHECKPOINTS
from deephar.checkpoints.description import read_description, write_description
from deephar.checkpoints.variants import VARIANTS
from deephar.models.flops import count_flops
from tests.exp.conftest import EXP

CARDS = (EXP.parent / "weights" / "README.md").read_text("utf-8")


@pytest.mark.parametrize("key", VARIANTS)
def test_an_entry_hangs_together(key, tmp_path):
    variant = VARIANTS[key]
    assert variant.key == key and key not in CHECKPOINTS
    assert (EXP / variant.script).exists()
    assert variant.script in variant.no_weights and f"`{key}`" in CARDS
    write_description(tmp_path, variant.description)
    read = read_description(tmp_path)
    assert read.layout is variant.description.layout
    assert read.input_shape == variant.description.input_shape
    (actions,) = variant.description.num_actions
    assert f"actions ({actions})" in variant.outputs


@pytest.mark.slow
@pytest.mark.parametrize("key", VARIANTS)
def test_full_size(key):
    variant = VARIANTS[key]
    model = variant.description.build()
    assert model.input_shape[1:] == variant.description.input_shape
    assert model.count_params() == variant.parameters
    assert count_flops(model) == variant.flops
    assert model.output_names[-1] == "m"


@pytest.mark.slow
@pytest.mark.parametrize("key", CHECKPOINTS)
def test_operations_of_the_released_networks(key):
    assert count_flops(CHECKPOINTS[key].build()) == CHECKPOINTS[key].flops


def test_what_was_published_of_operations():
    """A picture 20.4 GFLOP, with its soft-argmax as convolutions; a clip 70."""
    assert CHECKPOINTS["mpii_reception2d"].flops == pytest.approx(20.4e9, rel=0.04)
    assert CHECKPOINTS["ntu_spnet"].flops == pytest.approx(70e9, rel=0.01)
