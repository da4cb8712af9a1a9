from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
VERSION = next(
    line.split('"')[1]
    for line in (ROOT / "deephar" / "__init__.py").read_text("utf-8").splitlines()
    if line.startswith("__version__"))
SCRIPTS = sorted(f"deephar.exp.{folder.name}" for folder in (ROOT / "exp").iterdir()
                 if any(folder.glob("*.py")))

setup(
    name="deephar",
    version=VERSION,
    description="Multitask 2D/3D human pose estimation and action recognition",
    long_description=(ROOT / "README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11",
    packages=[*find_packages(include=["deephar", "deephar.*"]), "deephar.exp", *SCRIPTS],
    # The scripts are part of what is installed, so that `deephar train` finds them.
    package_dir={"deephar.exp": "exp"},
    package_data={"deephar": ["py.typed"]},
    install_requires=[
        # Both ends are tried: docs/faq.md, "Which versions".
        "tensorflow>=2.18,<3",
        "keras>=3.13,<4",
        "numpy>=2.0,<3",
        "h5py",
        "scipy",
        "pillow",
        "matplotlib",
    ],
    extras_require={
        "test": ["pytest", "hypothesis", "setuptools>=64", "wheel"],
        "video": ["av"],
        "demo": ["gradio>=6", "av"],
        "pack": ["array_record", "fsspec"],
        "ray": ["ray", "av"],
        "detect": ["keras-hub>=0.32"],
        "coco": ["pycocotools"],
        "export": ["onnx", "onnxruntime", "openvino", "ai-edge-litert"],
        "docs": ["mkdocs-material", "mkdocstrings[python]"],
        "check": ["ruff", "mypy"],
    },
    entry_points={"console_scripts": ["deephar = deephar.cli:main"]},
)
