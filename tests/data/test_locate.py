import pytest

from deephar.data.locate import locate
from deephar.data.synthetic import synthesize


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("root")
    synthesize("mpii", folder / "MPII", 2, picture=(80, 60))
    synthesize("pennaction", folder / "elsewhere", 1, picture=(80, 60))
    return folder


def test_a_root_or_the_folder_itself(root):
    assert locate(str(root), "mpii") == root / "MPII"
    assert locate(str(root / "MPII"), "mpii") == root / "MPII"
    assert locate(str(root / "elsewhere"), "pennaction") == root / "elsewhere"


@pytest.mark.parametrize("data, name", [
    ("", "pennaction"), ("MPII", "pennaction"), ("MPII", "h36m"), ("elsewhere", "mpii"),
    ("elsewhere", "h36m"), ("", "ntu"), ("nowhere", "mpii")])
def test_another_sets_folder_is_not_it(root, data, name):
    with pytest.raises(FileNotFoundError, match=f"no annotations of {name} in .*README"):
        locate(str(root / data), name)


def test_synthetic_is_made_once_where_one_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    steps = []
    folder = locate("synthetic", "mpii", "tiny", progress=lambda *a: steps.append(a))
    assert str(folder) == "datasets/synthetic-tiny/MPII" and steps[-1][0] == steps[-1][1]
    assert (folder / "annotations.mat").exists()
    locate("synthetic", "mpii", "tiny", progress=lambda *a: pytest.fail("made twice"))


def test_progress_is_logged(tmp_path, monkeypatch, caplog):
    monkeypatch.chdir(tmp_path)
    with caplog.at_level("INFO", "deephar.data.locate"):
        locate("synthetic", "mpii", 3)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 4 and said[-1].endswith("synthetic-3/MPII: 100 %")


def test_unknown_set():
    with pytest.raises(KeyError, match="imagenet.*mpii"):
        locate("synthetic", "imagenet")
