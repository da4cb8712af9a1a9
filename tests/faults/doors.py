"""Every public door that reads a file: a good file for it, and how it is opened.

A door's `make` writes into an empty folder and returns the file to be damaged;
`read` opens it as a user would and returns what came of it: numbers, text and
arrays in lists and dictionaries.  Doors that are `heavy` need Keras.
"""
import dataclasses
import functools
import io
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable

import numpy as np

from tests.fakes import datasets, owners

GOLDEN = Path(__file__).parent.parent / "golden" / "lifting"
SUBJECT = "S1"


@dataclass(frozen=True)
class Door:
    make: Callable[[Path], Path]
    read: Callable[[Path], Any]
    heavy: bool = False


def plain(value: Any) -> Any:
    """Dataclasses and objects as what is in them."""
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "serialize"):
        return value.serialize()
    return value


def annotated(joints: np.ndarray) -> np.ndarray:
    """Joints whose NaN, which means "not annotated" in these files, is a number."""
    return np.where(np.isnan(joints), -9999.0, joints)


# === Key points ===

def _copy(name: str):
    def make(folder: Path) -> Path:
        for file in ("data_2d_h36m_mini.npz", "data_3d_h36m.npz"):
            shutil.copyfile(_small_keypoints() / file, folder / file)
        shutil.copyfile(_small_keypoints() / "cameras.json", folder / "cameras.json")
        return folder / name
    return make


@functools.cache
def _small_keypoints() -> Path:
    """Key-point files of a few frames."""
    import tempfile

    from deephar.data.keypoints.cameras import CALIBRATION
    from deephar.data.keypoints.files import write_motion
    folder = Path(tempfile.mkdtemp(prefix="keypoints-"))
    rng = np.random.default_rng(0)
    poses = rng.normal(0, 0.3, (12, 17, 3)) + (0, 0, 1)
    write_motion(folder, {SUBJECT: {"Walking": poses, "Sitting 1": poses + 0.1}},
                 {**CALIBRATION, "subjects": {SUBJECT: CALIBRATION["subjects"]["S1"]}},
                 name="mini")
    return folder


def _read_takes(path: Path):
    from deephar.data.keypoints.files import open_set
    return [plain(take) for take in
            open_set(path.parent, "mini", allow_pickle=True).takes([SUBJECT])]


def _make_video_keypoints(folder: Path) -> Path:
    from deephar.data.keypoints.files import write_video_keypoints
    path = folder / "data_2d_custom_a.npz"
    points = np.random.default_rng(0).random((5, 17, 2)).astype("f4") * 90
    write_video_keypoints(path, "a", points, (96, 80))
    return path


def _read_video_keypoints(path: Path):
    from deephar.data.keypoints.files import read_keypoints
    from deephar.data.keypoints.takes import load_videos
    return [plain(take) for take in load_videos(read_keypoints(path, allow_pickle=True))]


def _make_motion(folder: Path) -> Path:
    from deephar.data.keypoints.sources import CMU31
    names = [name for entry in CMU31 for name in entry]
    rng = np.random.default_rng(0)
    np.savez(folder / "motion.npz", **{
        "1_1/xyz": rng.random((30, len(names), 3)), "1_1/label": np.repeat([0, 1], 15),
        "joint_names": np.array(names), "action_names": np.array(["walk", "sit"])})
    return folder / "motion.npz"


def _read_motion(path: Path):
    from deephar.data.keypoints.sources import read_motion
    return read_motion(path)


def _make_joint_map(folder: Path) -> Path:
    import json

    from deephar.data.keypoints.sources import CMU31
    _make_motion(folder)
    (folder / "joints.json").write_text(json.dumps(CMU31))
    return folder / "joints.json"


def _read_joint_map(path: Path):
    from deephar.data.keypoints.sources import read_joint_map
    return read_joint_map(path)


def _make_label_input(suffix: str):
    def make(folder: Path) -> Path:
        points = np.random.default_rng(0).random((6, 17, 2)) * 100
        path = folder / f"in{suffix}"
        if suffix == ".npy":
            np.save(path, points)
        else:
            np.savez(path, a=points, b=points + 1)
        return path
    return make


def _read_label_input(path: Path):
    from deephar.cli.label3d import read_sequences
    return read_sequences(path, allow_pickle=True, fill=False)


# === Data sets ===

