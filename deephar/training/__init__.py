"""Training on one device or many: strategy, trainer, callbacks, run folder."""
