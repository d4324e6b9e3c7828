"""Start values of a rule over a few intervals, without NumPy where a kernel takes single numbers."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nextafter
from typing import Any

import numpy as np

from taylorad.algebras.interval.interval import Interval, as_interval
from taylorad.algebras.models import straight
from taylorad.algebras.models.straight import UnusualError
from taylorad.rings.interval.kernels import CRIVAL
from taylorad.rings.interval.kernels.crival import NAMES
from taylorad.rules import TABLE


class Few:
    """A short list of intervals, with the arithmetic that rules start with; every end is moved outward."""

    __slots__ = ("inf", "sup")

    def __init__(self, low: list[float], high: list[float]):
        self.inf, self.sup = low, high

    @staticmethod
    def of(number: Any) -> Few:
        """What it is, or an interval or number alone, which goes with any of the list."""
        if isinstance(number, Few):
            return number
        low, high = (float(end) for end in as_interval(number).ends)
        return Few([low], [high])

    def _with(self, other: Any, operation: Callable) -> Few:
        x, y = together(self, Few.of(other))
        ends = [operation(*e) for e in zip(x.inf, x.sup, y.inf, y.sup, strict=True)]
        return Few([e[0] for e in ends], [e[1] for e in ends])

    def __neg__(self) -> Few:
        return Few([-s for s in self.sup], [-i for i in self.inf])

    def __add__(self, other: Any) -> Few:
        return self._with(other, lambda a, b, c, d: (nextafter(a + c, -inf), nextafter(b + d, inf)))

    def __mul__(self, other: Any) -> Few:
        return self._with(other, straight.times)

    def __truediv__(self, other: Any) -> Few:
        return self._with(other, straight.over)

    def __sub__(self, other: Any) -> Few:
        return self + (-Few.of(other))

    def __rsub__(self, other: Any) -> Few:
        return Few.of(other) - self

    def __rtruediv__(self, other: Any) -> Few:
        return Few.of(other) / self

    def __pow__(self, exponent: int) -> Few:
        if exponent != 2:
            raise UnusualError
        return self._with(self, lambda a, b, c, d: straight.square(a, b))

    __radd__, __rmul__ = __add__, __mul__


def together(*lists: Few) -> tuple[Few, ...]:
    """Lists of one length."""
    count = max(len(x.inf) for x in lists)
    return tuple(x if len(x.inf) == count else Few(x.inf * count, x.sup * count) for x in lists)


class Namespace:
    """The functions and constants of a ring, for `Few` intervals."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(Interval.namespace, name)
        found = _for_few(_by_kernel(name) or _by_arrays(found)) if callable(found) else Few.of(found)
        setattr(self, name, found)
        return found


def _by_kernel(name: str) -> Callable | None:
    """A function that the kernel knows for single intervals; this is the kernel that arrays use as well."""
    name = "pow" if name == "power" else name
    if name not in CRIVAL.ranges or not CRIVAL.available():
        return None
    function, interval = getattr(CRIVAL.library, NAMES[name]), CRIVAL.library.Interval
    monotony = TABLE[name].rule.monotony if name in TABLE and TABLE[name].kind == "elementary" else 0

    def of_few(*arguments: Few) -> Few:
        if monotony and len(arguments) == 1 and _are_sides(arguments[0]):
            return _from_sides(function, interval, arguments[0], monotony)
        found = list(map(function, *(map(interval, x.inf, x.sup) for x in arguments)))
        return Few([f.lo for f in found], [f.hi for f in found])

    return of_few


def _are_sides(x: Few) -> bool:
    """Whether the intervals are a point c and its sides, [low, c] and [c, high]."""
    c = x.sup[0]
    return len(x.inf) == 3 and x.inf[0] == c == x.sup[1] == x.inf[2]


def _from_sides(function: Callable, interval: Callable, x: Few, monotony: int) -> Few:
    """A monotone function of such intervals takes its bounds at low, c and high: two calls instead of three."""
    at, whole = function(interval(x.inf[0], x.sup[0])), function(interval(x.inf[1], x.sup[2]))
    if monotony > 0:
        return Few([at.lo, whole.lo, at.lo], [at.hi, at.hi, whole.hi])
    return Few([at.lo, at.lo, whole.lo], [at.hi, whole.hi, at.hi])


def _for_few(function: Callable) -> Callable:
    """The function, of constants as well."""

    def called(*arguments: Any) -> Any:
        if len(arguments) == 1 and arguments[0].__class__ is Few:
            return function(*arguments)
        return function(*together(*map(Few.of, arguments)))

    return called


def _by_arrays(function: Callable) -> Callable:
    """A function of interval arrays for `Few`."""

    def of_few(*arguments: Few) -> Any:
        found = function(*map(_as_array, arguments))
        return tuple(map(_as_few, found)) if isinstance(found, tuple) else _as_few(found)

    return of_few


def _as_array(x: Few) -> Interval:
    return Interval._make(np.array(x.inf), np.array(x.sup))


def _as_few(x: Interval) -> Few:
    return Few(*(end.tolist() for end in x.ends))


NAMESPACE = Namespace()
