"""Tables III and IV beside logs that are made by hand."""
import pytest

from deephar.evaluation.actionwise_tables import time_tables, training_of


def log(epochs, seconds, first, step):
    return [{"epoch": e + 1, "seconds": seconds, "test/P1": first - step * e,
             "test/MPJVE": 3.0, "test/P1 of Eating": first - step * e - 5}
            for e in range(epochs)]


def test_half_time_and_end():
    training = training_of(log(4, 10, 80, 5))
    assert (training.half, training.final, training.seconds) == (75, 65, 40)
    assert training_of(log(4, 10, 80, 5), "MPJVE").final == 3
    with pytest.raises(ValueError, match="no epoch with P1.*--eval-every"):
        training_of([{"epoch": 1, "seconds": 2.0}])


def test_both_tables():
    """Two jobs: an epoch of the tables is two of theirs."""
    jobs = {"Eating": log(4, 1, 70, 1), "Walking": log(4, 3, 60, 1)}
    third, fourth = (text.splitlines() for text in time_tables(log(2, 10, 80, 5), jobs))
    ours = {line[:50].strip(): line.split() for line in third[2:]}
    at_end, = [c for name, c in ours.items() if name.startswith("end, one network per")]
    assert at_end[-6:] == ["56921", "8.00", "50.5", "62.0", "3.08", "3.00"]
    half, = [c for name, c in ours.items() if name.startswith("half time, one network for")]
    assert half[-6:] == ["84972", "10.0", "50.3", "80.0", "2.66", "3.00"]
    # P1 after two epochs of each job; Eating's own curve is that of its job.
    assert fourth[2].split() == ["1", "59.1", "80.0", "57.5", "64.0", "54.2", "75.0",
                                 "51.1", "69.0"]
    assert fourth[4].split() == ["3", "61.7", "51.3", "51.2", "47.1"]
