"""Videos on a cluster: a file for each, whole or not at all, whatever dies."""
import csv
import json
import os
import signal
import socket
import sys
import types
from dataclasses import asdict
from pathlib import Path

import pytest

from deephar import __version__
from deephar.cli import main
from deephar.inference.cluster import (
    Row, Setup, Worker, _connected, _Crew, collection, need_parquet, predict_collection,
    write_parquet, write_summary)
from tests.fakes.locks import taken
from tests.fakes.networks import fixed
from tests.fakes.owners import write_video

pytest.importorskip("av")

TINY = {"source": "random", "key": "penn_spnet", "tiny": True}


@pytest.fixture
def videos(tmp_path):
    """Five videos in two folders, one of them cut off."""
    folder = tmp_path / "videos"
    for name in ("a.mp4", "b.mp4", "more/a.mp4", "more/c.mp4"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_video(folder / name, 6)
    content = (folder / "a.mp4").read_bytes()
    (folder / "broken.mp4").write_bytes(content[:len(content) // 2])
    return folder


def test_results_lie_as_the_videos_do(videos, tmp_path):
    found = collection([str(videos)])
    assert list(found) == ["a.mp4.json", "b.mp4.json", "broken.mp4.json",
                           "more/a.mp4.json", "more/c.mp4.json"]
    listed = tmp_path / "list.txt"
    listed.write_text(f"{videos}/b.mp4\n\n{videos}/more/a.mp4\n")
    below = str(videos).lstrip("/")
    assert collection([str(listed)]) == {
        f"{below}/b.mp4.json": f"{videos}/b.mp4",
        f"{below}/more/a.mp4.json": f"{videos}/more/a.mp4"}


def test_inputs_that_are_none(videos, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="empty: no videos there"):
        collection([str(tmp_path / "empty")])
    with pytest.raises(ValueError, match="--cluster takes videos.*got photo.jpg"):
        collection(["photo.jpg"])
    with pytest.raises(ValueError, match="a.mp4 and .*a.mp4 would both be a.mp4.json"):
        collection([str(videos), str(videos / "more")])


@pytest.fixture
def worker(monkeypatch, tmp_path):
    monkeypatch.setattr("deephar.inference.cluster.load_network",
                        lambda **options: fixed(frames=4, actions=[0.1, 0.8, 0.1]))
    return Worker(Setup(tmp_path / "out", {"source": "x"}))


def test_a_video_is_written_whole_or_not_at_all(worker, videos, tmp_path):
    row = worker.predict(str(videos / "a.mp4"), "more/a.mp4.json")
    assert (row.state, row.frames, row.process) == ("done", 6, os.getpid())
    content = json.loads((tmp_path / "out/more/a.mp4.json").read_text())
    assert len(content["frames"]) == 6
    with pytest.raises(ValueError, match="broken"):
        worker.predict(str(videos / "broken.mp4"), "broken.mp4.json")
    assert [p.name for p in (tmp_path / "out").rglob("*.json")] == ["a.mp4.json"]
    assert worker.hello() == (__version__, os.getpid())


def test_the_summary(tmp_path):
    write_summary(tmp_path / "summary.csv", [Row("a.mp4", "failed", reason="it, too")])
    with open(tmp_path / "summary.csv") as file:
        assert next(csv.DictReader(file))["reason"] == "it, too"


def test_parquet_without_its_packages(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", types.ModuleType("pandas"))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match=r"--parquet needs pyarrow: pip install 'ray\[data\]'"):
        need_parquet()


@pytest.mark.slow
def test_the_summary_as_parquet(tmp_path, monkeypatch):
    """As in the CSV, by name and value; written again it is another one."""
    pytest.importorskip("ray")
    pytest.importorskip("pandas")
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    (tmp_path / "summary.parquet").mkdir()
    (tmp_path / "summary.parquet" / "of-before.parquet").write_text("")
    rows = [Row("a.mp4", "done", 6, 5, 1.5, 1, 77),
            Row("b.mp4", "failed", attempts=2, reason="it, too")]
    write_parquet(tmp_path / "summary.parquet", rows, "auto")
    assert parquet.read_table(tmp_path / "summary.parquet").to_pylist() == [
        asdict(row) for row in rows]
    assert [path.name for path in tmp_path.iterdir()] == ["summary.parquet"]


class Died(Exception):
    pass


class FakeRay:
    """One process: what an actor is asked is done when it is waited for."""

    class exceptions:
        class RayError(Exception):
            pass

        class RayActorError(RayError):
            pass

    def __init__(self, predict):
        self.behaviour, self.made = predict, 0

    def cluster_resources(self):
        return {"CPU": 2.0}

    def put(self, value):
        return value

    def remote(self, **options):
        assert options["num_gpus"] == 0
        ray = self

        class Method:
            def __init__(self, call):
                self.call = call

            def remote(self, *arguments):
                return lambda: self.call(*arguments)

        class Actor:
            def __init__(self):
                ray.made += 1
                self.number = ray.made
                self.hello = Method(lambda: (__version__, self.number))
                self.predict = Method(lambda video, name: ray.behaviour(self.number, video))

        class Class:
            @staticmethod
            def remote(setup):
                return Actor()

        return lambda cls: Class

    def wait(self, references, num_returns):
        return references[:1], references[1:]

    def get(self, reference):
        try:
            return reference()
        except Died as error:
            raise self.exceptions.RayActorError(str(error)) from error
        except ValueError as error:
            raised = self.exceptions.RayError("traceback")
            raised.cause = error
            raise raised from error


def rows_of(predict, count=4, actors=2):
    ray = FakeRay(predict)
    rows = list(_Crew(ray, Setup(Path(), {}), actors).work({f"{i}.json": str(i) for i in range(count)}))
    return ray, {row.video: row for row in rows}, rows


@pytest.mark.parametrize("actors, gpus, threads", [(1, 0, 2), (2, 0, 1), (5, 0, 1), (1, 1, 0)])
def test_actors_share_the_cores(actors, gpus, threads, monkeypatch):
    monkeypatch.setattr(FakeRay, "cluster_resources", lambda ray: {"CPU": 2.0, "GPU": gpus})
    monkeypatch.setattr(FakeRay, "remote", lambda ray, **options: lambda cls: options)
    crew = _Crew(FakeRay(None), Setup(Path(), {}), actors)
    assert crew.setup.threads == threads and crew.remote["num_gpus"] == gpus


def test_all_videos_once(tmp_path):
    ray, rows, everything = rows_of(lambda actor, video: Row(video, "done", process=actor))
    assert sorted(rows) == ["0", "1", "2", "3"] and len(everything) == 4
    assert {row.process for row in everything} == {1, 2} and ray.made == 2


def test_a_failure_is_retried_elsewhere():
    tried = []

    def predict(actor, video):
        if video == "1":
            tried.append(actor)
            raise ValueError("it is broken")
        return Row(video, "done")

    _, rows, everything = rows_of(predict)
    assert rows["1"] == Row("1", "failed", attempts=2, reason="it is broken")
    assert len(set(tried)) == 2 and len(everything) == 4


def test_a_late_failure_goes_to_who_has_nothing_to_do():
    tried = []

    def predict(actor, video):
        tried.append((video, actor))
        if len(tried) > 2:      # one actor has no work when the other one fails
            return Row(video, "done")
        raise ValueError("it is broken")

    _, rows, _ = rows_of(predict, count=2)
    actors = {video: {actor for name, actor in tried if name == video} for video in "01"}
    assert [len(actors[video]) for video in "01"] == [2, 2]
    assert [rows[video].state for video in "01"] == ["done", "done"]


def test_a_dead_actor_is_replaced_and_nothing_is_lost():
    died = []

    def predict(actor, video):
        if video == "2" and not died:
            died.append(actor)
            raise Died("killed")
        return Row(video, "done", process=actor)

    ray, rows, everything = rows_of(predict)
    assert ray.made == 3 and len(everything) == 4
    assert rows["2"].attempts == 2 and rows["2"].process != died[0]


def test_a_video_that_kills_every_actor_fails():
    def predict(actor, video):
        if video == "0":
            raise Died("out of memory")
        return Row(video, "done")

    _, rows, _ = rows_of(predict)
    assert rows["0"].state == "failed" and rows["0"].reason == "its process died"
    assert [rows[v].state for v in "123"] == ["done"] * 3


@pytest.mark.parametrize("hello, match", [
    (lambda: ("0.9", 1), "has deephar 0.9, this one"),
    (lambda: (_ for _ in ()).throw(Died("ModuleNotFoundError: No module named 'deephar'")),
     "has no deephar: pip install deephar=="),
    (lambda: (_ for _ in ()).throw(ValueError("no such network")), "cannot begin")])
def test_actors_that_cannot_begin(hello, match, monkeypatch):
    ray = FakeRay(None)
    crew = _Crew(ray, Setup(Path(), {}), 1)
    make = crew.remote.remote

    def broken(setup):
        actor = make(setup)
        actor.hello.call = hello
        return actor

    crew.remote.remote = broken
    with pytest.raises(RuntimeError, match=match):
        list(crew.work({"a.json": "a"}))


def test_nothing_to_do_needs_no_ray(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    rows = predict_collection("ray://127.0.0.1:9", Setup(tmp_path, {}), {"a.json": "a"})
    assert [row.state for row in rows] == ["there"]


def test_no_ray_there():
    pytest.importorskip("ray")
    with pytest.raises(RuntimeError, match="no Ray answers at ray://127.0.0.1:9"):
        _connected("ray://127.0.0.1:9")
    with pytest.raises(ValueError, match="auto or ray://HOST:PORT, got 'somewhere'"):
        _connected("somewhere")


def test_another_version_there(monkeypatch):
    def init(*arguments, **options):
        raise RuntimeError("Version mismatch: the cluster has Ray 2.0.0 and Python 3.8")

    fake = types.SimpleNamespace(init=init, __version__="2.60.0")
    monkeypatch.setitem(sys.modules, "ray", fake)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"ray://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(RuntimeError, match=f"the Ray at {address} and this one, 2.60.0, "
                                               "are of different versions.*2.0.0"):
            _connected(address)


def test_without_ray(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ImportError, match=r"pip install 'deephar\[ray\]'"):
        _connected("auto")


def test_two_jobs_on_one_folder(videos, tmp_path, capsys):
    with taken(tmp_path / "out"):
        assert main(["predict", str(videos), "--cluster", "auto", "--out",
                     str(tmp_path / "out")]) == 2
    assert str(tmp_path / "out") in capsys.readouterr().err


@pytest.mark.slow
def test_a_killed_worker_loses_nothing(videos, tmp_path, monkeypatch):
    """Ray's local mode, two actors; the one that is done first is killed at once."""
    pytest.importorskip("ray")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    todo = collection([str(videos)])
    setup = Setup(tmp_path / "out", TINY, {"min_confidence": 0.0})
    rows = []
    for row in predict_collection("auto", setup, todo, actors=2):
        if not rows:
            os.kill(row.process, signal.SIGKILL)
        rows.append(row)
    by_video = {os.path.relpath(row.video, videos): row for row in rows}
    assert len(rows) == len(by_video) == 5
    assert by_video.pop("broken.mp4").state == "failed"
    assert {row.state for row in by_video.values()} == {"done"}
    written = {p.relative_to(tmp_path / "out").as_posix()
               for p in (tmp_path / "out").rglob("*.json")}
    assert written == {f"{name}.json" for name in by_video}
    alone = Worker(Setup(tmp_path / "alone", TINY, {"min_confidence": 0.0}))
    alone.predict(str(videos / "b.mp4"), "b.mp4.json")
    one, other = (json.loads((tmp_path / folder / "b.mp4.json").read_text())
                  for folder in ("out", "alone"))
    assert [len(f["people"]) for f in one["frames"]] == [
        len(f["people"]) for f in other["frames"]]
    # Once more: what is there is left alone.
    again = list(predict_collection("auto", setup, {
        name: video for name, video in todo.items() if "broken" not in name}))
    assert {row.state for row in again} == {"there"}


def test_actors_look_where_the_flags_say(videos, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("deephar.inference.cluster.predict_collection",
                        lambda address, setup, *_, **options: asked.append(setup) or iter(()))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.onnx").touch()
    assert main(["predict", str(videos), "--cluster", "auto", "--detector", "mine.onnx",
                 "--threshold", "0.7", "--max-people", "2", "--flip"]) == 0
    setup, = asked
    assert setup.boxes == "detect" and setup.predictor == {
        "detector": str(tmp_path / "mine.onnx"), "threshold": 0.7, "max_people": 2,
        "flip": True, "batch_size": 8, "angle": 0.0, "min_confidence": 0.15,
        "stop_after_block": None}


def test_flags_that_do_not_go_together(videos, capsys):
    assert main(["predict", str(videos), "--cluster", "auto", "--timeline"]) == 2
    assert "--timeline does not go with --cluster" in capsys.readouterr().err
    assert main(["predict", str(videos), "--cluster", "auto", "--frames"]) == 2
    assert main(["predict", str(videos), "--actors", "2"]) == 2
    assert main(["predict", str(videos), "--parquet"]) == 2
    assert "--parquet is for --cluster" in capsys.readouterr().err
