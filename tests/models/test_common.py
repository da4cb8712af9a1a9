"""Freezing by name, copied heads, and compiling as published."""
import keras
import numpy as np
import pytest

from deephar.models.common import (
    compile_model, copy_replica_layers, set_trainable_layers)


def chain() -> keras.Model:
    """A head, its replica, and a sub-model with one layer."""
    inner_input = keras.Input((2,))
    inner = keras.Model(inner_input, keras.layers.Dense(2, name="dense")(inner_input),
                        name="inner")
    inputs = keras.Input((2,))
    x = inner(inputs)
    return keras.Model(inputs, [keras.layers.Dense(3, name="head")(x),
                                keras.layers.Dense(3, name="head_replica")(x)])


def trained(model) -> set[str]:
    return {layer.name for layer in model.layers if layer.trainable_weights}


def test_freezing_by_name():
    model = chain()
    set_trainable_layers(model, "replica", False)
    assert trained(model) == {"inner", "head"}
    set_trainable_layers(model, "head", True, False)
    assert trained(model) == {"head", "head_replica"}
    assert not model.get_layer("inner").get_layer("dense").trainable
    set_trainable_layers(model, "", False)
    assert trained(model) == set()


def test_layers_within_a_sub_model_are_set_too():
    model = chain()
    dense = model.get_layer("inner").get_layer("dense")
    dense.trainable = False
    set_trainable_layers(model, "", True)
    assert dense.trainable and len(model.trainable_weights) == 6


def test_replicas_become_copies():
    model = chain()
    copy_replica_layers(model)
    for a, b in zip(model.get_layer("head").get_weights(),
                    model.get_layer("head_replica").get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("loss, weights, factors", [
    ("mse", None, (1, 1)), ("mse", 0.5, (0.5, 0.5)), (["mse", "mae"], [1, 3], (1, 3))])
def test_one_loss_for_all_outputs_or_one_for_each(loss, weights, factors):
    model = chain()
    compile_model(model, loss, keras.optimizers.SGD(0.0), weights)
    total, *parts = model.evaluate(np.ones((4, 2)), [np.zeros((4, 3))] * 2, verbose=0)
    assert len(parts) == 2 and min(parts) > 0
    assert total == pytest.approx(sum(f * p for f, p in zip(factors, parts)), rel=1e-5)
