"""What is built on the training engine: one file per kind of training."""
