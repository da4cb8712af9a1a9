"""What an evaluation says: one JSON, one table on the terminal, comparisons.

A `Score` is one measured number with everything that it needs to be
believed: protocol, counts, missing samples.  A report is the scores of one
run with weights, versions and command, as a plain dictionary (its JSON).

The headline is always the last block.  "Best block" is chosen on the test
data, so it is only printed as the line that the published scripts print.
"""
import datetime
import json
import platform
import shlex
import sys
import textwrap
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Iterator, Mapping, Sequence

import numpy as np

from deephar.evaluation.paper_tables import PAPER_TABLES, PaperRow
from deephar.utils.files import read_json, write_json
from deephar.utils.reading import damaged, reading
from deephar.utils.timing import versions_of

PACKAGES = ("deephar", "tensorflow", "keras", "numpy", "h5py", "scipy", "pillow")


# What a score in a file is made of.
KINDS = {"name": (str,), "unit": (str,), "value": (int, float, type(None)),
         "higher_is_better": (bool,), "blocks": (list, tuple), "block_names": (list, tuple),
         "parts": (dict,), "legacy_parts": (dict,), "extras": (dict,), "protocol": (dict,),
         "samples": (int,), "evaluated": (int,), "missing": (dict,), "notes": (list, tuple),
         "paper": (list, tuple)}


@dataclass
class Score:
    """One measured number and how it was made.

    Args:
        name, unit: as in `PaperRow`: "PCKh@0.5", "%".
        value: the headline (last block); None when nothing was evaluated.
        higher_is_better: or an error, the lower the better.
        blocks: the same measure for each block.
        block_names: of the blocks; 1, 2, ... by default.
        parts: the headline block's score per joint or action.
        legacy_parts: the best block's, where the published script prints those.
        extras: other measures of the same predictions.
        protocol: split, stride, crops, flips, boxes, cameras ... in words.
        samples: how many there are to evaluate.
        evaluated: how many `value` is made of.
        missing: the others, sample to reason.
        notes: what else a reader must know.
        paper: keys of `PAPER_TABLES` to compare with.
    """
    name: str
    unit: str
    value: float | None
    higher_is_better: bool = True
    blocks: Sequence[float] = ()
    block_names: Sequence[str] = ()
    parts: Mapping[str, float] = field(default_factory=dict)
    legacy_parts: Mapping[str, float] = field(default_factory=dict)
    extras: Mapping[str, float] = field(default_factory=dict)
    protocol: Mapping[str, Any] = field(default_factory=dict)
    samples: int = 0
    evaluated: int = 0
    missing: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()
    paper: Sequence[str] = ()


def make_report(scores: Sequence[Score], *, weights: Mapping, seed: int | None = None,
                started: datetime.datetime | None = None, complete: bool = True,
                config: Mapping | None = None, timing: Mapping | None = None) -> dict:
    """The report of one run, ready for `write_json`.

    Args:
        scores: the measured numbers.
        weights: see `deephar.networks.network`.
        seed: of whatever was random.
        started: local start time; gives the duration.
        complete: False if the run was interrupted: its scores are of a part.
        config: the script's flags.
        timing: shares of the time, peak memory and the like.

    Raises:
        ValueError: a score is set beside a row of another metric.
    """
    for score, key in ((scored, row) for scored in scores for row in scored.paper):
        metric = PAPER_TABLES[key].metric
        if not f"{score.name},".startswith(f"{metric},") and not score.name.endswith(
                f" {metric}"):
            raise ValueError(f"row {key} is of {metric}: it cannot be compared with "
                             f"{score.name}")
    now = datetime.datetime.now()
    started = started or now
    return _plain({
        "status": "complete" if complete else "partial",
        "scores": [asdict(score) for score in scores],
        "weights": dict(weights),
        "config": dict(config or {}),
        "command": shlex.join(sys.argv),
        "seed": seed,
        "started": started.isoformat(timespec="seconds"),
        "duration_s": round((now - started).total_seconds(), 1),
        "timing": dict(timing or {}),
        "versions": {"python": platform.python_version(), **versions_of(PACKAGES)},
    })


