"""Every set on disk, as the readers of the real one expect it."""
import numpy as np
import scipy.io
from PIL import Image

from deephar import config, data
from deephar.data.labels import H36M_ACTIONS, PENN_ACTIONS
from deephar.data.synthetic import layouts, scenes
from deephar.data.synthetic.motions import H36M, NTU, PENN
from deephar.data.synthetic.write import size_of
from deephar.utils.files import read_json
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.pose import pa16j2d, pa17j3d


def mat(path):
    return scipy.io.loadmat(path, squeeze_me=True, struct_as_record=False)


def items(value):
    return np.atleast_1d(value)


def picture(path):
    return np.asarray(Image.open(path))


def test_mpii_layout(tiny):
    content = scipy.io.loadmat(tiny / "MPII" / "annotations.mat")
    counts = size_of("mpii", "tiny")
    for split, expected in (("tr", counts.train), ("val", counts.test)):
        table = content[f"annot_{split}"]
        assert table.shape[0] == 3 and 0.8 * expected <= table.shape[1] <= expected
        for used, name, persons in table.T:
            image = picture(tiny / "MPII" / "images" / name[0])
            assert image.shape == (360, 480, 3)
            assert used.shape == (len(persons), 1) and used.min() >= 1
            for person in persons[:, 0]:
                fields = {f: person[f][0, 0] for f in person.dtype.names}
                assert list(fields) == ["head", "objpos", "scale", "pose"]
                pose = fields["pose"]
                assert pose.shape == (2, 16)
                known = pose[:, np.isfinite(pose[0])]
                assert (known >= 0).all() and (known < [[480], [360]]).all()
                x1, y1, x2, y2 = fields["head"][0]
                top = pose[:, 9]
                if np.isfinite(top[0]):
                    assert x1 - 1 <= top[0] <= x2 + 1 and y1 - 1 <= top[1] <= y2 + 1
                # A head is 10 to 25 % of a standing person.
                assert 0.08 < np.hypot(x2 - x1, y2 - y1) / (200 * fields["scale"][0, 0]) < 0.3


def test_some_mpii_pictures_hold_several_people_and_cut_joints():
    jobs = [layouts._pose_mpii(size_of("mpii", "small"), 0, ("tr", i))[-1] for i in range(60)]
    people = [len(persons) for persons in jobs]
    assert people.count(1) > 25 and people.count(2) > 3
    missing = [np.isnan(p["pose"][0]).sum() for persons in jobs for p in persons]
    assert 0.02 < np.mean(np.array(missing) > 0) < 0.5


def test_penn_layout(tiny):
    root = tiny / "PennAction"
    content = mat(root / "annotations.mat")
    assert list(content["action_labels"]) == list(PENN)
    seen = []
    for split in ("tr", "te"):
        sequences = items(content[f"sequences_{split}"])
        assert sorted({s.action_id for s in sequences}) == list(range(1, 16))
        for sequence in sequences:
            seen.append(sequence.idx)
            frames = items(sequence.frames)
            assert [f.f for f in frames] == list(range(1, len(frames) + 1))
            files = sorted((root / "frames" / f"{sequence.idx:04d}").iterdir())
            assert [f.name for f in files] == [f"{f.f:06d}.jpg" for f in frames]
            assert picture(files[0]).shape == (frames[0].h, frames[0].w, 3)
            for f in frames:
                assert f.pose.shape == (2, 13) and set(np.unique(f.visible)) <= {0, 1}
    assert sorted(seen) == list(range(1, len(seen) + 1))
    flags = np.concatenate([f.visible for s in items(content["sequences_tr"])
                            for f in items(s.frames)])
    assert 0.7 < flags.mean() < 0.99                            # some joints are hidden


def test_penn_boxes_hold_the_person(tiny):
    root = tiny / "PennAction"
    content = mat(root / "annotations.mat")
    boxes = read_json(root / "pred_bboxes.json")
    assert len(boxes) == 3 and boxes[2] == {}
    for mode, split in ((0, "te"), (1, "tr")):
        sequences = items(content[f"sequences_{split}"])
        assert len(boxes[mode]) == sum(len(s.frames) for s in sequences)
        overlaps = []
        for i, sequence in enumerate(sequences):
            for t, frame in enumerate(sequence.frames):
                x1, y1, x2, y2 = boxes[mode][f"{i}.{t}"]
                inside = ((frame.pose[0] >= x1) & (frame.pose[0] <= x2)
                          & (frame.pose[1] >= y1) & (frame.pose[1] <= y2))
                overlaps.append(inside.mean())
        assert np.mean(overlaps) > 0.9


def test_ntu_layout(tiny):
    root = tiny / "NTU"
    names = sorted(p.stem for p in (root / "nturgb+d_numpy").iterdir())
    assert names == sorted(p.name for p in (root / "images-small").iterdir())
    people = {name[9:12] for name in names}
    training = {f"{n:03d}" for n in layouts.NTU_TRAIN_PEOPLE}
    assert people & training and people - training
    actions = {int(name[-3:]) for name in names}
    assert len(actions) >= 12 and actions <= set(NTU)
    for name in names:
        rows = np.load(root / "nturgb+d_numpy" / f"{name}.npy", allow_pickle=False)
        assert rows.shape[1] == 1 + 75 + 25 * 3 and rows.dtype == float
        np.testing.assert_array_equal(rows[:, 0], np.arange(1, len(rows) + 1))
        for number in rows[::2, 0]:
            path = root / "images-small" / name / f"{int(number):05d}.jpg"
            assert Image.open(path).size == (960, 540)
        depth, metres = rows[:, 126:], rows[:, 1:76].reshape(-1, 25, 3)
        np.testing.assert_allclose(depth, 1000 * metres[..., 2])
        assert (depth > 1000).all()


