"""Depth of the root that makes a coarse 3D pose agree with its 2D key points.

At root depth d a joint at relative depth z_j lies on the ray of its key point:
its x and y, relative to the root's, are p_j(d) = d b_j + c_j.  Both costs, the
sum of the distances |p_j(d) - (x, y)_j| and the sum of their squares, are
convex in d, so one scalar per frame is found without trying every depth.
"""
import numpy as np

MOST_STEPS = 10             # of Newton; what is not found then is bisected
MIN_SPREAD = 1e-12          # of the rays; below it no depth is better than another
# Frames worked on at once, so that arrays stay in the cache.
NEWTON_BLOCK, BISECT_BLOCK = 2048, 4096


def geometric_search(uv: np.ndarray, coarse: np.ndarray, intrinsics, root: int = 0,
                     lo: float = 2800, hi: float = 7200, step: float = 1,
                     cost: str = "l1", principal: str = "image") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Refine coarse poses; x and y are replaced, relative depths stay.

    Args:
        uv: (N, J, 2) key points in pixels.
        coarse: (N, J, 3) root-relative poses in mm.
        intrinsics: fx, fy, cx, cy in pixels.
        root: index of the root joint.
        lo, hi, step: the depths tried, `hi` excluded, in mm.
        cost: "l1", distances, or "l2", their squares.
        principal: "image", the centre of `intrinsics`, or "root": the root is
            taken to lie on the optical axis (pictures of unknown origin).

    Returns:
        refined poses (N, J, 3), depths (N,), costs (N,).  Where all key points
        lie on one ray the pose is the coarse one and the depth NaN.
    """
    uv, coarse = np.asarray(uv, float), np.asarray(coarse, float)
    _check(uv, coarse, lo, hi, step, cost, principal)
    grid = (lo, step, int(np.ceil((hi - lo) / step)))       # the depths tried
    results = np.empty_like(coarse), np.empty(len(uv)), np.empty(len(uv))
    unsure = np.arange(len(uv))
    for search, size in (_newton, NEWTON_BLOCK), (_bisect, BISECT_BLOCK):
        todo, doubts = unsure, []
        for first in range(0, len(todo), size):
            frames = todo[first:first + size]
            if len(frames) == frames[-1] - frames[0] + 1:
                frames = slice(frames[0], frames[-1] + 1)       # no copies
            found, doubtful = _search_block(
                uv[frames], coarse[frames], intrinsics, root, principal,
                lambda b, e: search(b, e, grid, cost))
            for result, part in zip(results, found):
                result[frames] = part
            doubts.append(todo[first + doubtful])
        unsure = np.concatenate(doubts) if doubts else todo
    return results


def _search_block(uv, coarse, intrinsics, root, principal, search):
    """(poses, depths, costs) of some frames, and those that `search` is unsure of."""
    # Coordinates first, frames last: (3, J, N).
    pose = np.ascontiguousarray(coarse.transpose(2, 1, 0))
    rays = _rays(uv.transpose(2, 1, 0), intrinsics, root, principal)
    c = rays * pose[2]
    c -= c[:, root:root + 1]
    b = np.subtract(rays, rays[:, root:root + 1], out=rays)
    pose -= pose[:, root:root + 1]
    depths, costs, unsure = search(b, c - pose[:2])
    xy = depths * b + c
    blind = np.flatnonzero((b * b).sum((0, 1)) < MIN_SPREAD)
    xy[:, :, blind] = pose[:2, :, blind]
    depths[blind] = costs[blind] = np.nan
    pose[:2] = xy
    return (pose.transpose(2, 1, 0), depths, costs), unsure


def _check(uv, coarse, lo, hi, step, cost, principal):
    if uv.ndim != 3 or uv.shape[2] != 2 or coarse.shape != uv.shape[:2] + (3,):
        raise ValueError("key points must be (N, J, 2) and coarse poses (N, J, 3), "
                         f"got {uv.shape} and {coarse.shape}")
    if not (np.isfinite(uv).all() and np.isfinite(coarse).all()):
        raise ValueError("key points and coarse poses must be finite numbers: "
                         "fill or drop the missing ones first")
    if not (lo < hi and step > 0):
        raise ValueError(f"depths need lo < hi and step > 0, got {lo}, {hi}, {step}")
    for name, value, known in (("cost", cost, ("l1", "l2")),
                               ("principal", principal, ("image", "root"))):
        if value not in known:
            raise ValueError(f"{name} must be one of {known}, got {value!r}")


def _rays(uv, intrinsics, root, principal):
    """x / z and y / z of the key points, (2, J, N)."""
    fx, fy, cx, cy = intrinsics
    centre = uv[:, root] if principal == "root" else (cx, cy)
    rays = np.empty(uv.shape)
    for points, middle, focal, out in zip(uv, centre, (fx, fy), rays):
        np.subtract(points, middle, out=out)
        out /= focal
    return rays


def _costs(depths, b, e, cost):
    """Costs (K, N) of depths (K, N)."""
    dx, dy = (depths[:, None] * b[i] + e[i] for i in (0, 1))        # (K, J, N)
    dx *= dx
    dy *= dy
    dx += dy
    return (dx if cost == "l2" else np.sqrt(dx, out=dx)).sum(1)


def _newton(b, e, grid, cost):
    """(depths, costs, frames that it is unsure of) of the first minima.

    From the real minimum and the depths around it.
    """
    lo, step, number = grid
    last = lo + step * (number - 1)
    square = np.maximum((b * b).sum((0, 1)), MIN_SPREAD)
    depth = np.clip(-(b * e).sum((0, 1)) / square, lo, last)    # of the squares
    if cost == "l1":
        depth = _least_distance(*(a.astype(np.float32) for a in (depth, b, e)),
                                lo, last, step)
    below = np.floor((depth - lo) / step)
    near = np.clip(below + np.array([[-1.0], [0], [1], [2]]), 0, number - 1)
    values = _costs(lo + step * near, b, e, cost)
    chosen, frames = values.argmin(axis=0), np.arange(len(depth))
    index, best = near[chosen, frames], values[chosen, frames]
    # By convexity, less than the neighbours on both sides is the minimum.
    left = (values[np.maximum(chosen - 1, 0), frames] > best) | (index == 0)
    right = (chosen < 3) & (values[np.minimum(chosen + 1, 3), frames] >= best)
    right |= index == number - 1
    return lo + step * index, best, np.flatnonzero(~(left & right))


def _bisect(b, e, grid, cost):
    """The first depths that cost no more than the next ones; sure of all."""
    lo, step, number = grid
    low, high = np.zeros(b.shape[2], int), np.full(b.shape[2], number - 1)
    while (low < high).any():
        middle = (low + high) // 2
        pair = np.minimum(middle + np.array([[0], [1]]), number - 1)
        here, there = _costs(lo + step * pair.astype(float), b, e, cost)
        low = np.where(there >= here, low, np.minimum(middle + 1, high))
        high = np.where(there >= here, middle, high)
    depth = lo + step * low.astype(float)
    return depth, _costs(depth[None], b, e, cost)[0], np.arange(0)


def _least_distance(depth, b, e, lo, last, tolerance):
    """Minimum of sum_j w_j sqrt((d - m_j)^2 + h_j^2), by Newton inside brackets.

    The last step is no longer than `tolerance`, and the steps shrink
    quadratically; the caller looks at the neighbours all the same.
    """
    square = np.maximum(b[0] * b[0] + b[1] * b[1], np.float32(1e-20))     # 0 at the root
    w = np.sqrt(square)
    m = (b[0] * e[0] + b[1] * e[1]) / -square
    h = (b[0] * e[1] - b[1] * e[0]) / square
    h2 = h * h + np.float32(1e-6)
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
