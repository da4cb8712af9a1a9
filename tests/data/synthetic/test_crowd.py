"""Crowds: who is in a picture, and that the joints are where they are drawn."""
from dataclasses import replace

import numpy as np
from PIL import Image

from deephar.data.coco import annotation_files, read_pictures
from deephar.data.synthetic import crowd
from deephar.data.synthetic.film import film
from deephar.data.synthetic.motions import placed
from deephar.data.synthetic.write import synthesize
from deephar.utils.files import read_json
from deephar.utils.modes import TRAIN_MODE, VALID_MODE


def test_one_to_six_people_with_boxes_and_joints_where_they_are(tiny_set):
    folder = tiny_set("coco")
    files = annotation_files(folder)
    train, val = (read_pictures(files[mode]) for mode in (TRAIN_MODE, VALID_MODE))
    assert len(train) == 12 and len(val) == 6
    assert [len(p.people) for p in val] == [1, 2, 3, 4, 5, 6]
    for picture in train + val:
        with Image.open(picture.path) as image:
            size = image.size
        assert size == (160, 120)
        for person in picture.people:
            x1, y1, x2, y2 = person["box"]
            assert 0 <= x1 < x2 <= size[0] and 0 <= y1 < y2 <= size[1]
            assert crowd.LEAST_AREA <= person["area"] <= (x2 - x1) * (y2 - y1)
            joints = person["joints"][np.isfinite(person["joints"]).all(axis=-1)]
            assert ((joints >= 0) & (joints <= size)).all()
    everybody = [person for picture in train + val for person in picture.people]
    whole = np.array([np.isfinite(person["joints"]).all() for person in everybody])
    assert 0.5 < whole.mean() < 1                      # some are cut off
    for person in np.array(everybody)[whole]:          # the box is of what is seen
        inside = ((person["joints"] > person["box"][:2] - 40)
                  & (person["joints"] < person["box"][2:] + 40))
        assert inside.all()
    annotations = read_json(files[TRAIN_MODE])["annotations"]
    flags = np.array([one["keypoints"][2::3] for one in annotations])
    assert set(np.unique(flags)) == {0, 1, 2}
    assert [one["num_keypoints"] for one in annotations] == (flags > 0).sum(1).tolist()


def test_the_same_seed_gives_the_same_people(tmp_path):
    one, same, other = (read_json(annotation_files(synthesize(
        "coco", tmp_path / name, 1, seed, workers=0, picture=(80, 60)))[VALID_MODE])
        for name, seed in (("a", 0), ("b", 0), ("c", 1)))
    assert one == same != other


def test_who_is_hidden_has_no_joints():
    """One person right behind the twin."""
    scene, frame = crowd._scene(np.random.default_rng(0), 0, "train", 0, (160, 120))
    (person, act), = scene.people
    nearer = placed(act, 0, 0.04 * (scene.view.T - act.body.joints[frame, 0]) * [1, 1, 0])
    both = replace(scene, people=[(person, act), (person, nearer)])
    behind, before = crowd._annotations(both, frame, film(both, frame)[1])
    assert before["num_keypoints"] > 10 and before["area"] > 5 * behind["area"]
    assert behind["num_keypoints"] == 0 and not any(behind["keypoints"])
