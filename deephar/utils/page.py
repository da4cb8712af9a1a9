"""Pages to look at: one HTML file without outside parts, written whole.

`tag` makes every piece.  What is not `Html` yet is a text of somebody, perhaps of a
file, and is escaped; so there is no other way for it into a page.
"""
import base64
import html
import math
from pathlib import Path
from typing import Mapping, Sequence

import numpy as np

from deephar.utils.files import atomic_path

Curve = tuple[Sequence[float], Sequence[float]]

COLORS = ("#2563eb", "#d97706", "#059669", "#db2777", "#7c3aed", "#0891b2", "#65a30d",
          "#dc2626", "#475569", "#a16207")
TYPES = {".png": (b"\x89PNG\r\n\x1a\n", "image/png"), ".jpg": (b"\xff\xd8\xff", "image/jpeg")}
LARGEST = 16 << 20          # bytes of a picture in a page
WIDTH, HEIGHT = 360, 210    # of a chart
LEFT, RIGHT, TOP, BOTTOM = 52, 18, 28, 24
# Nothing is fetched and nothing runs, whatever a page may come to hold.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1f2328; background: #f6f7f9;
       max-width: 1200px; margin: 0 auto; padding: 24px; }
section { background: #fff; border: 1px solid #dfe3e8; border-radius: 10px;
          padding: 16px 24px; margin: 16px 0; }
