"""Roots of a step's Taylor polynomial: where events happen.

``g(s) = Σ_k g_k s^k`` on (0, h]. `cuts` gives points between which g is monotone up to rounding; there g has a definite
sign (|g| above its rounding error) or none. Signs are followed from left to right, and **points without a definite sign
never change the sign**: only the next definite one does. So the roots between two definite points form a cluster, which
is reported once: with the direction of the change if the signs differ, with direction 0 if g only touches zero.
Places are computed with exact residuals (integers), hence correct to about one unit in the last place.

Between consecutive steps the same rule holds: `Roots.sign_after` of one step is `sign_before` of the next, and what the
new g(0) says within rounding does not count. A cluster at the end of a step belongs to that step if its place, as the
polynomial continued beyond h shows it, rounds to h or lies before it, and to the next step otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import copysign, frexp, isfinite, ldexp

import numpy as np

from taylorad.ode.isolation import EPSILON, Polynomial, cuts, exclude, polished, scaled

__all__ = ["Roots", "exclude", "roots"]

DOUBTFUL = 1e-9  # a root known to fewer digits than this may be a multiple one
NEAR = 16  # a cut with |g| below so many times rounding may be next to an extremum where g is zero to within rounding
CONTRADICTED = float(np.sqrt(EPSILON))  # a start of the wrong sign below this part of g is rounding, not a jump


@dataclass(frozen=True, eq=False)
class Roots:
    """Roots of g in (0, h], in the direction of travel.

    Attributes
    ----------
    s
        (k,) places.
    direction
        (k,) integers: +1 where g changes from - to + in the direction of travel, -1 from + to -, 0 where g touches
        zero without a change of sign (a root of even multiplicity).
    degenerate
        True if g is zero to within rounding on the whole interval, so that it has no isolated roots. The next step
        then gets the sign before this one, so that a change of sign meanwhile is not lost.
    sign_after
        Sign of g just after s = h: what the next step takes as `sign_before`. 0.0 if g is zero from the first step on.
    ends_on_root
        True if g(h) is within rounding of zero because of a root that is among these: what the next step takes as
        `starts_on_root`.
    """

    s: np.ndarray
    direction: np.ndarray
    degenerate: bool
    sign_after: float
    ends_on_root: bool


def roots(
    coefficients: np.ndarray,
    h: float,
    *,
    include_start: bool = False,
    sign_before: float | None = None,
    starts_on_root: bool = False,
    uncertainty: float = 0.0,
) -> Roots:
    """All real roots of ``g(s) = Σ_k coefficients[k] s^k`` in (0, h], or in [h, 0) when h is negative.

    Roots that rounding cannot tell apart are reported once, with the parity of their number in `direction`. Rounding at
    s is taken as ``(2p + 1) ε Σ_k |g_k s^k| + 4 ε Σ_k |g_k h^k| + uncertainty``: a pair of roots whose extremum in
    between is smaller is a double root, placed at the extremum.

    Over consecutive steps, each given the `sign_after` and `ends_on_root` of the one before, every sign change is
    reported once: the directions other than 0 alternate, and the last one is `sign_after`. If g(0) has the sign
    opposite to `sign_before`, and does not return to it within rounding, the root is reported at s = 0. A start of the
    wrong sign shows that g is uncertain by as much (up to 1.5e-8 of ``Σ_k |g_k h^k|``; more is taken for a jump).

    Parameters
    ----------
    coefficients
        (order + 1,) normalised Taylor coefficients, finite, of any magnitude.
    h
        Signed length of the step, finite, not zero.
    include_start
        Report s = 0 too when g(0) is exactly zero, with the sign of g just after it as direction. Without effect where
        `sign_before` is known: then the step before has dealt with it.
    sign_before
        Sign of g just before s = 0. None or 0: unknown.
    starts_on_root
        The step before has reported the root near which this one starts.
    uncertainty
        Absolute rounding error of g that its coefficients do not show: ε times the size of its terms where they cancel
        (``g = x - 1e6`` with x near 1e6), or where h is far below the distance over which g changes.

    Returns
    -------
    Roots
        About 80 µs at order 20 for one simple root, 35 µs where `exclude` holds, 150 µs and more for multiple roots.

    Raises
    ------
    ValueError
        If h is zero, or h or a coefficient is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from taylorad.ode.roots import roots
    >>> found = roots(np.array([0.09, -0.6, 1.0]) * 4, 1.0)  # 4 (s - 0.3)²
    >>> found.s, found.direction
    (array([0.3]), array([0]))
    >>> roots(np.array([-0.5, 0.0, 1.0]), 1.0).direction  # s² - 1/2
    array([1])
    """
    values, h = np.asarray(coefficients, dtype=float), float(h)
    _check(values, h)
    d, end, exponent, top = scaled(values, np.asarray(h))
    before = int(np.sign(sign_before or 0.0))
    g = Polynomial(d.tolist(), float(end), _floor(d, float(end), before, _shifted(uncertainty, -int(top))))
    walk = _Walk(g, before, starts_on_root)
    walk.run()
    found = walk.found
    if include_start and not before and d[0] == 0 and walk.start:
        found = [(0.0, walk.start), *found]
    places = [h if v == g.end else copysign(_shifted(v, int(exponent)), h) for v, _ in found]
    directions = np.array([direction for _, direction in found], dtype=int)
    return Roots(np.array(places, dtype=float), directions, walk.degenerate, float(walk.sign), walk.on_root)


def _check(coefficients: np.ndarray, h: float) -> None:
    if coefficients.ndim != 1 or not len(coefficients):
        raise ValueError(f"roots: coefficients must be one polynomial (order + 1,), got shape {coefficients.shape}")
    if not (isfinite(h) and h):
        raise ValueError(f"roots: the step h must be finite and not zero, got {h}")
    if not all(map(isfinite, coefficients.tolist())):
        degree = int(np.argmin(np.isfinite(coefficients)))
        raise ValueError(
            f"roots: coefficient {degree} is {coefficients[degree]}; the event function is not analytic at the start "
            "of this step (a division by zero, a logarithm of zero?)"
        )


def _shifted(value: float, exponent: int) -> float:
    """``value 2^exponent``, at most about 2^1023."""
    return ldexp(value, min(exponent, 1023 - frexp(value)[1]) if value else 0)


def _floor(d: np.ndarray, end: float, before: int, uncertainty: float) -> float:
    """The absolute error of g: a small start with the wrong sign shows that it is at least as large as that."""
    if before * d[0] < 0 and abs(d[0]) <= CONTRADICTED * float(np.abs(d) @ end ** np.arange(len(d))):
        return max(uncertainty, 2 * abs(float(d[0])))
    return uncertainty


class _Walk:
    """Follows the sign of g over the points of `cuts`, and collects roots as (v, direction)."""

    def __init__(self, g: Polynomial, before: int, starts_on_root: bool):
        self.g, self.known, self.starts_on_root = g, bool(before), starts_on_root
        self.sign = before or self._at_start()
        self.start = 0  # sign just after 0
        self.left = 0.0  # the last point with a definite sign, or the start
        self.cluster: list[tuple[float, bool]] = []  # points since then
        self.found: list[tuple[float, int]] = []
        self.on_root = self.degenerate = False

    def _at_start(self) -> int:
        """Sign of g(0), 0 if that is zero: then the first definite sign is the sign before, too."""
        return (self.g.coefficients[0] > 0) - (self.g.coefficients[0] < 0)

    def run(self) -> None:
        g = self.g
        points = [(v, extreme, g(v), g.noise(v)) for v, extreme in cuts(g)]
        self.degenerate = all(abs(value) <= noise for _, _, value, noise in points)
        if self.degenerate:
            self.on_root = self.starts_on_root
            return
        for v, extreme, value, noise in points:
            sign = 0 if abs(value) <= noise else 1 if value > 0 else -1
            if sign and (sign != self.sign or extreme or abs(value) > NEAR * noise):
                self._definite(v, sign)
            else:
                self.cluster.append((v, extreme))
        if self.cluster:
            self._end()

    def _definite(self, v: float, sign: int) -> None:
        """g has this sign at v: the cluster between it and the last definite point is complete."""
        self.start = self.start or sign
        self.sign = self.sign or sign
        if sign != self.sign:
            self.found.append((self._crossing(v)[0], sign))
        elif self.cluster and (place := self._touching(v)[0]) > 0 and not self.g.sign(place):
            self.found.append((place, 0))
        self.sign, self.left, self.cluster = sign, v, []

    def _end(self) -> None:
        """The step ends within rounding of zero: the polynomial says, beyond the end, what becomes of the cluster.

        It is reported if it lies before the end, or so little behind it that the next step may see it before its start.
        """
        g, end = self.g, self.g.end
        for v in (end * (1 + 0.5**k) for k in range(50, -1, -1)):
            sign = g.sign(v)
            if sign and (sign != self.sign or sign * g.derivative(v) > 0):  # past the cluster
                place, tolerance = self._touching(v) if sign == self.sign else self._crossing(v)
                if place <= end + tolerance and not g.sign(place):
                    self.found.append((min(place, end), sign if sign != self.sign else 0))
                    self.sign, self.on_root = sign, True
                return

    def _crossing(self, right: float) -> tuple[float, float]:
        """Place of an odd root between the last definite point and `right`: 0 if g crossed before this step began."""
        g, bracket = self.g, (self.left, right)
        if self.left == 0 and g.coefficients[0] * self.sign <= 0:
            return _multiple(g, 0.0, 1, bracket)
        place = polished(g, bracket, self.sign)
        if self.cluster or g.noise(place) > DOUBTFUL * g.end * abs(g.derivative(place)):
            return _multiple(g, place, 1, bracket)
        return place, 0.0

    def _touching(self, right: float) -> tuple[float, float]:
        """Place of an even root in the cluster: an extremum, or else a cut; 0 if it is before this step."""
        g, bracket = self.g, (self.left, right)
        points = [v for v, extreme in self.cluster if extreme]
        if self.cluster[0][0] == 0:
            if self._reported():
                return 0.0, 0.0
            if not points:
                return _multiple(g, 0.0, 0, bracket)
        points = points or [v for v, _ in self.cluster]
        place = polished(g.derivative, bracket, -self.sign, points[len(points) // 2])
        return _multiple(g, place, 2, bracket)

    def _reported(self) -> bool:
        """Whether an extremum of zero near the start belongs to the step before, or to the start itself."""
        slope = self.g.derivative
        at_start = self.g.coefficients[0] == 0 and abs(slope(0.0)) <= slope.noise(self.g.end)
        return self.starts_on_root or (at_start and not self.known)


def _multiple(g: Polynomial, place: float, multiplicity: int, bracket: tuple[float, float]) -> tuple[float, float]:
    """The place of a root of g near `place` as a root of the highest derivative for which it is one to within rounding.

    A root of multiplicity m is determined by g only to the m-th root of rounding, but as a simple root of g^(m-1) to
    rounding, which is returned too: 0 for a simple root, which is exact for these coefficients.
    """
    derivatives = [g, g.derivative]
    while len(derivatives) <= multiplicity + 1:
        derivatives.append(derivatives[-1].derivative)
    reached = multiplicity
    while derivatives[-1].order >= 1:
        candidate, reached = newton_nearby(derivatives[-1], place, bracket), reached + 2
        if any(f.sign(place if candidate is None else candidate) for f in derivatives[:-1]):
            break
        if candidate is not None:
            place, multiplicity = candidate, reached
        derivatives += [derivatives[-1].derivative, derivatives[-1].derivative.derivative]
    simple, slope = derivatives[multiplicity - 1], derivatives[multiplicity](place)
    return place, simple.noise(place) / abs(slope) if multiplicity > 1 and slope else 0.0


def newton_nearby(g: Polynomial, start: float, bracket: tuple[float, float]) -> float | None:
    """Root of g that Newton's method with exact residuals reaches from `start`; None if it leaves the bracket."""
    v = start
    for _ in range(20):
        slope = g.derivative(v)
        if not slope:
            return None
        following = v - g.exact(v) / slope
        if not bracket[0] <= following <= bracket[1]:
            return None
        if abs(following - v) <= EPSILON * abs(following):
            return following
        v = following
    return None
