"""Pages hold what they are given, as text; drawings have the numbers' shape."""
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from deephar.utils.page import Html, bar, chart, facts, picture, table, tag, write_page

NASTY = '<script>alert(1)</script>"\'&'


class Elements(HTMLParser):
    """The elements of a page, and its texts."""

    def __init__(self, content: str):
        super().__init__()
        self.tags, self.texts, self.attributes = [], [], []
        self.feed(content)

    def handle_starttag(self, name, attributes):
        self.tags.append(name)
        self.attributes += attributes

    def handle_data(self, data):
        self.texts.append(data)


def test_a_text_cannot_become_a_part_of_the_page(tmp_path):
    Image.new("RGB", (2, 2)).save(tmp_path / "x.png")
    write_page(tmp_path / "page.html", NASTY, NASTY, tag("p", NASTY, title=NASTY),
               table([[NASTY], [tag("b", NASTY)]]), facts({NASTY: NASTY}),
               chart(NASTY, {NASTY: ([0, 1], [0, 1]), "b": ([0], [1])}, names={0: NASTY}),
               picture(tmp_path / "x.png", NASTY))
    page = Elements((tmp_path / "page.html").read_text("utf-8"))
    assert "script" not in page.tags
    assert page.texts.count(NASTY) >= 8 and ("alt", NASTY) in page.attributes


def test_a_page_needs_nothing_from_outside(tmp_path):
    write_page(tmp_path / "page.html", "a page", bar(0.5))
    page = Elements((tmp_path / "page.html").read_text("utf-8"))
    assert not {"link", "script", "iframe"} & set(page.tags)
    policy = dict(page.attributes)["content"]
    assert "default-src 'none'" in policy and "img-src data:" in policy


def test_a_tag():
    assert tag("p", "a<b", Html("<i></i>"), class_="x", stroke_width=2) == (
        '<p class="x" stroke-width="2">a&lt;b<i></i></p>')


@pytest.mark.parametrize("share, mark, wanted", [
    (0.25, None, ["25.0"]), (0.5, 0.75, ["50.0", "75.0"]), (7, -1, ["100.0", "0.0"]),
    (None, None, ["0.0"])])
def test_a_bar(share, mark, wanted):
    assert re.findall(r"([\d.]+)%", bar(share, mark)) == wanted


def points_of(drawing: str) -> np.ndarray:
    text = re.search(r'points="([^"]*)"', drawing)[1]
    return np.array([[float(v) for v in point.split(",")] for point in text.split()])


def test_a_chart_has_the_shape_of_its_numbers():
    drawing = chart("t", {"a": ([0, 1, 2, 3], [5.0, None, 10.0, 0.0])})
    (x0, y0), (x2, y2), (x3, y3) = points_of(drawing)
    assert x2 - x0 == pytest.approx(2 * (x3 - x2), abs=0.2)
    assert y0 - y2 == pytest.approx(y3 - y0, abs=0.2) and y0 > y2       # up is less


def test_a_logarithmic_chart():
    points = points_of(chart("t", {"a": ([0, 1, 2], [0.01, 1.0, 100.0])}, log=True))
    assert points[0, 1] - points[1, 1] == pytest.approx(points[1, 1] - points[2, 1], abs=0.2)
    # What has no logarithm is drawn as it is.
    assert len(points_of(chart("t", {"a": ([0, 1], [0.0, 1.0])}, log=True))) == 2


def test_charts_of_little():
    assert chart("t", {}) == chart("t", {"a": ([0], [np.nan])}) == ""
    assert len(points_of(chart("t", {"a": ([1], [2.0])}))) == 1         # one number
    assert np.isfinite(points_of(chart("t", {"a": ([0, 1], [1e-30, 1e-30])}))).all()


def test_only_pictures_are_pictures(tmp_path, monkeypatch):
    (tmp_path / "a.png").write_text("<svg onload=alert(1)>")
    assert picture(tmp_path / "a.png", "a") is None
    assert picture(tmp_path / "missing.jpg", "a") is None
    Image.new("RGB", (2, 2)).save(tmp_path / "b.jpg")
    assert "data:image/jpeg;base64," in picture(tmp_path / "b.jpg", "a")
    monkeypatch.setattr("deephar.utils.page.LARGEST", 10)
    assert picture(tmp_path / "b.jpg", "a") is None
