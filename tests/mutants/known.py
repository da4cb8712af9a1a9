"""Mutants that no test need catch, and why: {(file of deephar/, change): reason}."""

SQUARED = "a difference that is squared has no sign"
SMALL = "only that it is small matters"
NO_ROW = "an array without rows is the same"
APART = "no optimizer is given it"
KEPT = "how much is kept changes no result"

HARMLESS: dict[tuple[str, str], str] = {
    ("losses.py", "swapped: return _per_sample(_mean_over_valid(lambda y: ops.square(y - "
     "y_pred), y_true))  ->  return _per_sample(_mean_over_valid(lambda y: "
     "ops.square((y_pred - y)), y_true))"): SQUARED,
    ("losses.py", "constant: return ops.sqrt(ops.maximum(ops.sum(ops.square(y_true - y_pred), "
     "axis=-1), 1e-24))  ->  return ops.sqrt(ops.maximum(ops.sum(ops.square(y_true - y_pred), "
     "axis=-1), 1.25e-24))"): SMALL,
    ("data/loader.py", "off by one: self._order = lru_cache(maxsize=8)(self._make_order)  ->  "
     "self._order = lru_cache(maxsize=9)(self._make_order)"): KEPT,
    ("data/mpii.py", 'swapped: "headsize": HEAD_SIZE * np.hypot(x2 - x1, y2 - y1),  ->  '
     '"headsize": HEAD_SIZE * np.hypot((x1 - x2), y2 - y1),'): SQUARED,
    ("data/human36m.py", "constant: if not np.allclose(seen_by.R @ seen_by.R.T, np.eye(3), "
     "atol=0.01) or min(seen_by.f) <= 0:  ->  if not np.allclose(seen_by.R @ seen_by.R.T, "
     "np.eye(3), atol=0.0125) or min(seen_by.f) <= 0:"): SMALL,
    ("training/averages.py", 'constant: self._means = [keras.Variable(w, trainable=False, '
     'name="average", dtype=w.dtype)  ->  self._means = [keras.Variable(w, trainable=True, '
     'name="average", dtype=w.dtype)'): APART,
    ("inference/tracks.py", "name: return np.zeros((len(tracks), len(boxes)))  ->  return "
     "np.ones((len(tracks), len(boxes)))"): NO_ROW,
}