def _people(kind: str, *args):
    """A writer of a tiny data set, whose pictures are made once."""
    @functools.cache
    def made() -> Path:
        import tempfile
        folder = Path(tempfile.mkdtemp(prefix=kind))
        getattr(datasets, f"write_{kind}")(folder, *args)
        return folder

    return lambda folder: shutil.copytree(made(), folder)


def _dataset(write, cls: str, **options):
    def read(path: Path):
        from deephar import config, data
        conf = config.DataConfig(crop_resolution=(16, 16))
        dataset = getattr(data, cls)(path if path.is_dir() and cls == "Ntu" else
                                     next(p for p in path.parents if p.name == "set"),
                                     conf, **options)
        content = getattr(dataset, "samples", None) or dataset.sequences
        found = [dataset.get_data(key, mode, augmentation=conf.get_fixed_config())
                 for mode, rows in content.items() for key in range(len(rows))][:4]
        return found

    def make(folder: Path) -> Path:
        write(folder / "set")
        return next(p for p in (folder / "set").rglob("*.*") if p.suffix in (".mat", ".npy"))
    return Door(make, read)


def _make_penn_boxes(folder: Path) -> Path:
    import json
    datasets.write_penn(folder / "set", (3,))
    boxes = [{f"0.{i}": [5.0, 6.0, 70.0, 66.0] for i in range(3)}, {}, {}]
    (folder / "boxes.json").write_text(json.dumps(boxes))
    return folder / "boxes.json"


def _read_penn_boxes(path: Path):
    from deephar.config import DataConfig
    from deephar.data import PennAction
    from deephar.utils.modes import TEST_MODE
    dataset = PennAction(path.parent / "set", DataConfig(crop_resolution=(16, 16)),
                         clip_size=2, pose_only=True, pred_bboxes_file=path)
    sample = dataset.get_data(0, TEST_MODE)
    return {key: sample[key] for key in ("pose", "afmat", "bbox") if key in sample}


# === Owners' files ===

def _make_release(folder: Path) -> Path:
    owners.write_mpii(folder)
    return next(folder.rglob("*.mat"))


def _read_release(path: Path):
    from deephar.data.prepare.mpii import prepare
    prepare(path.parents[1], path.parents[1] / "out")
    from deephar.data.matfile import load_mat
    return _mat_content(load_mat(path.parents[1] / "out" / "annotations.mat", ()))


def _mat_content(value):
    if isinstance(value, dict):
        return {k: _mat_content(v) for k, v in value.items() if not k.startswith("__")}
    if isinstance(value, np.ndarray) and value.dtype.names:
        return [[_mat_content(item[name]) for name in value.dtype.names]
                for item in value.ravel()]
    if isinstance(value, np.ndarray) and value.dtype == object:
        return [_mat_content(item) for item in value.ravel()]
    return value


def _make_penn_label(folder: Path) -> Path:
    owners.write_pennaction(folder, lengths=(3,))
    return sorted((folder / "labels").glob("*.mat"))[0]


def _read_penn_label(path: Path):
    from deephar.data.prepare.pennaction import _sequence
    record, is_train, problem = _sequence(path, path.parents[1], path.parents[1] / "out")
    return [_mat_content(record["frames"]), record["idx"], is_train, problem]


def _make_skeleton(folder: Path) -> Path:
    xyz = np.random.default_rng(0).normal(0, 1, (3, 25, 3)).round(4)
    path = folder / "S001C001P001R001A001.skeleton"
    path.write_text(owners.skeleton_text([{"7": points} for points in xyz]))
    return path


def _read_skeleton(path: Path):
    from deephar.data.prepare.ntu import read_skeleton
    bodies, count = read_skeleton(path)
    return [[annotated(np.concatenate(parts, 1)) for parts in frames.values()]
            for frames in bodies.values()] + [count]


def _make_cdf(compressed: bool):
    def make(folder: Path) -> Path:
        rng = np.random.default_rng(0)
        owners.write_cdf(folder / "a.cdf", rng.normal(0, 400, (5, 96)).astype("f4"),
                         compressed)
        return folder / "a.cdf"
    return make


def _make_h36m_h5(folder: Path) -> Path:
    import h5py
    with h5py.File(folder / "a.h5", "w") as file:
        file["Pose"] = np.random.default_rng(0).normal(0, 400, (5, 96))
    return folder / "a.h5"


def _read_positions(path: Path):
    from deephar.data.prepare.human36m import read_positions
    return read_positions(path)


