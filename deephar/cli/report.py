"""Show the report of an evaluation, or compare several.

    deephar report output/eval_mpii
    deephar report a/report.json b/report.json
"""
from pathlib import Path


def add_arguments(parser) -> None:
    parser.add_argument("reports", nargs="+", metavar="REPORT", type=Path,
                        help="a report.json, or the folder of one")


def run(args) -> int:
    from deephar.evaluation.report import compare, format_report, read_report
    paths = [p / "report.json" if p.is_dir() else p for p in args.reports]
    reports = [read_report(path) for path in paths]
    if len(reports) == 1:
        print(format_report(reports[0]))
    else:
        print(compare(dict(zip(_names(paths), reports))))
    return 0


def _names(paths: list[Path]) -> list[str]:
    """Short names that tell the reports apart."""
    for name_of in (lambda p: p.parent.name, lambda p: p.stem, str):
        names = [name_of(path) for path in paths]
        if all(names) and len(set(names)) == len(names):
            return names
    return [f"{path} ({i + 1})" for i, path in enumerate(paths)]
