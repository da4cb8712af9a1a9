"""List the networks and the published weights, and which of them are here.

`deephar models NAME` tells everything about one of the published weights.  GFLOP are
the operations of its convolutions and dense layers for one picture or clip.

  deephar models
  deephar models penn_spnet
"""
from pathlib import Path

# Networks that see key points, not pictures.
LIFTERS = (
    ("temporal", "Temporal convolutions, CVPR'19", "2D key points in time", "3D poses",
     "temporal.build"),
    ("linear", "Linear layers, ICCV'17", "2D key points", "3D pose or a second view",
     "linear.build"),
)


def add_arguments(parser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME",
                        help="one of the published weights")
    parser.add_argument("--folder", default="weights", type=Path,
                        help="where the files are (default: %(default)s)")


def run(args) -> int:
    from deephar.checkpoints.description import ARCHITECTURES
    from deephar.checkpoints.table import CHECKPOINTS, checkpoint
    from deephar.checkpoints.variants import VARIANTS
    if args.name:
        print(describe(VARIANTS.get(args.name) or checkpoint(args.name), args.folder))
        return 0
    kinds = [("NAME", "WHAT", "TAKES", "GIVES", "BUILT BY (deephar.models)"),
             *((name, kind.title, kind.takes, kind.gives, kind.built_by)
               for name, kind in ARCHITECTURES.items()), *LIFTERS]
    head = ("NAME", "NETWORK", "INPUT", "OUTPUTS", "PARAMS", "GFLOP")
    weights = [(*_row(entry), "here" if (args.folder / entry.file).exists() else "-")
               for entry in CHECKPOINTS.values()]
    print(f"Networks\n\n{table(kinds)}\n")
    print(f"Published weights (files in {args.folder})\n\n"
          f"{table([(*head, 'FILE'), *weights])}\n")
    print("Without published weights (to be trained)\n\n"
          f"{table([head, *map(_row, VARIANTS.values())])}\n")
    print("deephar models NAME tells more, deephar download NAME gets the file.")
    return 0


def _row(entry) -> tuple[str, ...]:
    return (entry.key, entry.title, _shape(entry.description.input_shape), entry.outputs,
            f"{entry.parameters / 1e6:.1f} M", f"{entry.flops / 1e9:.1f}")


def describe(entry, folder: Path) -> str:
    """Everything about a network of the tables, for people."""
    from deephar.checkpoints.table import Checkpoint
    layout = entry.description.layout
    facts = [
        ("name", entry.key),
        ("network", entry.title),
        ("input", _shape(entry.description.input_shape)),
        ("outputs", entry.outputs),
        ("joints", f"{layout.name}: {', '.join(layout.joint_names)}"),
        ("parameters", f"{entry.parameters:,}"),
        ("GFLOP", f"{entry.flops / 1e9:.1f}"),
    ]
    if isinstance(entry, Checkpoint):
        path = folder / entry.file
        facts += [
            ("score", entry.expected),
            ("file", f"{path} ({_state(entry, path)})"),
            ("from", entry.url),
            ("md5", entry.md5 or f"none: {entry.no_md5}"),
        ]
    else:
        facts += [
            ("weights", f"none were released; exp/{entry.script} trains it"),
            ("card", "weights/README.md: what was published and what is this project's "
                     "reading"),
        ]
    return "\n".join(f"{label:<12}{value}" for label, value in facts)


def _state(entry, path: Path) -> str:
    from deephar.checkpoints.download import fault_of
    from deephar.checkpoints.load import hdf5_fault
    if not path.exists():
        return "not here"
    if fault := fault_of(path, entry.md5, hdf5_fault):
        return f"here, but {fault}"
    return "here, checksum right" if entry.md5 else "here, without a checksum"


def table(rows) -> str:
    """Rows of texts as aligned columns, the first row being the head."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join(
        "  " + "  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip()
        for row in rows)


def _shape(shape) -> str:
    return "x".join(map(str, shape))
