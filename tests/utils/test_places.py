"""Addresses: read as folders are, and what is said when they cannot be."""
import http.server
import threading

import numpy as np
import pytest

from deephar.config import DataConfig
from deephar.data.check import check
from deephar.data.folders import ActionFolders
from deephar.data.locate import locate
from deephar.data.pack import pack
from deephar.data.table import DATASETS
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.places import place
from tests.data.conftest import golden_sets  # noqa: F401
from tests.fakes.datasets import write_coco
from tests.fakes.owners import write_jpeg

fsspec = pytest.importorskip("fsspec")
CROPS = DataConfig(crop_resolution=(16, 16))


def test_a_path_stays_a_path(tmp_path):
    assert place(tmp_path) == tmp_path and place(str(tmp_path)) == tmp_path


def sample(folder):
    return DATASETS["mpii"].open_single(folder).get_data(0, VALID_MODE)


def copy_to_memory(folder, where):
    for path in folder.rglob("*"):
        if path.is_file():
            fsspec.filesystem("memory").pipe(
                f"{where}/{path.relative_to(folder).as_posix()}", path.read_bytes())


def same(one, other):
    for key in one:
        np.testing.assert_array_equal(one[key], other[key])


def test_a_plain_set_in_memory(golden_sets):
    copy_to_memory(golden_sets / "MPII", "/plain/MPII")
    folder = locate("memory://plain", "mpii")
    assert str(folder) == "memory://plain/MPII"
    same(sample(folder), sample(golden_sets / "MPII"))
    copy_to_memory(golden_sets / "NTU" / "nturgb+d_numpy", "/plain/NTU/nturgb+d_numpy")
    ntu = DATASETS["ntu"].open_single(locate("memory://plain", "ntu"))
    plain = DATASETS["ntu"].open_single(golden_sets / "NTU")
    for mode in (0, 1):
        assert ntu.get_length(mode) == plain.get_length(mode) > 0
    stray = "NTU/images-small/S017C001P001R001A001/00001.jpg"
    fsspec.filesystem("memory").pipe(f"/plain/{stray}", b"")
    assert any("for want of annotations: S017" in fact
               for fact in check("ntu", "memory://plain/NTU").facts)


def test_coco_in_memory(tmp_path):
    write_coco(tmp_path / "COCO")
    copy_to_memory(tmp_path / "COCO", "/other/COCO")
    folder = locate("memory://other", "coco")
    one, other = (DATASETS["coco"].opener(f, DATASETS["coco"].dataconf)
                  for f in (folder, tmp_path / "COCO"))
    assert one.get_length(TRAIN_MODE) == other.get_length(TRAIN_MODE) > 0
    fixed = DATASETS["coco"].dataconf.get_fixed_config()
    same(*(d.get_data(0, TRAIN_MODE, augmentation=fixed) for d in (one, other)))
    assert check("coco", folder).facts == check("coco", tmp_path / "COCO").facts


def test_a_packed_set_in_memory_is_fetched_shard_by_shard(
        golden_sets, tmp_path, monkeypatch):
    pytest.importorskip("array_record")
    monkeypatch.setenv("DEEPHAR_CACHE", str(tmp_path / "cache"))
    pack("mpii", golden_sets / "MPII", tmp_path / "MPII", shard_bytes=100_000)
    copy_to_memory(tmp_path / "MPII", "/packed/MPII")
    same(sample(locate("memory://packed", "mpii")), sample(golden_sets / "MPII"))
    kept = {path.name for path in (tmp_path / "cache/memory/packed/MPII").iterdir()}
    assert "index.npy" in kept and "pack.json" not in kept
    assert 1 <= len(kept) - 1 < len(list((tmp_path / "MPII").glob("*.array_record")))


def test_packed_own_videos_in_memory(tmp_path, monkeypatch):
    pytest.importorskip("array_record")
    monkeypatch.setenv("DEEPHAR_CACHE", str(tmp_path / "cache"))
    for frame in range(5):
        write_jpeg(tmp_path / f"mine/test/wave/a/{frame}.jpg", 40 * frame)
    pack("own", tmp_path / "mine", tmp_path / "packed")
    copy_to_memory(tmp_path / "packed", "/packed/mine")
    same(*(ActionFolders(folder, CROPS, clip_size=4).get_data(0, TEST_MODE)
           for folder in (tmp_path / "mine", "memory://packed/mine")))
    for content in (b"[]", b'{"train": {"wave": 1}, "test": {}}'):
        fsspec.filesystem("memory").pipe("/strange/videos.json", content)
        with pytest.raises(ValueError, match="strange/videos.json is damaged"):
            ActionFolders("memory://strange", CROPS)


@pytest.fixture
def server(golden_sets):
    """The golden sets over HTTP; what lies below /private is nobody's."""
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=golden_sets)

        def send_head(self):
            if self.path.startswith("/private"):
                return self.send_error(403)
            return super().send_head()

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_plain_set_over_http(golden_sets, server):
    pytest.importorskip("aiohttp")
    same(sample(locate(server, "mpii")), sample(golden_sets / "MPII"))
    with pytest.raises(FileNotFoundError, match="nothing.jpg: no such file"):
        (place(server) / "MPII" / "nothing.jpg").read_bytes()


def test_no_permission(server):
    pytest.importorskip("aiohttp")
    with pytest.raises(PermissionError, match="no permission to read it"):
        locate(f"{server}/private", "mpii")


def test_no_such_protocol_and_nobody_there():
    with pytest.raises(OSError, match="nonsense://x/pack.json cannot be read .*nonsense"):
        place("nonsense://x")
    pytest.importorskip("aiohttp")
    with pytest.raises(OSError, match="http://127.0.0.1:9/"):
        locate("http://127.0.0.1:9", "mpii")
