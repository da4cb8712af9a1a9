"""A visitor of the demo page: uploads, sees people, is told what is wrong."""
import contextlib
import json
import threading
import urllib.error
import urllib.request

import pytest

pytest.importorskip("gradio")
pytest.importorskip("selenium")
pytest.importorskip("av")

from deephar.inference import demo, demo_page
from tests.fakes.browser import CHROMIUM, DRIVER, PATIENCE, browsing
from tests.fakes.networks import fixed
from tests.fakes.owners import write_jpeg, write_video


@pytest.fixture
def address(monkeypatch, tmp_path):
    network = fixed(frames=4, actions=[0.1, 0.8, 0.1])
    monkeypatch.setattr(demo, "load_network", lambda name, **options: network)
    ready = demo.Demo({"mine": "somewhere"}, tmp_path, demo.Limits(seconds=1))
    with demo_page.running(ready) as address:
        yield address


def is_wide(element) -> bool:
    return int(element.get_property("naturalWidth") or 0) > 0


def shows(name: str):
    """Whether a video that was uploaded is there."""
    return lambda element: name in (element.get_attribute("src") or "")


@pytest.mark.slow
@pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Chromium and its driver")
def test_a_visit(address, tmp_path):
    write_jpeg(tmp_path / "a.jpg", size=(96, 64))
    write_video(tmp_path / "a.mp4", num_frames=8)
    write_video(tmp_path / "long.mp4", num_frames=40)
    with browsing(address, tmp_path / "downloads") as page:
        page.upload("#given-picture", tmp_path / "a.jpg")
        page.find("#given-picture img", is_wide)
        page.click("#find-picture")
        page.find("#drawn-picture img", is_wide)
        page.find("#people-picture", lambda element: "0.9" in element.text)
        page.click("#json-picture")
        saved = page.until(lambda: next((tmp_path / "downloads").glob("*.json"), None))
        assert json.loads(saved.read_text())["frames"][0]["people"]

        page.click("button[role=tab]", "Video")
        page.click("#find-video")
        page.find(".toast-body", lambda element: "choose a video first" in element.text)
        page.upload("#given-video", tmp_path / "long.mp4")
        page.find("#given-video video", shows("long.mp4"))
        page.click("#find-video")
        page.find(".toast-body", lambda element: "longer than the 1 seconds" in element.text)
        page.click("#given-video button[aria-label=Clear]")
        page.upload("#given-video", tmp_path / "a.mp4")
        page.find("#given-video video", shows("a.mp4"))
        page.click("#find-video")
        page.find("#drawn-video video")
        page.find("#people-video", lambda element: "0.8" in element.text)
        assert page.hosts() == {"127.0.0.1"}        # nobody else hears of it


@pytest.mark.slow
@pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Chromium and its driver")
def test_the_camera(address, tmp_path):
    with browsing(address, tmp_path) as page:
        page.click("#given-picture button[aria-label='Capture from camera']")
        page.click("#given-picture button", "Webcam")
        page.find("#given-picture video", lambda seen: seen.get_property("videoWidth"))
        page.click("#given-picture button[aria-label='capture photo']")
        page.find("#given-picture img", is_wide)
        page.click("#find-picture")
        page.find("#people-picture", lambda element: "0.9" in element.text)
        page.find("#drawn-picture img", is_wide)


@pytest.mark.slow
@pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs Chromium and its driver")
def test_two_users_take_turns(address, tmp_path, monkeypatch):
    working, most, go_on = [], [], threading.Event()
    picture = demo.Demo.picture

    def patient(self, *given):
        working.append(given)
        most.append(len(working))
        go_on.wait(PATIENCE)
        try:
            return picture(self, *given)
        finally:
            working.remove(given)

    monkeypatch.setattr(demo.Demo, "picture", patient)
    sizes = {"first": (96, 64), "second": (128, 64)}
    with contextlib.ExitStack() as stack:
        pages = {name: stack.enter_context(browsing(address, tmp_path / name)) for name in sizes}
        for name, page in pages.items():
            write_jpeg(tmp_path / f"{name}.jpg", size=sizes[name])
            page.upload("#given-picture", tmp_path / f"{name}.jpg")
            page.find("#given-picture img", is_wide)
        pages["first"].click("#find-picture")
        pages["first"].until(lambda: most == [1])
        pages["second"].click("#find-picture")
        pages["second"].find("#drawn-picture", lambda element: "queue" in element.text)
        assert most == [1]                          # one waits while the other is served
        go_on.set()
        for name, page in pages.items():            # everybody gets the own result
            page.find("#drawn-picture img", lambda element: element.get_property(
                "naturalWidth") == sizes[name][0])
    assert most == [1, 1]


def test_it_is_served_to_this_machine_alone(address):
    assert address.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(address) as answer:
        assert "default-src 'self'" in answer.headers["content-security-policy"]
    with pytest.raises(urllib.error.HTTPError):     # nothing else of this machine
        urllib.request.urlopen(f"{address}gradio_api/file=/etc/passwd")
