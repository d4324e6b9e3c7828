"""Operations of IEEE 1788 that NumPy has no function for: fused and cancelling arithmetic, reverse operations.

A reverse operation asks which points of x a function carries into c: ``x.sqr_rev(c)`` encloses ``{t in x : t² in c}``.
It is what is left of x when the equation is used against it, and its decoration, if any, is trv.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np

from taylorad.algebras.interval import decorations
from taylorad.rings.interval import arithmetic, functions
from taylorad.rings.interval.division import divide_to_pair
from taylorad.rings.interval.reverse import reverse


class Standard:
    """The part of `Interval` that only the standard knows."""

    __slots__ = ()
    ends: Any
    codes: Any
    midpoint: Any
    radius: Any
    _make: Callable
    _coerced: Callable

    def _combined(self, ends: Any, operands: tuple, local: Any) -> Self:
        inf, sup = ends
        return self._make(inf, sup, decorations.of_result(operands, inf, sup, local))

    @property
    def mid_rad(self) -> tuple[Any, Any]:
        """`midpoint` and `radius`."""
        return self.midpoint, self.radius

    def fma(self, factor: Any, addend: Any) -> Self:
        """``self * factor + addend``, rounded once.

        Examples
        --------
        >>> import taylorad as ta
        >>> ta.Interval(1, 2).fma(3, ta.Interval(0, 1))
        Interval("[3, 7]")
        """
        y, z = self._coerced(factor), self._coerced(addend)
        return self._combined(arithmetic.fma(*self.ends, *y.ends, *z.ends), (self, y, z), decorations.COM)

    def cancel_minus(self, other: Any) -> Self:
        """The tightest z with ``self ⊆ other + z``: undoes an addition of `other`.

        The line where `other` is wider than the interval or one of them is unbounded. With decorations, trv.

        Examples
        --------
        >>> import taylorad as ta
        >>> x, y = ta.Interval(1, 2), ta.Interval(0, 4)
        >>> (x + y).cancel_minus(y), x + y - y
        (Interval("[1, 2]"), Interval("[-3, 6]"))
        """
        y = self._coerced(other)
        return self._combined(arithmetic.cancel_minus(*self.ends, *y.ends), (self, y), decorations.TRV)

    def cancel_plus(self, other: Any) -> Self:
        """``cancel_minus(-other)``."""
        y = self._coerced(other)
        return self._combined(arithmetic.cancel_plus(*self.ends, *y.ends), (self, y), decorations.TRV)

    def round_ties_to_away(self) -> Self:
        """The nearest integers of its points, ties to the one greater in magnitude (`numpy.rint`: to the even one)."""
        inf, sup, local = functions.evaluate("round_ties_to_away", self.ends)
        return self._combined((inf, sup), (self,), local)

    # ------------------------------------------------------------------------------------------------ reverse

    def mul_rev_to_pair(self, product: Any) -> tuple[Self, Self]:
        """The t with ``b t in product`` for some b in it: one interval and the empty set, or two, the lower one first.

        Examples
        --------
        >>> import taylorad as ta
        >>> ta.Interval(-1, 2).mul_rev_to_pair(ta.Interval(4, 6))
        (Interval("[-inf, -4]"), Interval("[2, inf]"))
        """
        c = self._coerced(product)
        low, high = self.ends
        first, second = divide_to_pair(low, high, *c.ends)
        through_zero = (low <= 0) & (high >= 0)
        local = np.where(through_zero, np.uint8(decorations.TRV), np.uint8(decorations.COM))
        return self._combined(first, (self, c), local), self._combined(second, (self, c), decorations.TRV)

    def _reversed(self, name: str, *sets: Any) -> Self:
        """The reverse operation of `sets`, with this interval as candidates."""
        operands = (*map(self._coerced, sets), self)
        return self._combined(reverse(name, *(x.ends for x in operands)), operands, decorations.TRV)

    def sqr_rev(self, values: Any) -> Self:
        """Its points whose square lies in `values`.

        Examples
        --------
        >>> import taylorad as ta
        >>> ta.Interval(0, 10).sqr_rev(ta.Interval(1, 4))
        Interval("[1, 2]")
        """
        return self._reversed("sqr_rev", values)

    def abs_rev(self, values: Any) -> Self:
        """Its points whose absolute value lies in `values`."""
        return self._reversed("abs_rev", values)

    def pown_rev(self, values: Any, n: int) -> Self:
        """Its points whose power of integer exponent n lies in `values`."""
        c = self._coerced(values)
        ends = reverse("pown_rev", c.ends, int(n), self.ends)
        return self._combined(ends, (self, c), decorations.TRV)

    def sin_rev(self, values: Any) -> Self:
        """Its points whose sine lies in `values`."""
        return self._reversed("sin_rev", values)

    def cos_rev(self, values: Any) -> Self:
        """Its points whose cosine lies in `values`."""
        return self._reversed("cos_rev", values)

    def tan_rev(self, values: Any) -> Self:
        """Its points whose tangent lies in `values`."""
        return self._reversed("tan_rev", values)

    def cosh_rev(self, values: Any) -> Self:
        """Its points whose hyperbolic cosine lies in `values`."""
        return self._reversed("cosh_rev", values)

    def mul_rev(self, factor: Any, product: Any) -> Self:
        """Its points t with ``b t in product`` for some b in `factor`."""
        return self._reversed("mul_rev", factor, product)

    def pow_rev1(self, exponent: Any, power: Any) -> Self:
        """Its points t ≥ 0 with ``t**y in power`` for some y in `exponent`."""
        return self._reversed("pow_rev1", exponent, power)

    def pow_rev2(self, base: Any, power: Any) -> Self:
        """Its points t with ``s**t in power`` for some s ≥ 0 in `base`."""
        return self._reversed("pow_rev2", base, power)
