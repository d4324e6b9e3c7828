"""Intervals as sets: their numbers, relations, hull and intersection (IEEE 1788-2015, sections 9 and 10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np

from taylorad.algebras.interval.decorations import ILL, TRV
from taylorad.rings.interval import arithmetic
from taylorad.rings.interval.environment import check

LARGEST = float(np.finfo(np.float64).max)


class Sets:
    """The part of `Interval` that looks at intervals as sets of real numbers."""

    __slots__ = ()
    _inf: np.ndarray
    _sup: np.ndarray
    _decoration: Any
    _make: Callable

    # --------------------------------------------------------------------------------------------- their numbers

    @property
    def inf(self) -> Any:
        """Lower ends, +inf for empty sets, nan for ``[nai]``."""
        return np.where(self.is_empty & ~self.is_nai, np.inf, self._inf)[()]

    @property
    def sup(self) -> Any:
        """Upper ends, -inf for empty sets, nan for ``[nai]``."""
        return np.where(self.is_empty & ~self.is_nai, -np.inf, self._sup)[()]

    @property
    def midpoint(self) -> Any:
        """The middle, rounded to nearest: 0 for the line, the largest doubles for half-lines, nan for empty sets."""
        check()
        low, high = np.maximum(self._inf, -LARGEST), np.minimum(self._sup, LARGEST)
        with np.errstate(over="ignore", invalid="ignore"):
            middle = np.where(np.isinf(low + high), low / 2 + high / 2, (low + high) / 2)
        middle = np.clip(middle, low, high)
        lower, upper = np.isinf(self._inf), np.isinf(self._sup)
        return np.where(lower & upper, 0.0, np.where(lower, -LARGEST, np.where(upper, LARGEST, middle)))[()] + 0.0

    @property
    def radius(self) -> Any:
        """The smallest double r with ``[inf, sup] ⊆ [m - r, m + r]``, m the `midpoint`; nan for empty sets."""
        m = np.asarray(self.midpoint)
        below = arithmetic.subtract(m, m, self._inf, self._inf)[1]
        above = arithmetic.subtract(self._sup, self._sup, m, m)[1]
        unbounded = np.isinf(self._inf) | np.isinf(self._sup)
        return np.where(unbounded, np.inf, np.maximum(below, above))[()]

    @property
    def width(self) -> Any:
        """``sup - inf`` rounded upward, nan for empty sets."""
        return np.maximum(arithmetic.subtract(self._sup, self._sup, self._inf, self._inf)[1], 0.0)[()]

    @property
    def magnitude(self) -> Any:
        """The greatest absolute value, nan for empty sets."""
        return np.maximum(np.abs(self._inf), np.abs(self._sup))[()]

    @property
    def mignitude(self) -> Any:
        """The smallest absolute value, nan for empty sets."""
        inside = (self._inf <= 0) & (self._sup >= 0)
        return np.where(inside, 0.0, np.minimum(np.abs(self._inf), np.abs(self._sup)))[()]

    # -------------------------------------------------------------------------------------------- what they are

    @property
    def is_empty(self) -> Any:
        """Where it has no points: the empty set, and ``[nai]``."""
        return np.isnan(self._inf)

    @property
    def is_nai(self) -> Any:
        """Where it is ``[nai]``, not an interval, which is what the decoration ill says."""
        return np.zeros(self._inf.shape, bool)[()] if self._decoration is None else self._decoration == ILL

    @property
    def is_entire(self) -> Any:
        """Where it is the set of all real numbers."""
        return (self._inf == -np.inf) & (self._sup == np.inf)

    @property
    def is_bounded(self) -> Any:
        """Where both ends are numbers; also for the empty set."""
        return ~(np.isinf(self._inf) | np.isinf(self._sup))

    @property
    def is_degenerate(self) -> Any:
        """Where it is one number."""
        return self._inf == self._sup

    # --------------------------------------------------------------------------------------------- combinations

    def hull(self, other: Any) -> Self:
        """The smallest intervals that contain both (also ``x | y``); with decorations, trv."""
        return self._joined(arithmetic.hull, other)

    def intersection(self, other: Any) -> Self:
        """The common points (also ``x & y``), the empty set where there are none; with decorations, trv."""
        return self._joined(arithmetic.intersection, other)

    def _joined(self, function: Callable, other: Any) -> Self:
        other = self._coerced(other)
        inf, sup = function(self._inf, self._sup, other._inf, other._sup)
        if self._decoration is None and other._decoration is None:
            return self._make(inf, sup)
        ill = self.is_nai | other.is_nai
        ends = np.where(ill, np.nan, inf), np.where(ill, np.nan, sup)
        return self._make(*ends, np.broadcast_to(np.where(ill, ILL, TRV).astype(np.uint8), np.shape(inf)).copy())

    def _coerced(self, other: Any) -> Any:
        check()
        return other if isinstance(other, Sets) else type(self)(other)  # type: ignore[call-arg]

    def __and__(self, other: Any) -> Self:
        return self.intersection(other)

    def __or__(self, other: Any) -> Self:
        return self.hull(other)

    __rand__, __ror__ = __and__, __or__

    # ------------------------------------------------------------------------------------------------ relations

    def _unless_nai(self, other: Any, truth: Any) -> Any:
        """A relation, which never holds of ``[nai]``."""
        if self._decoration is None and other._decoration is None:
            return truth
        return truth & ~(self.is_nai | other.is_nai)

    def contains(self, other: Any) -> Any:
        """Where a number, or every point of an interval, lies in it. Numbers are taken exactly: Fractions, mpmath
        numbers and text count as what they are; the infinities lie in no interval."""
        check()  # subnormal numbers may count as 0 otherwise
        if isinstance(other, Sets):
            return other.subset(self)
        values = np.asarray(other)
        if values.dtype.kind == "f" and values.dtype.itemsize <= 8:
            return (self._inf <= values) & (values <= self._sup) & np.isfinite(values)
        return self._contain_exactly(other)

    def _contain_exactly(self, other: Any) -> Any:
        """Of numbers that may be no doubles: inside if the doubles around them are, ends included."""
        point = self._coerced(other)
        return (self._inf <= point._inf) & (point._sup <= self._sup)

    def __contains__(self, other: Any) -> bool:
        return bool(np.all(self.contains(other)))

    def equal(self, other: Any) -> Any:
        """Where they are the same set; empty sets are equal."""
        other = self._coerced(other)
        same = (self._inf == other._inf) & (self._sup == other._sup)
        return self._unless_nai(other, same | (self.is_empty & other.is_empty))

    def subset(self, other: Any) -> Any:
        """Where each of its points lies in the other."""
        other = self._coerced(other)
        return self._unless_nai(other, ((other._inf <= self._inf) & (self._sup <= other._sup)) | self.is_empty)

    def interior(self, other: Any) -> Any:
        """Where it lies in the other without touching its ends; infinite ends do not count as touched."""
        other = self._coerced(other)
        low = (other._inf < self._inf) | (other._inf == -np.inf)
        high = (self._sup < other._sup) | (other._sup == np.inf)
        return self._unless_nai(other, (low & high & ~other.is_empty) | self.is_empty)

    def disjoint(self, other: Any) -> Any:
        """Where they have no point in common."""
        other = self._coerced(other)
        return self._unless_nai(
            other, (self._sup < other._inf) | (other._sup < self._inf) | self.is_empty | other.is_empty
        )

    def less(self, other: Any) -> Any:
        """Weakly less: where both ends are at most those of the other."""
        other = self._coerced(other)
        both = (self._inf <= other._inf) & (self._sup <= other._sup)
        return self._unless_nai(other, both | (self.is_empty & other.is_empty))

    def strict_less(self, other: Any) -> Any:
        """Where both ends are below those of the other, equal infinite ones included."""
        other = self._coerced(other)
        low = (self._inf < other._inf) | ((self._inf == -np.inf) & (other._inf == -np.inf))
        high = (self._sup < other._sup) | ((self._sup == np.inf) & (other._sup == np.inf))
        return self._unless_nai(other, (low & high) | (self.is_empty & other.is_empty))

    def precedes(self, other: Any) -> Any:
        """Where no point of it is right of a point of the other."""
        other = self._coerced(other)
        return self._unless_nai(other, (self._sup <= other._inf) | self.is_empty | other.is_empty)

    def strict_precedes(self, other: Any) -> Any:
        """Where all points of it are left of all points of the other."""
        other = self._coerced(other)
        return self._unless_nai(other, (self._sup < other._inf) | self.is_empty | other.is_empty)

    def overlap(self, other: Any) -> Any:
        """How they lie to each other: the 16 states of IEEE 1788-2015, section 10.6.4, by name (before, meets, …)."""
        other = self._coerced(other)
        a, b, c, d = np.broadcast_arrays(self._inf, self._sup, other._inf, other._sup)
        states = np.select([test(a, b, c, d) for test in _STATES.values()], list(_STATES), "equals")
        return str(states) if states.ndim == 0 else states


_STATES: dict[str, Callable] = {
    "bothEmpty": lambda a, b, c, d: np.isnan(a) & np.isnan(c),
    "firstEmpty": lambda a, b, c, d: np.isnan(a),
    "secondEmpty": lambda a, b, c, d: np.isnan(c),
    "before": lambda a, b, c, d: b < c,
    "after": lambda a, b, c, d: d < a,
    "equals": lambda a, b, c, d: (a == c) & (b == d),
    "meets": lambda a, b, c, d: (a < b) & (b == c) & (c < d),
    "metBy": lambda a, b, c, d: (c < d) & (d == a) & (a < b),
    "starts": lambda a, b, c, d: (a == c) & (b < d),
    "startedBy": lambda a, b, c, d: (a == c) & (d < b),
    "finishes": lambda a, b, c, d: (c < a) & (b == d),
    "finishedBy": lambda a, b, c, d: (a < c) & (b == d),
    "containedBy": lambda a, b, c, d: (c < a) & (b < d),
    "contains": lambda a, b, c, d: (a < c) & (d < b),
    "overlaps": lambda a, b, c, d: a < c,
    "overlappedBy": lambda a, b, c, d: c < a,
}