def write_report(folder: Path | str, report: Mapping) -> None:
    """Write `FOLDER/report.json`, with its checksum."""
    write_json(Path(folder) / "report.json", {**report, "checksum": _checksum(report)})


def _checksum(report: Mapping) -> str:
    return f"{zlib.crc32(json.dumps(report, sort_keys=True).encode()):08x}"


def read_report(path: Path | str) -> dict:
    """What `write_report` wrote; reports of old have no checksum.

    Raises:
        ValueError: the file is no report, damaged, or was changed; says why.
    """
    content = read_json(path)
    if not (isinstance(content, dict) and {"status", "scores"} <= set(content)):
        raise ValueError(f"{path} is not the report of an evaluation")
    if content.pop("checksum", None) not in (None, _checksum(content)):
        raise damaged(path, "its numbers are not as they were written")
    with reading(path):
        scores = [asdict(Score(**score)) for score in content["scores"]]
        for score in scores:
            _check_score(score)
        return {**content, "scores": scores, "weights": dict(content.get("weights", {}))}


def _check_score(score: Mapping) -> None:
    for name, usual in KINDS.items():
        value = score[name]
        if not isinstance(value, usual) or isinstance(value, bool) and bool not in usual:
            raise ValueError(f"{name} of a score must not be {str(value)[:100]}")
    numbers = [score["value"], *score["blocks"], *score["parts"].values(),
               *score["legacy_parts"].values(), *score["extras"].values()]
    if not all(v is None or type(v) in (int, float) for v in numbers):
        raise ValueError(f"{score['name']} holds what is no number")
    unknown = set(score["paper"]) - set(PAPER_TABLES)
    if unknown:
        raise ValueError(f"no paper has the results {unknown}")


def all_evaluated(report: Mapping) -> bool:
    """Whether the run is whole and no sample is missing: exit code 0."""
    return report["status"] == "complete" and not any(
        score["missing"] for score in report["scores"])


# === On the terminal ===

def format_report(report: Mapping) -> str:
    """The report as text, one table per score."""
    lines = []
    if report["status"] != "complete":
        lines += ["PARTIAL: the run was interrupted; --resume finishes it.", ""]
    for score in report["scores"]:
        lines += _score_lines(score) + [""]
    weights = report["weights"]
    lines.append("weights: " + (f"{weights['file']} (md5 {weights.get('md5', 'not known')})"
                                if weights.get("file") else
                                "RANDOM: these scores say nothing about the method"))
    return "\n".join(lines)


def _score_lines(score: Mapping) -> list[str]:
    rows = [PAPER_TABLES[key] for key in score["paper"]]
    lines = [f"{score['name']} ({score['unit']})"]
    lines += [f"  {key}: {value}" for key, value in score["protocol"].items()]
    lines.append(f"  samples: {score['evaluated']} of {score['samples']} evaluated")
    for sample, reason in list(score["missing"].items())[:10]:
        lines.append(f"    missing: {sample}: {reason}")
    if len(score["missing"]) > 10:
        lines.append(f"    ... and {len(score['missing']) - 10} more in the JSON")
    lines += [f"  note: {note}" for note in score["notes"]]
    if score["value"] is None:
        return lines + ["  no score: nothing was evaluated"]
    if len(score["blocks"]) > 1:
        lines += table([["block"] + block_names(score),
                        [""] + [number(v) for v in score["blocks"]]])
    measured = [row for row in rows if row.value is not None]
    lines += table(_comparison(score, measured))
    lines += [f"  [{i + 1}] {row_title(row)}" for i, row in enumerate(measured)]
    lines += [f"  published: {row.title}: not verified, no number ({row.source})"
              for row in rows if row.value is None]
    return lines + _legacy_line(score)


def row_title(row: PaperRow) -> str:
    """A published row in words."""
    return f"{row.title} ({row.source})" + (f"; {row.note}" if row.note else "")


