"""Evaluate many crops with the full-size ReceptionNet, in a process of its own.

    python -m tests.evaluation.streaming_run FOLDER COUNT

prints, as JSON, the peak memory and the shares of the time.  FOLDER is a small
MPII, whose people come again and again: what is kept of a sample is kept
COUNT times.
"""
import json
import sys

from deephar.data import MpiiSinglePerson
from deephar.evaluation import mpii
from deephar.evaluation.loop import evaluate, time_shares
from deephar.networks.cut import poses_only
from deephar.networks.load import load_network
from deephar.networks.predict import frame_predictor
from deephar.utils.modes import VALID_MODE
from deephar.utils.timing import peak_memory_mb


class Again:
    """The people of a data set, again and again."""

    def __init__(self, dataset, count):
        self.dataset, self.count = dataset, count

    def get_length(self, mode):
        return self.count

    def get_data(self, key, mode, *, augmentation):
        people = self.dataset.get_length(mode)
        return self.dataset.get_data(key % people, mode, augmentation=augmentation)


def main(folder: str, count: int) -> dict:
    network = load_network("random", key="mpii_reception2d")
    people = Again(MpiiSinglePerson(folder, network.dataconf), count)
    trial = mpii.pckh_trial(people, VALID_MODE, network.dataconf, network.layout)
    rows = evaluate(trial, frame_predictor(poses_only(network), 8), batch_size=8)
    score = mpii.pckh_score(rows, protocol={})
    return {"crops": len(rows), "pckh": score.value, "seconds": rows.seconds,
            **time_shares(rows), "peak_memory_mb": peak_memory_mb()}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))
