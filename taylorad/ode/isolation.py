"""Where a polynomial can have roots: scaling, exact evaluation, Bernstein bounds, and cuts between monotone pieces.

The polynomial is ``g(s) = Σ_k g_k s^k`` on [0, h] (or [h, 0]). With ``|h| = m 2^e``, 1/2 ≤ m < 1, everything here works
in ``v = ±s 2^-e`` on [0, m] with ``d_k = ±g_k 2^(e k - top)``, which are exact: only powers of two are multiplied. On a
subinterval the Bernstein coefficients ``b_i = Σ_k C(i, k)/C(p, k) c_k`` enclose g, their differences enclose g'/p, and
Descartes' rule says: the sign changes of the differences exceed the number of roots of g' by an even number
(Collins and Akritas 1976; Eigenwillig 2008 for the Bernstein basis). Bisection ends where there is at most one change:
then g is monotone, or has one extremum, up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from math import comb, inf

import numpy as np

EPSILON = float(np.finfo(float).eps)
DEEPEST = 60  # bisections: what 60 halvings do not separate, rounding does not either
COARSE = 1e-9  # relative step at which Newton's method in doubles hands over to exact residuals
FINE = 16 * EPSILON  # and at which those end: the next step would be smaller by the relative error of g', 1e-3 at worst


def scaled(coefficients: np.ndarray, h: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients d_k with max_k |d_k| in [1/2, 1), the end m, and the exponents (of h, of g) taken out.

    ``g(±v 2^exponent) = 2^top Σ_k d_k v^k``; d is (order + 1, *batch), the others have the shape of the batch. Exact,
    except that what is below 2^-1074 of the largest is lost.
    """
    mantissa, powers = np.frexp(coefficients)
    end, exponent = np.frexp(np.abs(h))
    degree = np.arange(len(coefficients), dtype=np.int32).reshape(-1, *[1] * (coefficients.ndim - 1))
    powers = np.where(mantissa == 0, np.int32(-(1 << 30)), powers + degree * exponent)
    top = powers.max(axis=0)
    if (h < 0).any():
        mantissa = np.where((h < 0) & (degree % 2 == 1), -mantissa, mantissa)
    return np.ldexp(mantissa, powers - top), end, exponent, top


# ------------------------------------------------------------------------------------------------ Bernstein bounds


@lru_cache(maxsize=64)
def bernstein(order: int) -> np.ndarray:
    """Matrix ``C(i, k)/C(p, k)``: monomial coefficients on [0, 1] to Bernstein coefficients; all entries in [0, 1]."""
    return np.array([[comb(i, k) / comb(order, k) for k in range(order + 1)] for i in range(order + 1)])


@lru_cache(maxsize=64)
def halves(order: int) -> np.ndarray:
    """De Casteljau at 1/2 as a (2, p + 1, p + 1) matrix: Bernstein coefficients to those of both halves."""
    left = np.array([[comb(i, j) / 2.0**i for j in range(order + 1)] for i in range(order + 1)])
    return np.stack([left, left[::-1, ::-1]])


def exclude(coefficients: np.ndarray, h: np.ndarray | float) -> np.ndarray:
    """Whether each polynomial is proved to have no root between 0 and h, ends included.

    The Bernstein coefficients on [0, h] all exceed, with the same sign, a bound on their own rounding errors
    ``(2p + 4) ε Σ_k C(i, k)/C(p, k) |g_k h^k|`` (twice what powers of h, matrix and sum can lose together). This is
    never weaker than ``|g_0| > Σ_(k≥1) |g_k h^k|``. False says nothing: there may be a root or not.

    Parameters
    ----------
    coefficients
        (order + 1, *batch), ``g(s) = Σ_k coefficients[k] s^k``. Non-finite ones are never excluded.
    h
        End of the interval, of either sign: one number, or an array of the batch's shape.

    Returns
    -------
    np.ndarray
        Booleans of the batch's shape. Cost: one product with a (p + 1, p + 1) matrix.

    Examples
    --------
    >>> import numpy as np
    >>> from taylorad.ode.roots import exclude
    >>> exclude(np.array([[2.0, -1.0], [1.0, 3.0]]), 0.5)  # 2 + s and 3 s - 1
    array([ True, False])
    """
    coefficients, h = np.asarray(coefficients, dtype=float), np.asarray(h, dtype=float)
    order = len(coefficients) - 1
    if h.ndim and h.shape != coefficients.shape[1:]:
        raise ValueError(
            f"exclude: h has shape {h.shape}, the batch of polynomials has shape {coefficients.shape[1:]}; "
            "pass one number, or one for each polynomial"
        )
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        d, end, _, _ = scaled(coefficients, h)
        c = d * end ** np.arange(order + 1).reshape(-1, *[1] * (d.ndim - 1))
        b = np.tensordot(bernstein(order), c, 1)
        noise = (2 * order + 4) * EPSILON * np.tensordot(bernstein(order), np.abs(c), 1) + 2.0**-1000  # underflow
        return np.asarray(np.all(b > noise, axis=0) | np.all(b < -noise, axis=0))


# ----------------------------------------------------------------------------------------------- exact evaluation


