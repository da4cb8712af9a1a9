"""Open a page to try networks on pictures, videos and the camera.

    deephar demo                                    on this machine alone
    deephar demo --model penn_spnet --port 7000
    deephar demo --share-on-network --max-seconds 10

Needs `pip install "deephar[demo]"`.  The list of networks has the quickstart, the
published files in --weights, and runs and exported files below --runs.  Ctrl-C ends it.
"""
import threading
from pathlib import Path

from deephar.cli.arguments import add_network, positive
from deephar.cli.quiet import start_keras


def add_arguments(parser) -> None:
    add_network(parser)
    parser.add_argument("--runs", type=Path, default=Path("output"),
                        help="folder of your runs and exported files (default: %(default)s)")
    parser.add_argument("--port", type=positive, help="of the page (default: a free one)")
    parser.add_argument("--share-on-network", action="store_true",
                        help="let other machines open it, without a password")
    parser.add_argument("--max-seconds", type=positive, default=30,
                        help="of a video (default: %(default)s)")
    parser.add_argument("--max-megabytes", type=positive, default=50,
                        help="of a file (default: %(default)s)")


def run(args) -> int:
    start_keras()
    from deephar.inference.demo_page import import_gradio, running
    import_gradio()                     # before what takes long
    from deephar.inference.demo import Demo, Limits, networks_here
    demo = Demo(networks_here(args.runs, args.weights, args.model), args.weights,
                Limits(args.max_seconds, args.max_megabytes))
    with running(demo, port=args.port, on_network=args.share_on_network) as address:
        print(f"{address}  (Ctrl-C ends it)", flush=True)
        if args.share_on_network:
            print("Everybody who reaches this machine can use it.", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print()
    return 0
