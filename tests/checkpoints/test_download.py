"""Downloads against a server on this machine, in every way they go wrong."""
import socket

import pytest

from deephar.checkpoints.download import TRIES, DownloadError, fault_of, fetch
from tests.fakes.locks import taken
from tests.fakes.server import CONTENT, MD5, serving


@pytest.fixture
def server():
    with serving() as it:
        yield it


def names(folder):
    return sorted(path.name for path in folder.rglob("*"))


def test_fetch_writes_the_file_and_nothing_else(server, tmp_path):
    path = fetch(server.url(), tmp_path / "new" / "a.h5", MD5)
    assert path.read_bytes() == CONTENT
    assert names(tmp_path) == ["a.h5", "new"]


def test_a_good_file_is_not_downloaded_again(server, tmp_path):
    (tmp_path / "a.h5").write_bytes(CONTENT)
    fetch(server.url(), tmp_path / "a.h5", MD5)
    assert server.asked == []


def test_a_bad_file_is_replaced(server, tmp_path):
    (tmp_path / "a.h5").write_bytes(CONTENT[:-1])
    assert fetch(server.url(), tmp_path / "a.h5", MD5).read_bytes() == CONTENT


def test_progress_ends_at_the_total(server, tmp_path):
    seen = []
    fetch(server.url(), tmp_path / "a.h5", MD5,
          progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(seen) and len(seen) > 2


def test_a_cut_download_continues(server, tmp_path):
    server.cuts = 2
    fetch(server.url(), tmp_path / "a.h5", MD5)
    assert server.asked == [None, "bytes=500000-", "bytes=750000-"]
    assert (tmp_path / "a.h5").read_bytes() == CONTENT
    assert names(tmp_path) == ["a.h5"]


def test_the_next_call_continues_what_was_interrupted(server, tmp_path):
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(server.url(), tmp_path / "a.h5", MD5, progress=interrupt)
    assert names(tmp_path) == ["a.h5.part"]
    kept = (tmp_path / "a.h5.part").stat().st_size
    fetch(server.url(), tmp_path / "a.h5", MD5)
    assert kept > 0 and server.asked[-1] == f"bytes={kept}-"
    assert (tmp_path / "a.h5").read_bytes() == CONTENT


def test_a_server_without_ranges_sends_all_again(server, tmp_path):
    server.has_ranges = False
    server.cuts = 1
    fetch(server.url(), tmp_path / "a.h5", MD5)
    assert (tmp_path / "a.h5").read_bytes() == CONTENT


def test_without_a_checksum_a_cut_download_starts_again(server, tmp_path):
    (tmp_path / "a.h5.part").write_bytes(b"of another file")
    server.cuts = 1
    fetch(server.url(), tmp_path / "a.h5", None)
    assert server.asked == [None, None]
    assert (tmp_path / "a.h5").read_bytes() == CONTENT


def test_pieces_of_another_file_start_again(server, tmp_path):
    (tmp_path / "a.h5.part").write_bytes(b"\0" * 1000)
    fetch(server.url(), tmp_path / "a.h5", MD5)
    assert server.asked == ["bytes=1000-", None]
    assert (tmp_path / "a.h5").read_bytes() == CONTENT


def test_pieces_longer_than_the_file_start_again(server, tmp_path):
    (tmp_path / "a.h5.part").write_bytes(CONTENT + b"more")
    fetch(server.url(), tmp_path / "a.h5", MD5)
    assert (tmp_path / "a.h5").read_bytes() == CONTENT


def test_a_connection_that_is_always_cut(server, tmp_path):
    server.cuts = 100
    with pytest.raises(DownloadError, match=rf"cut after \d+ of 1000000 bytes, {TRIES}"):
        fetch(server.url(), tmp_path / "a.h5", MD5)
    assert len(server.asked) == TRIES
    assert names(tmp_path) == ["a.h5.part"]     # for the next call


def test_a_wrong_checksum_leaves_nothing(server, tmp_path):
    server.content = CONTENT[::-1]
    with pytest.raises(DownloadError, match=f"in place of {MD5} and was deleted"):
        fetch(server.url(), tmp_path / "a.h5", MD5)
    assert names(tmp_path) == []


def test_a_check_finds_what_no_checksum_can(server, tmp_path):
    check = lambda path: "is too short" if path.stat().st_size < 100 else None
    server.content = b"<!DOCTYPE html>confirm the download"
    with pytest.raises(DownloadError, match="sent is too short and was deleted"):
        fetch(server.url(), tmp_path / "a.h5", None, check=check)
    assert names(tmp_path) == []
    server.content = CONTENT
    fetch(server.url(), tmp_path / "a.h5", None, check=check)
    assert (tmp_path / "a.h5").read_bytes() == CONTENT


def test_faults(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(CONTENT)
    assert fault_of(path, MD5) is None
    assert fault_of(path, None) is None
    assert fault_of(path, "0" * 32) == f"has md5 {MD5} in place of {'0' * 32}"
    assert fault_of(path, MD5, lambda path: "smells") == "smells"


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_refusal_names_the_url_and_the_place(server, tmp_path, status):
    server.status = status
    with pytest.raises(DownloadError) as error:
        fetch(server.url(), tmp_path / "a.h5", MD5)
    assert f"{server.url()} answers {status}" in str(error.value)
    assert f"by hand and put it at {tmp_path / 'a.h5'}" in str(error.value)
    assert len(server.asked) == 1
    assert names(tmp_path) == []


def test_offline_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))       # bound, but nobody listens
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/weights.h5"
        with pytest.raises(DownloadError) as error:
            fetch(url, tmp_path / "a.h5", MD5)
    text = str(error.value)
    assert text.startswith("Cannot reach 127.0.0.1 (")
    assert text.endswith(f"download {url} by hand and put it at {tmp_path / 'a.h5'}.")
    assert "\n" not in text
    assert names(tmp_path) == []


def test_offline_with_a_bad_file(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    (tmp_path / "a.h5").write_bytes(b"bad")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/weights.h5"
        with pytest.raises(DownloadError, match=f"what was there has md5 .* {MD5} and"):
            fetch(url, tmp_path / "a.h5", MD5)
    assert names(tmp_path) == []


def test_a_silent_server_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/weights.h5"
        with pytest.raises(DownloadError, match="Cannot reach 127.0.0.1 .timed out"):
            fetch(url, tmp_path / "a.h5", MD5, timeout=0.2)


def test_one_process_at_a_time_downloads_to_a_folder(server, tmp_path):
    with taken(tmp_path):
        with pytest.raises(RuntimeError, match="is in use by process 7 on elsewhere"):
            fetch(server.url(), tmp_path / "weights.h5", MD5)
        assert server.asked == []
        (tmp_path / "weights.h5").write_bytes(CONTENT)      # the other one is through
        assert fetch(server.url(), tmp_path / "weights.h5", MD5).read_bytes() == CONTENT
