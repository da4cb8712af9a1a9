import numpy as np

from deephar.data.synthetic.people import COOL, WARM, make_person


def test_a_person_is_a_function_of_seed_and_number():
    assert make_person(3, 5) == make_person(3, 5)
    assert make_person(3, 5) != make_person(3, 6)
    assert make_person(3, 5) != make_person(4, 5)


def test_bodies_and_looks_vary():
    people = [make_person(0, n) for n in range(200)]
    heights = np.array([p.height for p in people])
    assert heights.min() < 1400 < 1800 < heights.max()
    assert np.std([p.girth for p in people]) > 0.08
    for trait in ("long_hair", "cap", "beard", "sleeves", "legs", "pattern"):
        assert len({getattr(p, trait) for p in people}) > 1, trait
    assert len({p.shirt for p in people}) > 150


def test_bones_add_up_to_the_height():
    for n in range(50):
        p = make_person(0, n)
        b = p.lengths
        total = (b.ankle + b.leg + b.lower_spine + b.upper_spine + 0.94 * b.neck
                 + 0.954 * b.head)
        assert abs(total / p.height - 0.95) < 0.09


def test_right_is_warm_and_left_is_cool():
    assert all(r > b for r, _, b in WARM) and all(b > r for r, _, b in COOL)
    for n in range(50):
        p = make_person(1, n)
        assert p.right[0] > p.right[2] and p.left[2] > p.left[0]
