"""Small mistakes that somebody might make in a source file, one at a time.

A change keeps the line numbers: it replaces the text of one expression.
"""
import ast
import copy
from dataclasses import dataclass
from typing import Iterator

COMPARISONS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
               ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
               ast.In: ast.NotIn, ast.NotIn: ast.In}
OPERATIONS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
              ast.FloorDiv: ast.Mod, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult,
              ast.MatMult: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}
NAMES = {"minimum": "maximum", "maximum": "minimum", "min": "max", "max": "min",
         "floor": "ceil", "ceil": "floor", "mean": "sum", "sum": "mean", "sin": "cos",
         "cos": "sin", "any": "all", "all": "any", "argmax": "argmin", "argmin": "argmax",
         "sqrt": "abs", "nanmean": "mean", "zeros": "ones", "ones": "zeros",
         "isnan": "isfinite", "rint": "floor", "round": "floor", "width": "height",
         "height": "width", "prod": "sum", "zeros_like": "ones_like"}
PACKAGES = ("np", "ops", "tf", "keras")
DROPPED = ("flip", "transpose", "swapaxes", "abs", "clip", "where", "fliplr")


@dataclass(frozen=True)
class Change:
    """One mistake: what it is, where, and the source with it."""
    kind: str
    line: int
    before: str
    after: str
    source: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.before.strip()}  ->  {self.after.strip()}"


def changes_of(source: str) -> list[Change]:
    """Every change of a file that this module can think of, in the file's order."""
    found = {}
    lines = source.splitlines(keepends=True)
    for node in _expressions(ast.parse(source)):
        for kind, new in _mistakes(node):
            change = _applied(lines, node, kind, new)
            found.setdefault(change.source, change)
    return sorted(found.values(), key=lambda change: (change.line, change.kind))


def _expressions(tree: ast.AST) -> Iterator[ast.AST]:
    """Expressions that compute: no messages, no type hints, no docstrings."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, (ast.Raise, ast.JoinedStr, ast.Import, ast.ImportFrom)):
            continue
        if isinstance(child, ast.Call) and ast.unparse(child.func).startswith(("log.", "flag")):
            continue
        if isinstance(child, ast.AnnAssign):
            child = ast.Expr(child.value) if child.value else ast.Pass()
        if isinstance(child, (ast.FunctionDef, ast.ClassDef, ast.arg)):
            child = copy.copy(child)
            for name in {"annotation", "returns", "decorator_list"} & set(child._fields):
                setattr(child, name, [] if name == "decorator_list" else None)
        if hasattr(child, "end_col_offset") and not _is_unordered(child, tree):
            yield child
        yield from _expressions(child)


def _is_unordered(node: ast.AST, parent: ast.AST) -> bool:
    """Whether it is a tuple whose order says nothing, or would be a mistake that crashes."""
    match parent:
        case _ if not isinstance(node, ast.Tuple):
            return False
        case ast.keyword(arg="axis" | "axes") | ast.Subscript():
            return True
        case ast.Compare(ops=[ast.In() | ast.NotIn()]):
            return node in parent.comparators
        case ast.Call(func=ast.Name("isinstance")):
            return True
    return False


def _mistakes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """(kind, what stands in its place) for an expression."""
    new = copy.deepcopy(node)
    match node:
        case ast.Compare(ops=[op]) if type(op) in COMPARISONS:
            new.ops = [COMPARISONS[type(op)]()]
            yield "comparison", new
        case ast.BinOp(op=op) if type(op) in OPERATIONS:
            new.op = OPERATIONS[type(op)]()
            yield "operation", new
            if isinstance(op, (ast.Sub, ast.Div)):
                yield "swapped", ast.BinOp(node.right, op, node.left)
        case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert()):
            yield "sign", node.operand
        case ast.BoolOp(op=op):
            new.op = ast.Or() if isinstance(op, ast.And) else ast.And()
            yield "condition", new
        case ast.IfExp():
            yield "condition", ast.IfExp(node.test, node.orelse, node.body)
        case ast.Constant(value=bool()):
            yield "constant", ast.Constant(not node.value)
        case ast.Constant(value=int()):
            yield "off by one", ast.Constant(node.value + 1)
        case ast.Constant(value=float()):
            yield "constant", ast.Constant(node.value * 1.25 + (node.value == 0))
        case ast.Attribute(attr="T"):
            yield "axes", node.value
        case ast.Attribute(attr=name) if name in NAMES:
            new.attr = NAMES[name]
            yield "name", new
        case ast.Call(func=ast.Name(id=name)) if name in NAMES:
            new.func.id = NAMES[name]
            yield "name", new
        case ast.Tuple(elts=[a, b], ctx=ast.Load()) if ast.dump(a) != ast.dump(b):
            yield "swapped", ast.Tuple([b, a], ast.Load())
        case ast.List(elts=[a, b, *rest]) if rest and ast.dump(a) != ast.dump(b):
            yield "swapped", ast.List([b, a, *rest], ast.Load())
        case ast.Subscript(slice=part, ctx=ast.Load()) if "::-1" in ast.unparse(part):
            yield "flip", node.value
        case ast.Call(func=ast.Attribute(value=owner, attr=name), args=args):
            if name in DROPPED and args:
                yield "dropped", args[1] if name == "where" and len(args) > 1 else args[0]
            elif name in ("copy", "astype", "reshape", "swapaxes", "transpose"):
                is_method = not (isinstance(owner, ast.Name) and owner.id in PACKAGES)
                yield "dropped", owner if is_method else args[0]


def _applied(lines: list[str], node: ast.AST, kind: str, new: ast.AST) -> Change:
    """The file with `new` in the place of `node`."""
    start, end = node.lineno - 1, node.end_lineno - 1
    head = lines[start].encode()[:node.col_offset].decode()
    tail = lines[end].encode()[node.end_col_offset:].decode()
    text = ast.unparse(ast.fix_missing_locations(new))
    if isinstance(new, (ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Tuple)):
        text = f"({text})" if not text.startswith("(") else text
    lost = "\n" * (end - start)            # lines keep their numbers
    result = "".join([*lines[:start], head + text + tail, lost, *lines[end + 1:]])
    before = " ".join(line.strip() for line in lines[start:end + 1])
    return Change(kind, node.lineno, before, " ".join((head + text + tail).split()), result)
