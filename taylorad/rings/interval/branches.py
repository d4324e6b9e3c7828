"""Ranges of functions that are monotone on a few known intervals: their values at the ends, limits included."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from taylorad.rings.interval.kernels.base import Pair, nothing

INF = math.inf
Values = Callable[[np.ndarray], Pair]


@dataclass(frozen=True)
class Branch:
    """An interval of monotony.

    Parameters
    ----------
    direction : {1, -1}
        Increasing or decreasing.
    lower, upper : float
        Ends of the branch. An end that is no double is given as the double just outside the branch, open.
    closed : (bool, bool)
        Whether the ends belong to it; the value at a closed end is computed, so no limit is needed there.
    limits : ((float, float), (float, float))
        Doubles around the limits at the lower and the upper end.
    """

    direction: int
    lower: float = -INF
    upper: float = INF
    closed: tuple[bool, bool] = (False, False)
    limits: tuple[tuple[float, float], tuple[float, float]] = ((-INF, -INF), (INF, INF))

    def range(self, values: Values, inf: np.ndarray, sup: np.ndarray) -> Pair:
        """Ranges over the parts of intervals inside the branch, empty where there is none."""
        meets = (sup >= self.lower) & (inf <= self.upper)
        for touching, closed in zip((sup == self.lower, inf == self.upper), self.closed, strict=True):
            meets = meets & ~(touching & (not closed))
        first, last = nothing(inf.shape), nothing(inf.shape)
        for result, end, reached, side in (
            (first, np.maximum(inf, self.lower), inf <= self.lower, 0),
            (last, np.minimum(sup, self.upper), sup >= self.upper, 1),
        ):
            at_limit = meets & reached & (not self.closed[side])
            fill(values, result, end, meets & ~at_limit)
            result[0][at_limit], result[1][at_limit] = self.limits[side]
        return self.clipped(first, last) if self.direction > 0 else self.clipped(last, first)

    def clipped(self, low: Pair, high: Pair) -> Pair:
        """From the least value to the largest, no bound beyond a limit."""
        ends = [(not self.closed[side], self.limits[side]) for side in (0, 1)][:: self.direction]
        below = np.maximum(low[0], ends[0][1][0]) if ends[0][0] else low[0]
        above = np.minimum(high[1], ends[1][1][1]) if ends[1][0] else high[1]
        return below, above


def fill(values: Values, result: Pair, points: np.ndarray, mask: np.ndarray) -> None:
    """Set a pair of arrays to bounds of the values at the points of a mask, each distinct point computed once."""
    if not np.any(mask):
        return
    distinct, where = np.unique(points[mask], return_inverse=True)
    below, above = values(distinct)
    result[0][mask], result[1][mask] = below[where], above[where]


def hull(first: Pair, second: Pair) -> Pair:
    """The smallest intervals that contain both, either of which may be empty."""
    return np.asarray(np.fmin(first[0], second[0])), np.asarray(np.fmax(first[1], second[1]))


def range_over(branches: tuple[Branch, ...], values: Values, inf: np.ndarray, sup: np.ndarray) -> Pair:
    """Hull of the ranges over all branches."""
    result = nothing(inf.shape)
    for branch in branches:
        result = hull(result, branch.range(values, inf, sup))
    return result


@dataclass(frozen=True)
class Component:
    """A connected part of a function's domain on which it is continuous."""

    lower: float = -INF
    upper: float = INF
    closed: tuple[bool, bool] = (False, False)

    def contains(self, inf: np.ndarray, sup: np.ndarray) -> np.ndarray:
        """Whether intervals lie inside; an infinite end is no point and needs no limit."""
        left = (inf >= self.lower) if self.closed[0] or self.lower == -INF else (inf > self.lower)
        right = (sup <= self.upper) if self.closed[1] or self.upper == INF else (sup < self.upper)
        return left & right
