"""Derivatives of functions of one variable from their values alone, with an estimate of the error.

Differences over the steps h, h/2, h/4, … are extrapolated to h = 0 (Richardson). Two neighbours in the tableau differ
by about the truncation error of the worse one; rounding adds ``2ᵏ noise / hᵏ`` at order k, the noise of the function
being measured (Moré and Wild, "Estimating computational noise", SIAM J. Sci. Comput. 33, 2011: high differences of
values very close to each other). The entry where both together are smallest is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import comb, factorial, prod
from typing import Any

import numpy as np

STEPS = [2.0**-i for i in range(2, 21)]
DOUBLE = float(np.finfo(float).eps)
COLUMNS = 6  # extrapolations of one difference
HIGHEST = 6  # order of the differences that show noise

Function = Callable[[float], np.ndarray]


@dataclass(frozen=True)
class Estimate:
    """A derivative, entry by entry, and how far it may be off; shapes (n,)."""

    value: np.ndarray
    error: np.ndarray


def sampled(g: Function) -> Function:
    """g with its values kept."""
    values: dict[float, np.ndarray] = {}

    def kept(s: float) -> np.ndarray:
        if s not in values:
            values[s] = g(s)
        return values[s]

    return kept


def noise_of(g: Function, eps: float = DOUBLE) -> np.ndarray:
    """The rounding error in values of g near 0, entry by entry; at least one unit of the precision eps."""
    spacing = eps**0.58  # 2⁻³⁰ in double precision: far above rounding, and its sixth power far below
    row = np.stack([g((i + 1) * spacing) for i in range(2 * HIGHEST + 1)])
    weight = factorial(HIGHEST) ** 2 / factorial(2 * HIGHEST)
    with np.errstate(all="ignore"):
        scatter = np.sqrt(weight * np.mean(np.abs(np.diff(row, HIGHEST, axis=0)) ** 2, axis=0))
        return np.fmax(scatter, eps * np.max(np.abs(row), axis=0))


def derivative_from_values(g: Function, order: int, side: int = 0, eps: float = DOUBLE) -> Estimate:
    """The derivative of an order of g at 0.

    Parameters
    ----------
    g : callable, float -> (n,)
        Best made by `sampled`: values are needed again and again.
    order : int
    side : {0, 1, -1}
        Differences on both sides, or on one: the derivative from the right or from the left.
    eps : float
        The precision g is computed in.

    Examples
    --------
    >>> estimate = derivative_from_values(lambda s: np.array([np.exp(s)]), 1)
    >>> abs(estimate.value - 1) < estimate.error < 1e-11
    array([ True])
    """
    noise = noise_of((lambda s: g(-s)) if side < 0 else g, eps)
    powers = [2 * j if side == 0 else j for j in range(1, COLUMNS)]
    amplification = prod((2**p + 1) / (2**p - 1) for p in powers) * 2**order
    candidates: list[Estimate] = []
    above: list[np.ndarray] = []
    with np.errstate(all="ignore"):
        for h in STEPS:
            rounding = amplification * (noise + eps * _scale(g, _places(order, side, h), h)) / h**order
            row = [_difference(g, order, side, h)]
            for p, corner in zip(powers, above, strict=False):
                row.append(row[-1] + (row[-1] - corner) / (2**p - 1))
            for j in range(1, len(above)):
                others = row[j - 1], above[j - 1], above[j]
                error = np.max([np.abs(row[j] - other) for other in others], axis=0) + rounding
                candidates.append(Estimate(row[j], error))
            above = row
        errors = np.stack([c.error for c in candidates])
        errors[np.isnan(errors)] = np.inf
        best = np.argmin(errors, axis=0), np.arange(errors.shape[1])
        return Estimate(np.stack([c.value for c in candidates])[best], errors[best])


def precision(arrays: Iterable[Any]) -> float:
    """The unit of the coarsest of the arrays."""
    return max((float(np.finfo(a.dtype).eps) for a in arrays if a.dtype.kind in "fc"), default=DOUBLE)


def _places(order: int, side: int, h: float) -> list[float]:
    """Where differences take values."""
    return [(j - order / 2) * h if side == 0 else side * j * h for j in range(order + 1)]


def _scale(g: Function, places: list[float], h: float) -> np.ndarray:
    """What rounding of values and of arguments is relative to: |g| and 2 |g'|."""
    values, changes = [np.abs(g(s)) for s in places], [np.abs(g(s) - g(0.0)) for s in places]
    return np.fmax.reduce(values) + 2 * np.nan_to_num(np.fmax.reduce(changes)) / h


def jumps(g: Function, eps: float = DOUBLE) -> np.ndarray:
    """Whether g(s) - g(0) does not become smaller with s, on one of the sides; entry by entry."""
    h, jumped = STEPS[-1], np.zeros(g(0.0).shape, bool)
    for side in (-1, 1):
        near, far = (np.abs(g(side * s) - g(0.0)) for s in (h, 2 * h))
        jumped |= (near > 10 * noise_of(g, eps)) & (near > 0.9 * far)
    return jumped


def _difference(g: Function, order: int, side: int, h: float) -> np.ndarray:
    """Σ (-1)^(k-j) binom(k, j) g(s_j) / hᵏ."""
    places = _places(order, side, h)
    signed = [comb(order, j) * (-1) ** (order - j) * g(s) for j, s in enumerate(places)]
    return sum(signed[1:], signed[0]) / (h**order * (1 if side >= 0 else (-1) ** order))
