"""The functions that start a rule over intervals, and its constants as intervals."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.special

from taylorad.algebras.interval.elementary import of_function
from taylorad.algebras.interval.interval import Interval
from taylorad.algebras.interval.sound import no_rule
from taylorad.rings.interval import functions
from taylorad.rings.interval.constants import CONSTANTS
from taylorad.rules import TABLE


class IntervalNamespace:
    """NumPy's and SciPy's functions of intervals, by the table; constants and integers are enclosed, not rounded."""

    eps = float(np.finfo(np.float64).eps)
    where = staticmethod(np.where)

    @cached_property
    def pi(self) -> Any:
        """The smallest interval that contains π."""
        return Interval._make(*CONSTANTS["pi"])

    def factorial(self, k: int) -> Any:
        """k!."""
        return Interval(math.factorial(k))

    def left_out(self, bound: float) -> Any:
        """What stands for terms that are left out, whose sum is within ±bound."""
        return Interval(-bound, bound)

    def binom(self, n: int, k: int) -> Any:
        """The binomial coefficient of integers."""
        return Interval(math.comb(n, k))

    def poch(self, a: Any, k: int) -> Any:
        """``(a)_k = a (a+1) … (a+k-1)``."""
        if not hasattr(a, "level"):
            return Interval(math.prod((Fraction(float(a)) + i for i in range(int(k))), start=Fraction(1)))
        return math.prod((a + i for i in range(int(k))), start=Interval(1))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in TABLE and TABLE[name].kind == "elementary" and not functions.is_known(name):
            raise no_rule(name)
        function = getattr(np, name, None) or getattr(scipy.special, name, None)
        if isinstance(function, np.ufunc) and name in TABLE:
            return lambda *args: function(*_lifted(args))
        return lambda *args: of_function(name, *args)


def _lifted(args: tuple) -> tuple:
    """Arguments of which at least one is an interval: a function of a plain integer, sqrt(2), is not rounded."""
    if any(hasattr(a, "level") for a in args):
        return args
    return (Interval(args[0]), *args[1:])
