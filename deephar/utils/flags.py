"""Command-line flags from a dataclass: every field of a script's Config is one."""
import argparse
import types
import typing
from dataclasses import MISSING, field, fields
from typing import Any, Sequence


def flag(default: Any, help: str, *, choices: Sequence | None = None,
         positional: bool = False) -> Any:
    """A dataclass field that knows what to say in `--help`.

    Args:
        default: also what tells the flag's type where the annotation is a union.
        help: one line.
        choices: the accepted values, if they are few.
        positional: the value may also stand alone, without its flag.
    """
    return field(default=default, metadata={
        "help": help, "choices": choices, "positional": positional})


def parse_config(config_class: type, argv: Sequence[str] | None = None) -> Any:
    """An instance of the dataclass `config_class`, filled from `argv`.

    Fields may be `int`, `float`, `str`, `bool`, `X | None` or
    `tuple[X, ...]`; `num_frames` becomes `--num-frames`, a true `bool` gets
    `--no-...`.  A `bool` with choices may also be one of them.  An unknown flag
    ends the program with the usage.
    """
    doc = (config_class.__doc__ or "").strip()
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    hints = typing.get_type_hints(config_class)
    for item in fields(config_class):
        _add_flag(parser, item, hints[item.name])
    values = vars(parser.parse_args(argv))
    for item in fields(config_class):
        alone = values.pop(item.name + "_alone", None)
        if alone is not None:
            values[item.name] = alone
        if isinstance(values[item.name], list):
            values[item.name] = tuple(values[item.name])
    return config_class(**values)


def _add_flag(parser, item, hint) -> None:
    if item.default is MISSING:
        raise TypeError(f"{item.name}: every field of a Config needs a default")
    meta = item.metadata
    name = "--" + item.name.replace("_", "-")
    kind, is_tuple = _kind_of(hint)
    options = {"default": item.default, "help": meta.get("help") or " "}
    if kind is bool and meta.get("choices"):
        parser.add_argument(name, nargs="?", const=True, choices=meta["choices"], **options)
        return
    if kind is bool:
        parser.add_argument(name, action=argparse.BooleanOptionalAction, **options)
        return
    options.update(type=kind, choices=meta.get("choices"))
    if is_tuple:
        options["nargs"] = "*"
    parser.add_argument(name, metavar=kind.__name__.upper()
                        if not options["choices"] else None, **options)
    if meta.get("positional"):
        parser.add_argument(item.name + "_alone", nargs="?", type=kind,
                            metavar=item.name.upper(), help=f"same as {name}")


def _kind_of(hint) -> tuple[type, bool]:
    """(type of one value, whether the flag takes several)."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        hint = next(h for h in typing.get_args(hint) if h is not type(None))
    if typing.get_origin(hint) is tuple:
        return typing.get_args(hint)[0], True
    return hint, False
