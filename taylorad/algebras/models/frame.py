"""What models of one domain share: domain, centre and order, the sizes of all monomials, and weights of error terms.

The size of a polynomial is measured degree by degree, ``‖p_k‖ = Σ_{|α|=k} |c_α| r^α``, with r the magnitude of
domain - centre. That bounds ``p_k`` on the domain, and ``‖p_i q_j‖ ≤ ‖p_i‖ ‖q_j‖``. Tables are computed once a frame,
rounded so that whatever is computed from them in rounding to nearest is an upper bound: a sum of at most K products of
non-negative doubles is below its exact value by a factor of at most (1 - u)^K and by underflows of at most 2⁻¹⁰⁷⁴ each
(Higham, Accuracy and Stability, section 3.1), so a factor 1 + 2 K u and an addition of 2⁻¹⁰²² make up for both.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from taylorad.algebras.interval.interval import Interval
from taylorad.algebras.structure import MultivariateStructure
from taylorad.rings.interval import directed
from taylorad.rings.interval.environment import check

UNIT = 2.0**-53  # u, the largest relative error of an operation in rounding to nearest
TINY = 2.0**-1022  # more than all underflows of a sum together


def slack(operations: int) -> float:
    """A factor that makes up for the rounding errors of as many operations on non-negative numbers."""
    return 1 + 4 * (operations + 4) * UNIT


def up(x: Any, operations: int = 4) -> Any:
    """An upper bound of a non-negative number from its value computed with so many operations; 0 stays 0."""
    return np.where(x > 0, x * slack(operations) + TINY, x)[()]


class Frame:
    """A box, a centre within it, and an order; shared by all models made on it.

    Attributes
    ----------
    inf, sup, centre : arrays (n,)
    order : int
    structure : MultivariateStructure
    low, high : arrays (n,)
        Ends of an enclosure of domain - centre.
    """

    def __init__(self, inf: np.ndarray, sup: np.ndarray, centre: np.ndarray, order: int):
        check()
        self.inf, self.sup, self.centre, self.order = inf, sup, centre, order
        self.structure = MultivariateStructure.of(len(inf), order)
        self.low, self.high = directed.add_down(inf, -centre), directed.add_up(sup, -centre)

    @staticmethod
    def of(inf: Any, sup: Any, centre: Any, order: int) -> Frame:
        """The shared frame of a box, a centre and an order."""
        return _frame(*(np.asarray(x, np.float64).tobytes() for x in (inf, sup, centre)), order)

    def __reduce__(self) -> tuple:
        return Frame.of, (self.inf, self.sup, self.centre, self.order)

    def of_order(self, order: int) -> Frame:
        """The same box and centre with another order."""
        return self if order == self.order else Frame.of(self.inf, self.sup, self.centre, order)

    @property
    def domain(self) -> Interval:
        """The box."""
        return Interval._make(self.inf, self.sup)

    def describe(self) -> str:
        """Order and box in words."""
        box = " x ".join(f"[{a:.6g}, {b:.6g}]" for a, b in zip(self.inf[:3], self.sup[:3], strict=True))
        more = f" x … ({len(self.inf)} variables)" if len(self.inf) > 3 else ""
        return f"of order {self.order} on {box}{more}"

    # --------------------------------------------------------------------------------------------------- monomials

    @cached_property
    def monomials(self) -> tuple[np.ndarray, np.ndarray]:
        """Ends of the ranges of all monomials of domain - centre, arrays (size,)."""
        return self.monomials_over(self.low, self.high)

    def monomials_over(self, low: Any, high: Any) -> tuple[Any, Any]:
        """Ends of the ranges of all monomials over boxes (n, *batch) of displacements, arrays (size, *batch)."""
        exponents = self.structure.exponents
        with np.errstate(all="ignore"):
            return self._products_over(exponents, low, high)

    def _products_over(self, exponents: np.ndarray, low: Any, high: Any) -> tuple[Any, Any]:
        powers = [_powers(low[i], high[i], self.order) for i in range(len(self.inf))]
        inf, sup = (end[exponents[:, 0]] for end in powers[0])
        for i, (below, above) in enumerate(powers[1:], 1):
            pairs = [
                directed.multiply_both(a, b)
                for a in (inf, sup)
                for b in (below[exponents[:, i]], above[exponents[:, i]])
            ]
            inf = np.minimum.reduce([p[0] for p in pairs])
            sup = np.maximum.reduce([p[1] for p in pairs])
        return inf, sup

    @cached_property
    def weights(self) -> np.ndarray:
        """Upper bounds of all monomials in magnitude, (size,)."""
        inf, sup = self.monomials
        return np.maximum(np.abs(inf), np.abs(sup))

    # ------------------------------------------------------------------------------------------- weights of errors

    @cached_property
    def degrees(self) -> np.ndarray:
        """Row k adds up the sizes of the monomials of degree k; the last, of zeros, is for radii: (order + 2, size)."""
        matrix = np.zeros((self.order + 2, self.structure.size))
        for k in range(self.order + 1):
            part = self.structure.part(k)
            matrix[k, part] = self.weights[part] * slack(self.structure.size)
        return matrix

    @cached_property
    def total(self) -> np.ndarray:
        """Adds up the sizes of all monomials, (size,)."""
        return self.weights * slack(self.structure.size)

    @cached_property
    def zeros(self) -> np.ndarray:
        """Their product with coefficients is 0 or, if one is not finite, nan: (size,)."""
        return np.zeros(self.structure.size)

    @cached_property
    def parts(self) -> list[tuple[slice, np.ndarray]]:
        """Where the parts of all degrees lie, and what adds up their sizes."""
        parts = [self.structure.part(k) for k in range(self.order + 1)]
        return [(part, self.total[part]) for part in parts]

    @cached_property
    def middles(self) -> np.ndarray:
        """Midpoints of the ranges of all monomials, (size,)."""
        return self.monomials[0] / 2 + self.monomials[1] / 2

    @cached_property
    def spreads(self) -> np.ndarray:
        """Upper bounds of their radii, and of the rounding errors of a sum with midpoints as weights, (size,)."""
        inf, sup = self.monomials
        radii = np.maximum(directed.add_up(sup, -self.middles), directed.add_up(self.middles, -inf))
        return radii * slack(self.structure.size) + 4 * (self.structure.size + 8) * UNIT * self.weights + TINY

    @cached_property
    def terms(self) -> np.ndarray:
        """The most products that make up a coefficient of a product, for every degree: (order + 1,)."""
        counts = np.prod(self.structure.exponents + 1, axis=1)
        return np.array([counts[self.structure.part(k)].max() for k in range(self.order + 1)])

    @cached_property
    def relative(self) -> np.ndarray:
        """γ of a product's coefficients by their degree, (order + 1,): n u / (1 - n u) for sums of n products."""
        return (self.terms + 2) * UNIT * slack(4 * int(self.terms.max()))

    @cached_property
    def largest_relative(self) -> float:
        """The largest of them."""
        return float(self.relative.max())

    @cached_property
    def products_with_increment(self) -> np.ndarray:
        """Where a matrix finds its entries in 0, a_1, …, a_m and the sums of the last 1, …, m of them (see `single`).

        Row d < m + 1 takes sizes s_i of parts to ``Σ a_{d-i} s_i``; the last adds up what goes beyond degree m.
        """
        m = self.order
        shift = np.subtract.outer(np.arange(m + 2), np.arange(m + 2))
        table = np.where(shift > 0, shift, 0)
        table[:, -1] = 0
        table[-1] = [0, *range(m + 1, 2 * m + 1), 2 * m]  # s_i times the last i of the a_j; the rest times all
        return table

    @cached_property
    def slack_of_lost(self) -> float:
        """A factor that makes up for the rounding errors of a sum of powers of that matrix."""
        return slack(4 * (self.order + 2) * (self.order + 4))

    @cached_property
    def errors(self) -> np.ndarray:
        """The matrix T of `arithmetic.product`, (order + 2, order + 2); the last row and column are for radii."""
        m = self.order
        degree = np.add.outer(np.arange(m + 1), np.arange(m + 1))
        table = np.ones((m + 2, m + 2))
        table[:-1, :-1] = np.where(degree > m, 1.0, self.relative[np.minimum(degree, m)])
        return table * slack(2 * m + 8)

    @cached_property
    def underflow(self) -> float:
        """What underflows of a product's terms amount to on the domain."""
        return float(TINY + TINY * np.sum(self.weights * 2.0**-40) * self.terms.max())


