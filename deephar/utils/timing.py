"""How long something takes, on what machine."""
import contextlib
import importlib.metadata
import os
import platform
import time
from pathlib import Path
from typing import Any, Callable, Iterable

import numpy as np

PACKAGES = ("deephar", "tensorflow", "keras", "numpy", "onnxruntime", "openvino",
            "ai-edge-litert")


def measure(call: Callable[[], Any], runs: int = 20, warm_up: int = 3) -> dict:
    """Times of a call, in milliseconds.

    Returns:
        median and fastest time; `cpu`, the median of the processor time of all
        threads, which other programs on the machine hardly change.
    """
    if runs < 1:
        raise ValueError(f"runs must be ≥ 1, got {runs}")
    for _ in range(warm_up):
        call()
    times, busy = [], []
    for _ in range(runs):
        start, start_busy = time.perf_counter(), time.process_time()
        call()
        busy.append(1e3 * (time.process_time() - start_busy))
        times.append(1e3 * (time.perf_counter() - start))
    return {"median": float(np.median(times)), "fastest": min(times),
            "cpu": float(np.median(busy)), "runs": runs}


def machine() -> dict:
    """The processor, how busy it is, and the versions that matter."""
    return {"processor": _processor(), "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(), "versions": versions_of(PACKAGES)}


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Versions of those packages that are installed."""
    found = {}
    for package in packages:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def peak_memory_mb() -> float | None:
    """The most memory that this process ever held; None where it is not known."""
    status = Path("/proc/self/status")
    if status.exists():
        # `getrusage` would count what the process that started this one held.
        for line in status.read_text("ascii").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if platform.system() == "Darwin" else 1e3)


def duration(seconds: float) -> str:
    """`1:05 min`, or `2 h 03 min`."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes}:{seconds:02d} min"
