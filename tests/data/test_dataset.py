"""What every data set and every loader keeps, whatever it reads."""
from dataclasses import dataclass, field
from typing import Callable

import numpy as np
import pytest
from PIL import Image

from deephar.config import DataConfig
from deephar.data import BatchLoader, CocoKeypoints, Human36M, MpiiSinglePerson, Ntu, PennAction
from deephar.data.dataset import Dataset, Loader
from deephar.data.depth_labels import DepthLabelled, DepthLabels
from deephar.data.folders import ActionFolders
from deephar.data.keypoints.batches import (
    ArrayBatches, ChunkedBatches, SemiSupervisedBatches, Symmetry)
from deephar.data.relayout import Relayout
from deephar.training.accumulate import Joined
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.pose import (
    VALID_FROM, pa16j2d, pa16j3d, pa17j2d, pa17j3d, pa20j3d, pa21j3d)
from tests.fakes.datasets import write_coco, write_h36m, write_mpii, write_ntu, write_penn

MODES = (TEST_MODE, TRAIN_MODE, VALID_MODE)
CONF = DataConfig(crop_resolution=(24, 16), angles=range(-40, 41, 5), scales=(0.7, 1, 1.3),
                  trans_x=range(-9, 10), fixed_angle=20)


# === Data sets ===

@dataclass(frozen=True)
class Case:
    """A data set, and what is particular about it."""
    make: Callable                      # of the folder of the sets
    empty: tuple = (VALID_MODE,)        # splits that its files leave empty
    lacks: tuple = ()                   # keys of other sets that it has not
    length: dict = field(default_factory=dict)


def write_folders(root):
    for video in ("train/wave/a", "train/jump/c", "test/wave/d"):
        (root / video).mkdir(parents=True)
        for i in range(5):
            Image.new("RGB", (40, 30), (60 * i, 9, 200)).save(root / video / f"{i}.png")


def of_mpii(layout=pa16j2d, **options):
    return lambda root: MpiiSinglePerson(root / "mpii", CONF, layout, **options)


def of_h36m(layout=pa17j3d, topology="sequences"):
    return lambda root: Human36M(root / "h36m", CONF, layout, topology, clip_size=3)


def of_penn(layout=pa16j2d, topology="sequences", **options):
    return lambda root: PennAction(root / "penn", CONF, layout, topology, clip_size=4,
                                   **options)


def of_ntu(layout=pa20j3d, topology="sequences", **options):
    return lambda root: Ntu(root / "ntu", CONF, layout, topology, clip_size=4, **options)


def of_coco(layout=pa16j2d, **options):
    return lambda root: CocoKeypoints(root / "coco", CONF, layout, **options)


def labelled_mpii(root):
    labels = DepthLabels(np.linspace(-500, 500, 17)[None], np.array([0.7]))
    return DepthLabelled(of_mpii(pa17j3d)(root), {mode: labels for mode in (1, 2)})


