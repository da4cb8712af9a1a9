"""Downloads against a server on this machine, in every way they go wrong."""
import hashlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from deephar.checkpoints.download import (
    HDF5_SIGNATURE, TRIES, DownloadError, fetch)

CONTENT = np.random.default_rng(0).bytes(1_000_000)
MD5 = hashlib.md5(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Sends `content` and remembers the ranges that it was asked for."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.status = None          # an error to answer with
        self.has_ranges = True
        self.cuts = 0               # so many answers end half-way
        self.asked = []

    def url(self, name="weights.h5") -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, asked = self.server, self.headers["Range"]
        server.asked.append(asked)
        if server.status:
            return self.send_error(server.status)
        start = int(asked[len("bytes="):-1]) if asked and server.has_ranges else 0
        if start >= len(server.content):
            return self.send_error(416)
        rest = server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(rest)))
        if start:
            last = len(server.content) - 1
            self.send_header("Content-Range", f"bytes {start}-{last}/{last + 1}")
        self.end_headers()
        if server.cuts:
            server.cuts -= 1
            rest = rest[:len(rest) // 2]
        self.wfile.write(rest)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with Server() as it:
        thread = threading.Thread(target=it.serve_forever, args=(0.01,))
        thread.start()
        yield it
        it.shutdown()
        thread.join()


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


def test_a_web_page_in_place_of_the_file(server, tmp_path):
    server.content = b"<!DOCTYPE html>confirm the download"
    with pytest.raises(DownloadError, match="of another kind .it starts with b'<!DOC"):
        fetch(server.url(), tmp_path / "a.h5", None, signature=HDF5_SIGNATURE)
    assert names(tmp_path) == []


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


def test_a_silent_server_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/weights.h5"
        with pytest.raises(DownloadError, match="Cannot reach 127.0.0.1 .timed out"):
            fetch(url, tmp_path / "a.h5", MD5, timeout=0.2)
