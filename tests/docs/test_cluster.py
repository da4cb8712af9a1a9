"""The files that start trainings on clusters: accepted by the shell and by our parsers."""
import json
import re
import shlex
import subprocess
import textwrap
from pathlib import Path

import pytest

from deephar.training.signals import SIGNALS
from deephar.utils.flags import parse_config
from tests.exp.conftest import EXP, load_script

CLUSTER = EXP.parent / "docs" / "cluster"
FILES = {path.name: path for path in sorted(CLUSTER.iterdir())}


def command(path: Path) -> list[str]:
    """The words after `deephar` in a file's one command."""
    text = re.sub(r"\s*\\\n\s*", " ", path.read_text("utf-8"))
    found, = re.findall(r"^[^#\n]*deephar (train .*)$", text, re.M)
    return shlex.split(found.rstrip('"') if found.count('"') % 2 else found)


@pytest.mark.parametrize("path", FILES.values(), ids=FILES)
def test_the_command_goes_on_by_itself(path):
    words = command(path)
    assert words[:2] == ["train", "mpii_singleperson"]
    cfg = parse_config(load_script("mpii/train_mpii_singleperson.py").Config, words[2:])
    assert cfg.resume == "auto"
    assert cfg.device.split(":")[0] == {"slurm.sh": "slurm", "jobset.yaml": "multiworker",
                                        "tpu.sh": "tpu"}[path.name]


@pytest.mark.parametrize("name", ["slurm.sh", "tpu.sh"])
def test_the_shell_accepts_it(name):
    subprocess.run(["bash", "-n", FILES[name]], check=True)


def test_the_batch_script_queues_itself_again_after_sigterm(tmp_path):
    """With stand-ins for Slurm's commands."""
    for code, again in ((143, True), (1, False), (0, False)):
        log = tmp_path / f"log-{code}"
        (tmp_path / "srun").write_text(f"#!/bin/bash\nexit {code}\n")
        (tmp_path / "scontrol").write_text(f"#!/bin/bash\necho $@ > {log}\n")
        for stand_in in ("srun", "scontrol"):
            (tmp_path / stand_in).chmod(0o755)
        done = subprocess.run(["bash", FILES["slurm.sh"]], env={
            "PATH": f"{tmp_path}:/usr/bin:/bin", "SLURM_JOB_ID": "4711"})
        assert done.returncode == code
        assert log.exists() == again
    assert (tmp_path / "log-143").read_text() == "requeue 4711\n"
    assert 128 + SIGNALS[1] == 143


def test_the_job_set_names_its_workers():
    text = FILES["jobset.yaml"].read_text("utf-8")
    script = textwrap.dedent(re.search(r"- \|\n(.*?)exec deephar", text, re.S)[1])
    said = subprocess.run(["bash", "-c", script + 'echo "$TF_CONFIG"'], check=True,
                          env={"PATH": "/usr/bin:/bin", "WORKERS": "3",
                               "JOB_COMPLETION_INDEX": "2"}, capture_output=True, text=True)
    config = json.loads(said.stdout)
    assert config["task"] == {"type": "worker", "index": 2}
    assert config["cluster"]["worker"] == [
        f"deephar-worker-0-{i}.deephar:2222" for i in range(3)]
