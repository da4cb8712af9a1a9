"""Which split of a data set is meant.  Box files are lists in this order."""

TEST_MODE, TRAIN_MODE, VALID_MODE = 0, 1, 2
MODES = {"test": TEST_MODE, "train": TRAIN_MODE, "valid": VALID_MODE}
