"""Label 2D key points with 3D poses: a made-up second view, and a search for the depth.

INPUT is a key-point file (data_2d_*.npz, with --allow-pickle), or a plain .npy
or .npz of arrays (N, 17, 2), pixels, in the joints' order of Human3.6M.
OUTPUT gets NAME/poses (N, 17, 3) in mm, relative to the root, and per frame
NAME/depth (mm to the root) and NAME/confidence (0 to 1), for every sequence.

    deephar label3d data_2d_custom_mine.npz labels.npz --weights output/label_generator \\
        --allow-pickle
"""
from pathlib import Path

from deephar.cli.quiet import start_keras


def add_arguments(parser) -> None:
    parser.add_argument("input", metavar="INPUT", type=Path)
    parser.add_argument("output", metavar="OUTPUT", type=Path)
    parser.add_argument("--weights", type=Path, default="output/label_generator",
                        help="folder of a training (default: %(default)s)")
    parser.add_argument("--allow-pickle", action="store_true",
                        help="read a key-point file; it can run code: trust it first")
    parser.add_argument("--no-search", dest="search", action="store_false",
                        help="leave the poses as the network gives them")
    parser.add_argument("--cost", choices=("l1", "l2"), default="l1",
                        help="of the search (default: %(default)s)")
    parser.add_argument("--intrinsics", type=float, nargs=4, metavar=("FX", "FY", "CX", "CY"),
                        help="of the camera, in pixels (default: those of the training)")
    parser.add_argument("--principal", choices=("image", "root"), default="image",
                        help="root: the person is in the middle of an unknown picture")
    parser.add_argument("--fill", action="store_true",
                        help="interpolate missing key points (NaN) in time")


def run(args) -> int:
    import numpy as np

    from deephar.utils.files import atomic_path
    sequences = read_sequences(args.input, args.allow_pickle, args.fill)

    start_keras()
    from deephar.networks.label_generator import LabelGenerator
    generator = LabelGenerator.load(args.weights)
    arrays = {}
    for name, points in sequences.items():
        labels = generator.labels(points, search=args.search, cost=args.cost,
                                  intrinsics=args.intrinsics, principal=args.principal)
        arrays |= {f"{name}/poses": labels.poses, f"{name}/depth": labels.depths,
                   f"{name}/confidence": labels.confidence}
        print(f"{name}: {len(points)} frames, median depth "
              f"{np.nanmedian(labels.depths) / 1000:.2f} m, mean confidence "
              f"{labels.confidence.mean():.2f}")
    with atomic_path(args.output) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)
    print(f"{args.output}: {len(sequences)} sequences")
    return 0


def read_sequences(path: Path, allow_pickle: bool, fill: bool) -> dict:
    """{name: (N, 17, 2) pixels} of a file."""
    import numpy as np

    from deephar.data.keypoints.files import read_keypoints
    from deephar.data.keypoints.takes import H36M17_SYMMETRY, fill_missing
    from deephar.data.matfile import load_npy
    from deephar.utils.reading import names_in, read_npz
    if path.suffix == ".npy":
        sequences = {path.stem: load_npy(path)}
    elif "positions_2d" not in names_in(path):
        sequences = read_npz(path)
    else:
        keypoints = read_keypoints(path, allow_pickle=allow_pickle)
        if keypoints.symmetry != H36M17_SYMMETRY:
            raise ValueError(f"{path} has the joints of {keypoints.layout_name!r}; labels "
                             "are made of the 17 of Human3.6M")
        sequences = {f"{subject}/{take}/{view}": points
                     for subject, takes in keypoints.positions.items()
                     for take, views in takes.items()
                     for view, points in enumerate(views) if points is not None}
    for name, points in sequences.items():
        if points.dtype.kind != "f" or np.isinf(points).any():
            raise ValueError(f"{path}: {name} must be numbers of pixels, or NaN")
        if points.ndim != 3 or points.shape[1:] not in ((17, 2), (17, 3)) or not len(points):
            raise ValueError(f"{path}: {name} must be (N, 17, 2), got {points.shape}")
        sequences[name] = points = points[..., :2]
        missing = ~np.isfinite(points).all((1, 2))
        if missing.any() and not fill:
            raise ValueError(f"{path}: {name} has key points missing in {missing.sum()} "
                             f"frames, {missing.argmax()} is the first; --fill interpolates")
        if missing.any():
            sequences[name] = fill_missing(points)
    return sequences
