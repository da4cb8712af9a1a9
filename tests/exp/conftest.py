"""Scripts as modules."""
import importlib.util
from pathlib import Path

EXP = Path(__file__).resolve().parent.parent.parent / "exp"


def load_script(name: str):
    """The module of `exp/NAME`."""
    spec = importlib.util.spec_from_file_location(
        "exp_" + name.replace("/", "_").removesuffix(".py"), EXP / name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
