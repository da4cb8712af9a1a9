"""A session: the flags of an evaluation script, its folder, its end.

A folder holds

    report.json         from the first second; "partial" until all is done
    report.html         the same to look at, with the plots
    rows-NAME.npz       per-sample results: of an interrupted run, or on request;
                        of worker K of several in rows-NAME.K.npz
    *.png               plots

`--resume` goes on from the rows of an interrupted run.
"""
import datetime
import logging
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

from deephar.checkpoints.table import CHECKPOINTS
from deephar.data.locate import locate
from deephar.evaluation.loop import Predict, Rows, Trial, time_shares
from deephar.evaluation.pages import PAGE, save_report
from deephar.evaluation.report import Score, all_evaluated, make_report, read_report
from deephar.evaluation.workers import ALONE, Workers, evaluate_together, part_of
from deephar.networks.load import RANDOM, load_network
from deephar.networks.network import Network
from deephar.utils.flags import flag
from deephar.utils.locks import lock_folder
from deephar.utils.timing import peak_memory_mb

log = logging.getLogger(__name__)

# A resumed run may change these and still do the same.
FREE_FLAGS = {"output", "resume", "workers", "batch_size", "predictions", "plots",
              "paper", "device"}
INTERRUPTED = 130           # exit code after Ctrl-C
WEIGHTS = Path("weights")   # where released files are, or are downloaded to


@dataclass(frozen=True)
class SessionConfig:
    """The flags that every session has; scripts add their own."""
    output: str = flag("output/eval", "folder of the report", positional=True)
    data: str = flag("datasets", "folder or address of the data sets, plain or packed, or "
                                "'synthetic'")
    weights: str = flag("", "a weights file, the folder of a training run or a file of "
                            "`deephar export`; empty: the released file")
    limit: int = flag(0, "evaluate only so many samples, spread over the split")
    device: str = flag("auto", "as of training scripts: auto, cpu, gpu, mirrored, "
                               "multiworker or slurm; all devices share the samples")
    workers: int = flag(2, "threads that read samples")
    resume: bool = flag(False, "finish the interrupted run in the output folder")
    predictions: bool = flag(False, "keep the per-sample results, rows-*.npz")
    plots: bool = flag(True, "draw plots, the best and the worst samples")
    seed: int = flag(0, "of random numbers")
    paper: tuple[str, ...] = flag((), "published rows to compare with, keys of "
                                      "`deephar reproduce`; none: the script's own")


@dataclass(frozen=True)
class EvalConfig(SessionConfig):
    """The flags of scripts that evaluate networks of pictures and clips."""
    batch_size: int = flag(8, "pictures or clips per step")
    tiny: bool = flag(False, "a tiny untrained network and few data: to try the script out")


