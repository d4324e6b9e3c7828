"""Ranges of models on their domain, by several methods; each is an enclosure, so their intersection is one.

* ``norm``: constant ± sizes of all other parts.
* ``monomial``: every monomial over its own range, so even powers are not negative.
* ``horner``: Horner's rule in interval arithmetic, one variable inside the other.
* ``bernstein``: the coefficients in Bernstein's basis on the domain, whose hull contains the polynomial
  (Garloff 1986); exact where the extremum lies in a corner.
* ``linear``: the linear dominated bounder (Makino and Berz 2005): where the linear part outweighs the others, the box
  that can hold the minimum shrinks towards a corner; the polynomial is expanded about its middle and the rest is small.

Bernstein's and the linear bounder work on full tables of exponents (order + 1)^n, changed axis by axis by a matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from math import comb
from typing import Any

import numpy as np

from taylorad.algebras.models import arithmetic
from taylorad.algebras.models.frame import TINY, UNIT, Frame, slack, up
from taylorad.rings.interval import arithmetic as intervals
from taylorad.rings.interval import directed
from taylorad.rings.interval.environment import check

Ends = tuple[Any, Any]
LARGEST = 20_000  # entries of a full table of exponents; beyond, only methods without one are used
ROUNDS = 10  # of the linear bounder


def bound(frame: Frame, coefficients: Any, radius: Any, method: str) -> Ends:
    """Ends of an enclosure of models on the domain, (*shape) each."""
    if method not in (*METHODS, "best"):
        raise ValueError(f"there is no bounder {method!r}: choose one of {', '.join(METHODS)}, or best for all of them")
    if method in ("bernstein", "linear") and _table_size(frame) > LARGEST:
        raise ValueError(
            f"the bounder {method!r} would need tables of {_table_size(frame)} numbers for a model {frame.describe()}: "
            "use 'monomial', or 'best', which leaves out what is too large"
        )
    check()
    shape = np.shape(radius)
    if np.size(radius) == 0:
        return np.zeros(shape), np.zeros(shape)
    flat, known = coefficients.reshape(coefficients.shape[0], -1), np.isfinite(radius).reshape(-1)
    with np.errstate(all="ignore"):
        found = [METHODS[name](frame, flat) for name in _chosen(frame, method)]
        inf, sup = np.maximum.reduce([f[0] for f in found]), np.minimum.reduce([f[1] for f in found])
        spread = np.reshape(radius, -1)
        inf, sup = directed.add_down(inf, -spread), directed.add_up(sup, spread)
    usable = known & ~(np.isnan(inf) | np.isnan(sup))
    return np.where(usable, inf, -np.inf).reshape(shape), np.where(usable, sup, np.inf).reshape(shape)


def sharp_range(frame: Frame, coefficients: Any, radius: Any, inf: Any, sup: Any) -> Ends:
    """Ends of known enclosures of a batch of models (count,), made sharper by what works on all of them at once."""
    if _table_size(frame) > LARGEST:
        return inf, sup
    low, high = bound(frame, coefficients, radius, "bernstein")
    return np.maximum(low, inf), np.minimum(high, sup)


def _chosen(frame: Frame, method: str) -> tuple[str, ...]:
    if method != "best":
        return (method,)
    return ("monomial", "bernstein", "linear") if _table_size(frame) <= LARGEST else ("monomial",)


def _table_size(frame: Frame) -> int:
    return int((frame.order + 1) ** len(frame.inf))


def _norm(frame: Frame, c: Any) -> Ends:
    size = arithmetic.sizes(frame, c, np.zeros(c.shape[1]))
    spread = up(size[1:-1].sum(axis=0), frame.order) + TINY
    return directed.add_down(c[0], -spread), directed.add_up(c[0], spread)


def _monomial(frame: Frame, c: Any) -> Ends:
    inf, sup = (x[:, None] for x in frame.monomials)
    low = np.where(c >= 0, inf, sup)
    high = np.where(c >= 0, sup, inf)
    below, above = directed.multiply_both(c, low)[0], directed.multiply_both(c, high)[1]
    return directed.add_together(below, directed.add_down), directed.add_together(above, directed.add_up)


def _horner(frame: Frame, c: Any) -> Ends:
    return _nested(frame, c, c, len(frame.inf) - 1, np.zeros(len(frame.inf), dtype=int))


def _nested(frame: Frame, inf: Any, sup: Any, i: int, fixed: np.ndarray) -> Ends:
    """Horner's rule in variables 0 … i, the exponents of the others fixed."""
    if i < 0:
        place = int(frame.structure.index(fixed))
        return inf[place], sup[place]
    total: Ends | None = None
    t = frame.low[i], frame.high[i]
    for power in range(frame.order - int(fixed.sum()), -1, -1):
        exponents = fixed.copy()
        exponents[i] = power
        term = _nested(frame, inf, sup, i - 1, exponents)
        total = term if total is None else intervals.add(*intervals.multiply(*total, *t), *term)
    assert total is not None
    return total


