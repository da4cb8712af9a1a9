import os

import pytest

from deephar.cli.quiet import quiet_stderr


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
