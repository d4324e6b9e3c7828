"""Values that a function takes: what an enclosure is measured against, and where tangents touch best.

Points are found in floating point, by a local search and by chance; the values at them are enclosed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import scipy.optimize

from taylorad.algebras.interval import Interval, UndecidedError
from taylorad.transforms import hessian, value_and_grad
from taylorad.verified.derivatives import value
from taylorad.verified.forms import Points, corners_of

LARGE = 1e300
STARTS = 3  # of local searches, each way
MOST_STEPS = {"maxiter": 50, "maxfun": 80}  # where values are nan a search would go on for thousands
MOST_VARIABLES = 100  # of a Hessian that is decomposed to improve a point


def tried_points(f: Callable, box: Interval, samples: int) -> list[np.ndarray]:
    """Points of the box: the best that local searches find, least value and greatest, then the middle and others."""
    low, high = (np.clip(end, -LARGE, LARGE) for end in box.ends)
    others = [box.midpoint]
    if 2**box.size <= samples:
        others += corners_of(Interval._make(low, high))
    generator = np.random.default_rng(0)
    while len(others) < samples:
        others.append(np.clip(low + generator.random(low.shape) * (high - low), low, high))
    points = [*_searched(f, others, low, high), *others]
    return [p for p in points if np.all(box.contains(p))]


def _searched(f: Callable, starts: list[np.ndarray], low: np.ndarray, high: np.ndarray) -> list[np.ndarray]:
    """Where local searches from the best starts find the least and the greatest value; nothing rests on it."""
    found = []
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = np.array([float(f(p)) for p in starts])
            for sign in (1.0, -1.0):
                order = np.argsort(np.where(np.isnan(values), np.inf, sign * values))
                ends = [_search(f, sign, starts[i], low, high) for i in order[:STARTS]]
                found.append(min(ends, key=lambda p: sign * float(f(p))))
    except (ArithmeticError, TypeError, ValueError):
        return []
    return found


def _search(f: Callable, sign: float, start: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """A local minimum of sign·f by a quasi-Newton method, and one step of Newton's for the last digits."""

    def objective(x: np.ndarray) -> np.ndarray:
        return sign * f(np.reshape(x, start.shape))

    both = value_and_grad(objective)
    options = {
        "bounds": list(zip(np.ravel(low), np.ravel(high), strict=True)),
        "options": {"ftol": 0.0, "gtol": 1e-14, **MOST_STEPS},
    }
    x = scipy.optimize.minimize(both, np.ravel(start), jac=True, method="L-BFGS-B", **options).x
    free = (np.ravel(low) < x) & (x < np.ravel(high))
    if np.any(free) and x.size <= MOST_VARIABLES:
        curvature, slope = hessian(objective)(x)[np.ix_(free, free)], both(x)[1][free]
        if np.all(np.isfinite(curvature)) and np.all(np.isfinite(slope)):
            step = np.linalg.lstsq(curvature, slope, rcond=None)[0]
            x[free] -= step if np.all(np.abs(step) < 1e-3 * (1 + np.abs(x[free]))) else 0
    return np.clip(np.reshape(x, start.shape), low, high)


def inner_estimate(at: Points, points: list[np.ndarray]) -> Interval:
    """From the least and the greatest value that the function certainly takes."""
    least, greatest = np.inf, -np.inf
    for p in points:
        try:
            found = value(at.f, Interval(p))
        except UndecidedError:
            continue
        inf, sup = map(float, found.ends)
        if found.decoration in ("def", "dac", "com"):
            least, greatest = min(least, sup), max(greatest, inf)
    return Interval(least, greatest) if least <= greatest else Interval.empty()
