from deephar.utils.modes import MODES, TEST_MODE, TRAIN_MODE, VALID_MODE


def test_box_files_are_indexed_by_mode():
    assert list(MODES.values()) == [0, 1, 2] and MODES["valid"] == VALID_MODE
    assert (TEST_MODE, TRAIN_MODE, VALID_MODE) == (0, 1, 2)
