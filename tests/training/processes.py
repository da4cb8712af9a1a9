"""Start, watch and kill processes that train the toy tasks."""
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from tests.numbers import difference

ROOT = Path(__file__).resolve().parents[2]


def start(*flags: str, worker: int | None = None, ports: tuple[int, ...] = ()):
    """`tests.training.toy_run` with `flags`; as worker number `worker` of several."""
    env = os.environ | {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    env.pop("TF_CONFIG", None)
    if worker is not None:
        env["TF_CONFIG"] = json.dumps({
            "cluster": {"worker": [f"127.0.0.1:{port}" for port in ports]},
            "task": {"type": "worker", "index": worker}})
    return subprocess.Popen(
        [sys.executable, "-m", "tests.training.toy_run", *map(str, flags)], cwd=ROOT,
        env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def start_workers(*flags: str) -> list[subprocess.Popen]:
    """Two workers on this machine."""
    ports = free_ports(2)
    return [start("--device", "multiworker", *flags, worker=i, ports=ports)
            for i in range(2)]


def finish(process: subprocess.Popen, timeout: float = 120) -> str:
    """What a process that must succeed has said."""
    output, _ = process.communicate(timeout=timeout)
    assert process.returncode == 0, output
    return output


def free_ports(count: int) -> tuple[int, ...]:
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = tuple(s.getsockname()[1] for s in sockets)
    for s in sockets:
        s.close()
    return ports


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
