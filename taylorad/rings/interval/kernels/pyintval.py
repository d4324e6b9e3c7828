"""Adapter to pyintval: CORE-MATH's functions, one interval at a time, one double wider at each end; all platforms.

Its pow is up to hundreds of doubles too wide, its atan2 takes the whole circle where y starts at 0, and its tan all
reals up to the double next to π/2: those three are left to Arb.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from taylorad.rings.interval.kernels.base import Kernel, Pair, nothing

SAME = "exp exp2 exp10 expm1 log log2 log10 log1p sqrt cbrt sin cos sinh cosh tanh erf erfc hypot"
NAMES = {name: name for name in SAME.split()} | {
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
}


class Pyintval(Kernel):
    """At most a few units in the last place wide at each end; about 1 µs an interval."""

    name = "pyintval"
    ranges = frozenset(NAMES)
    points = frozenset(NAMES)

    @cached_property
    def library(self) -> Any:
        """The module, or None."""
        try:
            import pyintval
        except (ImportError, OSError):
            return None
        return pyintval

    def available(self) -> bool:
        return self.library is not None

    def range(self, name: str, *arguments: Pair) -> Pair:
        function, make = getattr(self.library, NAMES[name]), self.library.Interval
        ends = np.broadcast_arrays(*(end for pair in arguments for end in pair))
        inf, sup = nothing(ends[0].shape)
        for index, numbers in enumerate(zip(*(end.ravel().tolist() for end in ends), strict=True)):
            if all(number == number for number in numbers):
                result = function(*(make(*numbers[i : i + 2]) for i in range(0, len(numbers), 2)))
                if not result.is_empty:
                    inf.flat[index], sup.flat[index] = result.lo, result.hi
        return inf, sup

    def values(self, name: str, *arguments: np.ndarray) -> Pair:
        return self.range(name, *((x, x) for x in arguments))
