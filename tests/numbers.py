"""Comparing what networks compute, on any make of processor.

A float32 is rounded to 2^-24 of its size, and kernels add the terms of a sum in
an order that depends on the processor, the library and the number of threads.
So two ways to compute the same value differ by some 1e-7 of the largest term
that went into it, however small the value itself came out: differences are
measured in the largest number of the array.  They grow with the number of
layers, about as its root in a trained network, faster in a random one.
"""
import numpy as np

# Of the largest number, with room for processors that were not tried.
LAYER = 2e-6            # one layer, or a sum of some hundred terms
NETWORK = 2e-5          # up to a dozen layers with weights
DEEP = 2e-4             # dozens of layers
DEEPEST = 1e-3          # random networks of full size: 3e-6 to 1.6e-4 were seen


def difference(actual, expected) -> float:
    """The largest difference, relative to the largest of `expected`, which may be one."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert expected.shape in ((), actual.shape), f"{actual.shape} is not {expected.shape}"
    assert np.isfinite(expected).all(), "what is expected must be finite"
    size = np.abs(expected).max(initial=0)
    return float(np.abs(actual - expected).max(initial=0) / (size or 1))


def assert_close(actual, expected, relative: float = NETWORK) -> None:
    """All numbers are as expected, to `relative` of the largest of them."""
    found = difference(actual, expected)
    assert found <= relative, f"{found:.1e} away, relative to the largest: {relative:.0e}"
