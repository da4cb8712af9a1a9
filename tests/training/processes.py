"""Start, watch and kill processes that train the toy tasks."""
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable

import numpy as np

from tests.numbers import difference

ROOT = Path(__file__).resolve().parents[2]


def start(*flags: str, **variables: str):
    """`tests.training.toy_run` with `flags` and further variables of its environment."""
    env = os.environ | {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    env.pop("TF_CONFIG", None)
    env |= variables
    return subprocess.Popen(
        [sys.executable, "-m", "tests.training.toy_run", *map(str, flags)], cwd=ROOT,
        env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def start_workers(*flags: str, count: int = 2, scheduler: str = "multiworker"
                  ) -> list[subprocess.Popen]:
    """Workers on this machine, in the environment that their scheduler would set."""
    ports = free_ports(count)
    device = f"slurm:{ports[0]}" if scheduler == "slurm" else scheduler
    environment = slurm_task if scheduler == "slurm" else tf_config
    return [start("--device", device, *flags, **environment(i, ports)) for i in range(count)]


def tf_config(worker: int, ports: tuple[int, ...]) -> dict[str, str]:
    return {"TF_CONFIG": json.dumps({
        "cluster": {"worker": [f"127.0.0.1:{port}" for port in ports]},
        "task": {"type": "worker", "index": worker}})}


def slurm_task(worker: int, ports: tuple[int, ...]) -> dict[str, str]:
    return {"SLURM_PROCID": str(worker), "SLURM_STEP_NUM_TASKS": str(len(ports)),
            "SLURM_STEP_NODELIST": "localhost", "SLURMD_NODENAME": "localhost",
            "SLURM_STEP_TASKS_PER_NODE": str(len(ports))}


def supervise(begin: Callable[[], list[subprocess.Popen]],
              disturb: Callable[[list[subprocess.Popen]], None], most: int = 3
              ) -> list[list[str]]:
    """Start all workers again until all succeed; the first ones are disturbed.

    Returns:
        what they said, of every start.
    """
    said = []
    for number in range(most):
        workers = begin()
        if number == 0:
            disturb(workers)
        said.append([worker.communicate(timeout=120)[0] for worker in workers])
        if not any(worker.returncode for worker in workers):
            return said
    raise AssertionError(f"{most} starts failed: {said[-1]}")


def finish(process: subprocess.Popen, timeout: float = 120) -> str:
    """What a process that must succeed has said."""
    output, _ = process.communicate(timeout=timeout)
    assert process.returncode == 0, output
    return output


def free_ports(count: int) -> tuple[int, ...]:
    """Neighbours, as Slurm's workers on one node have them."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            ports = tuple(first.getsockname()[1] + i for i in range(count))
        if ports[-1] < 65536 and all(map(_is_free, ports)):
            return ports


def _is_free(port: int) -> bool:
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) != 0


def wait_for_rows(path: Path, count: int, timeout: float = 120) -> None:
    """Until a CSV file has `count` rows."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if path.exists() and len(path.read_text().splitlines()) > count:
            return
        time.sleep(0.02)
    raise TimeoutError(f"{path} did not reach {count} rows")


def final_weights(folder: Path) -> list[np.ndarray]:
    with np.load(folder / "final.npz") as file:
        return [file[name] for name in sorted(file.files, key=lambda n: int(n[4:]))]


def largest_difference(a: Path, b: Path) -> float:
    """Between the final weights of two runs, relative to the largest weight."""
    one, other = (np.concatenate([w.ravel() for w in final_weights(run)]) for run in (a, b))
    return difference(one, other)
