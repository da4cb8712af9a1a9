"""The numeric tests hold on other processors, as far as one can play them.

oneDNN is held to older instructions, left out, or everything runs in one
thread: each adds the terms of a sum in another order.
"""
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDERS = ("layers", "models", "checkpoints", "networks", "deploy", "training")
SETTINGS = {
    "avx2": {"ONEDNN_MAX_CPU_ISA": "AVX2"},
    "no_onednn": {"TF_ENABLE_ONEDNN_OPTS": "0"},
    "one_thread": {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1",
                   "OMP_NUM_THREADS": "1"},
}


@pytest.mark.slow
def test_numbers_are_close(tmp_path):
    # TensorFlow asks oneDNN for bfloat16 by what the processor can, not by what it may.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "numeric",
               "-k", "not mixed_precision", "tests/test_losses.py",
               *(f"tests/{folder}" for folder in FOLDERS)]
    runs = {}
    for name, settings in SETTINGS.items():     # all at once: much of each is on one core
        with open(tmp_path / name, "w") as out:
            runs[name] = subprocess.Popen(
                command, cwd=Path(__file__).parents[1], env=os.environ | settings,
                stdout=out, stderr=subprocess.STDOUT)
    failed = [name for name, run in runs.items() if run.wait(timeout=900)]
    assert not failed, "".join((tmp_path / name).read_text()[-5000:] for name in failed)
