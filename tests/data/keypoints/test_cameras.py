"""The calibration table; its use is checked in tests/utils/test_rig.py."""
import numpy as np

from deephar.data.keypoints.cameras import CALIBRATION


def test_table():
    assert list(CALIBRATION["subjects"]) == ["S1", "S5", "S6", "S7", "S8", "S9", "S11"]
    assert [c["id"] for c in CALIBRATION["cameras"]] == [
        "54138969", "55011271", "58860488", "60457274"]
    assert [(c["res_w"], c["res_h"]) for c in CALIBRATION["cameras"]] == [
        (1000, 1002), (1000, 1000), (1000, 1000), (1000, 1002)]
    for views in CALIBRATION["subjects"].values():
        assert len(views) == 4
        for view in views:
            assert abs(np.linalg.norm(view["orientation"]) - 1) < 1e-6
            # The cameras stand 4 to 7 m from the middle of the stage, at 1.4 to 1.7 m.
            assert 3000 < np.linalg.norm(view["translation"][:2]) < 7000
            assert 1200 < view["translation"][2] < 1800
