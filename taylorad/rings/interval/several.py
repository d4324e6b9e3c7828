"""Functions of two interval arguments: monotone in each alone, so their ranges are found at the corners of a box."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.rings.interval import arithmetic
from taylorad.rings.interval.branches import Branch, range_over
from taylorad.rings.interval.constants import CONSTANTS
from taylorad.rings.interval.enclosures import COM, DAC, Enclosure, decorated, known_range, values_of
from taylorad.rings.interval.kernels import CRIVAL, Pair
from taylorad.rings.interval.kernels.base import nothing
from taylorad.rings.interval.shapes import SHAPES

INF = math.inf
PI = CONSTANTS["pi"]


def corners(value: Callable[[float, float], tuple[float, float] | None], x: Pair, y: Pair) -> Pair:
    """Hull of a function over the corners of boxes; empty boxes, and corners without a value, are left out."""
    inf, sup = nothing(x[0].shape)
    for index in np.flatnonzero(~(np.isnan(x[0]) | np.isnan(y[0])).ravel()):
        points = itertools.product(*({float(side.flat[index]) for side in pair} for pair in (x, y)))
        found = [bounds for point in points if (bounds := value(*point)) is not None]
        if found:
            inf.flat[index], sup.flat[index] = min(b[0] for b in found), max(b[1] for b in found)
    return inf, sup


def at_point(name: str, x: float, y: float) -> tuple[float, float]:
    """Bounds of a function of two numbers."""
    below, above = values_of(name, np.asarray(x), np.asarray(y))
    return float(below), float(above)


def hypot(x: Pair, y: Pair) -> Enclosure:
    """√(x² + y²)."""
    result = known_range("hypot", x, y)
    if result is None:

        def value(a: float, b: float) -> tuple[float, float]:
            return (INF, INF) if math.isinf(a) or math.isinf(b) else at_point("hypot", a, b)

        result = corners(value, arithmetic.absolute(*x), arithmetic.absolute(*y))
    return decorated(result, True)


def _angle(y: float, x: float) -> tuple[float, float] | None:
    if x == 0 and y == 0:
        return None
    if math.isinf(x) and math.isinf(y):
        return None  # any direction of a quadrant, whose ends are the neighbouring corners' limits
    if math.isinf(x):
        angle = (0.0, 0.0) if x > 0 else PI
    elif math.isinf(y):
        angle = (PI[0] / 2, PI[1] / 2)
    else:
        return at_point("arctan2", y, x)
    return (-angle[1], -angle[0]) if y < 0 else angle


def arctan2(y: Pair, x: Pair) -> Enclosure:
    """The angle of (x, y) in (-π, π]; undefined at the origin, discontinuous where x < 0 meets y = 0 from below."""
    cut = (x[0] < 0) & (y[0] < 0) & (y[1] >= 0)
    origin = (x[0] <= 0) & (x[1] >= 0) & (y[0] <= 0) & (y[1] >= 0)
    result = known_range("arctan2", y, x)
    if result is None:
        inf, sup = corners(_angle, y, x)
        result = np.where(cut, -PI[1], inf), np.where(cut, PI[1], sup)
    found = decorated(result, ~cut & ~origin, ~origin)
    beside = (x[0] < 0) & (y[0] == 0)
    return found._replace(local=np.where((found.local == DAC) & ~beside, COM, found.local))


def _power(x: float, y: float) -> tuple[float, float]:
    if y == 0 or x == 1:
        return 1.0, 1.0
    if x == 0 or x == INF or math.isinf(y):
        large = (x > 1) == (y > 0)
        return (INF, INF) if large else (0.0, 0.0)
    return at_point("pow", x, y)


def varying_power(x: Pair, y: Pair) -> Enclosure:
    """x^y for x > 0, and 0 for x = 0 < y."""
    result = known_range("pow", x, y)
    if result is None:
        none = (x[1] < 0) | ((x[1] == 0) & (y[1] <= 0))
        base = np.maximum(x[0], 0.0), np.where(none, np.nan, x[1])
        result = corners(_power, (np.where(none, np.nan, base[0]), base[1]), y)
        only = (x[1] == 0) & ~none & ~np.isnan(y[0])
        result = np.where(only, 0.0, result[0]), np.where(only, 0.0, result[1])
    return decorated(result, (x[0] > 0) | ((x[0] == 0) & (y[0] > 0)))


def _integer_branches(n: float) -> tuple[Branch, ...]:
    even = math.fmod(n, 2) == 0
    if n > 0:
        left = Branch(-1 if even else 1, -INF, 0.0, (False, True), ((INF, INF) if even else (-INF, -INF), (0.0, 0.0)))
        return left, Branch(1, 0.0, INF, (True, False), ((0.0, 0.0), (INF, INF)))
    zero, pole = (0.0, 0.0), (INF, INF) if even else (-INF, -INF)
    return Branch(1 if even else -1, -INF, 0.0, limits=(zero, pole)), Branch(-1, 0.0, INF, limits=((INF, INF), zero))


def integer_power(x: Pair, n: float) -> Enclosure:
    """x^n for a whole number n: defined at all x, but for 0 when n < 0; x^0 = 1."""
    domain = x[0] == x[0] if n >= 0 else (x[0] > 0) | (x[1] < 0)
    if n == 0:
        one = np.where(np.isnan(x[0]), np.nan, 1.0)
        return decorated((one, one), domain)
    if CRIVAL.available() and abs(n) < 2**31:
        return decorated(CRIVAL.integer_power(x, int(n)), domain)

    def values(points: np.ndarray) -> Pair:
        below, above = values_of("pow", np.abs(points), np.full(points.shape, float(n)))
        mirrored = (points < 0) & (math.fmod(n, 2) != 0)
        return np.where(mirrored, -above, below), np.where(mirrored, -below, above)

    return decorated(range_over(_integer_branches(n), values, *x), domain)


def root(n: float, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """The real n-th root: on all reals for odd n, on x ≥ 0 for even n; not at 0 for n < 0."""
    if n == 0 or n != int(n):
        raise ValueError(f"rootn: the degree must be a whole number other than 0, not {n!r}")
    odd = n % 2 != 0
    if n > 0:
        branches: tuple[Branch, ...] = (Branch(1, -INF, INF) if odd else Branch(1, 0.0, INF, (True, False)),)
        domain = inf == inf if odd else inf >= 0
    else:
        branches = (Branch(-1, 0.0, INF, limits=((INF, INF), (0.0, 0.0))),)
        branches += (Branch(-1, -INF, 0.0, limits=((0.0, 0.0), (-INF, -INF))),) if odd else ()
        domain = (inf > 0) | ((sup < 0) & odd)
    if CRIVAL.available() and abs(n) < 2**31:
        return decorated(CRIVAL.root((inf, sup), int(n)), domain)
    return decorated(range_over(branches, lambda x: values_of("rootn", n, x), inf, sup), domain)


def power(x: Pair, exponent: Any) -> Enclosure:
    """x^y: by multiplication for a whole number y, over x ≥ 0 for another number and for an interval."""
    if isinstance(exponent, tuple):
        return varying_power(x, exponent)
    exponent = np.asarray(exponent, float)
    if exponent.ndim == 0:
        n = float(exponent)
        return integer_power(x, n) if n.is_integer() else varying_power(x, (np.full(x[0].shape, n),) * 2)
    distinct = np.unique(exponent)
    x = tuple(np.broadcast_arrays(*x, exponent)[:2])  # type: ignore[assignment]
    exponent = np.broadcast_to(exponent, x[0].shape)
    result = Enclosure(*nothing(x[0].shape), np.full(x[0].shape, 4, np.uint8))
    for n in distinct:
        where = exponent == n
        for whole, part in zip(result, power((x[0][where], x[1][where]), n), strict=True):
            whole[where] = part
    return result


def xlogy(x: Pair, y: Pair) -> Enclosure:
    """x log y for y > 0, and 0 at the origin."""
    return _times_logarithm("log", x, y, 0.0)


def xlog1py(x: Pair, y: Pair) -> Enclosure:
    """x log(1 + y) for y > -1, and 0 at (0, -1)."""
    return _times_logarithm("log1p", x, y, -1.0)


def _times_logarithm(name: str, x: Pair, y: Pair, end: float) -> Enclosure:
    logarithm = known_range(name, y)
    if logarithm is None:
        logarithm = range_over(SHAPES[name].branches, lambda points: values_of(name, points), *y)
    inf, sup = arithmetic.multiply(*x, *logarithm)
    corner = (x[0] <= 0) & (x[1] >= 0) & (y[0] <= end) & (y[1] >= end)
    inf, sup = np.where(corner, np.fmin(inf, 0.0), inf), np.where(corner, np.fmax(sup, 0.0), sup)
    point = corner & (x[0] == 0) & (x[1] == 0) & (y[0] == end)
    return decorated((inf, sup), (y[0] > end) | point)


def falling_in_both(name: str, x: Pair, y: Pair) -> Enclosure:
    """B(a, b) or its logarithm on a, b > 0."""
    none = (x[1] <= 0) | (y[1] <= 0)
    limit = (0.0, 0.0) if name == "beta" else (-INF, -INF)

    def value(a: float, b: float) -> tuple[float, float]:
        return (INF, INF) if a == 0 or b == 0 else limit if INF in (a, b) else at_point(name, a, b)

    pairs = [(np.where(none, np.nan, np.maximum(inf, 0.0)), np.where(none, np.nan, sup)) for inf, sup in (x, y)]
    low = [(sup, sup) for _, sup in pairs]
    high = [(inf, inf) for inf, _ in pairs]
    result = corners(value, *low)[0], corners(value, *high)[1]
    return decorated(result, (x[0] > 0) & (y[0] > 0))


def logaddexp(x: Pair, y: Pair) -> Enclosure:
    """log(e^x + e^y), rising in both."""

    def value(a: float, b: float) -> tuple[float, float]:
        if INF in (a, b):
            return INF, INF
        return (max(a, b),) * 2 if -INF in (a, b) else at_point("logaddexp", a, b)

    low = corners(value, (x[0], x[0]), (y[0], y[0]))[0]
    return decorated((low, corners(value, (x[1], x[1]), (y[1], y[1]))[1]), True)


TWO_ARGUMENTS: dict[str, Callable[[Pair, Pair], Enclosure]] = {
    "hypot": hypot,
    "arctan2": arctan2,
    "minimum": lambda x, y: decorated(arithmetic.minimum(*x, *y), True),
    "maximum": lambda x, y: decorated(arithmetic.maximum(*x, *y), True),
    "xlogy": xlogy,
    "xlog1py": xlog1py,
    "beta": lambda x, y: falling_in_both("beta", x, y),
    "betaln": lambda x, y: falling_in_both("betaln", x, y),
    "logaddexp": logaddexp,
}
