"""Data sets, their crops, batches and the synthetic people."""
