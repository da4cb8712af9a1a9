"""What the site has beyond the pages in docs/ (mkdocs calls this file; see mkdocs.yml).

The README files of other folders and the notebooks become pages, and links are turned
to where their targets are on the site.
"""
import json
import posixpath
import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(!?\[[^\[\]]*\])\(([^)\s]+)\)")
# Functions that the equations name: links to the reference.
NAME = re.compile(r"`(deephar(?:\.\w+)+)`")
# Path in the repository to page of the site; what is in docs/ keeps its name.
PAGES = {"README.md": "index.md", "CHANGELOG.md": "changes.md", "exp/README.md": "scripts.md",
         "weights/README.md": "weights.md", "datasets/README.md": "data-sets.md",
         **{path.relative_to(ROOT).as_posix(): f"notebooks/{path.stem}.md"
            for path in sorted(ROOT.glob("docs/notebooks/*.ipynb"))}}
SOURCES = {page: path for path, page in PAGES.items()}


def on_files(files, config):
    for path, page in PAGES.items():
        text = (ROOT / path).read_text("utf-8")
        if path.endswith(".ipynb"):
            text = as_page(json.loads(text))
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown, page, config, files):
    place = page.file.src_uri
    folder = posixpath.dirname(SOURCES.get(place, f"docs/{place}"))

    def turned(link):
        text, target = link.groups()
        file, mark, anchor = target.partition("#")
        if not file or ":" in file:
            return link[0]
        path = posixpath.normpath(posixpath.join(folder, file))
        goal = PAGES.get(path, path.removeprefix("docs/") if path.startswith("docs/") else "")
        if not goal:                    # a file of the package: there is no page of it
            return text[1:-1]
        if goal == place:               # a notebook's page names the notebook itself
            return link[0]
        return f"{text}({posixpath.relpath(goal, posixpath.dirname(place) or '.')}{mark}{anchor})"

    markdown = LINK.sub(turned, markdown)
    return NAME.sub(r"[`\1`][\1]", markdown) if place == "equations.md" else markdown


def as_page(notebook: dict) -> str:
    """A notebook's cells as Markdown."""
    return "\n\n".join(
        f"```python\n{''.join(cell['source'])}\n```" if cell["cell_type"] == "code"
        else "".join(cell["source"]) for cell in notebook["cells"])
