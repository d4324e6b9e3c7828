"""Adapter to python-flint: Arb's balls, evaluated with more and more bits until they fit between two doubles.

A double becomes an exact ball, and a ball's exact ends are compared with the doubles they are rounded to, so that no
conversion is trusted. What Arb lacks is written with what it has (`formulas`).
"""

from __future__ import annotations

import importlib.util
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np

from taylorad.rings.interval.kernels.base import Kernel, Pair, nothing
from taylorad.rings.interval.kernels.formulas import FORMULAS, SATURATION
from taylorad.rings.interval.kernels.rounding import ends

PRECISIONS = (80, 160, 400, 2400)  # bits: 27 guard bits fail once in 10^8 times; 1 + x² for the least x takes 2200

_ONE_THREAD = threading.RLock()


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Arb's working precision inside a with block, for one thread at a time: it is the same for all of them."""
    from flint import ctx

    with _ONE_THREAD:
        before = ctx.prec
        ctx.prec = bits
        try:
            yield
        finally:
            ctx.prec = before


def constant(number: Callable[[], Any]) -> tuple[float, float]:
    """The tightest doubles found around a number computed at the working precision: adjacent or equal if possible.

    A number that is a double without Arb's knowing is given its two neighbours.
    """
    inf, sup = -math.inf, math.inf
    for bits in PRECISIONS:
        with precision(bits):
            try:
                found = ends(number())
            except (ValueError, ZeroDivisionError):
                continue
        inf, sup = max(inf, found[0]), min(sup, found[1])
        if sup <= math.nextafter(inf, math.inf):
            break
    return inf, sup


def enclose(function: Callable[..., Any], *numbers: float) -> tuple[float, float]:
    """The tightest doubles found around function(*numbers), the numbers taken exactly."""
    from flint import arb

    return constant(lambda: function(*map(arb, numbers)))


class Arb(Kernel):
    """One value at a time, about 5 µs for an elementary and up to 1 ms for a special function."""

    name = "python-flint"
    points = frozenset(FORMULAS)

    @cached_property
    def installed(self) -> bool:
        """Whether python-flint is."""
        return importlib.util.find_spec("flint") is not None

    def available(self) -> bool:
        return self.installed

    def values(self, name: str, *arguments: np.ndarray) -> Pair:
        function, (low, high) = FORMULAS[name], SATURATION.get(name, (-math.inf, math.inf))
        arrays = np.broadcast_arrays(*arguments)
        inf, sup = nothing(arrays[0].shape)
        for index, numbers in enumerate(zip(*(a.ravel().tolist() for a in arrays), strict=True)):
            last = min(max(numbers[-1], low), high)
            inf.flat[index], sup.flat[index] = enclose(function, *numbers[:-1], last)
        return inf, sup
