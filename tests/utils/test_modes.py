from deephar.utils import TEST_MODE, TRAIN_MODE, VALID_MODE


def test_box_files_are_indexed_by_mode():
    assert ["test", "train", "valid"][VALID_MODE] == "valid"
    assert (TEST_MODE, TRAIN_MODE, VALID_MODE) == (0, 1, 2)
