import logging
import os
import subprocess
import sys

import pytest

from deephar.cli import main, report
from deephar.cli.progress import progress_bar
from deephar.cli.quiet import is_quiet, quiet_stderr


def test_nothing_is_said(capfd):
    with quiet_stderr():
        os.write(2, b"from C++")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_an_error_shows_what_was_held_back(capfd):
    with pytest.raises(KeyError), quiet_stderr():
        os.write(2, b"the reason")
        raise KeyError
    assert capfd.readouterr().err == "the reason"


def test_keras_starts_without_a_word():
    code = ("from deephar.cli.quiet import start_keras\n"
            "keras = start_keras()\n"
            "print(float(keras.ops.ones(1)[0]))")
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True)
    assert (done.stdout, done.stderr) == ("1.0\n", "")


@pytest.mark.slow
def test_devices_are_found_without_a_word_and_before_a_strategy():
    """Workers must make their strategy before TensorFlow computes anything."""
    code = ("from deephar.cli.quiet import find_devices\n"
            "find_devices()\n"
            "from tensorflow.python.eager import context\n"
            "print(context.context()._initialized)")
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_a_reader_that_goes_away_is_no_error():
    """`deephar models | head -1`"""
    code = "import sys\nfrom deephar.cli import main\nsys.exit(main(['models']))"
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-c", code], text=True, stdout=writer,
                          stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("words, is_shown", [
    (["report", "x"], True), (["--quiet", "report", "x"], False),
    (["report", "x", "--quiet"], False)])
def test_quiet_keeps_results_and_warnings(words, is_shown, monkeypatch, capsys, caplog):
    log = logging.getLogger("deephar.something")
    caplog.set_level(logging.INFO, "deephar")

    def run(args) -> int:
        progress_bar("work")(3, 3)
        log.info("half of it")
        log.warning("a broken file")
        print("the result")
        return 0

    monkeypatch.setattr(report, "run", run)
    assert main(words) == 0 and not is_quiet()
    out, err = capsys.readouterr()
    assert out == "the result\n" and ("3 of 3" in err) is is_shown
    assert ("half of it" in caplog.messages) is is_shown
    assert "a broken file" in caplog.messages


def test_without_a_command_it_shows_where_to_begin(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    assert "deephar quickstart " in out and "deephar predict photo.jpg" in out
