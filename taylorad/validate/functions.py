"""Taylor coefficients of every function of the table against their enclosures."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import scipy.special

from taylorad.algebras import Taylor
from taylorad.validate.balls import arb, flint, parts, precision
from taylorad.validate.bounds import BOUNDS
from taylorad.validate.enclosures import ENCLOSURES, enclose
from taylorad.validate.measure import conditioned, is_narrow, logarithms, natural_scale, ulps
from taylorad.validate.points import POINTS, arguments, directions
from taylorad.validate.result import Result, Tally

__all__ = ["LENGTH", "check", "coefficients", "computed"]

ORDERS = {"order 20": (3, 20), "order 40": (40,)}  # of the series, by row; a quick run does the first
RANDOM = {True: 8, False: 100}  # points for each parameter
LENGTH = 48  # enclosed degrees, also for lower orders: scales of the last coefficients are framed from both sides
BITS = 200, 25600  # first precision, and the one beyond which a function counts as not enclosed
FIRST = {"log_expit": 2, "log_ndtr": 3}  # degrees by their own magnitude: a line or parabola dwarfs what bends it


SPELLED: dict[str, Callable[..., Any]] = {
    "constant_power": lambda x, r: x**r,
    "series_power": lambda x, z: x**z,
    "hurwitz": scipy.special.zeta,
}


def function(name: str) -> Callable[..., Any]:
    """The function users call."""
    found = SPELLED.get(name) or getattr(np, name, None) or getattr(scipy.special, name)
    return found  # type: ignore[no-any-return]


def check(name: str, quick: bool = False) -> list[Result]:
    """Compare the coefficients of a function at all its points: one row for each of `ORDERS`.

    Raises
    ------
    ArithmeticError
        An enclosure stays too wide at the highest precision.
    """
    rows = {kind: orders for kind, orders in ORDERS.items() if not quick or kind == "order 20"}
    tallies = {kind: Tally() for kind in rows}
    for parameters, points in _groups(name, RANDOM[quick]):
        found = {order: computed(name, parameters, points, order) for orders in rows.values() for order in orders}
        for i, x in enumerate(points):
            at = arguments(name, parameters, x)
            exact = [(balls, _scales(name, at, balls)) for balls in coefficients(name, at, LENGTH)]
            for kind, orders in rows.items():
                tallies[kind].points += 1
                for order in orders:
                    for output, (balls, scales) in enumerate(exact):
                        ours = found[order][output][:, i].tolist()
                        _compare(tallies[kind], ours, balls, scales, (at, x in POINTS[name].zeros))
    return [tally.result(name, kind, BOUNDS[name][kind], ENCLOSURES[name].method) for kind, tally in tallies.items()]


Scales = tuple[list[float], list[float]]


def _scales(name: str, at: tuple[Any, ...], balls: Sequence[Any]) -> Scales:
    """Logarithms of the scales of plain and of conditioned ulps."""
    size = max(abs(a / d) for a, d in zip(at, directions(name), strict=True) if d)
    scale = natural_scale(logarithms(balls), FIRST.get(name, 1))
    return scale, conditioned(scale, size)


def _compare(
    tally: Tally, ours: list[Any], exact: Sequence[Any], scales: Scales, where: tuple[tuple[Any, ...], bool]
) -> None:
    at, is_zero = where
    order = len(ours) - 1
    for k, value in enumerate(ours):
        plain, other = (ulps(value, exact[k], scale[k]) for scale in scales)
        tally.add(0.0 if is_zero and plain is not None else plain, other, at, f"degree {k} of {order}")


def _groups(name: str, count: int) -> Iterator[tuple[tuple[float, ...], list[Any]]]:
    """Points by parameters."""
    groups = defaultdict(list)
    for parameters, x in POINTS[name].sample(name, count):
        groups[parameters].append(x)
    yield from groups.items()


def computed(name: str, parameters: tuple[float, ...], points: Sequence[Any], order: int) -> list[np.ndarray]:
    """The package's coefficients of every result at some points, shape (order + 1, points)."""
    values = np.array(points)
    columns = values.T if values.ndim == 2 else values[np.newaxis]
    slopes = [d for d in directions(name) if d]
    lines = []
    for x, slope in zip(columns, slopes, strict=True):
        line = np.zeros((order + 1, len(points)), dtype=values.dtype)
        line[:2] = x, np.full_like(x, slope)
        lines.append(Taylor(line))
    varying, fixed = iter(lines), iter(parameters)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = function(name)(*(next(varying) if d else next(fixed) for d in directions(name)))
    return [np.asarray(r.coefficients) for r in (result if isinstance(result, tuple) else (result,))]


def coefficients(name: str, at: tuple[Any, ...], order: int) -> list[list[Any]]:
    """Balls around the coefficients of ``t ↦ f(at + t directions)``, degrees 0 … order, one list a result."""
    bits = BITS[0]
    while bits <= BITS[1]:
        with precision(bits, order + 1):
            found = [parts(result) for result in enclose(name, *_arguments(name, at))]
        if all(is_narrow(c, natural_scale(logarithms(c), FIRST.get(name, 1))) for c in found):
            return found
        bits *= 2
    raise ArithmeticError(f"{name} at {at}: no narrow enclosure with {bits // 2} bits")


def _arguments(name: str, at: tuple[Any, ...]) -> list[Any]:
    length = flint().ctx.cap
    lines = []
    for a, d in zip(at, directions(name), strict=True):
        kind = flint().acb_series if isinstance(a, complex) else flint().arb_series
        lines.append(kind([arb(a), d], length) if d else arb(a))
    return lines
