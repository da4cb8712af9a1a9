"""The published objective is a sum over the joints; the loss of the same name is a mean."""
import numpy as np

from deephar import losses
from deephar.objectives import elasticnet_loss_on_valid_joints


def test_known_joints_are_summed():
    true = np.array([[[0.5, 0.5], [-1e9, -1e9], [0.25, 0.25]]], "float32")
    predicted = np.array([[[0.0, 0.5], [3.0, 3.0], [0.75, 0.0]]], "float32")
    total = (0.5 + 0.25) + (0.5 + 0.25) + (0.25 + 0.0625)
    np.testing.assert_allclose(elasticnet_loss_on_valid_joints(true, predicted), [total])
    mean = losses.elasticnet_loss_on_valid_joints(true, predicted)
    np.testing.assert_allclose(mean, [total / 4])     # of the coordinates
