from tests.checkpoints.test_load import (        # noqa: F401
    assert_same, filled, names, penn, write_published)

from deephar.checkpoints import load_checkpoint
from deephar.cli import main


def test_the_report_is_shown(penn, tmp_path, capsys):      # noqa: F811
    source, out = tmp_path / penn.file, tmp_path / "penn_spnet.weights.h5"
    write_published(filled(), source)
    assert main(["convert", str(source), str(out), "--model", "penn_spnet"]) == 0
    text = capsys.readouterr().out
    assert "8 tensors used" in text and "0 unused, 0 missing" in text
    assert text.endswith(f"Written: {out}\n")
    assert_same(load_checkpoint(out), filled())


def test_nothing_is_written_of_a_file_that_does_not_fit(
        penn, tmp_path, capsys):                            # noqa: F811
    import h5py
    source, out = tmp_path / penn.file, tmp_path / "penn_spnet.weights.h5"
    write_published(filled(), source)
    with h5py.File(source, "a") as file:
        del file["c"]
        file.attrs["layer_names"] = [b"a", b"b"]
    assert main(["convert", str(source), str(out), "--model", "penn_spnet"]) == 1
    err = capsys.readouterr().err
    assert str(source) in err and "layer c is missing" in err
    assert names(tmp_path) == [penn.file]


def test_an_unknown_model(tmp_path, capsys):
    assert main(["convert", "in.h5", str(tmp_path / "a.keras"), "--model", "spnet"]) == 1
    assert "no published checkpoint is called 'spnet'" in capsys.readouterr().err
