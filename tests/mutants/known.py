"""Mutants that no test need catch, and why: {(file of deephar/, change): reason}."""

SQUARED = "a difference that is squared has no sign"
SMALL = "only that it is small matters"

HARMLESS: dict[tuple[str, str], str] = {
    ("losses.py", "swapped: return _per_sample(_mean_over_valid(lambda y: ops.square(y - "
     "y_pred), y_true))  ->  return _per_sample(_mean_over_valid(lambda y: "
     "ops.square((y_pred - y)), y_true))"): SQUARED,
    ("losses.py", "constant: return ops.sqrt(ops.maximum(ops.sum(ops.square(y_true - y_pred), "
     "axis=-1), 1e-24))  ->  return ops.sqrt(ops.maximum(ops.sum(ops.square(y_true - y_pred), "
     "axis=-1), 1.25e-24))"): SMALL,
}