def _comparison(score: Mapping, rows: Sequence[PaperRow]) -> list[list[str]]:
    """Ours beside every published row that has numbers."""
    cells = [["", "ours"] + [
        text for i in range(len(rows)) for text in (f"[{i + 1}]", "diff")]]

    def line(label, ours, published):
        cells.append([label, number(ours)] + [
            text for v in published for text in (
                number(v), "" if None in (v, ours) else f"{ours - v:+.{1 + (abs(v) < 10)}f}")])

    for name, value in score["parts"].items():
        line(name, value, [row.parts.get(name) for row in rows])
    for name, value in score["extras"].items():
        line(name, value, [row.extras.get(name) for row in rows])
    line(f"{score['name']}, last block" if score["blocks"] else score["name"],
         score["value"], [row.value for row in rows])
    return cells


def _legacy_line(score: Mapping) -> list[str]:
    blocks = score["blocks"]
    if len(blocks) < 2:
        return []
    known = np.array(blocks, float)     # None, for no number, becomes NaN
    best = int((np.nanargmax if score["higher_is_better"] else np.nanargmin)(known))
    lines = [f"  legacy, best block (chosen on the test data): "
             f"block {block_names(score)[best]}, {number(blocks[best])}"]
    parts = ", ".join(f"{name} {number(value)}"
                      for name, value in score["legacy_parts"].items())
    return lines + textwrap.wrap(parts, 80, initial_indent="    ",
                                 subsequent_indent="    ")


def block_names(score: Mapping) -> list[str]:
    """Names of a score's blocks; 1, 2, ... by default."""
    return list(score["block_names"]) or [
        str(i + 1) for i in range(len(score["blocks"]))]


def compare(named_reports: Mapping[str, Mapping]) -> str:
    """Several reports side by side: headline, parts, and the difference to the first.

    Args:
        named_reports: column title to report.
    """
    lines = []
    for title, cells, differences, _ in compared(named_reports):
        lines += [title] + table(cells) + differences + [""]
    for name, report in named_reports.items():
        random = "" if report["weights"].get("file") else ", RANDOM weights"
        lines.append(f"{name}: {report['status']}{random}")
    return "\n".join(lines)


def compared(named_reports: Mapping[str, Mapping]
             ) -> Iterator[tuple[str, list[list[str]], list[str], dict[str, Mapping]]]:
    """For every score of several reports: title, cells, where the protocols differ, and
    the scores by the names of the reports that have it."""
    names = list(named_reports)
    columns = [{f"{score['name']} ({score['unit']})": score for score in report["scores"]}
               for report in named_reports.values()]
    for title in dict.fromkeys(key for column in columns for key in column):
        scores = [column.get(title) for column in columns]
        cells = [[""] + names + [f"{name} - {names[0]}" for name in names[1:]]]
        parts = dict.fromkeys(p for s in scores if s for p in s["parts"])
        for part in [*parts, None]:
            values = [s and (s["value"] if part is None else s["parts"].get(part))
                      for s in scores]
            cells.append([part or "headline"] + [number(v) for v in values] + [
                "" if None in (v, values[0]) else f"{v - values[0]:+.2f}"
                for v in values[1:]])
        yield title, cells, _differences(names, scores), {
            name: score for name, score in zip(names, scores) if score}


def _differences(names, scores) -> list[str]:
    """Where the protocols and counts of the compared scores disagree."""
    lines = []
    present = [(name, s) for name, s in zip(names, scores) if s]
    names = [name for name, _ in present]
    seen = [{**s["protocol"], "evaluated": s["evaluated"]} for _, s in present]
    for key in dict.fromkeys(k for facts in seen for k in facts):
        values = [facts.get(key) for facts in seen]
        if any(value != values[0] for value in values):
            lines.append(f"  differs: {key}: " + ", ".join(
                f"{name} {value}" for name, value in zip(names, values)))
    return lines


def number(value: float | None) -> str:
    """Three digits or more; empty for no number."""
    if value is None:
        return ""
    return f"{value:.{2 if abs(value) < 10 else 1 if abs(value) < 1000 else 0}f}"


def table(cells: Sequence[Sequence[str]]) -> list[str]:
    """Lines of aligned columns, indented; the first column to the left."""
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return ["  " + "  ".join(
        text.ljust(width) if i == 0 else text.rjust(width)
        for i, (text, width) in enumerate(zip(row, widths))).rstrip() for row in cells]


def _plain(value: Any) -> Any:
    """`value` with what JSON cannot hold turned into what it can; NaN to None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