# === Pictures, videos, boxes ===

def _make_picture(suffix: str, **options):
    def make(folder: Path) -> Path:
        from PIL import Image
        cells = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
        path = folder / f"a{suffix}"
        Image.fromarray(cells).resize((48, 36), Image.Resampling.BICUBIC).save(path, **options)
        return path
    return make


def _read_picture(path: Path):
    from deephar.data.pictures import open_picture, picture_size
    image, size = open_picture(path, shrink=2)
    return [np.asarray(image), size, picture_size(path)]


def _make_video(name: str, codec: str = "mpeg4"):
    def make(folder: Path) -> Path:
        owners.write_video(folder / name, 8, codec=codec)
        return folder / name
    return make


def _read_video(path: Path):
    from deephar.inference.sources import frames_of
    total, count = 0, 0
    for frame in frames_of(str(path)):
        total, count = total + int(frame.picture.sum()), count + 1
        if count >= 200:
            break
    return [total, count]


def _make_boxes(suffix: str):
    def make(folder: Path) -> Path:
        path = folder / f"boxes{suffix}"
        if suffix == ".csv":
            path.write_text("frame,x1,y1,x2,y2\n0,1,2,30,40\n1,2,3,40,50\n")
        else:
            path.write_text('{"a.jpg": [[1, 2, 30, 40], [3, 4, 50, 60]], "1": [2, 3, 40, 50]}')
        return path
    return make


def _read_given_boxes(path: Path):
    from deephar.inference.boxes import boxes_for, check_boxes, read_boxes
    boxes = read_boxes(path)
    return [check_boxes(boxes_for(boxes, name, index), (96, 80), str(path))
            for name, index in (("a.jpg", 0), ("b.jpg", 1))]


# === Reports, runs ===

def _make_report(folder: Path) -> Path:
    from deephar.evaluation.report import Score, make_report, write_report
    score = Score("PCKh@0.5", "%", 88.5, blocks=[80.0, 88.5], parts={"head": 90.0},
                  legacy_parts={"head": 91.0}, extras={"auc": 60.0}, protocol={"split": "v"},
                  samples=10, evaluated=9, missing={"7": "no picture"}, notes=["n"])
    write_report(folder, make_report([score], weights={"file": "a.h5", "md5": "0"}))
    return folder / "report.json"


def _read_report(path: Path):
    from contextlib import redirect_stdout

    from deephar.cli.report import run
    text = io.StringIO()
    with redirect_stdout(text):
        run(SimpleNamespace(reports=[path], html=None))
        run(SimpleNamespace(reports=[path, path], html=None))
    return text.getvalue().replace("nan", "nan!").split("!")


def _make_rows(folder: Path) -> Path:
    from deephar.evaluation.loop import Rows
    rows = Rows(6, [0, 1, 3], {"pose": [np.ones((4, 2))] * 3, "error": [1.0, 2.0, 3.0]},
                {"2": "no picture"}, 4)
    rows.save(folder / "rows-a.npz", {"seed": 0, "batch": [1, 2]})
    return folder / "rows-a.npz"


def _read_rows(path: Path):
    from deephar.evaluation.loop import Rows
    rows = Rows.load(path, 6, {"seed": 0, "batch": [1, 2]})
    return [rows.index, {k: rows[k] for k in rows.columns}, rows.missing, rows.next_sample]


def _make_table(folder: Path) -> Path:
    (folder / "steps.csv").write_text(
        "step,loss,lr\n1,0.5,0.01\n2,0.25,0.01\n3,0.125,0.001\n")
    return folder / "steps.csv"


def _read_table(path: Path):
    from deephar.training.curves import _columns
    from deephar.training.logs import drop_rows
    found = _columns(path)
    drop_rows(path, "step", 2)
    return [found, _columns(path)]


def _make_state(folder: Path) -> Path:
    from deephar.training.state import State, save_state
    arrays = [SimpleNamespace(numpy=lambda i=i: np.full((2, 3), i, "f4")) for i in range(3)]
    save_state(folder / "state.npz", State(0, 0, 1, 2, 12, {"pose": 24}, {"loss": 1.5},
                                           [{"loss": 2.0}]), arrays[:2], arrays[2:])
    return folder / "state.npz"


