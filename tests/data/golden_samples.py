"""Comparing a sample with the golden one."""
import json

import numpy as np

from tests.fakes.datasets import GOLDEN, VALUES

AUGMENTATIONS = json.loads((GOLDEN / "augmentations.json").read_text())


def assert_golden(sample: dict, case: str) -> None:
    """`sample` is what the published code gave for `case`, "SET/SPLIT/.../INDEX".

    Args:
        sample: of a data set.
        case: its first word is the set, and a word of it may be an augmentation.
    """
    name, inside = case.split("/", 1)
    order = [key.removeprefix(inside + "/") for key in VALUES[f"{name}/order"]
             if key.startswith(inside + "/")]
    assert order and list(sample) == order
    rotated = any(AUGMENTATIONS.get(word, {}).get("angle") for word in case.split("/"))
    for field in order:
        if f"{case}/{field}" in VALUES:
            _assert_field(field, np.asarray(sample[field]), VALUES[f"{case}/{field}"], rotated)


def _assert_field(field, value, golden, rotated):
    if field == "frame":
        value = value[[0, -1]] if golden.ndim == 4 else value
        levels = np.round((value[..., ::8, ::8, :] + 1) * 127.5)
        off = np.abs(levels - golden.astype(float))
        assert (off <= 2).mean() >= 0.995
        return
    assert value.shape == golden.shape and value.dtype == golden.dtype
    if field in ("pose", "afmat"):
        present = golden > -1e6
        np.testing.assert_array_equal(value > -1e6, present)
        value, golden = value[present], golden[present]
        np.testing.assert_allclose(value, golden, rtol=0, atol=0.01 if rotated else 1e-9)
    else:
        np.testing.assert_allclose(value, golden, rtol=1e-9)
