"""Depth of the root that makes a coarse 3D pose agree with its 2D key points.

At root depth d a joint at relative depth z_j lies on the ray of its key point:
its x and y, relative to the root's, are p_j(d) = d b_j + c_j.  Both costs, the
sum of the distances |p_j(d) - (x, y)_j| and the sum of their squares, are
convex in d, so one scalar per frame is found without trying every depth.
"""
import numpy as np

MOST_STEPS = 16            # of Newton; what is not found then is bisected
MIN_SPREAD = 1e-12          # of the rays; below it no depth is better than another
FAST_BLOCK, BRUTE_BLOCK = 4096, 16      # frames at once: they stay in the cache


def geometric_search(uv: np.ndarray, coarse: np.ndarray, intrinsics, root: int = 0,
                     lo: float = 2800, hi: float = 7200, step: float = 1,
                     cost: str = "l1", method: str = "fast",
                     principal: str = "image") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Refine coarse poses; x and y are replaced, relative depths stay.

    Args:
        uv: (N, J, 2) key points in pixels.
        coarse: (N, J, 3) root-relative poses in mm.
        intrinsics: fx, fy, cx, cy in pixels.
        root: index of the root joint.
        lo, hi, step: the depths tried, `hi` excluded, in mm.
        cost: "l1", distances, or "l2", their squares.
        method: "fast" finds the minimum by convexity, "brute" tries every depth.
        principal: "image", the centre of `intrinsics`, or "root": the root is
            taken to lie on the optical axis (pictures of unknown origin).

    Returns:
        refined poses (N, J, 3), depths (N,), costs (N,).  Where all key points
        lie on one ray the pose is the coarse one and the depth NaN.
    """
    uv, coarse = np.asarray(uv, float), np.asarray(coarse, float)
    _check(uv, coarse, lo, hi, step, cost, method, principal)
    number = int(np.ceil((hi - lo) / step))             # of depths tried
    refined = coarse - coarse[:, root:root + 1]
    depths, costs = np.full(len(uv), np.nan), np.full(len(uv), np.nan)
    search = _fast if method == "fast" else _brute
    size = FAST_BLOCK if method == "fast" else BRUTE_BLOCK
    for first in range(0, len(uv), size):
        frames = slice(first, first + size)
        # Coordinates first, frames last: (2, J, N).
        pose = np.ascontiguousarray(coarse[frames].transpose(2, 1, 0))
        rays = _rays(uv[frames].transpose(2, 1, 0), intrinsics, root, principal)
        b = rays - rays[:, root:root + 1]
        c = rays * pose[2]
        c -= c[:, root:root + 1]
        e = c - (pose[:2] - pose[:2, root:root + 1])
        some = np.flatnonzero((b * b).sum((0, 1)) >= MIN_SPREAD)
        if len(some) < pose.shape[2]:
            b, c, e = b[:, :, some], c[:, :, some], e[:, :, some]
        index, values = search(b, e, lo, step, number, cost)
        depth = lo + step * index
        depths[first + some], costs[first + some] = depth, values
        refined[first + some, :, :2] = (depth * b + c).transpose(2, 1, 0)
    return refined, depths, costs


def _check(uv, coarse, lo, hi, step, cost, method, principal):
    if uv.ndim != 3 or uv.shape[2] != 2 or coarse.shape != uv.shape[:2] + (3,):
        raise ValueError("key points must be (N, J, 2) and coarse poses (N, J, 3), "
                         f"got {uv.shape} and {coarse.shape}")
    if not (np.isfinite(uv).all() and np.isfinite(coarse).all()):
        raise ValueError("key points and coarse poses must be finite numbers: "
                         "fill or drop the missing ones first")
    if not (lo < hi and step > 0):
        raise ValueError(f"depths need lo < hi and step > 0, got {lo}, {hi}, {step}")
    for name, value, known in (("cost", cost, ("l1", "l2")),
                               ("method", method, ("fast", "brute")),
                               ("principal", principal, ("image", "root"))):
        if value not in known:
            raise ValueError(f"{name} must be one of {known}, got {value!r}")


def _rays(uv, intrinsics, root, principal):
    """x / z and y / z of the key points, (2, J, N)."""
    fx, fy, cx, cy = intrinsics
    centre = (uv[:, root:root + 1] if principal == "root"
              else np.array([cx, cy])[:, None, None])
    return np.ascontiguousarray((uv - centre) / np.array([fx, fy])[:, None, None])


def _costs(depths, b, e, cost):
    """Costs (K, N) of depths (K, N); the one formula of both methods."""
    dx, dy = (depths[:, None] * b[i] + e[i] for i in (0, 1))        # (K, J, N)
    dx *= dx
    dy *= dy
    dx += dy
    return (dx if cost == "l2" else np.sqrt(dx, out=dx)).sum(1)


def _brute(b, e, lo, step, number, cost):
    """(indices, costs) of the first minima, every depth tried."""
    values = _costs((lo + step * np.arange(number))[:, None], b, e, cost)
    return values.argmin(axis=0), values.min(axis=0)


def _fast(b, e, lo, step, number, cost):
    """The same by convexity: the real minimum, then the grid around it."""
    last = lo + step * (number - 1)
    square = b[0] * b[0] + b[1] * b[1]
    dot = b[0] * e[0] + b[1] * e[1]
    depth = np.clip(-dot.sum(0) / square.sum(0), lo, last)      # of the squares
    if cost == "l1":
        depth = _least_distance(depth, b, e, square, dot, lo, last, step / 4)
    below = np.floor((depth - lo) / step).astype(int)
    grid = np.clip(below + np.array([[-1], [0], [1], [2]]), 0, number - 1)
    values = _costs(lo + step * grid, b, e, cost)
    chosen, frames = values.argmin(axis=0), np.arange(len(depth))
    index, best = grid[chosen, frames], values[chosen, frames]
    # Less than a neighbour on either side is the minimum; the others are searched.
    left = values[np.maximum(chosen - 1, 0), frames] > best
    right = values[np.minimum(chosen + 1, 3), frames] >= best
    doubtful = np.flatnonzero(~((left | (index == 0)) & (right & (chosen < 3)
                                                         | (index == number - 1))))
    if len(doubtful):
        index[doubtful], best[doubtful] = _bisect(
            b[:, :, doubtful], e[:, :, doubtful], lo, step, number, cost)
    return index, best


def _least_distance(depth, b, e, square, dot, lo, last, tolerance):
    """Minimum of sum_j w_j sqrt((d - m_j)^2 + h_j^2), by Newton inside brackets.

    Good to `tolerance` at best: the caller looks at the neighbours.
    """
    square = np.maximum(square, 1e-20)              # 0 at the root
    w = np.sqrt(square).astype(np.float32)
    m = (-dot / square).astype(np.float32)
    h = ((b[0] * e[1] - b[1] * e[0]) / square).astype(np.float32)
    h2 = h * h + np.float32(1e-6)
    depth = depth.astype(np.float32)
    low, high = np.full_like(depth, lo), np.full_like(depth, last)
    found, todo = depth.copy(), np.arange(len(depth))
    for _ in range(MOST_STEPS):
        if not len(todo):
            break
        away = depth - m
        inverse = 1 / (away * away + h2)
        pull = w * np.sqrt(inverse)
        slope = (pull * away).sum(0)
        inverse *= pull
        inverse *= h2
        falls = slope < 0
        low, high = np.where(falls, depth, low), np.where(falls, high, depth)
        newer = depth - slope / np.maximum(inverse.sum(0), np.float32(1e-30))
        newer = np.where((newer > low) & (newer < high), newer, (low + high) / 2)
        going = (np.abs(newer - depth) > tolerance) & (high - low > tolerance)
        depth = found[todo] = newer
        if 2 * np.count_nonzero(going) < len(todo):     # worth the copies
            todo, depth, low, high = (a[going] for a in (todo, depth, low, high))
            w, m, h2 = w[:, going], m[:, going], h2[:, going]
    return found


def _bisect(b, e, lo, step, number, cost):
    """(indices, costs) of the first grid points that are no larger than the next."""
    low, high = np.zeros(b.shape[2], int), np.full(b.shape[2], number - 1)
    while (low < high).any():
        middle = (low + high) // 2
        pair = np.minimum(middle + np.array([[0], [1]]), number - 1)
        here, there = _costs(lo + step * pair, b, e, cost)
        rising = there >= here
        low, high = np.where(rising, low, middle + 1), np.where(rising, middle, high)
        low = np.minimum(low, high)
    return low, _costs(lo + step * low[None], b, e, cost)[0]
