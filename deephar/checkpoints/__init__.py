"""The released weights: where they are, how they are checked and read."""
