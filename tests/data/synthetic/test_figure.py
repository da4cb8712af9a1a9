import numpy as np
import pytest

from deephar.data.synthetic import scenes
from deephar.data.synthetic.draw import draw_parts
from deephar.data.synthetic.figure import figure
from deephar.data.synthetic.motions import perform
from deephar.data.synthetic.people import make_person

LIMB_JOINTS = (1, 2, 3, 6, 7, 8, 13, 15, 17, 18, 19, 25, 26, 27)


def distance_to(part, point):
    """From a point to a part's surface, roughly: negative inside."""
    end = part.a if part.b is None else part.b
    along = end - part.a
    share = np.clip((point - part.a) @ along / max(along @ along, 1e-9), 0, 1)
    return np.linalg.norm(point - part.a - share * along) - part.extent


@pytest.mark.parametrize("number", range(6))
def test_every_joint_is_inside_the_body(number):
    person = make_person(0, number)
    act = perform("jumping_jacks", person, np.random.default_rng(number), 15, 10)
    for frame in (0, 4, 9):
        parts = figure(person, act.body, frame)
        for joint in LIMB_JOINTS:
            point = act.body.joints[frame, joint]
            inside = min(distance_to(part, point) for part in parts)
            assert inside < 25, (joint, inside)


def test_wrists_wear_their_sides_colours():
    """Warm on the right, cool on the left, in the picture at the true joints."""
    right, left = [], []
    for number in range(8):
        person = make_person(2, number)
        act = perform("Waiting", person, np.random.default_rng(number), 15, 2)
        parts = figure(person, act.body, 0)
        view = scenes.frame_view(np.random.default_rng(number), act.body.joints[0], (240, 320),
                                 azimuth=90)
        picture = np.full((320, 240, 3), 128, np.uint8)
        depth = draw_parts(picture, parts, view, scenes.Light(np.array([0.0, 0.6, 0.8])))
        for toe, found in ((4, right), (9, left)):
            u, v, d = view.project(act.body.joints[0, toe])
            if depth[int(v), int(u)] > d - 150:
                found.append(picture[int(v), int(u)].astype(float))
    assert len(right) >= 5 and len(left) >= 5
    assert all(c[0] > c[2] for c in right) and all(c[2] > c[0] for c in left)


def test_clothes_follow_the_person():
    person = make_person(0, 0)
    act = perform("Waiting", person, np.random.default_rng(0), 15, 1)
    paints = [p.paint for p in figure(person, act.body, 0) if not callable(p.paint)]
    assert person.trousers in paints and person.skin in paints