def test_h36m_layout_and_camera(tiny):
    content = mat(tiny / "Human3.6M" / "annotations.mat")
    assert list(content["action_labels"][1:16]) == list(H36M)
    subjects = {}
    for split in ("tr", "val", "te"):
        for sequence in items(content[f"sequences_{split}"]):
            subjects.setdefault(split, set()).add(int(sequence.name[5:7]))
            camera = sequence.camera_parameters
            np.testing.assert_allclose(camera.R @ camera.R.T, np.eye(3), atol=1e-9)
            for frame in items(sequence.frames):
                path = tiny / "Human3.6M" / "images" / sequence.name / f"{frame.f:05d}.jpg"
                assert picture(path).shape == (frame.h, frame.w, 3)
                x = camera.R @ (frame.pose3d - camera.T[:, None])
                assert x[2].min() > 1500
                q = x[:2] / x[2]
                uv = q * camera.f[:, None] + camera.c[:, None]      # distortion moves < 30 px
                assert (uv > -60).all() and (uv < 1060).all()
    assert subjects["tr"] <= {1, 5, 6, 7, 8}
    assert subjects["val"] == {9} and subjects["te"] == {11}


def test_joints_lie_on_the_drawn_person(tiny):
    """The picture with the person differs from what is around it at the joints."""
    root = tiny / "Human3.6M"
    content = mat(root / "annotations.mat")
    sequence = items(content["sequences_tr"])[0]
    camera = int(sequence.name[-2:])
    view = layouts._studio_view(camera)
    empty = np.asarray(scenes.background(np.random.default_rng([0, 5, camera]), view, True), float)
    for frame in items(sequence.frames):
        shown = picture(root / "images" / sequence.name / f"{frame.f:05d}.jpg").astype(float)
        changed = np.abs(shown - empty).mean(-1) > 12
        uv = view.project(frame.pose3d.T)[:, :2]
        hits = [changed[int(v) - 4:int(v) + 5, int(u) - 4:int(u) + 5].mean() for u, v in
                uv[[1, 2, 3, 6, 7, 8, 12, 13, 14, 17, 18, 19, 25, 26, 27]]]
        assert np.mean(hits) > 0.8


def test_identities_of_splits_are_apart():
    train = {layouts._identity("tr", i) for i in range(1000)}
    other = {layouts._identity("val", i) for i in range(1000)}
    assert not train & other
    assert not set(layouts.NTU_TRAIN_PEOPLE) & set(layouts.NTU_TEST_PEOPLE)
    people = layouts.H36M_PEOPLE
    assert not set(people["tr"]) & set(people["val"]) | set(people["val"]) & set(people["te"])


def test_public_classes_read_it(tiny):
    mpii = data.MpiiSinglePerson(tiny / "MPII", config.mpii_sp_dataconf, poselayout=pa16j2d)
    assert mpii.get_length(TRAIN_MODE) >= 16
    for key in range(mpii.get_length(VALID_MODE)):
        sample = mpii.get_data(key, VALID_MODE)
        found = sample["pose"][:, 2] == 1
        assert found.sum() >= 5 and sample["headsize"] > 5

    penn = data.PennAction(tiny / "PennAction", config.pennaction_dataconf, clip_size=8,
                           use_gt_bbox=True,
                           pred_bboxes_file=tiny / "PennAction" / "pred_bboxes.json")
    classes = []
    for key in range(penn.get_length(TEST_MODE)):
        sample = penn.get_data(key, TEST_MODE)
        classes.append(int(np.argmax(sample["pennaction"])))
        assert (sample["pose"][..., 2] == 1).mean() > 0.5
    assert sorted(classes) == list(range(15))

    ntu = data.Ntu(tiny / "NTU", config.ntu_dataconf, clip_size=4, use_gt_bbox=True)
    sides = [ntu.get_length(mode) for mode in (TEST_MODE, TRAIN_MODE)]
    assert sides == [12, 12]
    sample = ntu.get_data(0, TEST_MODE)
    assert (sample["pose"][..., 3] == 1).mean() > 0.9
    assert np.argmax(sample["ntuaction"]) + 1 in NTU

    h36m = data.Human36M(tiny / "Human3.6M", config.human36m_dataconf, poselayout=pa17j3d,
                         topology="frames")
    for mode, count in ((TRAIN_MODE, 20), (VALID_MODE, 8), (TEST_MODE, 8)):
        assert h36m.get_length(mode) == count
    sample = h36m.get_data(0, VALID_MODE)
    assert (sample["pose"][:, 3] == 1).all()
    assert 0.2 < sample["pose"][:, 2].min() < sample["pose"][:, 2].max() < 0.8


def test_class_names_are_the_labels_of_the_package():
    assert tuple(PENN) == PENN_ACTIONS
    assert ("none", *H36M) == H36M_ACTIONS
