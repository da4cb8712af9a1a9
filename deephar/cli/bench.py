"""Measure how fast this machine is: networks, prediction, data, training.

  deephar bench network --modes keras,optimized,"onnx float32"
  deephar bench network --model mpii_reception2d --random --blocks
  deephar bench network --modes all --blocks --data datasets/quickstart
  deephar bench predict --picture photo.jpg --modes optimized,"onnx float32"
  deephar bench folder
  deephar bench people
  deephar bench crowd
  deephar bench data
  deephar bench train
  deephar bench all --out report      # with KERAS_BACKEND=jax: on JAX

Writes OUT/KIND.json, with the machine and the versions, and OUT/network.png.
Times are medians; `cpu` is processor time, which other programs on the machine
hardly change.  docs/performance.md explains the figures.
"""
import functools
from pathlib import Path
from typing import Any

from deephar.cli.arguments import add_network
from deephar.cli.quiet import start_keras

KINDS = ("network", "predict", "folder", "people", "crowd", "data", "train", "all")
FOLDER_RUNS = 5         # at most: each is a whole call
CROWD = 360             # pictures for training, a quarter of which are looked at
INT8_SAMPLES = 16       # inputs to find ranges on
ACTION_FILMS = 4        # of so many people each


def add_arguments(parser) -> None:
    parser.add_argument("kind", choices=KINDS)
    add_network(parser)
    parser.add_argument("--random", action="store_true",
                        help="a published network with random weights: just as fast")
    parser.add_argument("--modes", default="keras,optimized",
                        help="ways to run it: keras, optimized, or an exported format "
                             "and precision such as 'onnx int8'; all (default: "
                             "%(default)s)")
    parser.add_argument("--batches", default="1,8", help="default: %(default)s")
    parser.add_argument("--runs", type=int, default=20,
                        help="calls per figure (default: %(default)s)")
    parser.add_argument("--blocks", action="store_true",
                        help="also leave the network after each of its blocks")
    parser.add_argument("--picture", type=Path, help="for predict; noise if not given")
    parser.add_argument("--data", help="a folder that holds MPII/ and PennAction/, or "
                        "synthetic: what data and train read (default: synthetic); "
                        "crowd looks at COCO/'s validation split; "
                        "network scores its modes and blocks with unseen people of it")
    parser.add_argument("--lift", metavar="RUN", help="of people: also put them into space "
                        "by a lifter's run, or quickstart")
    parser.add_argument("--detector", metavar="NAME|FOLDER|FILE",
                        help="of crowd: compare it, too; see `deephar predict`")
    parser.add_argument("--batch-size", type=int, default=8,
                        help="of train: pictures, or clips (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("bench"),
                        help="folder (default: %(default)s)")


def run(args) -> int:
    from deephar.utils.files import write_json
    start_keras()
    result = {"network": _network, "predict": _predict, "folder": _folder,
              "people": _people_who_cross, "crowd": _crowd, "data": _data, "train": _train,
              "all": _all}[args.kind](args)
    path = args.out / f"{args.kind}.json"
    write_json(path, result)
    told = result["machine"]
    print(f"\n{told['processor']}, {told['cores']} cores, load {told['load']}, "
          + ", ".join(f"{k} {v}" for k, v in told["versions"].items()))
    print(path)
    return 0


def _load(args):
    from deephar.deploy.bench import unsettle
    from deephar.networks.load import load_network
    if not args.random:
        return load_network(args.model, weights=args.weights)
    network = load_network("random", key=args.model)
    unsettle(network.model)
    return network


def _modes(args) -> list[str]:
    from deephar.deploy.bench import EVERY_MODE
    return (list(EVERY_MODE) if args.modes == "all"
            else [mode.strip() for mode in args.modes.split(",")])


