"""Turn a published weight file into one of today's Keras.

Every tensor of the file is accounted for in the report; nothing is written
unless all of them have found their place.

  deephar convert weights/mine.h5 mine.weights.h5 --model penn_spnet
  deephar convert weights/mine.h5 mine.keras --model penn_spnet
"""
from deephar.cli.quiet import start_keras


def add_arguments(parser) -> None:
    parser.add_argument("source", metavar="IN", help="the published .h5 or .hdf5 file")
    parser.add_argument("out", metavar="OUT",
                        help="NAME.weights.h5 (weights) or NAME.keras (the whole network)")
    parser.add_argument("--model", required=True, metavar="NAME",
                        help="its network, as `deephar models` lists them")


def run(args) -> int:
    start_keras()
    from deephar.checkpoints.load import convert
    print(convert(args.source, args.out, args.model))
    print(f"Written: {args.out}")
    return 0