def _read_state(path: Path):
    from deephar.training.state import read_state, restore
    given = []
    variables = [SimpleNamespace(shape=(2, 3), path=str(i), assign=given.append)
                 for i in range(3)]
    state = read_state(path)
    restore(path, "weight", variables[:2])
    restore(path, "slot", variables[2:])
    return [plain(state), given]


def _make_config(folder: Path) -> Path:
    from deephar.training.run import RunConfig
    from deephar.utils.files import write_json
    write_json(folder / "config.json", {
        "config": dataclasses.asdict(RunConfig()), "command": ["a", "b"],
        "started": "2024-01-01", "versions": {"numpy": "2"}})
    return folder / "config.json"


def _read_config(path: Path):
    from deephar.training.run import RunConfig, read_config, compare_config
    compare_config(RunConfig(), read_config(path.parent))
    return read_config(path.parent)


def _make_best(folder: Path) -> Path:
    (folder / "best.json").write_text('{"mpii/pckh": 0.5, "epoch": 3}')
    return folder / "best.json"


def _read_best(path: Path):
    from deephar.training.callbacks import SaveModel
    return SaveModel(path.with_name("best.weights.h5"), save_best_only=True,
                     monitor="mpii/pckh", higher_is_better=True).best()


# === Networks ===

def _tiny_description():
    from deephar.networks.tiny import TINY
    return TINY["mpii_reception2d"]


def _make_description(folder: Path) -> Path:
    from deephar.checkpoints.description import write_description
    from deephar.networks.tiny import TINY
    write_description(folder, TINY["penn_spnet"])
    return folder / "model.json"


def _read_description(path: Path):
    from deephar.checkpoints.description import read_description
    found = read_description(path.parent)
    return [plain(found), found.num_actions, found.input_shape]


def _build_description(path: Path):
    from deephar.checkpoints.description import read_description
    from deephar.checkpoints.load import build_beside
    model = build_beside(path, read_description(path.parent))
    return [[tuple(w.shape) for w in model.weights], str(model.input_shape)]


def _make_lifter(folder: Path) -> Path:
    from deephar.checkpoints.lifting import save_weights, write_settings
    from deephar.models import temporal
    arguments = {"widths": [1, 1], "channels": 8}
    write_settings(folder, {"temporal": arguments})
    save_weights(temporal.build(**arguments), folder / "last.weights.h5")
    return folder / "lifter.json"


def _read_lifter(path: Path):
    from deephar.checkpoints.lifting import load_temporal
    model, arguments, _ = load_temporal(path.parent)
    return [model.get_weights(), arguments]


def _make_generator(name: str):
    def make(folder: Path) -> Path:
        from deephar.checkpoints.lifting import save_weights, write_settings
        from deephar.models import linear
        from deephar.networks.label_generator import settings_of
        from deephar.utils.stereo import Intrinsics, Normaliser
        networks = {"view_synthesis": linear.VIEW_SYNTHESIS,
                    "reconstruction": linear.RECONSTRUCTION}
        settings = {}
        for key, sizes in networks.items():
            settings[key] = dict(zip(("inputs", "outputs"), sizes), units=8, blocks=1)
            save_weights(linear.build(**settings[key], name=key),
                         folder / f"{key}.weights.h5")
        rng = np.random.default_rng(0)
        numbers = {name: Normaliser.fit(rng.random((9, 17, d)))
                   for name, d in (("left", 2), ("right", 2), ("pose", 3))}
        write_settings(folder, {"networks": settings, **settings_of(numbers, Intrinsics())})
        return folder / name
    return make


def _read_generator(path: Path):
    from deephar.networks.label_generator import LabelGenerator
    generator = LabelGenerator.load(path.parent)
    return [generator.view_synthesis.get_weights(), plain(generator.left),
            plain(generator.pose), generator.intrinsics]


def _make_torch(folder: Path) -> Path:
    shutil.copyfile(GOLDEN / "tcn_w1.npz", folder / "tcn.npz")
    from deephar.models import temporal
    from tests.fakes.lifting import filled
    model = temporal.build(widths=[1, 1], channels=8)
    arrays = {}
    for weight in model.weights:
        if weight.name != "momentum":
            key = temporal._torch_key(weight.path)
            shape = tuple(weight.shape)
            arrays[key] = filled(key, shape[::-1] if len(shape) == 3 else shape)
    np.savez(folder / "tcn.npz", **arrays)
    return folder / "tcn.npz"


def _read_torch(path: Path):
    from deephar.checkpoints.lifting import load_temporal
    return load_temporal(path, widths=[1, 1], channels=8)[0].get_weights()