@lru_cache(maxsize=256)
def _frame(inf: bytes, sup: bytes, centre: bytes, order: int) -> Frame:
    ends = [np.frombuffer(x, np.float64) for x in (inf, sup, centre)]
    return Frame(ends[0], ends[1], ends[2], order)


def _powers(low: Any, high: Any, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the ranges of t^0, …, t^order over low ≤ t ≤ high, arrays (order + 1, *batch)."""
    least, most = np.maximum(np.maximum(low, -high), 0.0), np.maximum(-low, high)
    small, large = np.ones_like(least), np.ones_like(most)
    below, above = [small], [large]
    for k in range(1, order + 1):
        small, large = directed.multiply_both(small, least)[0], directed.multiply_both(large, most)[1]
        below.append(small if k % 2 == 0 else _odd_power(low, k)[0])
        above.append(large if k % 2 == 0 else _odd_power(high, k)[1])
    return np.stack(below), np.stack(above)


def _odd_power(x: Any, k: int) -> tuple[Any, Any]:
    """``x^k`` for odd k rounded down and up."""
    size = np.abs(x)
    small = large = size
    for _ in range(k - 1):
        small, large = directed.multiply_both(small, size)[0], directed.multiply_both(large, size)[1]
    return np.where(x < 0, -large, small), np.where(x < 0, -small, large)
