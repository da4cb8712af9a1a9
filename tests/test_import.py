"""Importing the package is quick and imports nothing heavy."""
import subprocess
import sys

HEAVY = ("tensorflow", "keras", "jax", "torch", "numpy", "scipy", "h5py", "matplotlib", "PIL")


def test_importing_deephar_is_quick_and_light():
    code = ("import sys, time\n"
            "start = time.perf_counter()\n"
            "import deephar\n"
            "print(time.perf_counter() - start)\n"
            f"print(*(m for m in {HEAVY} if m in sys.modules))")
    runs = [subprocess.run([sys.executable, "-c", code], check=True, text=True,
                           capture_output=True).stdout.split("\n") for _ in range(3)]
    assert runs[0][1] == ""
    assert min(float(run[0]) for run in runs) < 0.1
    assert all(run[2:] == [""] for run in runs)


def test_the_scripts_say_their_flags_before_keras_is_there():
    code = ("import sys, deephar.evaluation.protocols, deephar.networks.load\n"
            "sys.exit(any(m in sys.modules for m in ('keras', 'tensorflow')))")
    subprocess.run([sys.executable, "-c", code], check=True)
