"""Show the report of an evaluation, or compare several; of a run, how it goes.

    deephar report output/eval_mpii
    deephar report a/report.json b/report.json
    deephar report a b --html both.html         a page with plots, side by side
    deephar report output/run --html run.html   of a training run, while it goes on
"""
from pathlib import Path

from deephar.cli.quiet import start_keras


def add_arguments(parser) -> None:
    parser.add_argument("reports", nargs="+", metavar="REPORT", type=Path,
                        help="a report.json, or the folder of one, or of a run")
    parser.add_argument("--html", type=Path, metavar="FILE",
                        help="write a page to look at instead")


def run(args) -> int:
    from deephar.evaluation.pages import write_report_page
    from deephar.evaluation.report import compare, format_report, read_report
    if args.html and len(args.reports) == 1 and _is_run(args.reports[0]):
        start_keras()
        from deephar.training.page import write_run_page
        write_run_page(args.reports[0], args.html)
        print(args.html)
        return 0
    paths = [p / "report.json" if p.is_dir() else p for p in args.reports]
    reports = dict(zip(_names(paths), map(read_report, paths)))
    if args.html:
        write_report_page(args.html, {
            name: (report, path.parent)
            for (name, report), path in zip(reports.items(), paths)})
        print(args.html)
    elif len(reports) == 1:
        print(format_report(*reports.values()))
    else:
        print(compare(reports))
    return 0


def _is_run(folder: Path) -> bool:
    """Whether it is the folder of a training that has no report."""
    return (folder / "config.json").exists() and not (folder / "report.json").exists()


def _names(paths: list[Path]) -> list[str]:
    """Short names that tell the reports apart."""
    for name_of in (lambda p: p.parent.name, lambda p: p.stem, str):
        names = [name_of(path) for path in paths]
        if all(names) and len(set(names)) == len(names):
            return names
    return [f"{path} ({i + 1})" for i, path in enumerate(paths)]
