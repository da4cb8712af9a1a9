"""The published objective of poses without visibility, a sum over the known joints."""
from deephar.losses import elasticnet_objective as elasticnet_loss_on_valid_joints

__all__ = ["elasticnet_loss_on_valid_joints"]
