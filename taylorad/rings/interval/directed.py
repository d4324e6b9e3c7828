"""Sums, products, quotients and roots of doubles rounded down and up, by NumPy in rounding to nearest.

An error-free transformation gives the sign of the rounding error: where the error is known, the result is the tightest
one. Where it is not (near overflow and underflow), the result goes one step outward, which is always enough since
the nearest double is one of the two neighbours. Sources: Dekker (1971), Knuth (TAOCP 2, 4.2.2), Boldo, Graillat &
Muller (2017) on overflow in TwoSum: then the computed error is not finite.

These functions assume what `environment.check` checks, and leave floating-point warnings to the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

TINY = 2.0**-900  # products above it have an error that is a double: 2**-900 times 2**-106 is far above 2**-1074
LARGE = 2.0**990  # splitting a number below it does not overflow
_SPLITTER = 2.0**27 + 1

# ------------------------------------------------------------------------------- rounding errors, nan where unknown


def sum_error(a: Any, b: Any, s: Any) -> Any:
    """a + b - s for s = fl(a + b); not finite where unknown."""
    b_part = s - a
    return (a - (s - b_part)) + (b - b_part)


def product_error(a: Any, b: Any, p: Any) -> Any:
    """a·b - p for p = fl(a·b); not finite where unknown."""
    high_a, low_a = _split(a)
    high_b, low_b = _split(b)
    error = ((high_a * high_b - p) + high_a * low_b + low_a * high_b) + low_a * low_b
    return np.where(np.abs(p) >= TINY, error, np.nan)


def _split(a: Any) -> tuple[Any, Any]:
    scaled = _SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high


def _down(nearest: Any, error: Any, exact: Any) -> Any:
    keep = ((error >= 0) & (error < np.inf)) | exact
    return np.where(keep, nearest, np.nextafter(nearest, -np.inf))


def _up(nearest: Any, error: Any, exact: Any) -> Any:
    keep = ((error <= 0) & (error > -np.inf)) | exact
    return np.where(keep, nearest, np.nextafter(nearest, np.inf))


# ------------------------------------------------------------------ (nearest, error, whether known to be exact)


def _sum(a: Any, b: Any) -> tuple[Any, Any, Any]:
    s = a + b
    return s, sum_error(a, b, s), np.isinf(a) | np.isinf(b)


def _product(a: Any, b: Any) -> tuple[Any, Any, Any]:
    zero = ((a == 0) & ~np.isnan(b)) | ((b == 0) & ~np.isnan(a))
    p = np.where(zero, 0.0, a * b)  # 0 times infinity is 0, as intervals want it
    return p, product_error(a, b, p), zero | np.isinf(a) | np.isinf(b)


def _quotient(a: Any, b: Any) -> tuple[Any, Any, Any]:
    q = a / b
    p = q * b
    known = (np.abs(a) >= TINY) & (np.abs(a) <= LARGE) & (np.abs(q) >= TINY)
    remainder = np.where(known, (a - p) - product_error(q, b, p), np.nan)
    return q, remainder * np.sign(b), (a == 0) | (b == 0) | np.isinf(a) | np.isinf(b)


def _root(x: Any) -> tuple[Any, Any, Any]:
    r = np.sqrt(x)
    square = r * r
    known = (x >= TINY) & (x <= LARGE)
    error = np.where(known, (x - square) - product_error(r, r, square), np.nan)
    return r, error, (x == 0) | np.isinf(x)


# -------------------------------------------------------------------------------------------------- the functions


def add_down(a: Any, b: Any) -> Any:
    """a + b rounded down."""
    return _down(*_sum(a, b))


def add_up(a: Any, b: Any) -> Any:
    """a + b rounded up."""
    return _up(*_sum(a, b))


def multiply_both(a: Any, b: Any) -> tuple[Any, Any]:
    """a·b rounded down and up; 0 times infinity is 0."""
    found = _product(a, b)
    return _on_its_side(_down(*found), _up(*found), np.signbit(found[0]))


def divide_both(a: Any, b: Any) -> tuple[Any, Any]:
    """a / b rounded down and up."""
    found = _quotient(a, b)
    return _on_its_side(_down(*found), _up(*found), np.signbit(found[0]))


def _on_its_side(low: Any, high: Any, minus: Any) -> tuple[Any, Any]:
    """Bounds of a number of known sign: where it underflows, they do not go beyond 0."""
    return np.where(~minus & (low < 0), 0.0, low), np.where(minus & (high > 0), 0.0, high)


def sqrt_both(x: Any) -> tuple[Any, Any]:
    """The root of x ≥ 0 rounded down and up."""
    found = _root(x)
    return _down(*found), _up(*found)


def fma_down(a: Any, b: Any, c: Any) -> Any:
    """A lower bound of a·b + c, nearly always the largest one."""
    p, error, exact = _product(a, b)
    s = p + c
    t = sum_error(p, c, s)
    u = t + error
    v = sum_error(t, error, u)
    w = s + u
    precise = add_down(w, add_down(sum_error(s, u, w), v))
    return np.where(np.isfinite(precise), precise, add_down(_down(p, error, exact), c))


def fma_up(a: Any, b: Any, c: Any) -> Any:
    """An upper bound of a·b + c, nearly always the least one."""
    return -fma_down(-a, b, -c)


def add_together(terms: Any, add: Callable[[Any, Any], Any]) -> Any:
    """The sum over the first axis in pairs of pairs, by `add_down` or `add_up`."""
    terms = np.asarray(terms, np.float64)
    if not len(terms):
        return np.zeros(terms.shape[1:])
    while len(terms) > 1:
        half = len(terms) // 2
        terms = np.concatenate([add(terms[:half], terms[half : 2 * half]), terms[2 * half :]])
    return terms[0]
