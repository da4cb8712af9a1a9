"""Training: devices, the run's folder, tasks taken in turn, stages, callbacks."""
from deephar.training.callbacks import EvalCallback, SaveModel
from deephar.training.trainer import MultiModelTrainer

__all__ = ["MultiModelTrainer", "SaveModel", "EvalCallback"]
