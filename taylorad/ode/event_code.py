"""Event functions in the compiled loop: how they bound a step, whether they may vanish in it, whether they are smooth.

Of an event function g every step has the Taylor polynomial. Only a step in which it may vanish leaves the loop, so that
the roots are found; that g at the end of a step is what the polynomial said is checked in the next one.
"""

from __future__ import annotations

from math import comb

import numpy as np

from taylorad.compile.series.text import Text, literal

D = np.dtype(np.float64)
MARGIN = 2.0**-44  # relative to the sum of all terms: what rounding may do to a sign
GAP_ROUNDING = 2.0**-50
GAP_LIMIT = 2.0**-36  # the same, to the value at the end of a step


class Event:
    """One event function in the step being written.

    Parameters
    ----------
    text : Text
    order : int
        Of the solution; its polynomial has one degree less.
    places : pair of str
        Addresses of its coefficients, and of what `Stepper.expected` holds of it.
    """

    def __init__(self, text: Text, order: int, places: tuple[str, str]):
        self.text, self.degree = text, order - 1
        self.coefficients, self.expected = places

    def _part(self, k: int) -> str:
        return self.text.load(self.coefficients, k, D)

    def _size(self, x: str) -> str:
        return self.text.call("absolute", [x], D)

    def _times(self, x: str, y: str) -> str:
        return self.text.binary("multiply", x, y, D)

    def is_off(self, reach: str) -> str:
        """Whether its value is not the one its polynomial had at the end of the step before.

        What one rounding of g is, relative to how much it changes within a step of usual length, does not count.
        """
        text = self.text
        gap = self._size(text.binary("subtract", self._part(0), text.load(self.expected, 0, D), D))
        limit = self._times(text.load(self.expected, 1, D), literal(GAP_LIMIT, D))
        usual = self._times(text.load(self.expected, 2, D), literal(GAP_ROUNDING, D))
        return text.compare(">", gap, text.fma(usual, reach, limit, D, 1), D)

    def norms(self, scale: str) -> list[tuple[int, str]]:
        """``|g_k|/max(|g_0|, |g_1 h|, |g_2 h²|)`` of its last three degrees, h being the step before."""
        text, size, power = self.text, self._size(self._part(0)), scale
        for k in (1, 2):
            part = self._times(self._size(self._part(k)), power)
            size = text.select(text.compare(">", part, size, D), part, size, D)
            power = self._times(power, scale)
        positive = text.compare(">", size, literal(0, D), D)
        inverse = text.binary("divide", literal(1, D), size, D)
        inverse = text.select(positive, inverse, literal(0, D), D)
        degrees = range(max(self.degree - 2, 3), self.degree + 1)
        ratios = [self._times(self._size(self._part(k)), inverse) for k in degrees]
        finite = [text.compare("<", ratio, literal(np.inf, D), D) for ratio in ratios]
        ratios = [text.select(c, ratio, literal(0, D), D) for c, ratio in zip(finite, ratios, strict=True)]
        return list(zip(degrees, ratios, strict=True))

    def may_vanish(self, h: str) -> str:
        """Whether ``Σ_i C(j, i)/C(p, i) g_i h^i`` for all j, between which g lies on [0, h], have different signs.

        Or whether it has jumped to the other sign since the step before.
        """
        text, lanes = self.text, self.text.bits // 64
        before = text.load(self.expected, 0, D)
        jumps = text.compare("<", self._times(before, self._part(0)), literal(0, D), D)
        text.store(before, self.expected, 3, D)
        table = self._table(lanes)
        columns, width = text.table(table), table.shape[1]
        starts, power, total, size = range(0, width, lanes), literal(1, D), literal(0, D), literal(0, D)
        sums = [literal(0, D, lanes) for _ in starts]
        for i in range(self.degree + 1):
            term = self._times(self._part(i), power)
            total, size = text.binary("add", total, term, D), text.binary("add", size, self._size(term), D)
            wide = text.splat(term, D, lanes)
            for n, at in enumerate(starts):
                sums[n] = text.fma(text.load(columns, i * width + at, D, lanes), wide, sums[n], D, lanes)
            power = self._times(power, h)
        text.store(total, self.expected, 0, D)
        text.store(size, self.expected, 1, D)
        text.store(self._size(self._part(1)), self.expected, 2, D)
        margin = text.splat(self._times(size, literal(MARGIN, D)), D, lanes)
        return text.logic("or", jumps, self._have_both_signs(sums, margin, lanes))

    def _table(self, lanes: int) -> np.ndarray:
        """``C(j, i)/C(p, i)`` in columns j, the last one repeated."""
        width = -(-(self.degree + 1) // lanes) * lanes
        table = np.zeros((self.degree + 1, width))
        for i in range(self.degree + 1):
            table[i] = [comb(min(j, self.degree), i) / comb(self.degree, i) for j in range(width)]
        return table

    def _have_both_signs(self, sums: list[str], margin: str, lanes: int) -> str:
        text, ones = self.text, literal(True, np.dtype(bool), lanes)
        below, above, negative = "false", "false", text.negative(margin, D, lanes)
        for x in sums:
            positive = text.compare(">", x, margin, D, lanes)
            beneath = text.compare("<", x, negative, D, lanes)
            below = text.logic("or", below, text.any_lane(text.logic("xor", positive, ones, lanes), lanes))
            above = text.logic("or", above, text.any_lane(text.logic("xor", beneath, ones, lanes), lanes))
        return text.logic("and", below, above)