# ------------------------------------------------------------------------------------- tables and their matrices


def _table(frame: Frame, c: Any) -> Any:
    """Coefficients by exponents: (order + 1, …, order + 1, batch)."""
    table = np.zeros((*(frame.order + 1,) * len(frame.inf), c.shape[1]))
    table[tuple(frame.structure.exponents.T)] = c
    return table


def transform(table: Any, matrices: list) -> tuple[Any, Any]:
    """A table with a matrix ± radius applied along each of its first axes, and bounds of the errors of its entries.

    The bounds come from the same sums of magnitudes: γ of all additions and products, and the radii of the matrices.
    """
    sizes, bounds = np.abs(table), np.abs(table)
    operations = 0
    for axis, (matrix, radius) in enumerate(matrices):
        operations += matrix.shape[1] + 2
        large = np.abs(matrix)
        table, sizes = _along(matrix, table, axis), _along(large, sizes, axis)
        bounds = _along(large + radius, bounds, axis) + TINY
    spread = np.maximum(bounds * slack(2 * operations) - sizes * (1 - 4 * operations * UNIT), 0.0)
    return table, spread + 4 * (operations + 2) * UNIT * bounds + TINY


def _along(matrix: Any, table: Any, axis: int) -> Any:
    return np.moveaxis(np.tensordot(matrix, table, (1, axis)), 0, axis)


# -------------------------------------------------------------------------------------------------------- Bernstein


def _bernstein(frame: Frame, c: Any) -> Ends:
    low, high = frame.low, frame.high
    matrices = [_to_bernstein(float(low[i]), float(high[i]), frame.order) for i in range(len(low))]
    table, errors = transform(_table(frame, c), matrices)
    flat, errors = table.reshape(-1, c.shape[1]), errors.reshape(-1, c.shape[1])
    return directed.add_down(flat, -errors).min(axis=0), directed.add_up(flat, errors).max(axis=0)


@lru_cache(maxsize=256)
def _to_bernstein(low: float, high: float, m: int) -> tuple[Any, Any]:
    """The matrix from powers of t to Bernstein coefficients of degree m on [low, high]: exact, then rounded.

    ``t^j = Σ_i b_ij B_i``, ``b_ij = Σ_l C(i, l) C(m - i, j - l) high^l low^(j-l) / C(m, j)``: the polar form of t^j.
    """
    first, last = Fraction(low), Fraction(high)
    matrix = np.empty((m + 1, m + 1))
    for i in range(m + 1):
        for j in range(m + 1):
            terms = [
                comb(i, k) * comb(m - i, j - k) * last**k * first ** (j - k)
                for k in range(max(0, i + j - m), min(i, j) + 1)
            ]
            matrix[i, j] = _nearest(sum(terms, Fraction(0)) / comb(m, j))
    return matrix, 2 * UNIT * np.abs(matrix) + TINY


def _nearest(x: Fraction) -> float:
    try:
        return float(x)
    except OverflowError:
        return np.inf


