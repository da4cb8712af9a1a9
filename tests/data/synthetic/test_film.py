import numpy as np
import pytest

from deephar.data.synthetic import scenes
from deephar.data.synthetic.film import (
    Scene, ends_of, film, finished_folder, place_act, seen)
from deephar.data.synthetic.people import make_person


def scene_of(action, seed=0, extra=()):
    rng = np.random.default_rng(seed)
    person = make_person(seed, 1)
    act = place_act(action, person, rng, 15, 4)
    view = scenes.frame_view(rng, ends_of([act]), (200, 150))
    return Scene(view, [(person, act)], scenes.background(rng, view), scenes.make_light(rng),
                 list(extra))


def test_a_picture_shows_the_person_where_the_joints_are():
    scene = scene_of("Greeting")
    picture, depth = film(scene, 1)
    uvd = scene.view.project(scene.people[0][1].body.joints[1])
    u, v = uvd[:, 0].astype(int), uvd[:, 1].astype(int)
    on_body = np.isfinite(depth[v, u])
    assert on_body.mean() > 0.9
    changed = np.abs(picture.astype(float) - np.asarray(scene.ground, float)).sum(-1) > 20
    assert changed[v, u].mean() > 0.8
    np.testing.assert_array_equal(film(scene, 1)[0], picture)


def test_seen_by_hand():
    depth = np.full((10, 20), np.inf)
    depth[5, 5], depth[5, 6] = 1000, 500
    joints = np.array([[5.5, 5.5, 1100], [6.5, 5.5, 1100], [0.5, 0.5, 1100],
                       [-0.1, 5, 1000], [20.0, 5, 1000], [3, 10.0, 1000]])
    assert seen(joints, depth).tolist() == [True, False, True, False, False, False]


def test_held_things_hide_nothing():
    scene = scene_of("squat", 3)
    person, act = scene.people[0]
    _, depth = film(scene, 0)
    alone = Scene(scene.view, [(person, type(act)(act.body, act.phase, act.fps, None,
                                                  act.mirrored))],
                  scene.ground, scene.light, [])
    np.testing.assert_array_equal(depth, film(alone, 0)[1])


def test_a_folder_is_there_whole_or_not_at_all(tmp_path):
    folder = tmp_path / "frames" / "0001"

    def half(into):
        (into / "1.jpg").write_text("x")
        raise RuntimeError("out of paint")

    with pytest.raises(RuntimeError):
        finished_folder(folder, half)
    assert not folder.exists()
    finished_folder(folder, lambda into: (into / "2.jpg").write_text("y"))
    assert [p.name for p in folder.parent.iterdir()] == ["0001"]
    assert [p.name for p in folder.iterdir()] == ["2.jpg"]
    finished_folder(folder, half)           # is there already: not made again
