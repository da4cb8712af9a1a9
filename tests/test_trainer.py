"""`MultiModelTrainer` called as published."""
import logging

import numpy as np

from deephar.trainer import MultiModelTrainer
from tests.training.toys import squared, toy_loader, toy_models


def test_positions_a_function_as_callback_and_full_losses(caplog):
    _, pose, action = toy_models()
    pose.compile("sgd", loss=squared)
    action.compile("adam", loss="mse")
    epochs = []
    with caplog.at_level(logging.INFO):
        trainer = MultiModelTrainer([pose, action], [toy_loader(2), toy_loader(3)],
                                    2, True, 10, True)
        history = trainer.train(3, 2, 1, epochs.append, 0)
    assert epochs == [1, 2] and len(history) == 2
    full = [r.message for r in caplog.records if "in full" in r.message]
    assert [line.split(":")[0] for line in full] == ["Epoch 2 in full", "Epoch 3 in full"]
    assert f"pose_model {history[1]['pose_model']:.4g}" in full[1]
    assert f"action_model {history[1]['action_model']:.4g}" in full[1]


def test_a_callback_sets_the_rate():
    _, pose, _ = toy_models()
    pose.compile("sgd", loss=squared)
    seen = []

    def stop_learning(epoch):
        pose.optimizer.learning_rate = 0.0
        seen.append(pose.get_layer("pose").get_weights()[0])

    history = MultiModelTrainer([pose], [toy_loader(2)]).train(
        3, 2, end_of_epoch_callback=stop_learning)
    assert [logs["lr"] for logs in history[1:]] == [0, 0]
    np.testing.assert_array_equal(seen[0], seen[2])


def test_quiet_and_without_a_callback(caplog):
    _, pose, _ = toy_models()
    pose.compile("sgd", loss=squared)
    with caplog.at_level(logging.INFO):
        MultiModelTrainer([pose], [toy_loader(2)]).train(1, 1)
    assert "in full" not in caplog.text