def _make_legacy(folder: Path) -> Path:
    from tests.fakes.weights import content_of, filled, write_published
    write_published(folder / "w.h5", content_of(filled()))
    return folder / "w.h5"


def _read_legacy(path: Path):
    from deephar.checkpoints.legacy import load_legacy_weights
    from tests.fakes.weights import small
    model = small()
    load_legacy_weights(model, path)
    return model.get_weights()


def _read_groups(path: Path):
    from deephar.checkpoints.legacy_file import check_values, read_groups
    groups = read_groups(path)
    check_values(path, groups)
    return {name: [[t.name, t.value] for t in tensors] for name, tensors in groups.items()}


def _make_legacy_light(folder: Path) -> Path:
    from tests.fakes.weights import write_published
    rng = np.random.default_rng(0)
    write_published(folder / "w.h5", {
        "a": {"a/kernel:0": rng.random((4, 5)), "a/bias:0": rng.random(5)},
        "b": {"b/gamma:0": rng.random(5), "b/moving_variance:0": rng.random(5)}})
    return folder / "w.h5"


def _make_weights(folder: Path) -> Path:
    from deephar.checkpoints.lifting import save_weights
    from tests.fakes.weights import filled
    save_weights(filled(), folder / "w.weights.h5")
    return folder / "w.weights.h5"


def _read_weights(path: Path):
    from deephar.checkpoints.load import load_weights
    from tests.fakes.weights import small
    model = small()
    load_weights(model, path)
    return model.get_weights()


def _make_keras(folder: Path) -> Path:
    from tests.fakes.weights import filled
    filled().save(folder / "m.keras")
    return folder / "m.keras"


def _read_keras(path: Path):
    from deephar.checkpoints.load import load_checkpoint
    return load_checkpoint(path).get_weights()


@functools.cache
def _exported(name: str, format: str) -> Path:
    import tempfile

    from deephar.deploy.export import export
    from deephar.networks.load import load_network
    folder = Path(tempfile.mkdtemp(prefix="exported-"))
    network = load_network("random", key="mpii_reception2d", tiny=True)
    export(network, folder / name, format)
    return folder


def _exported_door(name: str, format: str, damaged: str) -> Door:
    def make(folder: Path) -> Path:
        for file in _exported(name, format).iterdir():
            shutil.copyfile(file, folder / file.name)
        return folder / damaged
    return Door(make, lambda path: _read_exported(path.parent / name), heavy=True)


def _read_exported(path: Path):
    from deephar.networks.load import load_network
    network = load_network(path)
    x = np.zeros((1, *network.model.input_shape[1:]), "f4")
    return [network.read(network.model.predict(x))[0],
            network.layout and network.layout.name, dict(network.actions),
            network.frame_step, plain(network.dataconf)]


def _make_stem(folder: Path) -> Path:
    import h5py
    with h5py.File(folder / "vgg.h5", "w") as file:
        for name in ("block1_conv1", "block1_conv2"):
            file[f"{name}/{name}_W_1:0"] = np.ones((3, 3, 3, 4), "f4")
            file[f"{name}/{name}_b_1:0"] = np.ones(4, "f4")
    return folder / "vgg.h5"


def _read_stem(path: Path):
    from deephar.models.vgg import _file_arrays
    return _file_arrays(path, ["block1_conv1", "block1_conv2"])


# === People in space ===

def _make_space(ending: str):
    def make(folder: Path) -> Path:
        from deephar.inference import results
        from deephar.utils.pose import pa16j2d
        poses = np.random.default_rng(0).normal(size=(3, 17, 3))
        lifted = [results.FrameResult(t, t / 25, (64, 48), "v.mp4", (results.Person(
            None, None, None, None, np.zeros(4), "given", np.eye(3), {}, 3, pose,
            np.ones(3)),)) for t, pose in enumerate(poses)]
        path = folder / f"people{ending}"
        if ending == ".json":
            results.save_json(path, lifted, pa16j2d, "net")
        else:
            results.save_npz(path, lifted, pa16j2d)
        return path
    return make


def _read_space(path: Path):
    from deephar.inference.motion3d import read_motions
    from deephar.inference.view import MotionView
    motion, = read_motions(path).values()
    MotionView(motion)(0, 0.0, 32)
    return [motion.joint_names, {id: annotated(p) for id, p in motion.people.items()},
            motion.times, motion.frames, motion.placed]