class Session:
    """What an evaluation script does from its first to its last second.

    Args:
        cfg: its flags.
        workers: the processes that run the script together; the first one writes.

    Attributes:
        folder: where the report goes.
        interrupted: Ctrl-C was pressed; further evaluations are skipped.
        weights: where the network's came from, for the report.
    """

    def __init__(self, cfg: SessionConfig, workers: Workers = ALONE):
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s",
                            datefmt="%H:%M:%S")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        # Scripts add their own flags.
        self.cfg: Any = cfg if workers.is_first else replace(cfg, plots=False)
        self.workers = workers
        self.folder = Path(cfg.output)
        self._lock = lock_folder(self.folder) if workers.is_first else None
        self.interrupted = False
        self._started = datetime.datetime.now()
        self.weights: dict = {"file": None, "note": "not loaded yet"}
        self._timing: dict = {}
        self._kept: dict[Path, Callable[[], None]] = {}     # rows so far: all rows
        if cfg.resume:
            self._check_unfinished()
        self._write([], complete=False)

    def load_network(self, key: str, random_will_do: bool = False) -> Network:
        """The network that the flags ask for, in place of checkpoint `key`.

        Without the released file it has random weights if the data are
        synthetic, or if `random_will_do`.
        """
        cfg = self.cfg
        entry = CHECKPOINTS.get(key)
        source = cfg.weights or key
        if not cfg.weights and (cfg.tiny or (
                (random_will_do or cfg.data == "synthetic")
                and not (entry and (WEIGHTS / entry.file).exists()))):
            log.warning("no weights: %s", "a tiny network has none" if cfg.tiny else
                        f"{WEIGHTS / entry.file} is not there" if entry else
                        "none were released")
            source = RANDOM
        with self.workers.scope():
            network = load_network(source, key=key, weights=WEIGHTS, tiny=cfg.tiny,
                                   seed=cfg.seed)
        self.weights = network.weights
        return network

    def locate(self, name: str) -> Path:
        """The folder of data set `name`, see `deephar.data.locate`."""
        return locate(self.cfg.data, name, "tiny" if self.cfg.tiny else "small")

    def evaluate(self, trial: Trial, predict: Predict, batch_size: int | None = None
                 ) -> Rows:
        """Rows of `trial`, those of an interrupted run included, on every worker."""
        path = self._rows_path(trial)
        batch_size = batch_size or self.cfg.batch_size
        settings = {"trial": trial.name, "weights_md5": self.weights.get("md5"), **{
            name: value for name, value in asdict(self.cfg).items()
            if name not in FREE_FLAGS}}
        start, stop = part_of(len(trial.samples), self.workers, batch_size)
        rows = Rows(stop - start)
        if self.workers.count > 1:
            settings["part"] = [start, stop]
        if self.cfg.resume and path.exists():
            rows = Rows.load(path, rows.total, settings)
            log.info("%s: going on after %d of %d samples",
                     trial.name, rows.next_sample, rows.total)
        if self.interrupted:
            return rows
        try:
            rows = evaluate_together(
                trial, predict, batch_size=batch_size, among=self.workers, rows=rows,
                workers=self.cfg.workers, save=lambda rows: rows.save(path, settings))
        except KeyboardInterrupt as error:
            log.warning("%s: interrupted", trial.name)
            self.interrupted = True
            rows = getattr(error, "rows", rows)
        self._kept[path] = lambda: rows.save(
            self.folder / f"rows-{trial.name}.npz", settings)
        self._timing[trial.name] = {
            "seconds": rows.seconds, "shares": time_shares(rows)}
        return rows

    def finish(self, scores: Sequence[Score], **more) -> dict:
        """Write the report, with whatever `more` there is to say, and return it."""
        report = self._write(scores, complete=not self.interrupted, **more)
        if not self.interrupted:
            for path, save_whole in self._kept.items():
                path.unlink(missing_ok=True)
                if self.cfg.predictions and self.workers.is_first:
                    save_whole()
        if self._lock:
            log.info("report: %s", self.folder / PAGE)
            self._lock.release()
        return report

    def _rows_path(self, trial: Trial) -> Path:
        """Where the rows of this worker's part are kept.

        Raises:
            ValueError: what is to be resumed was begun by one and is now for several.
        """
        alone = self.folder / f"rows-{trial.name}.npz"
        parts = sorted(self.folder.glob(f"rows-{trial.name}.*.npz"))
        others = parts if self.workers.count == 1 else [alone] * alone.exists()
        if self.cfg.resume and others:
            raise ValueError(f"{others[0]} was begun by another number of workers: resume "
                             "with as many, or start again without --resume")
        return (alone if self.workers.count == 1 else
                self.folder / f"rows-{trial.name}.{self.workers.index}.npz")

    def _check_unfinished(self) -> None:
        path = self.folder / "report.json"
        if (path.exists() and read_report(path)["status"] == "complete"
                and not list(self.folder.glob("rows-*.npz"))):
            raise FileExistsError(f"{path} is complete: there is nothing to resume; "
                                  "without --resume it is made again")

    def _write(self, scores: Sequence[Score], complete: bool, **more) -> dict:
        began = self._started.timestamp() - 1       # file systems round
        plots = sorted(path.name for path in self.folder.glob("*.png")
                       if path.stat().st_mtime >= began)
        report = {**more, "plots": plots} | make_report(
            scores, weights=self.weights, seed=self.cfg.seed, started=self._started,
            complete=complete, config=asdict(self.cfg),
            timing={**self._timing, "peak_memory_mb": peak_memory_mb()})
        if self.workers.is_first:
            save_report(self.folder, report)
        return report


def exit_code(report: Mapping) -> int:
    """0: all samples evaluated; 1: some are missing; 130: interrupted."""
    if report["status"] != "complete":
        return INTERRUPTED
    return 0 if all_evaluated(report) else 1