def _network(args) -> dict:
    from deephar.deploy.bench import bench_blocks, bench_network, plot_network
    network = _load(args)
    batches = [int(b) for b in args.batches.split(",")]
    options = {"runs": args.runs, "progress": lambda line: print(line, flush=True)}
    samples = None
    if args.data:
        from deephar.evaluation import scorer
        people = scorer.open_people(network, args.data)
        samples = scorer.inputs(network, people, INT8_SAMPLES)
        options["score"] = functools.partial(_scores, people=people)
    result = bench_network(network, _modes(args), batches,
                           samples=samples, **options)
    if args.blocks:
        result["blocks"] = bench_blocks(network, batch=batches[0], **options)
    print(f"\n{result['network']}: {result['gflop']:.2f} GFLOP per sample of "
          f"{'×'.join(map(str, result['input']))}")
    print(f"{'mode':<20}{'batch':>6}{'ms/picture':>12}{'cpu ms':>9}{'pictures/s':>12}"
          f"{'GFLOP/s':>9}{'share':>7}{'per core':>9}{'memory':>9}")
    for row in result["rows"]:
        print(f"{row['mode']:<20}{row['batch']:>6}{row['ms_per_picture']:>12.2f}"
              f"{row['cpu_ms_per_picture']:>9.2f}{row['frames_per_s']:>12.1f}"
              f"{row['rate']:>9.1f}{row['share']:>7.0%}{row['core_share']:>9.0%}"
              f"{row['peak_memory_mb'] or 0:>6.0f} MB" + _told(row["scores"]))
    for row in result.get("blocks", ()):
        print(f"left after block {row['block']:<3} {row['ms_per_picture']:>8.2f} "
              f"ms/picture {row['frames_per_s']:>9.1f} pictures/s"
              + _told(row["scores"]))
    plot_network(args.out / "network.png", result)
    print(args.out / "network.png")
    return result


def _scores(network, people) -> dict[str, float]:
    from deephar.evaluation.scorer import score
    return {s.name.removeprefix("single-clip "): s.value for s in score(network, people)}


def _told(scores: dict) -> str:
    return "".join(f"   {name} {value:.1f} %" for name, value in scores.items())


def _predict(args) -> dict:
    import tempfile

    import numpy as np

    from deephar.deploy.bench import runner
    from deephar.inference.bench import bench_predict
    from deephar.inference.predictor import Predictor, open_any
    from deephar.utils.timing import machine
    noise = np.random.default_rng(0).integers(0, 256, (720, 1280, 3), dtype=np.uint8)
    picture = open_any(args.picture) if args.picture else noise
    network, rows = _load(args), []
    with tempfile.TemporaryDirectory() as folder:
        for mode in _modes(args):
            run = runner(network, mode, Path(folder))
            row = bench_predict(Predictor(run), [picture], args.runs)
            rows.append({"mode": mode, **row})
            stages = "".join(f"{name} {value:.1f} ms, "
                             for name, value in row["stages_ms"].items())
            print(f"{mode:<20}{stages}{row['frames_per_s']:.1f} pictures/s of "
                  f"{'×'.join(map(str, row['picture']))}", flush=True)
    return {"kind": "predict", "network": network.name, "machine": machine(),
            "rows": rows}


def _folder(args) -> dict:
    import tempfile

    from deephar.inference.bench import bench_folder
    from deephar.inference.predictor import Predictor
    from deephar.utils.timing import machine
    predictor = Predictor(_load(args))
    with tempfile.TemporaryDirectory() as folder:
        rows = bench_folder(predictor, Path(folder), min(args.runs, FOLDER_RUNS),
                            progress=lambda line: print(line, flush=True))
    return {"kind": "folder", "network": predictor.network.name, "machine": machine(),
            "rows": rows}


def _people_who_cross(args) -> dict:
    import tempfile

    import numpy as np

    from deephar.inference.bench import FilmedPeople, bench_tracks, bench_video
    from deephar.inference.predictor import Predictor
    from deephar.networks.lifting import load_video_lifter
    from deephar.utils.plot import show
    from deephar.utils.timing import machine
    result: dict[str, Any] = {"kind": "people", "machine": machine(), "tracks": bench_tracks()}
    for row in result["tracks"]:
        print(f"{row['people']} people who cross, "
              f"{'boxes and poses' if row['poses'] else 'boxes only':<16}"
              f"IDF1 {row['idf1']:.3f} of {row['best']:.3f} that the boxes allow, "
              f"{row['switches']:.2f} switches", flush=True)
    try:
        predictor = Predictor(_load(args))
    except OSError as error:
        print(f"{error}\nno network: no speed, no actions, no picture")
        return result
    film = FilmedPeople(predictor, seed=11, people=4)
    film.frames_per_second(4)                           # warm
    speeds = {people: max(film.frames_per_second(people) for _ in range(3))
              for people in (1, 2, 4)}
    further = (1 / speeds[4] - 1 / speeds[1]) / 3 * speeds[1]
    print("frames/s with 1, 2, 4 people: "
          + ", ".join(f"{speed:.1f}" for speed in speeds.values())
          + f"; a further person costs {further:.2f} of the first", flush=True)
    result |= {"network": predictor.network.name, "frames_per_s": speeds,
               "further_person": further}
    if predictor.network.actions:
        result["action_accuracy"] = {people: float(np.mean([
            FilmedPeople(predictor, 100 + 10 * people + seed, people).action_accuracy()
            for seed in range(ACTION_FILMS)])) for people in (2, 3, 4)}
        print("right actions of 2, 3, 4 people who cross: " + ", ".join(
            f"{share:.0%}" for share in result["action_accuracy"].values()))
    with tempfile.TemporaryDirectory() as folder:
        result["video"] = video = bench_video(predictor, Path(folder))
    for row in video["rows"]:
        print(f"{video['frames']} frames of {'×'.join(map(str, video['picture']))}, people: "
              f"{row['people']}, from file to file: {row['seconds']:.1f} s, {row['share']:.0%} "
              "of them the network's own", flush=True)
    print(f"there a further person costs {video['further_person']:.2f} of the first")
    FilmedPeople(predictor, seed=4, people=3, frames=64).save(args.out / "people.gif")
    print(args.out / "people.gif")
    if args.lift:
        walkers = FilmedPeople(predictor, 10, 3, actions=("Walking",))
        result["lifted_p2_mm"], picture = walkers.lifted(load_video_lifter(args.lift))
        print(f"3 people who walk past each other, lifted: P2 {result['lifted_p2_mm']:.0f} mm")
        show(picture, filename=args.out / "lifted.jpg")
        print(args.out / "lifted.jpg")
    return result


