"""From the owners' own files to the layout of `datasets/README.md`.

One module per data set, each with `prepare(source, out, workers, progress)`.
All of them work in threads, skip what is there already (so that an interrupted
run goes on where it stopped), write every file whole or not at all and the
annotations last, and report what could not be used.
"""
from deephar.data.prepare import human36m, mpii, ntu, pennaction

PREPARE = {
    "mpii": mpii.prepare,
    "h36m": human36m.prepare,
    "pennaction": pennaction.prepare,
    "ntu": ntu.prepare,
}
