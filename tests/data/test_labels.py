import pytest

from deephar.data.labels import (
    ACTION_SETS, H36M_ACTIONS, NTU_ACTIONS, PENN_ACTIONS, one_hot_actions)


def test_number_of_classes():
    assert len(set(NTU_ACTIONS)) == 60 and len(set(PENN_ACTIONS)) == 15
    assert sorted(H36M_ACTIONS) == list(range(1, 16))
    assert ACTION_SETS == {"pennaction": 15, "ntuaction": 60}
    assert PENN_ACTIONS[6] == "jump_rope" and NTU_ACTIONS[42] == "falling down"


def test_vectors():
    vectors = one_hot_actions(ntuaction=3)
    assert vectors["ntuaction"].argmax() == 3 and vectors["ntuaction"].sum() == 1
    assert (vectors["pennaction"] == 0).all()
    with pytest.raises(ValueError, match="pennaction has classes 0 to 14, got 15"):
        one_hot_actions(pennaction=15)
