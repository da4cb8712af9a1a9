"""`deephar report` shows one report and compares several."""
from deephar.cli import main
from deephar.evaluation.report import Score, make_report, write_report
from deephar.utils.files import write_json


def write(folder, value):
    score = Score("PCKh@0.5", "%", value, parts={"head": value + 1},
                  protocol={"split": "valid"}, samples=4, evaluated=4,
                  paper=("mpii-val",))
    write_report(folder, make_report([score], weights={"file": "w.h5", "md5": "0"}))


def test_one_report(tmp_path, capsys):
    write(tmp_path, 88.0)
    assert main(["report", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    assert "88.0" in text and "89.1" in text and "-1.1" in text


def test_several_reports_by_folder_or_file(tmp_path, capsys):
    write(tmp_path / "old", 88.0)
    write(tmp_path / "new", 88.5)
    assert main(["report", str(tmp_path / "old"),
                 str(tmp_path / "new" / "report.json")]) == 0
    text = capsys.readouterr().out
    assert "new - old" in text and "+0.50" in text


def test_the_same_report_twice_has_two_names(tmp_path, capsys):
    write(tmp_path, 88.0)
    assert main(["report", str(tmp_path), str(tmp_path)]) == 0
    assert "(2)" in capsys.readouterr().out


def test_other_files_are_refused(tmp_path, capsys):
    (tmp_path / "x.json").write_text("[]")
    assert main(["report", str(tmp_path / "x.json")]) == 2
    assert "not the report of an evaluation" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "nowhere.json")]) == 2


def test_pages(tmp_path, capsys):
    write(tmp_path / "old", 88.0)
    write(tmp_path / "new", 88.5)
    out = tmp_path / "pages" / "both.html"
    assert main(["report", str(tmp_path / "old"), str(tmp_path / "new"),
                 "--html", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert "new - old" in out.read_text("utf-8") and "+0.50" in out.read_text("utf-8")
    assert main(["report", str(tmp_path / "old"), "--html", str(out)]) == 0
    assert "published 89.1, ours -1.1" in out.read_text("utf-8")


def test_the_page_of_a_run(tmp_path, capsys):
    write_json(tmp_path / "config.json", {"config": {"epochs": 5}})
    assert main(["report", str(tmp_path), "--html", str(tmp_path / "a.html")]) == 0
    assert "0 epochs are over of 5" in (tmp_path / "a.html").read_text("utf-8")
