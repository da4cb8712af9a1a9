"""How large the rooms are, and what stands twice: `python -m tests.rooms`."""
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPEATED = 6            # equal lines in two files, without blanks, comments and imports


def files_of_rooms() -> dict[str, list[Path]]:
    """The files of each room of the package, of the scripts and of the tests."""
    rooms = defaultdict(list)
    for path in sorted((ROOT / "deephar").rglob("*.py")):
        inside = path.relative_to(ROOT / "deephar").parts
        rooms[inside[0] if len(inside) > 1 else "(files)"].append(path)
    rooms["exp"], rooms["tests"] = (sorted((ROOT / name).rglob("*.py"))
                                    for name in ("exp", "tests"))
    return rooms


def repeats(files: list[Path]) -> dict[tuple[Path, ...], str]:
    """{files: where in the first} of every run of REPEATED lines that two files share."""
    places = defaultdict(list)
    for path in files:
        lines = [(number, line.strip())
                 for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)]
        lines = [(number, line) for number, line in lines
                 if line and not line.startswith(("#", "from ", "import ", '"""'))]
        for i in range(len(lines) - REPEATED + 1):
            run = tuple(line for _, line in lines[i:i + REPEATED])
            places[run].append((path, lines[i][0]))
    return {tuple(dict.fromkeys(path for path, _ in found)): f"line {found[0][1]}: {run[0]}"
            for run, found in reversed(places.items()) if len({path for path, _ in found}) > 1}


def main() -> None:
    rooms = files_of_rooms()
    print(f"{'room':<14}{'files':>6}{'lines':>8}   longest file")
    for room, files in rooms.items():
        sizes = {path: len(path.read_text("utf-8").splitlines()) for path in files}
        longest = max(sizes, key=sizes.get)
        print(f"{room:<14}{len(files):>6}{sum(sizes.values()):>8}   "
              f"{longest.relative_to(ROOT)}, {sizes[longest]}")
    package = [path for room, files in rooms.items() if room != "tests" for path in files]
    print(f"\n{REPEATED} equal lines or more:")
    for files, where in repeats(package).items():
        print(", ".join(str(path.relative_to(ROOT)) for path in files), "--", where)


if __name__ == "__main__":
    main()
