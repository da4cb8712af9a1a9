import numpy as np
import pytest

from deephar.layers import ContextAggregation
from tests.layers.contract import check_layer
from tests.numbers import assert_close

pytestmark = pytest.mark.numeric


def test_context_aggregation(tmp_path):
    rng = np.random.default_rng(0)
    n, joints, contexts = 2, 3, 2
    ys = rng.random((n, joints, 2)).astype("float32")
    yc = rng.random((n, joints * contexts, 2)).astype("float32")
    p = rng.uniform(0.5, 2, (n, joints * contexts, 1)).astype("float32")
    p[0, 0] = -0.2                                  # raw confidences may be
    output = check_layer(ContextAggregation(contexts, alpha=0.7), [ys, yc, p], tmp_path)
    assert ContextAggregation(contexts).alpha == 0.8        # as published
    for sample in range(n):
        for joint in range(joints):
            own = slice(joint * contexts, (joint + 1) * contexts)
            context = (p[sample, own] * yc[sample, own]).sum(0) / p[sample, own].sum()
            assert_close(output[sample, joint], 0.7 * ys[sample, joint] + 0.3 * context)
