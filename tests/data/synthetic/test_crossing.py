import numpy as np
import pytest

from deephar.data.synthetic.crossing import crossing
from deephar.data.synthetic.film import film


@pytest.mark.parametrize("people", [2, 3, 4])
def test_everybody_passes_everybody_who_comes_from_the_other_side(people):
    c = crossing(3, people)
    assert c.poses.shape == (people, 75, 16, 2) and c.boxes.shape == (people, 75, 4)
    middle = c.boxes[:, :, [0, 2]].mean(axis=-1)
    for i in range(people):
        for k in range(i + 1, people):
            side = np.sign(middle[i] - middle[k])
            assert (side[0] != side[-1]) == ((i - k) % 2 == 1)
    assert c.hidden[:, [0, -1]].mean() < 0.2 and 0 < c.hidden.mean() < 0.2
    inside = ((c.poses > 0) & (c.poses < (640, 360))).all(axis=-1)
    assert inside.mean() > 0.99
    low, high = c.boxes[..., None, :2], c.boxes[..., None, 2:]
    assert ((c.poses >= low) & (c.poses <= high)).all()


def test_the_same_seed_is_the_same_video_and_the_truth_is_where_the_people_are():
    c = crossing(5, 2, frames=8, size=(160, 90), actions=("Walking", "squat"))
    again = crossing(5, 2, frames=8, size=(160, 90), actions=("Walking", "squat"))
    assert c.actions == ("Walking", "squat")
    picture, depth = film(c.scene, 0)
    np.testing.assert_array_equal(picture, film(again.scene, 0)[0])
    assert (crossing(6, 2, frames=8).boxes != crossing(5, 2, frames=8).boxes).any()
    rows, columns = np.nonzero(np.isfinite(depth))
    near = [(columns >= x1) & (columns < x2) & (rows >= y1) & (rows < y2)
            for x1, y1, x2, y2 in c.boxes[:, 0]]
    assert np.any(near, axis=0).mean() > 0.98 and all(n.sum() > 50 for n in near)
