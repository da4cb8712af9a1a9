"""Importing the package is quick and imports nothing heavy."""
import subprocess
import sys

HEAVY = ("tensorflow", "keras", "jax", "torch", "numpy", "scipy", "h5py", "matplotlib", "PIL")
CLUSTERS = ("ray", "array_record", "fsspec", "pyarrow")


def test_importing_deephar_is_quick_and_light():
    code = ("import sys, time\n"
            "start = time.perf_counter()\n"
            "import deephar\n"
            "print(time.perf_counter() - start)\n"
            f"print(*(m for m in {HEAVY + CLUSTERS} if m in sys.modules))")
    runs = [subprocess.run([sys.executable, "-c", code], check=True, text=True,
                           capture_output=True).stdout.split("\n") for _ in range(3)]
    assert runs[0][1] == ""
    assert min(float(run[0]) for run in runs) < 0.1
    assert all(run[2:] == [""] for run in runs)


def test_the_scripts_say_their_flags_before_keras_is_there():
    code = ("import sys, deephar.evaluation.protocols, deephar.networks.load\n"
            "sys.exit(any(m in sys.modules for m in ('keras', 'tensorflow')))")
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_clusters_need_is_not_there_until_it_is_asked_for():
    code = ("import sys, deephar.cli.predict, deephar.cli.dataset, deephar.cli.train\n"
            "import deephar.data.locate, deephar.data.pack, deephar.data.loader\n"
            f"print(*(m for m in {CLUSTERS} if m in sys.modules))")
    assert subprocess.run([sys.executable, "-c", code], check=True, text=True,
                          capture_output=True).stdout == "\n"
