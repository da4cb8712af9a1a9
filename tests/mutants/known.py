"""Mutants that no test need catch, and why: {(file of deephar/, change): reason}."""

HARMLESS: dict[tuple[str, str], str] = {}