class Polynomial:
    """``Σ_k d_k v^k`` on [0, end], in doubles and exactly.

    The exact value is a sum of integers (each double is an integer times a power of two), about 0.3 µs a coefficient.
    """

    def __init__(self, coefficients: list[float], end: float, uncertainty: float = 0.0):
        self.coefficients, self.end = coefficients, end
        self._integral: Polynomial | None = None
        self.order = len(coefficients) - 1
        self._descending = coefficients[::-1]
        self._magnitudes = [abs(d) for d in self._descending]
        self.relative = (2 * self.order + 1) * EPSILON
        self.uncertainty = uncertainty
        self.floor = uncertainty + 4 * EPSILON * self._magnitude(end)

    def __call__(self, v: float) -> float:
        """Horner's sum, wrong by less than `noise`."""
        total = 0.0
        for d in self._descending:
            total = total * v + d
        return total

    def _magnitude(self, v: float) -> float:
        total = 0.0
        for d in self._magnitudes:
            total = total * v + d
        return total

    def noise(self, v: float) -> float:
        """What rounding may contribute: ``(2p + 1) ε Σ|d_k| v^k``, and a floor, as the d_k have errors too."""
        return self.relative * self._magnitude(v) + self.floor

    def sign(self, v: float) -> int:
        """Sign where |g| exceeds `noise`, 0 elsewhere."""
        value = self(v)
        return 0 if abs(value) <= self.noise(v) else 1 if value > 0 else -1

    @cached_property
    def _integers(self) -> tuple[list[int], int]:
        """Integers N_k, falling k, and n: ``d_k = N_k 2^-n``; those of a derivative come from the function's."""
        if self._integral is not None:
            above, bits = self._integral._integers
            order = len(above) - 1
            return [(order - i) * integer for i, integer in enumerate(above[:-1])] or [0], bits
        ratios = [d.as_integer_ratio() for d in self._descending]
        common = max(denominator for _, denominator in ratios)
        return [numerator * (common // denominator) for numerator, denominator in ratios], common.bit_length() - 1

    def exact(self, v: float) -> float:
        """The value of the polynomial with these very coefficients at this very v, rounded once; its sign is exact."""
        integers, bits = self._integers
        numerator, denominator = v.as_integer_ratio()
        width, total, shift = denominator.bit_length() - 1, 0, 0
        for integer in integers:
            total = total * numerator + (integer << shift)
            shift += width
        bits += width * self.order
        surplus = total.bit_length() - bits  # below 2^-1000 only the sign matters
        return total / (1 << bits) if surplus > -1000 else float((total > 0) - (total < 0)) * 2.0**-1000

    @cached_property
    def derivative(self) -> Polynomial:
        """g' in doubles, and exactly too."""
        slope = Polynomial(
            [k * d for k, d in enumerate(self.coefficients)][1:] or [0.0], self.end, self.uncertainty / self.end
        )
        slope._integral = self
        return slope


def newton(value: Callable[[float], float], slope: Callable[[float], float], bracket: tuple[float, float],
           sign: int, start: float, tolerance: float) -> float:  # fmt: skip
    """Root of `value` in the bracket, which has this sign at its left end and the other one at its right end.

    Newton's method, replaced by bisection where it would leave the bracket or does not halve its step every second
    time (the function rtsafe of Numerical Recipes, section 9.4). Stops at steps below ``tolerance |v|``.
    """
    left, right = bracket
    v, last, before = start, right - left, right - left
    for _ in range(200):
        f = value(v)
        if f == 0:
            return v
        if (f > 0) == (sign > 0):
            left = v
        else:
            right = v
        step = f / d if (d := slope(v)) else inf
        following = v - step
        if not left <= following <= right or 2 * abs(step) > before:
            following = left + (right - left) / 2
        before, last = last, abs(following - v)
        if last <= tolerance * abs(following):
            return following
        v = following
    return v


def polished(g: Polynomial, bracket: tuple[float, float], sign: int, start: float | None = None) -> float:
    """Root of g in a bracket, correct to about one unit in the last place: doubles first, then exact residuals.

    `sign` is the sign of g at the left end of the bracket.
    """
    if start is None:
        left, right = g(bracket[0]), g(bracket[1])
        start = bracket[0] + (bracket[1] - bracket[0]) * (left / (left - right) if left * right < 0 else 0.5)
        start = newton(g, g.derivative, bracket, sign, min(max(start, bracket[0]), bracket[1]), COARSE)
    return newton(g.exact, g.derivative, bracket, sign, start, FINE)


# ------------------------------------------------------------------------------------------------- monotone pieces


def cuts(g: Polynomial) -> list[tuple[float, bool]]:
    """Points from 0 to the end between which g is monotone up to rounding, each with: is it an extremum?

    Pieces whose Bernstein coefficients exclude a root are not looked at further. Differences of Bernstein coefficients
    below rounding are ignored, which moves g by no more than the sum of those differences.
    """
    order = g.order
    c = np.array(g.coefficients) * g.end ** np.arange(order + 1)
    found, todo = [(0.0, False)], [(0.0, 1.0, bernstein(order) @ np.array([c, np.abs(c)]).T)]
    while todo:
        left, right, forms = todo.pop()
        b = forms[:, 0]
        noise = g.relative * forms[:, 1] + g.floor
        if not ((b > noise).all() or (b < -noise).all()):
            slopes = b[1:] - b[:-1]
            rising = slopes[np.abs(slopes) > 0.5 * (noise[1:] + noise[:-1])] > 0
            changes = np.count_nonzero(rising[1:] != rising[:-1])
            if changes > 1 and right - left > 2.0**-DEEPEST:
                middle = (left + right) / 2
                first, second = halves(order) @ forms
                todo += [(middle, right, second), (left, middle, first)]
                continue
            if changes == 1:
                found.append((extremum(g, (left * g.end, right * g.end), 1 if rising[0] else -1), True))
        found.append((right * g.end, False))
    return found


def extremum(g: Polynomial, bracket: tuple[float, float], sign: int) -> float:
    """The one extremum of g in the bracket, to half the digits or better; g' has this sign before it."""
    slope = g.derivative
    return newton(slope, slope.derivative, bracket, sign, (bracket[0] + bracket[1]) / 2, COARSE)
