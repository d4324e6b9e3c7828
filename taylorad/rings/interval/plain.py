"""The operations of `arithmetic` by NumPy, in rounding to nearest: what is used where there is no compiled code.

Arguments are float64 arrays, floating-point warnings are off, and the rounding mode has been checked (`in_nearest`).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from taylorad.rings.interval import directed
from taylorad.rings.interval.environment import check

Ends = tuple[np.ndarray, np.ndarray]


def in_nearest(function: Callable[..., Any], *arrays: Any, **keywords: Any) -> Ends:
    """A function of this module, once rounding is known to be to nearest; its results as arrays."""
    check()
    with np.errstate(all="ignore"):
        inf, sup = function(*map(as_doubles, arrays), **keywords)
    return np.asarray(inf), np.asarray(sup)


def as_doubles(x: Any) -> np.ndarray:
    """An array of numbers as float64, which must hold them exactly."""
    array = np.asarray(x)
    if array.dtype == np.float64:
        return array
    with np.errstate(all="ignore"):
        doubles = array.astype(np.float64) if array.dtype.kind in "biuf" else None
        exact = doubles is not None and np.array_equal(doubles.astype(array.dtype), array, equal_nan=True)
    if doubles is None or not exact:
        raise TypeError(
            f"ends of intervals are float64 numbers; an array of {array.dtype} would be rounded. "
            "taylorad.Interval takes numbers of any kind and rounds outward"
        )
    return doubles


def _unless_empty(inf: Any, sup: Any, *operands: Any) -> Ends:
    empty = np.isnan(operands[0])
    for x in operands[1:]:
        empty = empty | np.isnan(x)
    return np.where(empty, np.nan, inf), np.where(empty, np.nan, sup)


def _outermost(pairs: list[tuple[Any, Any]]) -> Ends:
    """The least lower and the largest upper bound."""
    inf, sup = pairs[0]
    for low, high in pairs[1:]:
        inf, sup = np.minimum(inf, low), np.maximum(sup, high)
    return inf, sup


def add(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The enclosure of a + b."""
    return directed.add_down(a_inf, b_inf), directed.add_up(a_sup, b_sup)


