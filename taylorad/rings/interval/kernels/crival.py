"""Adapter to crival (module `ival`): CORE-MATH's correctly rounded functions over arrays of intervals."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from taylorad.rings.interval.kernels.base import Kernel, Pair

SAME = """exp exp2 exp10 expm1 log log2 log10 log1p sqrt rsqrt cbrt sin cos tan sinpi cospi sinh cosh tanh erf erfc
hypot pow"""
NAMES = {name: name for name in SAME.split()} | {
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "arctan2": "atan2",
    "gamma": "tgamma",
}
REVERSE = {
    "sqr_rev": "sqrrev",
    "abs_rev": "absrev",
    "cosh_rev": "coshrev",
    "sin_rev": "sinrev",
    "cos_rev": "cosrev",
    "tan_rev": "tanrev",
    "mul_rev": "mulrev",
    "pow_rev1": "powrev1",
    "pow_rev2": "powrev2",
}
LEAST_VERSION = (0, 2, 0)  # libival 0.1 misses solutions in the reverse circular functions


class Crival(Kernel):
    """Every end the nearest double outside; 2 to 300 ns an interval."""

    name = "crival"
    ranges = frozenset(NAMES)
    points = frozenset(NAMES)

    @cached_property
    def library(self) -> Any:
        """The module `ival`, or None."""
        try:
            import ival  # type: ignore[import-untyped, unused-ignore]
        except (ImportError, OSError):
            return None
        version = tuple(int(part) for part in ival.version().split(".")[:3])
        return ival if version >= LEAST_VERSION else None

    def available(self) -> bool:
        return self.library is not None

    def _interval(self, inf: np.ndarray, sup: np.ndarray) -> Any:
        if inf.size == 1:  # crival has a way for single numbers, five times as fast
            return self.library.Interval(inf.item(), sup.item())
        return self.library.Interval(inf, sup)

    def call(self, function: str, *arguments: Any) -> Pair:
        """A function of the module at pairs of ends (integers pass as they are)."""
        prepared = [self._interval(*a) if isinstance(a, tuple) else a for a in arguments]
        result = getattr(self.library, function)(*prepared)
        if isinstance(result.lo, float):
            shape = np.broadcast_shapes(*(np.shape(a[0]) for a in arguments if isinstance(a, tuple)))
            return np.full(shape, result.lo), np.full(shape, result.hi)
        return result.lo, result.hi

    def range(self, name: str, *arguments: Pair) -> Pair:
        return self.call(NAMES[name], *arguments)

    def values(self, name: str, *arguments: np.ndarray) -> Pair:
        return self.call(NAMES[name], *((x, x) for x in arguments))

    def integer_power(self, argument: Pair, exponent: int) -> Pair:
        """``x**n`` for integers n."""
        return self.call("pown", argument, exponent)

    def root(self, argument: Pair, degree: int) -> Pair:
        """The real root of integer degree."""
        return self.call("rootn", argument, degree)
