"""Floating-point rings: float32, float64, longdouble, complex64, complex128 under NumPy's and SciPy's own functions.

Where SciPy has no version of a function for the type (extended precision, some complex ones), mpmath computes it
point by point: slower, and right.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import scipy.special

from taylorad.rings import multiprecision


class FloatNamespace:
    """NumPy's functions, then scipy.special's, then mpmath's, for arrays of one dtype (or series of them)."""

    def __init__(self, dtype: np.dtype):
        self.dtype = dtype
        real = np.empty(0, dtype).real.dtype.type
        self.number = real if np.dtype(real).itemsize > 8 else float  # Python floats take on the type they meet
        self.imaginary_unit = np.result_type(dtype, np.complex64).type(1j)
        self.eps = float(np.finfo(dtype).eps)
        with multiprecision.working_precision(80):
            self.pi = real(multiprecision.to_longdouble(multiprecision.PI()))

    @staticmethod
    @cache
    def of(dtype: np.dtype) -> FloatNamespace:
        """The namespace of a dtype."""
        return FloatNamespace(dtype)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = self._find(name)
        setattr(self, name, function)
        return function

    def _find(self, name: str) -> Callable[..., Any]:
        known = _OWN.get(name) or getattr(np, name, None) or getattr(scipy.special, name, None)
        if known is None:
            raise AttributeError(f"neither NumPy nor scipy.special has a function {name}")
        ufunc = _UFUNCS.get(name, known)
        letter = self.dtype.char if self.dtype.char in "gGFD" else ""
        if (
            letter
            and isinstance(ufunc, np.ufunc)
            and (name in _REAL or not any(letter in types for types in ufunc.types))
        ):
            return _unless_nested(multiprecision.pointwise(name, ufunc.nout, self.dtype), known)
        return known

    def factorial(self, k: int) -> Any:
        """k!."""
        return self.number(math.factorial(k)) if k <= 170 or self.number is not float else math.inf

    @staticmethod
    def left_out(bound: float) -> Any:
        """What stands for terms that are left out, whose sum is within ±bound: nothing (over intervals, all of it)."""
        return 0

    def binom(self, n: int, k: int) -> Any:
        """The binomial coefficient of integers."""
        return self.number(math.comb(n, k))

    def poch(self, a: Any, k: int) -> Any:
        """(a)_k = a (a+1) … (a+k-1), exactly zero where a factor is."""
        result = self.number(1)
        for i in range(k):
            result = result * (a + i)
        return result

    def sinpi(self, x: Any) -> Any:
        """sin(πx), by exact reduction to |x| ≤ 1/2."""
        nearest = np.rint(np.real(getattr(x, "primal", x)))
        return (1 - 2 * (nearest % 2)) * np.sin(self.pi * (x - nearest))

    def cospi(self, x: Any) -> Any:
        """cos(πx) = ±sin(π(1/2 - |r|)) after exact reduction to |r| ≤ 1/2."""
        nearest = np.rint(np.real(getattr(x, "primal", x)))
        r = x - nearest
        r = r * (1 - 2 * (np.real(getattr(r, "primal", r)) < 0))
        return (1 - 2 * (nearest % 2)) * np.sin(self.pi * (0.5 - r))

    def hypot(self, x: Any, y: Any) -> Any:
        """sqrt(x² + y²), without overflow when real."""
        if self.dtype.kind == "c":
            return np.sqrt(x * x + y * y)
        return np.hypot(self.dtype.type(x) if isinstance(x, int) else x, y)

    def log(self, x: Any) -> Any:
        """Natural logarithm in this precision, of Python integers too."""
        return np.log(self.dtype.type(x) if isinstance(x, int) else x)


def _unless_nested(of_numbers: Callable[..., Any], of_series: Callable[..., Any]) -> Callable[..., Any]:
    """A function of plain arrays, and its namesake for series and traced values, which know their own rules."""
    return lambda *args: (of_series if any(hasattr(a, "level") for a in args) else of_numbers)(*args)


_OWN: dict[str, Callable[..., Any]] = {
    "hurwitz": lambda s, q: scipy.special.zeta(s, q),
    "digamma": scipy.special.digamma,
}
_REAL = ("hurwitz", "polygamma")  # complex only in their parameter
_UFUNCS = {
    "lambertw": scipy.special._ufuncs._lambertw,
    "zeta": scipy.special._ufuncs._riemann_zeta,
    "hurwitz": scipy.special._ufuncs._zeta,
    "polygamma": scipy.special._ufuncs._zeta,
    "digamma": scipy.special.psi,
}
