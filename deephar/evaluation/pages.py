"""Reports to look at: `report.html` beside every `report.json`.

One page without outside parts: what was measured beside what was published, by joint
or class and by block, the plots of the folder, the protocol in words.  Several
reports stand side by side on one.
"""
from pathlib import Path
from typing import Mapping, Sequence

from deephar.evaluation.paper_tables import PAPER_TABLES
from deephar.evaluation.report import (
    block_names, compared, number, row_title, write_report)
from deephar.utils.page import (
    Html, bar, chart, details, facts, joined, picture, table, tag, write_page)

PAGE = "report.html"
# Captions, by the last word of a picture's name.
CAPTIONS = {
    "pckh": "Share of joints that lie within a distance of the true ones",
    "confusion": "Confusion: the share of each true class, by predicted class",
    "best": "Best samples; of poses the true one is left, the predicted one right",
    "worst": "Worst samples; of poses the true one is left, the predicted one right",
    "predictions": "People that the network has never seen",
    "curves": "Losses of the training",
    "poses": "Key points, true poses and predicted ones",
}
DRAWN_HERE = ("blocks",)        # from the numbers, not from their picture


def save_report(folder: Path | str, report: Mapping) -> None:
    """Write `FOLDER/report.json` and the page beside it."""
    write_report(folder, report)
    write_report_page(Path(folder) / PAGE, {Path(folder).name: (report, Path(folder))})


def write_report_page(path: Path, reports: Mapping[str, tuple[Mapping, Path]]) -> None:
    """Write the page of a report, or of several side by side.

    Args:
        reports: {name: (report, folder with its pictures)}.
    """
    names = list(reports)
    title = f"Report: {' and '.join(names)}"
    if len(names) == 1:
        (name, (report, folder)), = reports.items()
        parts = [_header(name, report), *map(_score, report["scores"]),
                 _pictures({name: pictures_of(report, folder)}), _how(report)]
    else:
        parts = [tag("section", tag("h1", title))]
        parts += _side_by_side({name: report for name, (report, _) in reports.items()})
        parts.append(_pictures({name: pictures_of(*pair) for name, pair in reports.items()}))
        parts += [tag("section", tag("h2", name), _whence(report), _how(report))
                  for name, (report, _) in reports.items()]
    write_page(path, title, *parts)


def pictures_of(report: Mapping, folder: Path) -> dict[str, Html]:
    """The pictures that belong to a report, by their names."""
    known = report.get("plots")             # reports of old do not say
    found = {}
    for path in sorted(folder.glob("*.png")):
        last = path.stem.split("-")[-1]
        if last not in DRAWN_HERE and (known is None or path.name in known):
            image = picture(path, f"{path.stem}: {CAPTIONS[last]}" if last in CAPTIONS
                            else path.stem)
            if image is not None:
                found[path.name] = image
    return found


def _header(name: str, report: Mapping) -> Html:
    return tag("section", tag("h1", name), _whence(report), facts({
        "command": report.get("command", ""), "started": report.get("started", ""),
        "seconds": report.get("duration_s", "")}))


def _whence(report: Mapping) -> Html:
    """Whether the report is whole, and whose weights it is of."""
    weights = report["weights"]
    parts = [] if report["status"] == "complete" else [tag(
        "p", "PARTIAL: the run goes on, or was interrupted; --resume finishes it.",
        class_="warn")]
    if weights.get("file"):
        md5 = weights.get("md5", "not known")
        parts.append(tag("p", f"Weights: {weights['file']}, md5 {md5}"))
    else:
        parts.append(tag("p", "RANDOM or no weights: these scores say nothing about the "
                         "method.", class_="warn"))
    return joined(*parts)


