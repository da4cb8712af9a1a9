"""List the networks and the published weights, and which of them are here.

`deephar models NAME` tells everything about one of the published weights.  GFLOP are
the operations of its convolutions and dense layers for one picture or clip.
"""
from pathlib import Path

ARCHITECTURES = (
    ("NAME", "WHAT", "TAKES", "GIVES", "BUILT BY (deephar.models)"),
    ("reception", "ReceptionNet, CVPR'18", "picture",
     "2D or 3D pose, visibility", "reception.build"),
    ("merge", "ReceptionNet, actions, CVPR'18", "clip",
     "actions", "action.build_merge_model"),
    ("spnet", "SPNet, TPAMI'20", "picture or clip",
     "2D or 3D poses, actions", "spnet.build"),
    ("keypoints3d", "3D hourglasses, after ICPR'20", "picture",
     "3D pose, visibility", "keypoints3d.build"),
    ("keypoints3d_action", "3D hourglasses, actions", "clip",
     "actions", "keypoints3d.build_action"),
    ("temporal", "Temporal convolutions, CVPR'19", "2D key points in time",
     "3D poses", "temporal.build"),
    ("lifting", "Linear layers, ICCV'17", "2D key points",
     "3D pose or a second view", "lifting.build"),
)


def add_arguments(parser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME",
                        help="one of the published weights")
    parser.add_argument("--folder", default="weights", type=Path,
                        help="where the files are (default: %(default)s)")


def run(args) -> int:
    from deephar.checkpoints.table import CHECKPOINTS, checkpoint
    from deephar.checkpoints.variants import VARIANTS
    if args.name:
        print(describe_variant(VARIANTS[args.name]) if args.name in VARIANTS else
              describe(checkpoint(args.name), args.folder))
        return 0
    head = ("NAME", "NETWORK", "INPUT", "OUTPUTS", "PARAMS", "GFLOP")
    weights = [(*head, "FILE")] + [
        (*_row(entry, entry.input_shape),
         "here" if (args.folder / entry.file).exists() else "-")
        for entry in CHECKPOINTS.values()]
    variants = [head] + [_row(variant, variant.description.input_shape)
                         for variant in VARIANTS.values()]
    print(f"Networks\n\n{table(ARCHITECTURES)}\n")
    print(f"Published weights (files in {args.folder})\n\n{table(weights)}\n")
    print(f"Without published weights (to be trained)\n\n{table(variants)}\n")
    print("deephar models NAME tells more, deephar download NAME gets the file.")
    return 0


def _row(entry, input_shape) -> tuple[str, ...]:
    return (entry.key, entry.title, _shape(input_shape), entry.outputs,
            f"{entry.parameters / 1e6:.1f} M", f"{entry.flops / 1e9:.1f}")


def describe_variant(variant) -> str:
    """Everything about a network that was never released, for people."""
    layout = variant.description.layout
    return _lines(
        ("name", variant.key),
        ("network", variant.title),
        ("input", _shape(variant.description.input_shape)),
        ("outputs", variant.outputs),
        ("joints", f"{layout.name}: {', '.join(layout.joint_names)}"),
        ("parameters", f"{variant.parameters:,}"),
        ("GFLOP", f"{variant.flops / 1e9:.1f}"),
        ("weights", f"none were released; exp/{variant.script} trains it"),
        ("card", "weights/README.md: what was published and what is this project's "
                 "reading"),
    )


def describe(entry, folder: Path) -> str:
    """Everything about a checkpoint, for people."""
    from deephar.checkpoints.download import fault_of
    from deephar.checkpoints.load import hdf5_fault
    path = folder / entry.file
    fault = fault_of(path, entry.md5, hdf5_fault) if path.exists() else None
    state = ("not here" if not path.exists() else
             f"here, but {fault}" if fault else
             "here, checksum right" if entry.md5 else "here, without a checksum")
    return _lines(
        ("name", entry.key),
        ("network", entry.title),
        ("input", _shape(entry.input_shape)),
        ("outputs", entry.outputs),
        ("joints", f"{entry.layout.name}: {', '.join(entry.layout.joint_names)}"),
        ("parameters", f"{entry.parameters:,}"),
        ("GFLOP", f"{entry.flops / 1e9:.1f}"),
        ("score", entry.expected),
        ("file", f"{path} ({state})"),
        ("from", entry.url),
        ("md5", entry.md5 or f"none: {entry.no_md5}"),
    )


def _lines(*facts: tuple[str, str]) -> str:
    return "\n".join(f"{label:<12}{value}" for label, value in facts)


def table(rows) -> str:
    """Rows of texts as aligned columns, the first row being the head."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join(
        "  " + "  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip()
        for row in rows)


def _shape(shape) -> str:
    return "x".join(map(str, shape))