def subtract(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The enclosure of a - b."""
    return directed.add_down(a_inf, -b_sup), directed.add_up(a_sup, -b_inf)


def multiply(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The enclosure of a·b."""
    found = _outermost([directed.multiply_both(a, b) for a in (a_inf, a_sup) for b in (b_inf, b_sup)])
    return _unless_empty(*found, a_inf, b_inf)


def divide(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The enclosure of a / b over all b other than 0; empty if there is none."""
    minus = b_sup <= 0  # then (-a) / (-b)
    a, b = np.where(minus, -a_sup, a_inf), np.where(minus, -a_inf, a_sup)
    near, far = np.abs(np.where(minus, b_sup, b_inf)), np.abs(np.where(minus, b_inf, b_sup))
    inf, sup = (
        directed.divide_both(a, np.where(a < 0, near, far))[0],
        directed.divide_both(b, np.where(b > 0, near, far))[1],
    )
    whole = (b_inf < 0) & (b_sup > 0)
    inf, sup = np.where(whole, -np.inf, inf), np.where(whole, np.inf, sup)
    zero = (a_inf == 0) & (a_sup == 0)
    inf, sup = np.where(zero, 0.0, inf), np.where(zero, 0.0, sup)
    nothing = (b_inf == 0) & (b_sup == 0)
    return _unless_empty(inf, sup, a_inf, np.where(nothing, np.nan, b_inf))


def reciprocal(inf: Any, sup: Any) -> Ends:
    """The enclosure of 1 / x over all x other than 0."""
    one = np.float64(1)
    return divide(one, one, inf, sup)


def sqrt(inf: Any, sup: Any) -> Ends:
    """The enclosure of √x over all x ≥ 0; empty if there is none."""
    low, _ = directed.sqrt_both(np.maximum(inf, 0.0))
    _, high = directed.sqrt_both(sup)  # nan if sup < 0
    return _unless_empty(low, high, inf, high)


def square(inf: Any, sup: Any) -> Ends:
    """The enclosure of x²."""
    least, most = absolute(inf, sup)
    return directed.multiply_both(least, least)[0], directed.multiply_both(most, most)[1]


def negative(inf: Any, sup: Any) -> Ends:
    """-x, exactly."""
    return -sup, -inf


def absolute(inf: Any, sup: Any) -> Ends:
    """``|x|``, exactly: from the mignitude to the magnitude."""
    return np.maximum(np.maximum(inf, -sup), 0.0), np.maximum(-inf, sup)


def minimum(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The set of min(a, b), exactly."""
    return np.minimum(a_inf, b_inf), np.minimum(a_sup, b_sup)


def maximum(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The set of max(a, b), exactly."""
    return np.maximum(a_inf, b_inf), np.maximum(a_sup, b_sup)


def hull(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The least interval that contains a and b."""
    return np.fmin(a_inf, b_inf), np.fmax(a_sup, b_sup)


def intersection(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The common points of a and b."""
    inf, sup = np.maximum(a_inf, b_inf), np.minimum(a_sup, b_sup)
    return _unless_empty(inf, sup, np.where(inf <= sup, 0.0, np.nan))


def fma(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any, c_inf: Any, c_sup: Any) -> Ends:
    """The enclosure of a·b + c."""
    corners = [(a, b) for a in (a_inf, a_sup) for b in (b_inf, b_sup)]
    pairs = [(directed.fma_down(a, b, c_inf), directed.fma_up(a, b, c_sup)) for a, b in corners]
    inf, sup = _outermost(pairs)
    inf, sup = np.where(c_inf == -np.inf, -np.inf, inf), np.where(c_sup == np.inf, np.inf, sup)  # not inf - inf
    return _unless_empty(inf, sup, a_inf, b_inf, c_inf)


def integer_power(inf: Any, sup: Any, exponent: int) -> Ends:
    """The enclosure of xⁿ for n ≥ 0."""
    if exponent == 0:
        return _unless_empty(np.ones_like(inf), np.ones_like(sup), inf)
    if exponent % 2 == 0:
        inf, sup = absolute(inf, sup)
    return -_power_up(-inf, exponent), _power_up(sup, exponent)


def _power_up(x: Any, n: int) -> Any:
    """An upper bound of s ``|x|``ⁿ, s the sign of x: as a sum H + L that is rounded once, or else step by step."""
    size = np.abs(x)
    high, low = x, np.zeros_like(x)
    for bit in bin(n)[3:]:
        high, low = _square_up(high, low)
        if bit == "1":
            product = high * size
            error = directed.product_error(high, size, product)
            low = directed.add_up(directed.multiply_both(low, size)[1], error)
            high = product
    found = np.where(x == 0, 0.0, directed.add_up(high, low))
    return np.where(np.isfinite(found), found, _power_by_steps(x, n))


def _square_up(high: Any, low: Any) -> tuple[Any, Any]:
    """(H + L)²; without L² for the negative of a power, whose bound that moves upward."""
    size = np.abs(high)
    product = high * size
    mixed = directed.multiply_both(size, 2 * low)[1]
    last = np.where(high > 0, directed.multiply_both(low, low)[1], 0.0)
    error = directed.product_error(high, size, product)
    return product, directed.add_up(directed.add_up(mixed, error), last)


def _power_by_steps(x: Any, n: int) -> Any:
    size = np.abs(x)
    low = high = size
    for bit in bin(n)[3:]:
        low, high = directed.multiply_both(low, low)[0], directed.multiply_both(high, high)[1]
        if bit == "1":
            low, high = directed.multiply_both(low, size)[0], directed.multiply_both(high, size)[1]
    return np.where(x < 0, -low, high)


def sum_first(inf: Any, sup: Any) -> Ends:
    """The enclosure of a sum over the first axis."""
    return directed.add_together(inf, directed.add_down), directed.add_together(sup, directed.add_up)


def cancel_minus(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Ends:
    """The enclosure of the z with b + z = a, if b is no wider than a and both are bounded, else the real line."""
    inf, sup = directed.add_down(a_inf, -b_inf), directed.add_up(a_sup, -b_sup)
    bounded = np.isfinite(a_inf) & np.isfinite(a_sup) & np.isfinite(b_inf) & np.isfinite(b_sup)
    possible = bounded & ~_wider(b_inf, b_sup, a_inf, a_sup)
    inf, sup = np.where(possible, inf, -np.inf), np.where(possible, sup, np.inf)
    nothing = np.isnan(a_inf) & (np.isnan(b_inf) | (np.isfinite(b_inf) & np.isfinite(b_sup)))
    return _unless_empty(inf, sup, np.where(nothing, np.nan, 0.0))


def _wider(a_inf: Any, a_sup: Any, b_inf: Any, b_sup: Any) -> Any:
    """Whether the width of a exceeds that of b, decided exactly."""
    a, b = a_sup - a_inf, b_sup - b_inf
    a_error, b_error = directed.sum_error(a_sup, -a_inf, a), directed.sum_error(b_sup, -b_inf, b)
    result = (a > b) | ((a == b) & (a_error > b_error))
    unknown = ~np.isfinite(a_error + b_error) & np.isfinite(a_inf + a_sup) & np.isfinite(b_inf + b_sup)
    if not unknown.any():
        return result
    ends = [x[unknown] for x in np.broadcast_arrays(a_inf, a_sup, b_inf, b_sup)]
    exact = [Fraction(d) - Fraction(c) > Fraction(f) - Fraction(e) for c, d, e, f in zip(*ends, strict=True)]
    result = np.array(result)
    result[unknown] = exact
    return result
