"""Get published weights or annotation files, checked against their checksums.

Weights go to --folder, annotations to their data set's place under --data.
An interrupted download continues when the command is called again.

  deephar download penn_spnet
  deephar download mpii_reception2d mpii_annotations --data datasets
"""
import sys
from pathlib import Path


def add_arguments(parser) -> None:
    parser.add_argument(
        "names", nargs="+", metavar="NAME",
        help="what `deephar models` lists, 'all' for all of those; "
             "mpii_annotations, h36m_annotations, penn_annotations, "
             "penn_pred_bboxes, penn_pred_bboxes_multitask, ntu_annotations (an archive, "
             "to be unpacked), or 'annotations' for all six")
    parser.add_argument("--folder", default="weights", type=Path,
                        help="for the weights (default: %(default)s)")
    parser.add_argument("--data", default="datasets", type=Path,
                        help="root of the data sets (default: %(default)s)")


def run(args) -> int:
    from deephar.checkpoints.download import DownloadError
    wanted = [file for name in args.names for file in files_of(name, args)]
    failed = 0
    for key, get in wanted:
        try:
            print(f"{key}: {get()}")
        except DownloadError as error:
            failed += 1
            print(f"{key}: {error}", file=sys.stderr)
    if failed and len(wanted) > 1:
        print(f"{failed} of {len(wanted)} could not be downloaded", file=sys.stderr)
    return 1 if failed else 0


def web_page(path: Path) -> str | None:
    """What a shared drive may send in place of a file."""
    with open(path, "rb") as file:
        return "is a web page" if file.read(64).lstrip().startswith(b"<") else None


def files_of(name: str, args) -> list:
    """(key, function that gets its file) of everything that `name` stands for."""
    from deephar.checkpoints.download import fetch
    from deephar.checkpoints.load import find_file
    from deephar.checkpoints.table import ANNOTATIONS, CHECKPOINTS
    from deephar.cli.progress import progress_bar

    def weights(key):
        entry = CHECKPOINTS[key]
        bar = progress_bar(entry.file, unit="MB", scale=1e6, digits=1)
        return key, lambda: find_file(entry, args.folder, progress=bar)

    def annotations(key):
        entry = ANNOTATIONS[key]
        bar = progress_bar(entry.place, unit="MB", scale=1e6, digits=1)
        return key, lambda: fetch(entry.url, args.data / entry.place, entry.md5,
                                  check=web_page, progress=bar)

    if name in ("all", *CHECKPOINTS):
        return [weights(key) for key in (CHECKPOINTS if name == "all" else [name])]
    if name in ("annotations", *ANNOTATIONS):
        return [annotations(key)
                for key in (ANNOTATIONS if name == "annotations" else [name])]
    raise ValueError(f"nothing to download is called {name!r}; there are "
                     f"{', '.join(('all', *CHECKPOINTS, 'annotations', *ANNOTATIONS))}")
