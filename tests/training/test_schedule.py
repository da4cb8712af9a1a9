"""Rates by hand."""
import pytest

from deephar.training.schedule import Constant, Cosine, Decay, Plateau, Share, Steps


def test_steps_fall_when_an_epoch_is_over():
    plan = Steps(1e-3, 0.2, (80, 100))
    rates = [plan(epoch) for epoch in (0, 79, 79.9, 80, 99.5, 100, 119)]
    assert rates == pytest.approx([1e-3, 1e-3, 1e-3, 2e-4, 2e-4, 4e-5, 4e-5])
    assert Constant(0.1)(50) == 0.1


def test_decay_by_epochs_and_smoothly():
    assert [Decay(8.0, 0.5)(epoch) for epoch in (0, 0.9, 1, 2.5)] == [8, 8, 4, 2]
    assert Decay(8.0, 0.25, epochs=2, smooth=True)(1) == pytest.approx(4.0)
    assert Decay(8.0, 0.25, epochs=2)(1.9) == 8


def test_plateau_waits_for_a_new_best():
    plan = Plateau(1.0, factor=0.5, patience=2, monitor="mm")
    errors = [9, 8, 8, 8, 7, 7, 9, 6.9, 7, 7]
    rates = [plan(i, [{"mm": e} for e in errors[:i]]) for i in range(len(errors) + 1)]
    assert rates == [1, 1, 1, 1, .5, .5, .5, .25, .25, .25, .125]
    assert Plateau(1.0, 0.5, 1, "mm", min_rate=0.4)(3, [{"mm": 1}] * 4) == 0.4
    usual = [Plateau(1.0)(i, [{"loss": 2.0}] * i) for i in range(8)]
    assert usual == [1, 1, 1, 1, 1, 1, 0.2, 0.2]        # five in vain after the first


def test_plateau_of_a_score():
    plan = Plateau(1.0, 0.1, 1, "pckh", higher_is_better=True)
    assert plan(2, [{"pckh": 0.5}, {"pckh": 0.6}]) == 1.0
    assert plan(3, [{"pckh": 0.5}, {"pckh": 0.6}, {"pckh": 0.6}]) == pytest.approx(0.1)
    with pytest.raises(KeyError, match="pckh.*loss"):
        plan(1, [{"loss": 1.0}])


def test_plateau_does_not_count_earlier_stages():
    history = [{"pose": 1.0}] * 3 + [{"action": 2.0}] * 2
    plan = Plateau(1.0, 0.5, 2, "action", after=3)
    assert plan(5, history) == 1.0
    assert plan(6, history + [{"action": 2.0}]) == 0.5


def test_a_plateau_knows_its_best_epochs_and_where_it_falls():
    plan = Plateau(1.0, 0.5, 2, "mm", after=1)
    errors = [1, 9, 8, 8, 8, 7, 7]
    upto = [[{"mm": e} for e in errors[:i]] for i in range(1, len(errors) + 1)]
    assert [plan.has_new_best(h) for h in upto] == [False, True, True, False, False, True,
                                                    False]
    assert [plan.falls(h) for h in upto] == [False] * 4 + [True, False, False]


def test_a_share_of_the_rate_that_another_plan_ended_with():
    plan = Plateau(1.0, 0.5, 1, "mm")
    history = [{"mm": 3}, {"mm": 3}, {"mm": 3}]
    share = Share(plan, 0.1, 2)
    assert plan(3, history) == 0.25
    assert share(2, history[:2]) == share(3, history) == pytest.approx(0.05)


def test_cosine_rises_and_falls():
    plan = Cosine(2.0, epochs=11, warmup=1)
    assert 0 < plan(0) < plan(0.5) < plan(1) == pytest.approx(2.0)
    assert plan(0.475) == pytest.approx(1.0)
    assert plan(6) == pytest.approx(1.0)
    assert plan(11) == pytest.approx(0.0, abs=1e-12)
    assert plan(12) == pytest.approx(0.0, abs=1e-12)
