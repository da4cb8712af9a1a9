"""Where a run stands, and the file that lets it go on from there.

One `.npz` holds the counters (as JSON) and every array: weights, moving
statistics and the optimizers' slots.  It is replaced whole, so a killed run
finds either the old state or the new one.
"""
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Mapping, Sequence

import keras
import numpy as np

from deephar.utils.checksums import read_arrays, write_arrays
from deephar.utils.reading import reading


@dataclass
class State:
    """The counters of a run.

    Args:
        stage: index of the stage that is being trained.
        began: epochs that were over when it began; None: an old file does not tell.
        epoch: epochs that are over, in all stages.
        step: steps that are over in the present epoch.
        total_steps: steps that are over, in all epochs.
        drawn: {task: batches drawn so far}, the position in its data.
        sums: {column: sum over the steps of the present epoch}.
        history: what was logged at the end of every epoch.
    """
    stage: int = 0
    began: int | None = None
    epoch: int = 0
    step: int = 0
    total_steps: int = 0
    drawn: dict[str, int] = field(default_factory=dict)
    sums: dict[str, float] = field(default_factory=dict)
    history: list[dict[str, float]] = field(default_factory=list)

    def add_steps(self, count: int, losses: Mapping[str, float],
                  drawn: Mapping[str, int]) -> None:
        """`count` steps more, with the means of their losses."""
        self.step += count
        self.total_steps += count
        self.drawn.update(drawn)
        for name, value in losses.items():
            self.sums[name] = self.sums.get(name, 0.0) + count * value

    def end_epoch(self, logs: Mapping[str, float]) -> None:
        self.history.append(dict(logs))
        self.epoch, self.step, self.sums = self.epoch + 1, 0, {}


def save_state(path: Path, state: State, weights: Sequence[keras.Variable],
               slots: Sequence[keras.Variable]) -> None:
    """Write counters, weights and optimizers' slots, atomically."""
    arrays = {f"{kind}{i:05d}": variable.numpy()
              for kind, variables in (("weight", weights), ("slot", slots))
              for i, variable in enumerate(variables)}
    counters = np.frombuffer(json.dumps(asdict(state)).encode(), np.uint8)
    write_arrays(path, {"state": counters, **arrays})


def read_state(path: Path) -> State:
    """The counters alone.

    Raises:
        ValueError: the file is damaged.
    """
    arrays = read_arrays(path, lambda name: name == "state")
    with reading(path):
        return State(**json.loads(arrays["state"].tobytes()))


def restore(path: Path, kind: str, variables: Sequence[keras.Variable]) -> None:
    """Give `variables` the file's values of a kind; all of them or none.

    Args:
        kind: "weight" or "slot".

    Raises:
        ValueError: the file is damaged, or of another model or optimizer.
    """
    arrays = read_arrays(path, lambda name: name.startswith(kind))
    values = [arrays[name] for name in sorted(arrays)]
    if len(values) != len(variables):
        raise ValueError(f"{path} holds {len(values)} {kind}s, this run has "
                         f"{len(variables)}: another model or optimizer")
    for value, variable in zip(values, variables):
        if value.shape != tuple(variable.shape):
            raise ValueError(f"{path}: {kind} {variable.path} has shape "
                             f"{tuple(variable.shape)}, the file {value.shape}")
    for value, variable in zip(values, variables):
        variable.assign(value)
