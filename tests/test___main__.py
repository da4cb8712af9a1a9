"""`python -m deephar` is the command."""
import subprocess
import sys

from deephar import __version__


def test_the_package_is_the_command():
    run = subprocess.run([sys.executable, "-m", "deephar", "--version"],
                         capture_output=True, text=True)
    assert (run.stdout.strip(), run.returncode) == (__version__, 0)
    wrong = subprocess.run([sys.executable, "-m", "deephar", "nothing"],
                           capture_output=True, text=True)
    assert wrong.returncode == 2 and "usage: deephar" in wrong.stderr