# ------------------------------------------------------------------------------------------ linear dominated bounder


def _linear(frame: Frame, c: Any) -> Ends:
    below = np.array([_least(frame, c[:, i]) for i in range(c.shape[1])])
    above = np.array([-_least(frame, -c[:, i]) for i in range(c.shape[1])])
    return below, above


def _least(frame: Frame, c: Any) -> float:
    """A lower bound of one polynomial."""
    low, high, best = frame.low.copy(), frame.high.copy(), -np.inf
    original = _table(frame, c[:, None])
    for _ in range(ROUNDS):
        centre = low / 2 + high / 2
        table, errors = transform(original, [_to_shifted(float(x), frame.order) for x in centre])
        local = table[(*frame.structure.exponents.T, 0)]
        rounding = _weighted(frame, errors[..., 0], low, high, centre)
        lower, linear, width = _split(frame, local, directed.add_down(low, -centre), directed.add_up(high, -centre))
        best = max(best, float(directed.add_down(lower, -rounding)))
        shrunk = _shrink(linear, width + 2 * rounding, low, high)
        if not np.any(high - shrunk[1] + shrunk[0] - low > 0.1 * (high - low)):
            break
        low, high = shrunk
    return best


def _weighted(frame: Frame, errors: Any, low: Any, high: Any, centre: Any) -> float:
    """What errors of a table's entries amount to on a box."""
    half = up(np.maximum(directed.add_up(high, -centre), directed.add_up(centre, -low)))
    total: Any = errors
    for x in half:
        total = np.tensordot(_powers(x, frame.order), total, (0, 0)) + TINY
    return float(up(total, 4 * (frame.order + 2) * len(half))) + TINY


def _split(frame: Frame, c: Any, low: Any, high: Any) -> tuple[float, Any, float]:
    """A lower bound on a box of displacements, the linear coefficients, and a width of the range of the rest."""
    n = len(low) if frame.order else 0
    inf, sup = frame.monomials_over(low, high)
    below = directed.multiply_both(c, np.where(c >= 0, inf, sup))[0]
    above = directed.multiply_both(c, np.where(c >= 0, sup, inf))[1]
    lower = directed.add_together(below, directed.add_down)
    rest = directed.add_together(np.delete(above, range(1, n + 1)), directed.add_up) - directed.add_together(
        np.delete(below, range(1, n + 1)), directed.add_down
    )
    return float(lower), c[1 : n + 1] if n else np.zeros(len(low)), float(up(np.maximum(rest, 0.0)))


def _shrink(linear: Any, width: float, low: Any, high: Any) -> Ends:
    """The part of a box that can hold the minimum: where the linear part is within `width` of its least value."""
    with np.errstate(all="ignore"):
        reach = up(width / np.abs(linear))
    new_high = np.where(linear > 0, np.minimum(high, directed.add_up(low, reach)), high)
    new_low = np.where(linear < 0, np.maximum(low, directed.add_down(high, -reach)), low)
    return new_low, new_high


@lru_cache(maxsize=1024)
def _to_shifted(shift: float, m: int) -> tuple[Any, Any]:
    """The matrix from coefficients of powers of t to those of powers of t - shift, and its radius."""
    powers, matrix = _powers(shift, m), np.zeros((m + 1, m + 1))
    for i in range(m + 1):
        for j in range(i, m + 1):
            matrix[i, j] = comb(j, i) * powers[j - i]
    return matrix, 8 * (m + 4) * UNIT * np.abs(matrix) + TINY * 2.0**m


def _powers(x: float, m: int) -> Any:
    """1, x, …, x^m by products: the library's power promises no error bound."""
    return np.cumprod(np.concatenate([[1.0], np.full(m, x)]))


METHODS: dict[str, Callable[[Frame, Any], Ends]] = {
    "norm": _norm,
    "monomial": _monomial,
    "horner": _horner,
    "bernstein": _bernstein,
    "linear": _linear,
}