def _crowd(args) -> dict:
    from deephar.data.locate import locate
    from deephar.data.synthetic import synthesize
    from deephar.inference.crowds import TRUE_BOXES, bench_crowd, draw_crowds
    from deephar.inference.predictor import Predictor
    from deephar.utils.plot import show
    from deephar.utils.timing import machine
    predictor = Predictor(_load(args), detector=args.detector)
    # Other people than those that thresholds were chosen with.
    folder = (locate(args.data, "coco") if args.data
              else synthesize("coco", args.out / "crowd-pictures", CROWD, seed=1))
    ways = [TRUE_BOXES, "two-pass", "scan", *(["detect"] if args.detector else [])]
    rows = bench_crowd(predictor, folder, ways, progress=lambda line: print(line, flush=True))
    show(draw_crowds(predictor, folder, ways[-1]), filename=args.out / "crowd.jpg")
    print(args.out / "crowd.jpg")
    return {"kind": "crowd", "network": predictor.network.name, "machine": machine(),
            "rows": rows}


def _people(args, side: int):
    from deephar.data import MpiiSinglePerson
    from deephar.data.locate import locate
    from deephar.training.bench import training_crops
    return MpiiSinglePerson(locate(args.data or "synthetic", "mpii"), training_crops(side))


def _data(args) -> dict:
    from deephar.training.bench import bench_data
    result = bench_data(_people(args, 256))
    for row in result["rows"]:
        print(f"{row['stage']:<32}{row['per_s']:>8.1f} pictures/s"
              f"{row['per_core_s']:>8.1f} per second of a core")
    return result


def _all(args) -> dict:
    from deephar.training.bench_all import NETWORKS, bench_all
    print(f"{'network':<26}{'work':<16}{'batch':>6}{'ms':>10}{'pictures/s':>12}"
          f"{'of 100/s':>10}")
    result = bench_all(NETWORKS, [int(b) for b in args.batches.split(",")], args.runs,
                       lambda row: print(f"{row['network']:<26}{row['work']:<16}"
                                         f"{row['batch']:>6}{row['ms']:>10.1f}"
                                         f"{row['pictures_per_s']:>12.1f}"
                                         f"{row['of_published']:>10.2f}", flush=True))
    print(f"on {result['device']}, {result['backend']}\n")
    return {**result, "data": _data(args)}


def _train(args) -> dict:
    from deephar.networks.cut import poses_only
    from deephar.training.bench import bench_train
    network = _load(args)
    result = bench_train(poses_only(network), _people(args, network.resolution[0]),
                         args.runs, args.batch_size)
    plain = result["train_on_batch_ms"]
    print(f"{'train_on_batch':<24}{plain['median']:>9.1f} ms  cpu {plain['cpu']:.1f} ms")
    for name, key in (("trainer", "trainer_in_memory_ms"),
                      ("trainer, reading data", "trainer_ms")):
        print(f"{name:<24}{result[key]['mean']:>9.1f} ms  cpu {result[key]['cpu']:.1f} ms, "
              f"{result[key]['data_wait']:.1%} of the time waiting for data")
    print(f"{result['pictures_per_s']:.1f} pictures/s")
    return result
