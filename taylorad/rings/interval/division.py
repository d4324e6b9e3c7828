"""The solutions t of b t ∈ c, in one piece or in two (mulRevToPair of IEEE 1788): plain division takes their hull."""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.rings.interval import arithmetic

Pair = tuple[Any, Any]


def divide_to_pair(b_inf: Any, b_sup: Any, c_inf: Any, c_sup: Any) -> tuple[Pair, Pair]:
    """The t with b t ∈ c for some element of b: one interval and the empty set, or two in their order.

    Two where 0 is inside b and not in c, for c / b then leaves out a neighbourhood of 0; all reals where it is in both.
    """
    b_inf, b_sup, c_inf, c_sup = np.broadcast_arrays(*(np.asarray(x, np.float64) for x in (b_inf, b_sup, c_inf, c_sup)))
    both = (b_inf <= 0) & (b_sup >= 0) & (c_inf <= 0) & (c_sup >= 0)
    apart = (b_inf < 0) & (b_sup > 0) & ~both
    zero = np.where(apart, 0.0, np.nan)
    by_negative = arithmetic.divide(c_inf, c_sup, np.where(apart, b_inf, np.nan), zero)
    by_positive = arithmetic.divide(c_inf, c_sup, zero, np.where(apart, b_sup, np.nan))
    whole = arithmetic.divide(c_inf, c_sup, b_inf, b_sup)
    first, second = [], []
    for negative, positive, joined, end in zip(by_negative, by_positive, whole, (-np.inf, np.inf), strict=True):
        lower, upper = np.where(c_inf > 0, (negative, positive), (positive, negative))
        first.append(np.where(both, end, np.where(apart, lower, joined)))
        second.append(upper)
    return (first[0], first[1]), (second[0], second[1])
