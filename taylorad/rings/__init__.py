"""Base rings: what the coefficients of a series are.

A ring is recognised from its array (`namespace`), and offers the functions that start a rule under NumPy's and SciPy's
names. Floating-point arrays, and series used as coefficients of other series, use NumPy and SciPy themselves; object
arrays hold mpmath numbers, `fractions.Fraction` or symbols.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from taylorad.rings.exact import ExactNamespace
from taylorad.rings.floats import FloatNamespace
from taylorad.rings.multiprecision import MultiprecisionNamespace, is_multiprecision
from taylorad.rings.objects import ObjectArray, boxed, unboxed
from taylorad.rings.symbolic import Symbol, SymbolNamespace, Tape

__all__ = [
    "ObjectArray",
    "Symbol",
    "Tape",
    "as_coefficients",
    "boxed",
    "encloses",
    "innermost",
    "is_multiprecision",
    "namespace",
    "unboxed",
]

_exact, _multiprecision = ExactNamespace(), MultiprecisionNamespace()


def namespace(array: Any) -> Any:
    """The functions of the base ring `array` belongs to.

    >>> namespace(np.array([1.0])).exp(0.0)
    np.float64(1.0)
    """
    if encloses(array):
        ring = innermost(array).namespace
        return ring if hasattr(array, "ends") else _NestedNamespace(ring)
    if array.dtype != object:
        return FloatNamespace.of(array.dtype)
    if not isinstance(array, np.ndarray):
        return _NestedNamespace(namespace(getattr(array, "coefficients", array.value)))
    element = next(iter(array.flat), Fraction(0))
    if isinstance(element, Symbol):
        return SymbolNamespace(element.tape)
    return _multiprecision if is_multiprecision(element) else _exact


def innermost(array: Any) -> Any:
    """The array of base ring elements behind series and traced values."""
    while not isinstance(array, np.ndarray | np.generic):
        inner = getattr(array, "coefficients", None)
        inner = getattr(array, "value", None) if inner is None else inner
        if inner is None:
            return array
        array = inner
    return array


def encloses(array: Any) -> bool:
    """Whether the base ring is that of intervals: nothing may be rounded but outward, and no branch guessed."""
    return not isinstance(array, np.ndarray | np.generic) and hasattr(innermost(array), "ends")


class _NestedNamespace:
    """NumPy's functions for series of objects or intervals, and the numbers of their base ring."""

    _NUMBERS = ("pi", "eps", "imaginary_unit", "poch", "factorial", "binom")

    def __init__(self, ring: Any):
        self.ring = ring

    def sinpi(self, x: Any) -> Any:
        """sin(πx)."""
        return np.sin(self.ring.pi * x)

    def cospi(self, x: Any) -> Any:
        """cos(πx)."""
        return np.cos(self.ring.pi * x)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ring if name in self._NUMBERS else FloatNamespace.of(np.dtype(float)), name)


def as_coefficients(value: Any) -> Any:
    """`value` as an array of a base ring: integers and booleans become float64, numbers of Python objects stay.

    Series (and other duck arrays) pass through unchanged: they are coefficients of an outer algebra.
    """
    if hasattr(value, "__array_ufunc__") and not isinstance(value, np.ndarray | np.generic):
        return value
    array = np.asarray(value)
    if array.dtype.kind in "iub":
        return array.astype(np.float64)
    if array.dtype.kind == "O":
        return _object_array(array)
    if array.dtype.kind not in "fc":
        raise TypeError(f"coefficients must be numbers, got an array of dtype {array.dtype}")
    return array


def _object_array(array: np.ndarray) -> np.ndarray:
    """Object arrays of one ring: plain integers become Fractions, floats among mpmath numbers mpmath numbers."""
    elements = list(array.flat)
    if any(is_multiprecision(e) for e in elements):
        return np.vectorize(_multiprecision.convert, otypes=[object])(array) if elements else array
    if all(isinstance(e, int | np.integer | Fraction) for e in elements):
        return np.vectorize(lambda e: Fraction(int(e)) if not isinstance(e, Fraction) else e, otypes=[object])(array)
    wrong = [e for e in elements if isinstance(e, str | dict | set | list | tuple) or e is None]
    if wrong:
        raise TypeError(f"expected a number or an array of numbers, got {type(wrong[0]).__name__} {wrong[0]!r}")
    if all(isinstance(e, int | float | complex | np.number) for e in elements):
        return np.asarray(array.tolist() if array.ndim else array.item(), dtype=None) * 1.0
    return array
