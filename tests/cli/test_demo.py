"""`deephar demo`: its flags reach the page; without Gradio it says what to install."""
import contextlib
import sys
import threading

import pytest

from deephar.cli import main
from deephar.inference import demo_page


class Stopped(threading.Event):
    """Somebody presses Ctrl-C at once."""

    def wait(self, timeout=None):
        raise KeyboardInterrupt


@pytest.mark.parametrize("flags, on_network", [([], False), (["--share-on-network"], True)])
def test_flags_reach_the_page(tmp_path, monkeypatch, capsys, flags, on_network):
    seen = {}

    @contextlib.contextmanager
    def running(demo, **options):
        seen.update(options, networks=demo.networks, limits=demo.limits)
        yield "http://here"

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo_page, "import_gradio", lambda: None)
    monkeypatch.setattr(demo_page, "running", running)
    monkeypatch.setattr("deephar.cli.demo.threading.Event", Stopped)
    assert main(["demo", "--model", "a.keras", "--port", "7000", "--max-seconds", "9",
                 *flags]) == 0
    assert seen["port"] == 7000 and seen["on_network"] is on_network
    assert seen["networks"] == {"a.keras": "a.keras"} and seen["limits"].seconds == 9
    out = capsys.readouterr().out
    assert "http://here" in out and ("Everybody" in out) is on_network


def test_without_gradio(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "gradio", None)
    assert main(["demo"]) == 2
    assert 'pip install "deephar[demo]"' in capsys.readouterr().err
