"""Reverse operations of IEEE 1788: the points of an interval whose images lie in another.

All come from crival, whose results are the tightest; libival before 0.2 missed solutions of the circular ones and is
not used.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.rings.interval.environment import check
from taylorad.rings.interval.functions import as_pair, together
from taylorad.rings.interval.kernels import CRIVAL, MissingKernelError, Pair
from taylorad.rings.interval.kernels.crival import REVERSE

__all__ = ["REVERSE_OPERATIONS", "reverse"]

REVERSE_OPERATIONS = frozenset(REVERSE) | {"pown_rev"}
ENTIRE = (-np.inf, np.inf)


def reverse(name: str, *arguments: Any) -> Pair:
    """The hull of ``{x in X : f(x) in C}``, with IEEE 1788's names and order of arguments.

    ``sqr_rev(c, x)``, ``abs_rev``, ``cosh_rev``, ``sin_rev``, ``cos_rev``, ``tan_rev``; ``pown_rev(c, n, x)`` for
    ``x**n in c``; ``mul_rev(b, c, x)`` for ``x*b in c``; ``pow_rev1(b, c, x)`` for ``x**b in c``;
    ``pow_rev2(a, c, x)`` for ``a**x in c``. Intervals are pairs of ends; the last may be left out: all reals.

    Raises
    ------
    LookupError
        For an unknown name.
    MissingKernelError
        Without crival.

    Examples
    --------
    >>> inf, sup = reverse("sqr_rev", (4.0, 9.0), (0.0, 10.0))
    >>> float(inf), float(sup)
    (2.0, 3.0)
    """
    if name not in REVERSE_OPERATIONS:
        raise LookupError(f"no reverse operation {name!r}; there are {', '.join(sorted(REVERSE_OPERATIONS))}")
    if not CRIVAL.available():
        raise MissingKernelError(
            f'{name} needs crival (Linux and macOS), which is not installed: pip install "taylorad[verified]"'
        )
    check()
    if name == "pown_rev":
        c, exponent, *x = arguments
        pairs = together(as_pair(c), as_pair(x[0] if x else ENTIRE))
        return CRIVAL.call("pownrev", pairs[0], exponent, pairs[1])
    three = name in ("mul_rev", "pow_rev1", "pow_rev2")
    given = [*arguments, ENTIRE] if len(arguments) < 2 + three else arguments
    return CRIVAL.call(REVERSE[name], *together(*map(as_pair, given)))
