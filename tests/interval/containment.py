"""Exact containment: whether intervals hold numbers known to many digits."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

from taylorad import Interval

mp = mpmath.mp
DIGITS = 40  # that oracles with rounding are trusted with, relative to the size of the number


def numbers(values: Any) -> np.ndarray:
    """Doubles as mpmath numbers."""
    values = np.asarray(values)
    result = np.empty(values.shape, object)
    for i in np.ndindex(values.shape):
        result[i] = mp.mpf(float(values[i]))
    return result


def holds(interval: Any, number: Any, size: Any = None) -> bool:
    """Whether an interval has a point in common with what is known of a number.

    Fractions are compared exactly. mpmath numbers are known to DIGITS digits of their own size, or of `size`.
    """
    low, high = (float(end) for end in interval.ends)
    if math.isnan(low):
        return False
    if isinstance(number, Fraction | int):
        return (low == -math.inf or Fraction(low) <= number) and (high == math.inf or number <= Fraction(high))
    with mp.workdps(DIGITS + 20):
        doubt = mp.mpf(10) ** -DIGITS * abs(number if size is None else size)
        return mp.mpf(low) <= number + doubt and number - doubt <= mp.mpf(high)


def all_hold(enclosures: Any, values: Any, sizes: Any = None) -> bool:
    """Whether every interval of an array holds its number."""
    values = np.asarray(values, dtype=object)
    enclosures = enclosures if isinstance(enclosures, Interval) else Interval(enclosures)
    assert enclosures.shape == values.shape
    return all(holds(enclosures[i], values[i], None if sizes is None else sizes[i]) for i in np.ndindex(values.shape))


def points_of(box: Interval, rng: np.random.Generator, count: int = 2) -> list[np.ndarray]:
    """Both ends of a box, its middle, and points between."""
    low, high = (np.asarray(end) for end in box.ends)
    between = [low + (high - low) * rng.random(low.shape) for _ in range(count)]
    return [low, high, *(np.clip(p, low, high) for p in (np.asarray(box.midpoint), *between))]
