"""Write a network for another runtime, ONNX Runtime, LiteRT or OpenVINO, or a model server.

  deephar export onnx                                   the quickstart's, float32
  deephar export onnx --precision int8 --samples photos/    whole numbers
  deephar export litert --precision float16 --model mpii_reception2d
  deephar export savedmodel                             for TensorFlow Serving
  deephar export triton --out models/people             a folder of Triton's models
  deephar predict photo.jpg --model exported/quickstart-int8.onnx

Beside the file, FILE.json says what its outputs mean and how far they are from
the float32 network's.  docs/performance.md tells what each precision costs.
"""
from pathlib import Path

from deephar.cli.arguments import add_network
from deephar.cli.quiet import start_keras

SERVED = ("savedmodel", "triton")
FORMATS = ("onnx", "litert", "openvino", *SERVED)
PRECISIONS = ("float32", "float16", "bfloat16", "int8", "int8-dynamic")


def add_arguments(parser) -> None:
    parser.add_argument("format", choices=FORMATS)
    add_network(parser)
    parser.add_argument("--precision", choices=PRECISIONS, default="float32",
                        help="default: %(default)s")
    parser.add_argument("--samples", type=Path, metavar="FOLDER",
                        help="pictures of people; int8 finds its ranges on them")
    parser.add_argument("--outputs", choices=("last", "all"), default="last",
                        help="of the last block, or of all (default: %(default)s)")
    parser.add_argument("--stop-after-block", type=int, metavar="K",
                        help="leave the network after this prediction block")
    parser.add_argument("--out", type=Path, metavar="FILE",
                        help="default: exported/MODEL-PRECISION.SUFFIX; of a model server, "
                             "the folder exported/MODEL-FORMAT")


def run(args) -> int:
    start_keras()
    from deephar.deploy.export import check_format, export
    from deephar.deploy.export import FORMATS as WRITERS
    from deephar.networks.load import load_network
    if args.format in SERVED:
        return _serve(args)
    check_format(args.format, args.precision)
    network = load_network(args.model, weights=args.weights)
    samples = _samples(args.samples, network) if args.samples else None
    suffix = WRITERS[args.format][0]
    name = Path(args.model).stem.removesuffix(".weights")
    path = args.out or Path("exported") / f"{name}-{args.precision}{suffix}"
    meaning = export(network, path, args.format, args.precision, samples=samples,
                     outputs=args.outputs, blocks=args.stop_after_block)
    print(f"{path}  ({meaning['bytes'] / 1e6:.1f} MB)")
    where = "the samples" if args.samples else "noise"
    print(f"difference from the float32 network on {where}:")
    for row in meaning["parity"]:
        print(f"  {row['output']:<24} greatest {row['greatest']:.1e}  "
              f"mean {row['mean']:.1e}")
    return 0


def _serve(args) -> int:
    from deephar.deploy.serving import serve
    from deephar.networks.cut import cut
    from deephar.networks.load import load_network
    if args.precision != "float32" or args.samples or args.outputs != "last":
        raise ValueError(f"{args.format} has the precision float32 only, and the last "
                         "block's outputs")
    network = load_network(args.model, weights=args.weights)
    if args.stop_after_block:
        network = cut(network, blocks=args.stop_after_block)
    name = Path(args.model).stem.removesuffix(".weights")
    path = args.out or Path("exported") / f"{name}-{args.format}"
    print(f"{path}\ndifference from the network on noise:")
    for output, difference in serve(network, path, args.format)["parity"].items():
        print(f"  {output:<24} greatest {difference:.1e}")
    return 0


def _samples(folder: Path, network):
    """Pictures of a folder as the network sees them, (N, ...) of its input."""
    import numpy as np

    from deephar.deploy.export import MAX_SAMPLES
    from deephar.inference.predictor import crop, open_any
    from deephar.inference.sources import pictures_of
    from deephar.utils.bbox import whole_image_bbox
    paths = pictures_of(folder)
    if not paths:
        raise FileNotFoundError(f"{folder}: no pictures there")
    pictures = map(open_any, paths[::max(1, len(paths) // MAX_SAMPLES)][:MAX_SAMPLES])
    frames = np.stack([
        crop(picture, whole_image_bbox(picture.shape[1::-1]), network.resolution)[0]
        for picture in pictures])
    if network.num_frames is None:
        return frames
    clips = -(-len(frames) // network.num_frames)
    return np.resize(frames, (clips, network.num_frames, *frames.shape[1:]))
