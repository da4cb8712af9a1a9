import pytest

from deephar.data.labels import (
    ACTION_SETS, H36M_ACTIONS, H36M_COLUMNS, NTU_ACTIONS, PENN_ACTIONS, one_hot_actions)


def test_number_of_classes():
    assert len(set(NTU_ACTIONS)) == 60 and len(set(PENN_ACTIONS)) == 15
    assert len(set(H36M_ACTIONS)) == 16 and H36M_ACTIONS[2] == "Discussion"
    assert ACTION_SETS == {"pennaction": PENN_ACTIONS, "ntuaction": NTU_ACTIONS}
    assert PENN_ACTIONS[6] == "jump_rope" and NTU_ACTIONS[42] == "falling down"


def test_the_papers_columns():
    assert H36M_COLUMNS == (
        "Directions", "Discussion", "Eating", "Greeting", "Phoning", "Photo", "Posing",
        "Purchases", "Sitting", "SittingDown", "Smoking", "Waiting", "WalkDog", "Walking",
        "WalkTogether")


def test_vectors():
    vectors = one_hot_actions("ntuaction", 3)
    assert vectors["ntuaction"].argmax() == 3 and vectors["ntuaction"].sum() == 1
    assert (vectors["pennaction"] == 0).all()
    with pytest.raises(ValueError, match="pennaction has classes 0 to 14, got 15"):
        one_hot_actions("pennaction", 15)
