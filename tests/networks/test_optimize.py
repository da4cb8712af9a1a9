"""The optimized network is the source, with fewer steps."""
import keras
import pytest
from keras import layers

from deephar.deploy.bench import unsettle
from deephar.networks.optimize import (
    compare, fold_normalisations, optimize, steps_of, without_twins)
from tests.models.small import BUILDERS, network
from tests.numbers import DEEP, NETWORK

pytestmark = pytest.mark.numeric


def unsettled(model):
    """With statistics and shifts that are not those of a fresh network."""
    unsettle(model)
    return model


def built(name):
    """A network of its own: the shared ones must not be changed."""
    model = keras.models.clone_model(network(name))
    model.set_weights(network(name).get_weights())
    return unsettled(model)


@pytest.mark.parametrize("name", ["reception_2d", "reception_3d", "spnet_3d"])
def test_same_outputs_with_fewer_steps(name):
    model = built(name)
    nodes = {layer.name: len(layer._inbound_nodes) for layer in model.layers}
    smaller = optimize(model)
    assert compare(model, smaller, batch=3, seed=5) < NETWORK
    assert len(steps_of(smaller).steps) < 0.75 * len(steps_of(model).steps)
    kinds = {step.kind for step in steps_of(smaller).steps}
    assert layers.BatchNormalization not in kinds
    # The source is as it was.
    assert nodes == {layer.name: len(layer._inbound_nodes) for layer in model.layers}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(BUILDERS) - {
    "reception_2d", "reception_3d", "spnet_3d"}))
def test_same_outputs_of_every_other_network(name):
    model = built(name)
    assert compare(model, optimize(model), batch=2, seed=5) < DEEP


def test_the_optimized_network_can_be_saved(tmp_path):
    smaller = optimize(built("reception_2d"))
    smaller.save(tmp_path / "small.keras")
    assert compare(smaller, keras.models.load_model(tmp_path / "small.keras")) == 0


CONVOLUTIONS = {
    "conv": lambda: layers.Conv2D(6, 3, padding="same"),
    "no bias": lambda: layers.Conv2D(6, 3, strides=2, use_bias=False),
    "separable": lambda: layers.SeparableConv2D(6, 3),
    "transposed": lambda: layers.Conv2DTranspose(6, 2, strides=2),
}


@pytest.mark.parametrize("kind", CONVOLUTIONS)
def test_a_normalisation_goes_into_the_convolution_before(kind):
    inputs = keras.Input((8, 8, 4))
    x = CONVOLUTIONS[kind]()(inputs)
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    model = unsettled(keras.Model(inputs, x))
    smaller = optimize(model)
    assert len(steps_of(smaller).steps) == 1
    assert compare(model, smaller) < NETWORK


def test_normalisations_and_activations_one_after_another():
    inputs = keras.Input((8, 8, 4))
    x = layers.Conv2D(6, 3)(inputs)
    for _ in range(3):
        x = layers.BatchNormalization()(x)
    for _ in range(2):
        x = layers.Activation("relu")(x)
    model = unsettled(keras.Model(inputs, x))
    smaller = optimize(model)
    assert len(steps_of(smaller).steps) == 1
    assert compare(model, smaller) < NETWORK


def test_a_relu_does_not_replace_another_activation():
    inputs = keras.Input((8, 8, 4))
    x = layers.DepthwiseConv2D(3, activation="tanh")(inputs)
    model = unsettled(keras.Model(inputs, layers.Activation("relu")(x)))
    assert compare(model, optimize(model)) < NETWORK


@pytest.mark.parametrize("why", ["read twice", "output", "active"])
def test_a_normalisation_stays_where_it_cannot_go(why):
    inputs = keras.Input((8, 8, 4))
    y = layers.Conv2D(4, 1, activation="relu" if why == "active" else None)(inputs)
    z = layers.BatchNormalization()(y)
    outputs = {"read twice": [layers.Add()([y, z])], "output": [y, z], "active": [z]}
    model = unsettled(keras.Model(inputs, outputs[why]))
    kinds = [s.kind for s in fold_normalisations(steps_of(model)).steps]
    assert layers.DepthwiseConv2D in kinds and layers.BatchNormalization not in kinds
    assert compare(model, optimize(model)) < NETWORK


def test_the_same_work_is_done_once():
    inputs = keras.Input((8, 8, 4))
    relu = lambda x: layers.Activation("relu")(x)
    model = keras.Model(inputs, [layers.Add()([relu(inputs), relu(relu(inputs))]),
                                 relu(inputs)])
    kinds = [s.kind for s in without_twins(steps_of(model)).steps]
    assert kinds.count(layers.Activation) == 2
    assert compare(model, optimize(model)) == 0


def test_a_network_that_differs_is_refused(monkeypatch):
    from deephar.networks import optimize as module
    monkeypatch.setattr(module, "fuse_activations", lambda graph: module.replace(
        graph, steps=[module.replace(s, weights=[w + 0.01 for w in s.weights])
                      for s in graph.steps]))
    with pytest.raises(ValueError, match="must be within 0.0001"):
        module.optimize(network("reception_2d"))


def test_operations_that_are_no_layers_are_refused():
    inputs = keras.Input((8, 8, 4))
    with pytest.raises(ValueError, match="made of layers"):
        optimize(keras.Model(inputs, keras.ops.relu(inputs)))
