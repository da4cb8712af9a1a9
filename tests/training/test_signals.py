"""A first signal is noted, a second one acts."""
import os
import signal
import time

import pytest

from deephar.training.signals import stop_on_signals


def test_first_signal_is_noted():
    before = signal.getsignal(signal.SIGTERM)
    with stop_on_signals() as stop:
        assert not stop
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop and stop.signal is signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is before


def test_nested_blocks_share_the_request():
    with stop_on_signals() as outer:
        with stop_on_signals() as inner:
            os.kill(os.getpid(), signal.SIGTERM)
            assert inner is outer and outer
        assert outer
    with stop_on_signals() as fresh:
        assert not fresh


def test_second_interrupt_acts():
    with pytest.raises(KeyboardInterrupt):
        with stop_on_signals() as stop:
            os.kill(os.getpid(), signal.SIGINT)
            assert stop.signal is signal.SIGINT
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)


def test_what_was_ignored_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with stop_on_signals() as stop:
            os.kill(os.getpid(), signal.SIGINT)
            assert not stop
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