DOORS = {
    "key points, 2D": Door(_copy("data_2d_h36m_mini.npz"), _read_takes),
    "key points, 3D": Door(_copy("data_3d_h36m.npz"), _read_takes),
    "key points, video": Door(_make_video_keypoints, _read_video_keypoints),
    "cameras": Door(_copy("cameras.json"), _read_takes),
    "motions": Door(_make_motion, _read_motion),
    "joint map": Door(_make_joint_map, _read_joint_map),
    "label3d npz": Door(_make_label_input(".npz"), _read_label_input),
    "people in space, JSON": Door(_make_space(".json"), _read_space, heavy=True),
    "people in space, npz": Door(_make_space(".npz"), _read_space, heavy=True),
    "label3d npy": Door(_make_label_input(".npy"), _read_label_input),
    "MPII": _dataset(_people("mpii"), "MpiiSinglePerson"),
    "Human3.6M": _dataset(_people("h36m", {"a02_s01_e01_c01": 2}), "Human36M", clip_size=2),
    "Penn Action": _dataset(_people("penn", (3,)), "PennAction", clip_size=2),
    "NTU": _dataset(_people("ntu", {"S001C001P001R001A004": 4}), "Ntu", clip_size=2),
    "Penn boxes": Door(_make_penn_boxes, _read_penn_boxes),
    "MPII release": Door(_make_release, _read_release),
    "Penn label": Door(_make_penn_label, _read_penn_label),
    "NTU skeleton": Door(_make_skeleton, _read_skeleton),
    "CDF": Door(_make_cdf(False), _read_positions),
    "CDF, packed": Door(_make_cdf(True), _read_positions),
    "positions h5": Door(_make_h36m_h5, _read_positions),
    "JPEG": Door(_make_picture(".jpg"), _read_picture),
    "PNG": Door(_make_picture(".png"), _read_picture),
    "TIFF": Door(_make_picture(".tif", compression="tiff_lzw"), _read_picture),
    "WebP": Door(_make_picture(".webp"), _read_picture),
    "mp4": Door(_make_video("a.mp4"), _read_video),
    "avi": Door(_make_video("a.avi", "mjpeg"), _read_video),
    "boxes JSON": Door(_make_boxes(".json"), _read_given_boxes),
    "boxes CSV": Door(_make_boxes(".csv"), _read_given_boxes),
    "report": Door(_make_report, _read_report),
    "rows": Door(_make_rows, _read_rows),
    "table": Door(_make_table, _read_table, heavy=True),
    "state": Door(_make_state, _read_state, heavy=True),
    "config": Door(_make_config, _read_config, heavy=True),
    "model.json": Door(_make_description, _read_description, heavy=True),
    "model.json, built": Door(_make_description, _build_description, heavy=True),
    "lifter.json": Door(_make_lifter, _read_lifter, heavy=True),
    "generator.json": Door(_make_generator("lifter.json"), _read_generator, heavy=True),
    "generator weights": Door(_make_generator("view_synthesis.weights.h5"),
                              _read_generator, heavy=True),
    "torch weights": Door(_make_torch, _read_torch, heavy=True),
    "legacy h5": Door(_make_legacy, _read_legacy, heavy=True),
    "legacy groups": Door(_make_legacy_light, _read_groups),
    "weights h5": Door(_make_weights, _read_weights, heavy=True),
    "keras": Door(_make_keras, _read_keras, heavy=True),
    "ONNX": _exported_door("m.onnx", "onnx", "m.onnx"),
    "ONNX meaning": _exported_door("m.onnx", "onnx", "m.onnx.json"),
    "LiteRT": _exported_door("m.tflite", "litert", "m.tflite"),
    "OpenVINO": _exported_door("m.xml", "openvino", "m.xml"),
    "OpenVINO numbers": _exported_door("m.xml", "openvino", "m.bin"),
    "best score": Door(_make_best, _read_best, heavy=True),
    "stem": Door(_make_stem, _read_stem, heavy=True),
}
NEEDS = {"ONNX": ("onnx", "onnxruntime"), "OpenVINO": ("openvino", "onnx"),
         "LiteRT": ("ai_edge_litert",)}
for _name in list(DOORS):
    if not all(map(find_spec, NEEDS.get(_name.split()[0], ()))):
        del DOORS[_name]                # its package is not installed
