"""Whatever the pages and docstrings tell to type is accepted by the real parsers."""
import argparse
import ast
import importlib
import re
import shlex
from pathlib import Path

import pytest

from deephar.cli import COMMANDS, make_parser
from deephar.utils.flags import parse_config
from tests.exp.conftest import EXP, load_script

ROOT = EXP.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")),
         *(ROOT / room / "README.md" for room in ("exp", "weights", "datasets"))]
SOURCES = [*sorted(EXP.glob("*/*.py")), *sorted((ROOT / "deephar").rglob("*.py"))]
SCRIPTS = {path.name: path for path in EXP.glob("*/*.py")}

# What stands for one of few words.
PLACEHOLDERS = {"SET": "mpii"}
COMMAND = re.compile(r"(?:deephar|python exp/\S+\.py)(?: |$)")
FLAG = re.compile(r"--[a-z][a-z0-9-]*")
# Of pytest.
OTHER_FLAGS = {"--slow", "--slow-only"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# === What the pages tell to type ===

def told(path: Path) -> tuple[str, list[str]]:
    """(the page's text, or a module's docstring; what stands there in `...`)."""
    text = path.read_text("utf-8")
    if path.suffix == ".py":
        tree = ast.parse(text)
        text = ast.get_docstring(tree) or ""
        strings = [node.value for node in ast.walk(tree)
                   if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    else:
        strings = [re.sub(r"```.*?```", "", text, flags=re.S)]
    return text, [quoted for s in strings for quoted in re.findall(r"`([^`\n]+)`", s)]


def command_lines(path: Path) -> list[str]:
    """Lines of blocks that are commands, continued ones joined."""
    text = re.sub(r"\s*\\\n\s*", " ", told(path)[0])
    lines = [part for line in text.splitlines() for part in re.split(r" (?:&&|\|) ", line)]
    if path.suffix == ".py":            # a command is indented, words about it stand apart
        lines = [line for line in lines if line.startswith("  ")]
    if path.parent.name == "cli":
        lines = [re.split(r"\s{2,}", line.strip())[0] for line in lines]
    return [line.strip() for line in lines if COMMAND.match(line.strip())]


def words_of(command: str) -> list[str]:
    words = [w for w in shlex.split(command, comments=True) if w not in ("...", "--help")]
    return [PLACEHOLDERS.get(word, word.split("|")[0]) for word in words]


# === The real parsers ===

@pytest.fixture
def parse(monkeypatch):
    """Parses the words of a command; what the parser does not like is a ValueError."""
    def fail(parser, message):
        raise ValueError(message)

    monkeypatch.setattr(argparse.ArgumentParser, "error", fail)

    def parse_words(words: list[str]) -> None:
        if words[0] == "deephar":
            args = make_parser().parse_args(words[1:])
            if args.command == "train" and args.script not in (None, "NAME"):
                name = f"train_{args.script.removeprefix('train_')}.py"
                parse_words(["python", f"exp/{name_of(SCRIPTS[name])[4:]}", *args.flags])
        else:
            script = load_script(str(Path(words[1]).relative_to("exp")))
            parse_config(script.Config, words[2:])

    return parse_words


@pytest.mark.parametrize(
    "path", [p for p in PAGES + SOURCES if command_lines(p)], ids=name_of)
def test_a_block_of_commands_is_accepted(path, parse):
    for line in command_lines(path):
        try:
            parse(words_of(line))
        except ValueError as error:
            pytest.fail(f"{name_of(path)}: {line}\n{error}")


def flags_of(parser: argparse.ArgumentParser) -> set[str]:
    known = set(parser._option_string_actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            known |= {flag for sub in action.choices.values() for flag in flags_of(sub)}
    return known


def test_a_command_in_a_sentence_exists(parse):
    """`deephar export`: it may lack what it needs, but not have what does not exist."""
    seen = 0
    for path in PAGES + SOURCES:
        for quoted in filter(COMMAND.match, told(path)[1]):
            words = words_of(re.sub(r"\{\w*\}", "x", quoted))
            seen += 1
            try:
                if words != ["deephar"]:
                    parse(words)
            except ValueError as error:
                known = flags_of(make_parser())
                lacks = re.search("arguments are required|expected .* argument", str(error))
                assert lacks and known.issuperset(filter(FLAG.fullmatch, words)), (
                    f"{name_of(path)}: `{quoted}`: {error}")
    assert seen > 50


def test_a_flag_in_a_sentence_is_one_of_somebody(monkeypatch):
    known = flags_of(make_parser()) | OTHER_FLAGS
    made = []
    parse_args = argparse.ArgumentParser.parse_args
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", lambda parser, argv: (
        made.append(parser), parse_args(parser, argv))[1])
    for path in SCRIPTS.values():
        parse_config(load_script(path.relative_to(EXP).as_posix()).Config, [])
    known = known.union(*map(flags_of, made))
    for path in PAGES:
        for quoted in told(path)[1]:
            if quoted.split()[0] not in ("pip", "pytest", "git", "mkdocs"):
                unknown = set(FLAG.findall(quoted)) - known
                if quoted.startswith("python -m tests."):
                    module = ROOT / quoted.split()[2].replace(".", "/")
                    module = module / "__main__.py" if module.is_dir() else f"{module}.py"
                    unknown = {flag for flag in unknown
                               if f'"{flag}"' not in Path(module).read_text("utf-8")}
                assert not unknown, f"{name_of(path)}: `{quoted}`"


def test_every_command_has_its_help(capsys):
    for name in COMMANDS:
        with pytest.raises(SystemExit) as stop:
            make_parser().parse_args([name, "--help"])
        shown = capsys.readouterr().out
        usage, _, rest = shown.partition("\n\n")
        # A line of its own shows how to type it.
        assert stop.value.code == 0 and re.search(rf"^ *deephar {name}\b", rest, re.M), name


def test_files_in_sentences_exist():
    for path in PAGES:
        for quoted in told(path)[1]:
            if re.fullmatch(r"(exp|docs|tests|deephar|datasets|weights)/\S+\.(py|md)", quoted):
                assert (ROOT / quoted).exists(), f"{name_of(path)}: `{quoted}`"
            elif re.fullmatch(r"(train|eval|predict|compare)_\w+\.py", quoted):
                assert quoted in SCRIPTS, f"{name_of(path)}: `{quoted}`"


# === Links and snippets ===

def anchors_of(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), flags=re.M)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_links_lead_somewhere(path):
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if not link.startswith(("http://", "https://", "mailto:")):
            file, _, anchor = link.partition("#")
            target = path.parent / file if file else path
            assert target.exists(), f"{name_of(path)}: {link}"
            assert not anchor or anchor in anchors_of(target), f"{name_of(path)}: {link}"


def snippets(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", path.read_text("utf-8"), flags=re.S | re.M)


@pytest.mark.parametrize("path", [p for p in PAGES if snippets(p)], ids=name_of)
def test_a_snippet_compiles_and_its_names_exist(path):
    for snippet in snippets(path):
        for node in ast.walk(ast.parse(snippet, name_of(path))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
                if names[0].startswith("deephar"):
                    importlib.import_module(*names)
            elif isinstance(node, ast.ImportFrom) and node.module.startswith("deephar"):
                for alias in node.names:
                    has_name(node.module, alias.name)


def has_name(module: str, name: str) -> None:
    if not hasattr(importlib.import_module(module), name):
        importlib.import_module(f"{module}.{name}")
