"""High precision: Taylor coefficients of every function of the table from Cauchy's integral, in mpmath.

With N nodes on a circle of radius r, ``c_k r^k = 1/N Σ_j f(x + r w^j) w^(-jk)`` (w a primitive N-th root of one) up to
the aliases ``c_(k+N) r^(k+N) + c_(k-N) r^(k-N) + …``. A singularity or a branch cut inside the circle shows as
coefficients of negative degree, which appear at k = N-1, N-2, …: the sum is repeated with a smaller circle until those
are negligible, and with more digits until rounding is. (Aliases weigh most at low degrees, since ``c_(k+N)/c_k``
decreases with k where log|c_k| is concave.) Nothing of taylorad is used here; where mpmath is slow or real only, the
function is continued by an identity from NIST's DLMF, or integrated from its derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import mpmath

mp = mpmath.mp
EXTRA = 8  # degrees beyond the order, so that the scale of the last coefficients is framed from both sides
DIGITS = 42  # relative to the natural scale
CONSTANTS = 3  # degrees that may dwarf all others, as in the tails of tanh, softplus and log_ndtr


def entire(*arguments: Any) -> Any:
    """The distance to the singularities of a function that has none."""
    return mp.inf


@dataclass(frozen=True)
class Oracle:
    """A function of mpmath numbers under our argument order, and how far from a point it is analytic."""

    function: Callable[..., Any]
    distance: Callable[..., Any] = entire
    series: Callable[..., Any] | None = None  # (order, *arguments) -> coefficients, instead of the contour
    outputs: int = 1


# -------------------------------------------------------------------------------------------------------- contours


def contour(f: Callable, real: bool, radius: Any, order: int) -> list | None:
    """Coefficients of degree 0 … order of f(t) at t = 0; None if f is not analytic within the circle.

    Rounding leaves c_k uncertain by about 10^(12-dps) max|f|/r^k: what is below is zero. Works at mpmath's precision.
    """
    count = 1 << (2 * order - 1).bit_length()
    scaled = _transform(_samples(f, real, radius, count))
    scaled = [c.real if real else c for c in scaled]
    floor = max(map(abs, scaled)) * mp.mpf(10) ** (12 - mp.dps)
    tail = max(map(abs, scaled[-4:]))
    noise = max(floor, 4 * tail)
    scaled = [c if abs(c) > noise else mp.mpf(0) for c in scaled[: order + 1]]
    hull = [h for h in natural_scale(scaled, CONSTANTS)[CONSTANTS:] if h]
    if tail > floor + mp.mpf(10) ** -DIGITS * (hull[0] if hull else 0):
        return None
    if hull and floor > mp.mpf(10) ** -DIGITS * min(hull):
        raise _FewDigits
    return [c / radius**k for k, c in enumerate(scaled)]


class _FewDigits(ArithmeticError):
    """The working precision leaves fewer than DIGITS digits."""


def _samples(f: Callable, real: bool, radius: Any, count: int) -> list:
    """f on the circle; half of it by reflection when f is real on the real axis."""
    nodes = [mp.expjpi(mp.mpf(2 * j) / count) for j in range(count // 2 + 1 if real else count)]
    values = [mp.mpc(f(radius * node)) for node in nodes]
    return values + [mp.conj(v) for v in values[-2:0:-1]] if real else values


def _transform(values: list) -> list:
    """The discrete Fourier transform of 2^n values, divided by their number."""
    if len(values) == 1:
        return values
    even, odd = _transform(values[::2]), _transform(values[1::2])
    half = len(even)
    turned = [mp.expjpi(-mp.mpf(k) / half) * odd[k] for k in range(half)]
    return [(even[k] + turned[k]) / 2 for k in range(half)] + [(even[k] - turned[k]) / 2 for k in range(half)]


def by_contour(f: Callable, x: Any, distance: Any, order: int) -> list:
    """Coefficients of f(t) with the circle shrunk and the digits raised as it takes."""
    digits, radius = 90, _first_radius(distance, order)
    for _ in range(40):
        try:
            with mp.workdps(digits):
                coefficients = contour(f, not isinstance(x, mpmath.mpc), radius, order)
        except _FewDigits:
            digits = 2 * digits
            continue
        if coefficients is not None:
            return coefficients
        radius = radius / 2
    raise ArithmeticError(f"no circle of analyticity found around {x}")


def _first_radius(distance: Any, order: int) -> Any:
    """A circle on which the coefficients fall neither too fast nor too slowly."""
    if distance == mp.inf:
        return mp.sqrt(mp.mpf(order)) / 4
    return mp.mpf(distance) / (6 if order < 50 else 2)


# ----------------------------------------------------------------------------------------------------- coefficients


def exact(number: Any) -> Any:
    """A float, longdouble or complex as an mpmath number, without rounding."""
    if isinstance(number, complex) or getattr(getattr(number, "dtype", None), "kind", "") == "c":
        return mp.mpc(exact(number.real), exact(number.imag))
    if getattr(getattr(number, "dtype", None), "itemsize", 8) > 8:
        high = float(number)
        return mp.mpf(high) + mp.mpf(float(number - type(number)(high)))
    return number if isinstance(number, mpmath.mpf | mpmath.mpc) else mp.mpf(float(number))


@cache
def coefficients(name: str, arguments: tuple, directions: tuple, order: int) -> tuple[tuple, ...]:
    """Coefficients of ``t ↦ f(arguments + t directions)``, degrees 0 … order + EXTRA, one tuple a result."""
    oracle = ORACLES[name]
    with mp.workdps(90):
        point = [exact(a) for a in arguments]
        if oracle.series:
            series = oracle.series(order + EXTRA, *point)
            return tuple(map(tuple, series if oracle.outputs > 1 else (series,)))
        x = sum((p for p, d in zip(point, directions, strict=True) if d), mp.mpf(0))
        distance = oracle.distance(*point)
        results = []
        for i in range(oracle.outputs):

            def line(t: Any, i: int = i) -> Any:
                values = oracle.function(*(p + d * t if d else p for p, d in zip(point, directions, strict=True)))
                return values[i] if oracle.outputs > 1 else values

            results.append(tuple(by_contour(line, x, distance, order + EXTRA)))
    return tuple(results)


def natural_scale(values: Any, first: int = 0) -> list:
    """The least log-concave sequence above |c_k|, k ≥ first: what the largest terms of the series say about c_k.

    It is Cauchy's estimate ``max_j |c_j| r^j / r^k`` at the best radius r. Below `first` it is |c_k| itself.
    """
    magnitudes = [abs(c) for c in values]
    hull: list[tuple[int, Any]] = []
    for k, m in enumerate(magnitudes):
        if k < first or m == 0:
            continue
        point = (k, mp.log(m))
        while len(hull) > 1 and _slope(hull[-2], hull[-1]) <= _slope(hull[-2], point):
            hull.pop()
        hull.append(point)
    scale = [m if k < first else mp.mpf(0) for k, m in enumerate(magnitudes)]
    for k, _ in hull:
        scale[k] = magnitudes[k]
    for (a, u), (b, v) in pairwise(hull):
        for k in range(a + 1, b):
            scale[k] = mp.exp(u + (v - u) * (k - a) / (b - a))
    return scale


def _slope(a: tuple, b: tuple) -> Any:
    return (b[1] - a[1]) / (b[0] - a[0])


# -------------------------------------------------------------------------------------------- functions by identities


def integrated(value: Callable, slope: Callable, distance: Callable) -> Callable:
    """The series with a given value whose derivative is `slope`."""

    def series(order: int, *arguments: Any) -> list:
        *parameters, x = arguments
        rest = by_contour(lambda t: slope(*parameters, x + t), x, distance(*arguments), order - 1)
        return [value(*arguments), *(c / (k + 1) for k, c in enumerate(rest))]

    return series


def swapped(series: Callable) -> Callable:
    """For functions whose parameter comes last."""
    return lambda order, x, m: series(order, m, x)


def cylinder(function: Callable, sign: int) -> Callable:
    """Y (sign -1) and K (sign 1): derivatives by DLMF 10.6.7 and 10.29.5, orders by 10.6.1 and 10.29.1."""

    def series(order: int, v: Any, x: Any) -> list:
        with mp.workdps(mp.dps + 60):
            known = {0: function(v, x), 1: function(v + 1, x)}
            for n in range(1, order):
                known[n + 1] = 2 * (v + n) / x * known[n] + sign * known[n - 1]
            for n in range(0, -order, -1):
                known[n - 1] = sign * (known[n + 1] - 2 * (v + n) / x * known[n])
            sums = [sum(sign**j * mp.binomial(k, j) * known[2 * j - k] for j in range(k + 1)) for k in range(order + 1)]
            return [s / mp.mpf(-2 * sign) ** k / mp.factorial(k) for k, s in enumerate(sums)]

    return series


def of_order(v: int, series: Callable) -> Callable:
    """The series of a Bessel function of fixed order."""
    return lambda order, x: series(order, mp.mpf(v), x)


def polygamma(order: int, n: Any, x: Any) -> list:
    """Derivatives of the digamma function, whose series reaches n degrees further."""
    n = int(n)
    digamma = by_contour(lambda t: mp.digamma(x + t), x, _poles(x), order + n)
    return [digamma[k + n] * mp.factorial(k + n) / mp.factorial(k) for k in range(order + 1)]


def inverse(function: Callable, slope: Callable, start: Callable) -> Callable:
    """The inverse function by Newton's iteration from its value on the real axis."""

    def value(z: Any) -> Any:
        w = mp.mpc(start(z))
        for _ in range(60):
            step = (function(w) - z) / slope(w)
            w -= step
            if abs(step) < mp.mpf(10) ** (-mp.dps // 2 - 5) * abs(w) + mp.mpf(10) ** (-2 * mp.dps):
                return w - (function(w) - z) / slope(w)
        raise ArithmeticError("Newton's iteration did not converge")

    return value


def _erfinv_start(z: Any) -> Any:
    """Winitzki's approximation."""
    u = mp.log((1 - z) * (1 + z))
    v = 2 / (mp.pi * mp.mpf("0.147")) + u / 2
    return mp.sign(mp.re(z)) * mp.sqrt(mp.sqrt(v * v - u / mp.mpf("0.147")) - v)


def _gauss(z: Any) -> Any:
    return 2 / mp.sqrt(mp.pi) * mp.exp(-z * z)


_erfinv = inverse(lambda w: mp.erf(w), _gauss, _erfinv_start)
_erfcinv_small = inverse(
    lambda w: mp.log(mp.erfc(w)), lambda w: -_gauss(w) / mp.erfc(w), lambda z: mp.sqrt(-z - mp.log(mp.sqrt(-mp.pi * z)))
)


def _ndtri(z: Any) -> Any:
    if mp.re(z) < 0.05:
        return -mp.sqrt(2) * _erfcinv_small(mp.log(2 * z))
    return mp.sqrt(2) * _erfinv(2 * z - 1)


def _expit(z: Any) -> Any:
    return 1 / (1 + mp.exp(-z)) if mp.re(z) > 0 else mp.exp(z) / (1 + mp.exp(z))


def _softplus(z: Any) -> Any:
    return mp.log1p(mp.exp(z)) if mp.re(z) < 0 else z + mp.log1p(mp.exp(-z))


def _log_ndtr(z: Any) -> Any:
    tail = mp.erfc(abs_sign(z) * z / mp.sqrt(2)) / 2
    return mp.log1p(-tail) if mp.re(z) > 0 else mp.log(tail)


def abs_sign(z: Any) -> int:
    """1 right of the imaginary axis, -1 left of it."""
    return 1 if mp.re(z) > 0 else -1


def _lambertw(z: Any, k: Any, tol: Any) -> Any:
    """The real branches are continued through their cuts by reflection."""
    return mp.lambertw(z, -int(k) if mp.im(z) < 0 else int(k))


def _sinc(z: Any) -> Any:
    return mp.sin(mp.pi * z) / (mp.pi * z) if z != 0 else mp.mpf(1)


def airy_pair(z: Any) -> tuple:
    """Ai and Bi from two 0F1 (DLMF 9.6.2 ff.), with digits to spare for what cancels."""
    with mp.workdps(mp.dps + 40):
        cube = z**3 / 9
        even = mp.hyp0f1(mp.mpf(2) / 3, cube) / (mp.cbrt(9) * mp.gamma(mp.mpf(2) / 3))
        odd = z * mp.hyp0f1(mp.mpf(4) / 3, cube) / (mp.cbrt(3) * mp.gamma(mp.mpf(1) / 3))
        return even - odd, mp.sqrt(3) * (even + odd)


def besselk(v: Any, x: Any) -> Any:
    """∫ exp(-x cosh t) cosh(vt) dt over t > 0 (DLMF 10.32.9), by the trapezoidal rule; mpmath is slow at integer v."""
    step = mp.pi**2 / ((mp.dps + 20) * mp.log(10) + x)
    end = mp.acosh(1 + (mp.dps + 20) * mp.log(10) / x)
    terms = (mp.exp(-x * mp.cosh(j * step)) * mp.cosh(v * j * step) for j in range(1, int(end / step) + 20))
    return step * (mp.exp(-x) / 2 + sum(terms))


def airy(order: int, x: Any) -> list:
    """Ai, Ai', Bi, Bi': two series and their derivatives."""
    pairs = [by_contour(lambda t, i=i: airy_pair(x + t)[i], x, mp.inf, order + 1) for i in (0, 1)]
    return [row for c in pairs for row in (c[:-1], [k * c[k] for k in range(1, order + 2)])]


def fresnel(order: int, x: Any) -> list:
    """S and C from their derivatives, sin and cos of πx²/2."""
    pairs = ((mp.fresnels, mp.sin), (mp.fresnelc, mp.cos))
    return [integrated(f, lambda z, g=g: g(mp.pi * z * z / 2), entire)(order, x) for f, g in pairs]


def _scaled_bessel(n: int) -> Callable:
    return lambda z: mp.exp(-abs_sign(z) * z) * mp.besseli(n, z)


def _angle(y: Any, x: Any, y0: Any, x0: Any) -> Any:
    return mp.atan2(y0, x0) + mp.atan((y * x0 - x * y0) / (x * x0 + y * y0))


def _hypot(x: Any, y: Any) -> Any:
    return mp.sqrt(x * x + y * y)


def arctan2(order: int, y0: Any, x0: Any, dy: Any = 1, dx: Any = -2) -> list:
    """The angle, continued by the angle from its start; y and x move along (1, -2)."""
    distance = mp.hypot(y0, x0) / 3
    return by_contour(lambda t: _angle(y0 + dy * t, x0 + dx * t, y0, x0), y0, distance, order)


# ------------------------------------------------------------------------------------------------------- distances


def _to(*singularities: Any) -> Callable:
    """Distance from the last argument to the nearest of some points."""
    return lambda *arguments: min(abs(arguments[-1] - s) for s in singularities)


def _poles(x: Any) -> Any:
    """Distance to 0, -1, -2, …"""
    return min(abs(x - n) for n in (0, *(min(0, int(mp.floor(mp.re(x))) + i) for i in (0, 1))))


def _quarter_period(z: Any) -> Any:
    """Distance to the zeros of the cosine."""
    n = mp.nint(mp.re(z) / mp.pi - 0.5)
    return abs(z - (n + 0.5) * mp.pi)


def _on_imaginary(z: Any) -> Any:
    return _quarter_period(-1j * mp.mpc(z))


_i = mp.mpc(0, 1)
_unit_ends = _to(1, -1)

ORACLES: dict[str, Oracle] = {
    "sqrt": Oracle(mp.sqrt, _to(0)),
    "cbrt": Oracle(lambda z: abs_sign(z) * mp.cbrt(abs_sign(z) * z), _to(0)),
    "constant_power": Oracle(lambda z, r: mp.power(z, r), lambda z, r: abs(z)),
    "series_power": Oracle(lambda x, z: mp.exp(z * mp.log(x)), lambda x, z: abs(x) / 2),
    "exp": Oracle(mp.exp),
    "exp2": Oracle(lambda z: mp.exp(z * mp.log(2))),
    "expm1": Oracle(mp.expm1, series=integrated(mp.expm1, mp.exp, entire)),
    "log": Oracle(mp.log, _to(0)),
    "log2": Oracle(lambda z: mp.log(z) / mp.log(2), _to(0)),
    "log10": Oracle(lambda z: mp.log(z) / mp.log(10), _to(0)),
    "log1p": Oracle(mp.log1p, _to(-1)),
    "deg2rad": Oracle(lambda z: z * mp.pi / 180),
    "rad2deg": Oracle(lambda z: z * 180 / mp.pi),
    "sin": Oracle(mp.sin),
    "cos": Oracle(mp.cos),
    "tan": Oracle(mp.tan, _quarter_period),
    "arcsin": Oracle(mp.asin, _unit_ends),
    "arccos": Oracle(mp.acos, _unit_ends),
    "arctan": Oracle(mp.atan, _to(_i, -_i)),
    "arctan2": Oracle(_angle, series=arctan2),
    "hypot": Oracle(_hypot, lambda x, y: mp.hypot(x, y) / 3),
    "sinc": Oracle(_sinc),
    "sinh": Oracle(mp.sinh),
    "cosh": Oracle(mp.cosh),
    "tanh": Oracle(mp.tanh, _on_imaginary),
    "arcsinh": Oracle(mp.asinh, _to(_i, -_i)),
    "arccosh": Oracle(mp.acosh, _unit_ends),
    "arctanh": Oracle(mp.atanh, _unit_ends),
    "expit": Oracle(_expit, lambda z: 2 * _on_imaginary(z / 2)),
    "logit": Oracle(lambda z: mp.log(z) - mp.log1p(-z), _to(0, 1)),
    "log_expit": Oracle(lambda z: -_softplus(-z), lambda z: 2 * _on_imaginary(z / 2)),
    "logaddexp": Oracle(lambda zero, z: _softplus(z), lambda zero, z: 2 * _on_imaginary(z / 2)),
    "erf": Oracle(mp.erf, series=integrated(mp.erf, _gauss, entire)),
    "erfc": Oracle(mp.erfc, series=integrated(mp.erfc, lambda z: -_gauss(z), entire)),
    "erfi": Oracle(mp.erfi),
    "erfcx": Oracle(lambda z: mp.exp(z * z) * mp.erfc(z), lambda z: mp.inf if mp.re(z) < 8 else mp.re(z) / 2),
    "wofz": Oracle(lambda z: mp.exp(-z * z) * mp.erfc(-_i * z)),
    "dawsn": Oracle(lambda z: mp.sqrt(mp.pi) / 2 * mp.exp(-z * z) * mp.erfi(z)),
    "erfinv": Oracle(_erfinv, _unit_ends),
    "ndtr": Oracle(lambda z: mp.erfc(-z / mp.sqrt(2)) / 2),
    "ndtri": Oracle(_ndtri, _to(0, 1)),
    "log_ndtr": Oracle(_log_ndtr, lambda z: mp.mpf(2)),
    "gamma": Oracle(mp.gamma, _poles),
    "rgamma": Oracle(mp.rgamma),
    "gammaln": Oracle(
        mp.loggamma,
        series=integrated(lambda x: mp.re(mp.loggamma(x)), mp.digamma, lambda x: _poles(x)),
    ),
    "digamma": Oracle(mp.digamma, _poles),
    "polygamma": Oracle(mp.polygamma, series=polygamma),
    "zeta": Oracle(mp.zeta, _to(1)),
    "hurwitz": Oracle(mp.zeta, lambda s, q: _poles(q)),
    "jv": Oracle(mp.besselj, lambda v, z: mp.inf if v == int(v) else abs(z)),
    "iv": Oracle(mp.besseli, lambda v, z: mp.inf if v == int(v) else abs(z)),
    "yv": Oracle(mp.bessely, lambda v, z: abs(z), series=cylinder(mp.bessely, -1)),
    "kv": Oracle(mp.besselk, lambda v, z: abs(z), series=cylinder(besselk, 1)),
    **{f"y{n}": Oracle(mp.bessely, series=of_order(n, cylinder(mp.bessely, -1))) for n in (0, 1)},
    **{f"k{n}": Oracle(mp.besselk, series=of_order(n, cylinder(besselk, 1))) for n in (0, 1)},
    "j0": Oracle(lambda z: mp.besselj(0, z)),
    "j1": Oracle(lambda z: mp.besselj(1, z)),
    "i0": Oracle(lambda z: mp.besseli(0, z)),
    "i1": Oracle(lambda z: mp.besseli(1, z)),
    "i0e": Oracle(_scaled_bessel(0), _to(0)),
    "i1e": Oracle(_scaled_bessel(1), _to(0)),
    "airy": Oracle(mp.airyai, series=airy, outputs=4),
    "lambertw": Oracle(
        _lambertw, lambda z, k, tol: abs(z + mp.exp(-1)) if k == 0 else min(abs(z), abs(z + mp.exp(-1)))
    ),
    "exp1": Oracle(mp.e1, _to(0)),
    "expi": Oracle(mp.ei, series=integrated(lambda x: mp.ei(x), lambda z: mp.exp(z) / z, _to(0))),
    "sici": Oracle(lambda z: (mp.si(z), mp.ci(z)), _to(0), outputs=2),
    "shichi": Oracle(lambda z: (mp.shi(z), mp.chi(z)), _to(0), outputs=2),
    "fresnel": Oracle(mp.fresnels, series=fresnel, outputs=2),
    "gammainc": Oracle(lambda a, z: mp.gammainc(a, 0, z, regularized=True), lambda a, z: abs(z)),
    "gammaincc": Oracle(
        mp.gammainc,
        series=integrated(
            lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True),
            lambda a, z: -mp.exp((a - 1) * mp.log(z) - z - mp.loggamma(a)),
            lambda a, x: abs(x),
        ),
    ),
    "betainc": Oracle(lambda a, b, z: mp.betainc(a, b, 0, z, regularized=True), _to(0, 1)),
    "ellipk": Oracle(mp.ellipk, _to(1)),
    "ellipe": Oracle(mp.ellipe, _to(1)),
    "ellipkinc": Oracle(
        mp.ellipf,
        series=swapped(
            integrated(lambda m, x: mp.ellipf(x, m), lambda m, z: 1 / mp.sqrt(1 - m * mp.sin(z) ** 2), entire)
        ),
    ),
    "ellipeinc": Oracle(
        mp.ellipe,
        series=swapped(integrated(lambda m, x: mp.ellipe(x, m), lambda m, z: mp.sqrt(1 - m * mp.sin(z) ** 2), entire)),
    ),
    "spence": Oracle(
        lambda z: mp.polylog(2, 1 - z),
        series=integrated(
            lambda x: mp.re(mp.polylog(2, 1 - x)), lambda z: mp.log(z) / (1 - z) if z != 1 else -mp.mpf(1), _to(0)
        ),
    ),
    "hyp0f1": Oracle(mp.hyp0f1),
    "hyp1f1": Oracle(mp.hyp1f1),
    "hyp2f1": Oracle(mp.hyp2f1, lambda a, b, c, z: abs(1 - z)),
}