SETS = {
    "mpii": Case(of_mpii(), empty=(TEST_MODE,), length={TRAIN_MODE: 1, VALID_MODE: 1}),
    "mpii, 17 joints": Case(of_mpii(pa17j3d, remove_outer_joints=False), (TEST_MODE,)),
    "mpii, depths": Case(labelled_mpii, (TEST_MODE,)),
    "h36m": Case(of_h36m(), empty=(), length=dict.fromkeys(MODES, 1)),
    "h36m, 16 joints": Case(of_h36m(pa16j2d), empty=()),
    "h36m, 20 joints": Case(of_h36m(pa20j3d), empty=()),
    "h36m, frames": Case(of_h36m(pa17j2d, "frames"), (), length={TEST_MODE: 4}),
    "penn": Case(of_penn(), length={TEST_MODE: 1}),
    "penn, box": Case(of_penn(pa17j3d, "sequence", use_gt_bbox=True)),
    "penn, frames": Case(of_penn(pa20j3d, "frames"), length={TEST_MODE: 6}),
    "penn, poses": Case(of_penn(pose_only=True), lacks=("frame",)),
    "penn, pictures": Case(of_penn(output_fullframe=True)),
    "penn, 20 joints": Case(lambda root: Relayout(of_penn(pa16j3d)(root), pa20j3d)),
    "ntu": Case(of_ntu(), length={TEST_MODE: 1, TRAIN_MODE: 1}),
    "ntu, 16 joints": Case(of_ntu(pa16j2d, use_gt_bbox=True)),
    "ntu, 17 joints": Case(of_ntu(pa17j3d)),
    "ntu, frames": Case(of_ntu(pa21j3d, "frame"), length={TEST_MODE: 4, TRAIN_MODE: 5}),
    "ntu, poses": Case(of_ntu(pose_only=True), lacks=("frame",)),
    "coco": Case(of_coco(), (TEST_MODE,), lacks=("headsize",), length={VALID_MODE: 1}),
    "coco, 21 joints": Case(of_coco(pa21j3d, remove_outer_joints=False), (TEST_MODE,)),
    "folders": Case(lambda root: ActionFolders(root / "own", CONF, clip_size=4),
                    lacks=("pose",), length={TEST_MODE: 1, TRAIN_MODE: 2}),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("sets")
    write_mpii(root / "mpii")
    write_h36m(root / "h36m")
    write_penn(root / "penn", (6,))
    write_ntu(root / "ntu", {"S001C001P001R001A004": 10, "S001C002P003R001A060": 8})
    write_coco(root / "coco")
    write_folders(root / "own")
    return root


@pytest.fixture(scope="module", params=SETS)
def case(request):
    return SETS[request.param]


@pytest.fixture(scope="module")
def dataset(case, root):
    return case.make(root)


@pytest.fixture(scope="module")
def evaluated(case) -> int:
    """A split that has samples and no chance."""
    return VALID_MODE if VALID_MODE not in case.empty else TEST_MODE


def draw(dataset, seed, key=0):
    return dataset.get_data(key, TRAIN_MODE, rng=np.random.default_rng(seed))


def assert_same(a: dict, b: dict) -> None:
    assert list(a) == list(b)
    for key in a:
        np.testing.assert_array_equal(a[key], b[key], err_msg=key)


def test_samples_have_the_shapes_that_are_told(dataset, case, evaluated):
    assert isinstance(dataset, Dataset)
    for sample in (dataset.get_data(0, evaluated), draw(dataset, 0)):
        for key, value in sample.items():
            if key != "fullframe":              # as large as the picture is
                assert dataset.get_shape(key) == np.shape(value), key
            assert np.asarray(value).dtype.kind in "fi", key
        for key in {"frame", "fullframe"} & set(sample):
            assert sample[key].dtype == np.float32 and abs(sample[key]).max() <= 1
        assert not set(case.lacks) & set(sample)
    for key in ("nothing", *case.lacks):
        with pytest.raises(KeyError, match=f"no '{key}'"):
            dataset.get_shape(key)
    time = dataset.clip_shape()
    assert time == (() if dataset.clip_length() is None else (dataset.clip_length(),))
    if "frame" not in case.lacks:
        assert dataset.get_shape("frame") == time + (16, 24, 3)


def test_a_flip_mirrors_pictures_and_joints(dataset, evaluated):
    plain, flipped = (dataset.get_data(0, evaluated, augmentation={"hflip": flip})
                      for flip in (0, 1))
    mirror = np.array([[-1, 0, 1], [0, 1, 0], [0, 0, 1]])
    np.testing.assert_allclose(mirror @ flipped["afmat"], plain["afmat"], atol=1e-9)
    if "frame" in plain:
        np.testing.assert_array_equal(flipped["frame"][..., ::-1, :], plain["frame"])
        assert (flipped["frame"] != plain["frame"]).any()
    if "pose" in plain:
        back = flipped["pose"][..., list(dataset.poselayout.map_hflip), :]
        there = plain["pose"][..., 0] > VALID_FROM
        assert there.any()
        back[..., 0] = np.where(there, 1 - back[..., 0], back[..., 0])
        np.testing.assert_allclose(back, plain["pose"], atol=1e-9)
    others = set(plain) - {"afmat", "frame", "pose"}        # the world stays as it is
    assert_same({key: plain[key] for key in others}, {key: flipped[key] for key in others})


def test_chance_comes_from_the_generator_alone(dataset, evaluated):
    assert_same(draw(dataset, 3), draw(dataset, 3))
    assert len({draw(dataset, seed)["afmat"].tobytes() for seed in range(6)}) > 3
    assert_same(dataset.get_data(0, evaluated), dataset.get_data(
        0, evaluated, rng=np.random.default_rng(1)))


def test_keys_have_bounds_and_splits_may_be_empty(dataset, case):
    for mode in MODES:
        length = dataset.get_length(mode)
        assert length == case.length.get(mode, length)
        assert (length == 0) == (mode in case.empty)
        for key in (-1, length):
            with pytest.raises(IndexError, match=f"{length} samples in mode {mode}, "
                                                 f"got key {key}"):
                dataset.get_data(key, mode)


@pytest.mark.parametrize("make", [
    lambda root: MpiiSinglePerson(root / "MPII", CONF),
    lambda root: Human36M(root / "Human3.6M", CONF),
    lambda root: PennAction(root / "PennAction", CONF),
    lambda root: Ntu(root / "NTU", CONF),
    lambda root: Ntu(root / "NTU", CONF, eval_mode="cv"),
    lambda root: CocoKeypoints(root / "COCO", CONF),
], ids=["mpii", "h36m", "penn", "ntu", "ntu by camera", "coco"])
def test_splits_share_no_picture(golden_sets, make):
    dataset = make(golden_sets)
    splits = [{str(video) for video in dataset.sequences[mode]} for mode in MODES] \
        if hasattr(dataset, "sequences") else [
            {sample["image"] if isinstance(sample, dict) else sample[0]
             for sample in dataset.samples[mode]} for mode in MODES]
    assert sum(map(bool, splits)) > 1
    assert len(set.union(*splits)) == sum(map(len, splits))


# === Loaders ===

def frames_and_clips(root, seed):
    frames = BatchLoader(of_penn(topology="frames")(root), ["frame"], ["pose"], TRAIN_MODE,
                         batch_size=4)
    return BatchLoader([of_penn()(root), frames], ["frame"], ["pose"], TRAIN_MODE,
                       batch_size=[1, 2], num_predictions=2, seed=seed,
                       custom_dummy_dictkey=["pennaction"])


def evaluation(root, seed):
    return BatchLoader(of_penn(topology="frames")(root), ["frame", "afmat"], ["pose"],
                       TEST_MODE, batch_size=4, shuffle=False)


def sequences(seed, lengths=(9, 5)):
    rng = np.random.default_rng(7)
    return ([rng.normal(size=(n, 4, 2)).astype("float32") for n in lengths],
            [rng.normal(size=(n, 4, 3)).astype("float32") for n in lengths],
            [rng.normal(size=9) for _ in lengths])


def windows(root, seed):
    sides = Symmetry([0, 2], [1, 3])
    return ChunkedBatches(*sequences(0), batch_size=4, chunk=2, pad=1, symmetry_2d=sides,
                          symmetry_3d=sides, seed=seed)


def semi_supervised(root, seed):
    keypoints, poses, cameras = sequences(0)
    return SemiSupervisedBatches(
        ChunkedBatches(keypoints, poses, batch_size=4, pad=1, seed=seed),
        ChunkedBatches(keypoints, None, cameras, batch_size=4, pad=1, seed=seed + 1))


LOADERS = {
    "pictures and clips": frames_and_clips,
    "evaluation": evaluation,
    "arrays": lambda root, seed: ArrayBatches(np.arange(30.0)[:, None], -np.arange(30.0), 4,
                                              seed),
    "windows": windows,
    "semi-supervised": semi_supervised,
    "joined": lambda root, seed: Joined(frames_and_clips(root, seed), 2),
}


@pytest.fixture(params=LOADERS)
def make_loader(request, root):
    return lambda seed=5: LOADERS[request.param](root, seed)


def arrays_of(loader, number, rows=None):
    x, y = loader.batch(number, rows)
    assert len(x) == len(loader.x_dictkeys) and len(y) == sum(loader.num_predictions)
    return x + y


def test_batches_have_the_shapes_that_are_told(make_loader):
    loader = make_loader()
    assert isinstance(loader, Loader) and len(loader) >= 1
    keys = list(loader.x_dictkeys) + [
        key for key, n in zip(loader.y_dictkeys, loader.num_predictions) for _ in range(n)]
    for number in (0, 2 * len(loader)):
        arrays = arrays_of(loader, number)
        for key, array in zip(keys, arrays, strict=True):
            assert loader.get_shape(key) == array.shape, key
            assert len(array) == loader.get_batch_size() == len(loader.names(number))
        assert 0 < loader.num_rows(number) <= loader.get_batch_size()


def test_batches_follow_from_seed_and_number(make_loader):
    numbers = list(range(2 * len(make_loader()) + 1))
    loader, again = make_loader(), make_loader()
    straight = [arrays_of(loader, n) for n in numbers]
    for n in reversed(numbers):
        for a, b in zip(arrays_of(again, n), straight[n], strict=True):
            np.testing.assert_array_equal(a, b)
        assert again.names(n) == loader.names(n)
    is_shuffled = any(make_loader(9).names(n) != loader.names(n) for n in numbers)
    assert is_shuffled or loader.batch(0)[0][0].tobytes() == straight[-1][0].tobytes() \
        == make_loader(9).batch(0)[0][0].tobytes()


def test_rows_are_a_part_of_the_batch(make_loader):
    loader = make_loader()
    rows = range(1, loader.get_batch_size())
    for whole, part in zip(arrays_of(loader, 1), arrays_of(loader, 1, rows), strict=True):
        np.testing.assert_array_equal(whole[1:], part)