def _score(score: Mapping) -> Html:
    rows = [PAPER_TABLES[key] for key in score["paper"]]
    parts = [tag("h2", f"{score['name']} ({score['unit']})")]
    if score["value"] is None:
        parts.append(tag("p", "No score: nothing was evaluated.", class_="warn"))
    else:
        parts.append(tag("p", tag("span", number(score["value"]), class_="value"),
                         score["unit"], Html(" &nbsp; "), tag("span", _beside(score, rows),
                                                               class_="quiet")))
        charts = []
        if len(score["blocks"]) > 1:
            names = block_names(score)
            charts.append(chart(
                f"{score['name']} by block; the last one counts",
                {"ours": (range(len(names)), score["blocks"])},
                names=dict(enumerate(names)) if len(names) <= 8 else None))
        charts += [_parts(score, rows), _extras(score, rows)]
        parts.append(tag("div", *charts, class_="row"))
    counts = f"{score['evaluated']} of {score['samples']} evaluated"
    parts.append(facts({**score["protocol"], "samples": counts,
                        **{f"note {i + 1}": note for i, note in enumerate(score["notes"])},
                        **{f"published {i + 1}": row_title(row)
                           for i, row in enumerate(rows)}}))
    if score["missing"]:
        parts.append(details(f"{len(score['missing'])} samples are missing",
                             facts(dict(list(score["missing"].items())[:100]))))
    return tag("section", *parts)


def _beside(score: Mapping, rows: Sequence) -> str:
    """Ours in words beside every published number."""
    return ";  ".join(
        f"published {number(row.value)}, ours {score['value'] - row.value:+.1f} "
        f"({row.source})" for row in rows if row.value is not None
    ) or "no published row to compare with"


def _parts(score: Mapping, rows: Sequence) -> Html:
    """A bar for every joint or class; a mark where the first published row is."""
    if not score["parts"]:
        return Html("")
    published = next((row.parts for row in rows if row.parts), {})
    values = [v for v in [*score["parts"].values(), *published.values()] if v is not None]
    top = 100 if score["unit"] == "%" else max(values, default=1) or 1
    cells = [["", "ours", *(["published", "difference"] if published else []), ""]]
    for name, value in score["parts"].items():
        other = published.get(name)
        difference = "" if None in (value, other) else f"{value - other:+.1f}"
        cells.append([name, number(value),
                      *([number(other), difference] if published else []),
                      bar(None if value is None else value / top,
                          None if other is None else other / top)])
    return table(cells)


def _extras(score: Mapping, rows: Sequence) -> Html:
    if not score["extras"]:
        return Html("")
    published = next((row.extras for row in rows if row.extras), {})
    cells = [["also measured", "ours", *(["published"] if published else [])]]
    return table(cells + [
        [name, number(value), *([number(published.get(name))] if published else [])]
        for name, value in score["extras"].items()])


def _pictures(columns: Mapping[str, Mapping[str, Html]]) -> Html:
    """Pictures, those of one name in different reports beside each other."""
    names = list(dict.fromkeys(name for column in columns.values() for name in column))
    if not names:
        return Html("")
    rows = []
    for name in names:
        width = f"width:{100 // len(columns) - 3}%"
        rows.append(tag("div", *(
            tag("div", *([tag("p", who)] if len(columns) > 1 else []), column.get(name, ""),
                style=width) for who, column in columns.items()), class_="row"))
    return tag("section", tag("h2", "To look at"), *rows)


def _how(report: Mapping) -> Html:
    """What made the numbers."""
    return details("Settings, versions and times", facts(report.get("versions", {})),
                   facts(report.get("config", {})), facts(report.get("timing", {})))


def _side_by_side(reports: Mapping[str, Mapping]) -> list[Html]:
    sections = []
    for title, cells, differences, scores in compared(reports):
        blocks = chart(f"{title} by block", {
            name: (range(1, len(score["blocks"]) + 1), score["blocks"])
            for name, score in scores.items() if len(score["blocks"]) > 1})
        sections.append(tag(
            "section", tag("h2", title), tag("div", table(cells), blocks, class_="row"),
            *(tag("p", line.strip(), class_="quiet") for line in differences)))
    return sections