h1 { margin: 0 0 4px; font-size: 26px; } h2 { margin: 4px 0 12px; font-size: 19px; }
p { margin: 6px 0; } .quiet { color: #667; } .warn { color: #b42318; font-weight: 600; }
.value { font-size: 34px; font-weight: 650; margin: 0 8px 0 0; }
.row { display: flex; flex-wrap: wrap; gap: 20px 28px; align-items: flex-start; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 8px 0; }
td, th { padding: 2px 12px 2px 0; text-align: right; font-weight: 400; }
th { color: #667; border-bottom: 1px solid #dfe3e8; }
td:first-child, th:first-child { text-align: left; }
.facts td { text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.facts td:first-child { color: #667; white-space: nowrap; }
.bar { width: 160px; height: 11px; background: #eceff3; position: relative; }
.bar i { position: absolute; left: 0; top: 0; bottom: 0; background: #2563eb; }
.bar b { position: absolute; top: -2px; bottom: -2px; width: 2px; background: #d97706; }
figure { margin: 8px 0; max-width: 100%; } figcaption { color: #667; font-size: 13px; }
img { max-width: 100%; height: auto; border-radius: 6px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13px; margin: 6px 0; }
summary { cursor: pointer; color: #667; } svg text { font: 11px system-ui, sans-serif; }
"""


class Html(str):
    """A text that is HTML already."""


def tag(name: str, *children, **attributes) -> Html:
    """`<name attributes>children</name>`; `class_` is the attribute class."""
    words = "".join(f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
                    for key, value in attributes.items())
    return Html(f"<{name}{words}>{joined(*children)}</{name}>")


def joined(*children) -> Html:
    """Pieces one after another; texts are escaped."""
    return Html("".join(child if isinstance(child, Html) else html.escape(str(child))
                        for child in children))


def write_page(path: Path | str, title: str, *children) -> None:
    """Write a page, atomically."""
    head = joined(Html('<meta charset="utf-8">'), Html(
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'),
        tag("title", title), tag("style", Html(STYLE)))
    body = tag("html", tag("head", head), tag("body", *children), lang="en")
    with atomic_path(path) as temporary:
        temporary.write_text(f"<!DOCTYPE html>\n{body}\n", "utf-8")


def table(cells: Sequence[Sequence], head: bool = True, **attributes) -> Html:
    """Rows of cells, the first one being the head."""
    return tag("table", *(
        tag("tr", *(tag("th" if head and i == 0 else "td", cell) for cell in row))
        for i, row in enumerate(cells)), **attributes)


def facts(content: Mapping) -> Html:
    """Names and what they are."""
    return table([(key, str(value)) for key, value in content.items()], head=False,
                 class_="facts")


def details(summary: str, *children) -> Html:
    """What is shown when asked for."""
    return tag("details", tag("summary", summary), *children)


def bar(share: float | None, mark: float | None = None) -> Html:
    """A bar of `share`, 0 to 1, of its room, and a mark to compare it with."""
    parts = [tag("i", style=f"width:{100 * min(max(share or 0, 0), 1):.1f}%")]
    if mark is not None:
        parts.append(tag("b", style=f"left:{100 * min(max(mark, 0), 1):.1f}%"))
    return tag("div", *parts, class_="bar")


def picture(path: Path, caption: str) -> Html | None:
    """A PNG or JPEG file within the page; None if it is none, or a huge one."""
    magic, kind = TYPES[path.suffix]
    if not path.is_file() or path.stat().st_size > LARGEST:
        return None
    data = path.read_bytes()
    if not data.startswith(magic):
        return None
    source = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    return tag("figure", tag("img", src=source, alt=caption), tag("figcaption", caption))


def chart(title: str, curves: Mapping[str, Curve], *, log: bool = False,
          names: Mapping[float, str] | None = None) -> Html:
    """Lines over x as a drawing; points that are no numbers are left out.

    Args:
        curves: {label: (x, y)}.
        log: y by its logarithm, where all of it is positive.
        names: of places on x, instead of numbers.
    """
    known = {}
    for label, (x, y) in curves.items():
        x, y = np.asarray(x, float), np.asarray(y, float)
        good = np.isfinite(x) & np.isfinite(y)
        if good.any():
            known[label] = x[good], y[good]
    if not known:
        return Html("")
    all_x, all_y = (np.concatenate(parts) for parts in zip(*known.values()))
    log = log and bool((all_y > 0).all())
    to_x, _ = _scale(all_x, LEFT, WIDTH - RIGHT)
    to_y, levels = _scale(np.log10(all_y) if log else all_y, HEIGHT - BOTTOM, TOP)
    parts = [tag("text", title, x=LEFT, y=15, fill="#1f2328", font_weight=600)]
    for level in levels:
        place = to_y(level)
        parts += [tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=_px(place), y2=_px(place),
                      stroke="#e5e8ec"),
                  tag("text", f"{10 ** level if log else level:.3g}", x=LEFT - 6,
                      y=_px(place + 4), text_anchor="end", fill="#667")]
    ends = names or {value: f"{value:g}" for value in (all_x.min(), all_x.max())}
    parts += [tag("text", text, x=_px(to_x(place)), y=HEIGHT - 8, text_anchor="middle",
                  fill="#667") for place, text in ends.items()]
    for i, (label, (x, y)) in enumerate(known.items()):
        y = np.log10(y) if log else y
        points = [f"{_px(to_x(a))},{_px(to_y(b))}" for a, b in zip(x, y)]
        color = COLORS[i % len(COLORS)]
        parts.append(tag("polyline", points=" ".join(points), fill="none", stroke=color,
                         stroke_width=1.8))
        parts += [tag("circle", cx=point.split(",")[0], cy=point.split(",")[1], r=2.4,
                      fill=color) for point in points if len(points) <= 40]
    drawing = tag("svg", *parts, width=WIDTH, height=HEIGHT,
                  viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=title)
    if len(known) == 1:
        return tag("figure", drawing)
    return tag("figure", drawing, tag("figcaption", *(
        tag("span", f"● {label}  ", style=f"color:{COLORS[i % len(COLORS)]}")
        for i, label in enumerate(known))))


def _scale(values: np.ndarray, first: float, last: float):
    """(a function from values to pixels, round values among them)."""
    low, high = float(values.min()), float(values.max())
    if high - low < 1e-9 * max(abs(high), 1e-9):
        low, high = low - max(abs(low) * 0.1, 1e-6), high + max(abs(high) * 0.1, 1e-6)
    step = 10.0 ** math.floor(math.log10((high - low) / 2))
    step *= next(f for f in (1, 2, 5, 10) if (high - low) / (f * step) <= 5)
    marks = step * np.arange(math.ceil(low / step), math.floor(high / step) + 1)
    return lambda v: first + (v - low) / (high - low) * (last - first), marks


def _px(value: float) -> str:
    return f"{value:.1f}"
