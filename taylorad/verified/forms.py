"""Bounds of the range of one function value over a box, by first and second derivatives.

For a continuous function on a box X with centre c, h = X - c, gradient enclosure G and Hessian enclosure H over X:

* mean value: ``f(X) ⊆ f(c) + G h``, with the centres that are best for either bound (Baumann, BIT 28 (1988) 80);
* monotonicity: where ``G_i ≥ 0`` the least value is attained at the lower end of X_i, the greatest at the upper one;
* second order: ``f(X) ⊆ f(c) + ∇f(c) h + hᵀ H h / 2``, squares ``h_i²`` taken sharply;
* convexity: where H is positive semidefinite, f lies above its tangent plane at any point, and its greatest value is
  at a corner; the other way round where it is negative semidefinite.

All hold for the exact function; sources: Neumaier, Interval Methods for Systems of Equations (1990), sections 2.3 and
5.1; Ratschek and Rokne, Computer Methods for the Range of Functions (1984).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from taylorad.algebras.interval import Interval
from taylorad.verified.derivatives import jet

MOST_CORNERS = 1024


class Points:
    """Enclosures of a function and its gradient at single points, each computed once."""

    def __init__(self, f: Callable):
        self.f = f
        self._known: dict[tuple[bytes, int], list[Interval]] = {}

    def at(self, point: np.ndarray, order: int) -> list[Interval]:
        """Value, and gradient for order 1."""
        key = np.asarray(point).tobytes()
        if (key, 1) in self._known:
            return self._known[key, 1]
        if (key, order) not in self._known:
            self._known[key, order] = jet(self.f, Interval(point), order)
        return self._known[key, order]

    def value(self, point: np.ndarray) -> Interval:
        """The value at a point."""
        return self.at(point, 0)[0]

    def plane(self, point: np.ndarray, box: Interval) -> Interval:
        """The range of the tangent at a point over a box."""
        value, slope = self.at(point, 1)
        return value + np.sum(slope * np.ravel(box.bare - point))


def mean_value(points: Points, box: Interval, slopes: Interval) -> Interval:
    """``f(c) + G (X - c)``, intersected over the centre and the two best points for the bounds."""
    result = Interval.entire()
    for c in [box.midpoint, *_best_centres(box, slopes)]:
        result = result.intersection(points.value(c) + np.sum(slopes * np.ravel(box.bare - c)))
    return result


def _best_centres(box: Interval, slopes: Interval) -> list[np.ndarray]:
    """Where the lower bound of the mean value form is greatest, and the upper one least."""
    low, high = box.ends
    a, b = (np.reshape(end, box.shape) for end in slopes.ends)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        inner = np.clip((b * low - a * high) / (b - a), low, high)
        outer = np.clip((b * high - a * low) / (b - a), low, high)
    middle = box.midpoint
    inner, outer = (np.where(np.isfinite(c), c, middle) for c in (inner, outer))
    return [
        np.where(a >= 0, low, np.where(b <= 0, high, inner)),
        np.where(a >= 0, high, np.where(b <= 0, low, outer)),
    ]


def faces(box: Interval, slopes: Interval) -> tuple[Interval, Interval] | None:
    """The faces of the box on which the least and the greatest value lie; None if f is monotone in no variable."""
    low, high = box.ends
    a, b = (np.reshape(end, box.shape) for end in slopes.ends)
    moves = (low < high) & np.isfinite(low) & np.isfinite(high)
    up, down = (a >= 0) & moves, (b <= 0) & moves
    if not np.any(up | down):
        return None
    least = Interval._make(np.where(down & ~up, high, low), np.where(up, low, high))
    greatest = Interval._make(np.where(up, high, low), np.where(down & ~up, low, high))
    return least, greatest


def second_order(points: Points, box: Interval, curvature: Interval) -> Interval:
    """``f(c) + ∇f(c) h + hᵀ H h / 2``."""
    c = box.midpoint
    h = np.ravel(box.bare - c)
    bent = np.sum(np.diagonal(curvature) * np.square(h)) / 2
    for i in range(1, box.size):
        bent = bent + h[i] * np.sum(curvature[i, :i] * h[:i])
    return points.plane(c, box) + bent


def convexity(points: Points, box: Interval, curvature: Interval, contacts: list[np.ndarray]) -> Interval:
    """What convexity or concavity says: tangent planes at the points of contact, and the corners."""
    sign = definiteness(curvature)
    if sign == 0:
        return Interval.entire()
    planes = [points.plane(p, box) for p in contacts]
    corners = [points.value(p) for p in corners_of(box)] if 2**box.size <= MOST_CORNERS else []
    if sign > 0:
        inf = max(float(p.ends[0]) for p in planes)
        return Interval(inf, max((float(p.ends[1]) for p in corners), default=np.inf))
    sup = min(float(p.ends[1]) for p in planes)
    return Interval(min((float(p.ends[0]) for p in corners), default=-np.inf), sup)


def corners_of(box: Interval) -> list[np.ndarray]:
    """All corners."""
    low, high = (np.ravel(end) for end in box.ends)
    ends = [(a,) if a == b else (a, b) for a, b in zip(low, high, strict=True)]
    return [np.reshape(corner, box.shape) for corner in product(*ends)]


def definiteness(matrix: Interval) -> int:
    """1 if every symmetric matrix in an interval matrix is proved positive semidefinite, -1 for negative, else 0.

    The middle less the norm of the radii is decomposed by Cholesky's method in interval arithmetic: it stands if all
    pivots are positive. Diagonal matrices are decided by their entries.
    """
    inf, sup = matrix.ends
    if not np.all(np.isfinite(inf) & np.isfinite(sup)):
        return 0
    off = ~np.eye(len(inf), dtype=bool)
    if not np.any(inf[off]) and not np.any(sup[off]):
        return 1 if np.all(np.diag(inf) >= 0) else -1 if np.all(np.diag(sup) <= 0) else 0
    if np.all(np.diag(sup) < 0):
        return -definiteness(-matrix)
    if not np.all(np.diag(inf) > 0):
        return 0
    middle = (matrix.midpoint + matrix.midpoint.T) / 2
    radius = np.abs(matrix - middle).magnitude
    spread = np.max(np.sum(Interval(radius), axis=1).ends[1])
    return int(_has_positive_pivots(Interval(middle) - Interval(np.eye(len(middle))) * spread))


def _has_positive_pivots(matrix: Interval) -> bool:
    while len(matrix):
        pivot = matrix[0, 0]
        if not pivot.ends[0] > 0:
            return False
        matrix = matrix[1:, 1:] - (matrix[1:, 0] / pivot)[:, None] * matrix[0, 1:]
    return True
