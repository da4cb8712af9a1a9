"""Averaged weights: their rule, and what a training does with them."""
import keras
import numpy as np
import pytest
import tensorflow as tf

from deephar.training.averages import Averages
from deephar.training.run import RunConfig, start_run
from deephar.training.state import State, restore
from deephar.training.trainer import MultiModelTrainer
from tests.training.toys import toy_models, toy_tasks


def test_the_rule_by_hand():
    weight, count = keras.Variable([1.0, 2.0]), keras.Variable(3, dtype="int32")
    averages = Averages([weight, count], 0.2, tf.distribute.get_strategy())
    weight.assign([3.0, 2.0])
    averages.update()
    first = 1 + (1 - 2 / 11) * 2            # d = (1 + 1) / (10 + 1)
    weight.assign([0.0, 2.0])
    averages.update()
    with averages.taken():
        np.testing.assert_allclose(weight.numpy(), [0.2 * first, 2.0], rtol=1e-6)
    np.testing.assert_array_equal(weight.numpy(), [0.0, 2.0])
    assert len(averages.variables) == 2     # whole numbers are not averaged


def test_a_decay_of_one_would_never_learn():
    with pytest.raises(ValueError, match=r"in \[0, 1\), got 1"):
        Averages([], 1, tf.distribute.get_strategy())


class Keep(keras.callbacks.Callback):
    """The weights that an epoch's end is given."""

    def __init__(self, model):
        super().__init__()
        self.network, self.seen = model, []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append([v.numpy() for v in self.network.variables])


def trainer_of(ema):
    keras.utils.set_random_seed(2)
    full, *parts = toy_models()
    return full, MultiModelTrainer(toy_tasks(*parts), model=full, ema=ema)


def test_a_resumed_training_scores_and_keeps_the_same_averages(tmp_path):
    full, straight = trainer_of(0.9)
    kept = Keep(full)
    straight.train(2, 3, end_of_epoch_callback=kept, verbose=0)
    for last, left in zip(kept.seen[-1], full.variables):
        np.testing.assert_array_equal(left.numpy(), last)

    run = start_run(RunConfig(logdir=str(tmp_path / "run")))
    half, first = trainer_of(0.9)
    first.train(1, 3, run=run, verbose=0)
    other, second = trainer_of(0.9)
    restore(run.state_path, "weight", second.weights)
    restore(run.state_path, "slot", second.slots)
    second.train(2, 3, state=run.state(), verbose=0)
    for a, b in zip(other.variables, full.variables):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-7)

    plain, trainer = trainer_of(0.0)
    trainer.train(2, 3, state=State(), verbose=0)
    assert any(np.abs(a.numpy() - b.numpy()).max() > 1e-4
               for a, b in zip(plain.variables, full.variables))
