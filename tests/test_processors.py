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
@pytest.mark.parametrize("name", SETTINGS)
def test_numbers_are_close(name):
    here = Path(__file__).parent
    # TensorFlow asks oneDNN for bfloat16 by what the processor can, not by what it may.
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "numeric",
         "-k", "not mixed_precision", "tests/test_losses.py",
         *(f"tests/{folder}" for folder in FOLDERS)],
        cwd=here.parent, env=os.environ | SETTINGS[name], text=True, capture_output=True,
        timeout=600)
    assert done.returncode == 0, done.stdout[-5000:]
