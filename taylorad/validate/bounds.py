"""The ulps that are allowed: twice the worst ones found in a full run, rounded up to 1, 2 or 5 times a power of ten.

A bound above `REMARKABLE` has a reason, which the report prints. Bounds are for plain and conditioned ulps (`measure`)
of series to order 20 and to order 40.
"""

from __future__ import annotations

from taylorad.validate.result import Bound

__all__ = ["BOUNDS", "REMARKABLE", "composed_bound"]

REMARKABLE = {"order 20": (100, 20), "order 40": (200, 50)}  # plain, conditioned

DEGREE = (
    "roundings of the recurrence grow with the degree, most where the nearest singularities are a conjugate pair or "
    "the argument is many times their distance (conditioned ulps say how much of it a rounded argument would do)"
)
ARGUMENT = "NumPy's exp or SciPy's own value, whose exponent (x, or x²/2) is rounded first: plain ulps only"
ZERO = "points beside a zero of the function or of its slope, where the value is SciPy's: plain ulps only"
SCIPY = "SciPy's own value, off by as much"
WEAK = (
    "random points beside a zero of the slope; and at order 40 the singularity of x^z where the line meets x = 0 is "
    "weak, so that the coefficients fall faster than those of log x, which enter the recurrence"
)
LINE = "lines along (1, -2) that pass near the origin, or along which the angle is nearly stationary"
SINC = "a random point beside an extremum, where cos πx and sinc cancel: plain ulps only"
NDTRI = "the slope is an exponential of y²/2, which loses y² roundings, and the recurrence carries them along"
LOG_NDTR = "near -0.3 neither the recurrence nor the continued fraction keeps more than 13 digits"
GAMMA = "exp of the series of log Γ: its linear term cancels against the others, at order 40 in 6 < x < 20 most"
JV = "SciPy's own values of half-integer and other fractional order"
AIRY = "SciPy's own values at -10: plain ulps only"
LAMBERT = "far from the branch point, e^W (1 + W) is divided by once a degree; near 0 the degree counts"
FRESNEL = "sin and cos of πx²/2, whose argument is rounded first: plain ulps only"
INCOMPLETE = (
    "SciPy's own values (gammaincc(0.5, 1) has 147 ulps); at order 40 the density x^(a-1) of fractional a, of which "
    "the recurrence subtracts the regular part"
)
HYP0F1 = "a random point beside a zero of the function: plain ulps only"
KL = "x log(x/y) - x + y cancels near x = y, in SciPy's own kl_div as well"


def _bounds(plain: float, moved: float, plain_40: float, moved_40: float, reason: str = "") -> dict[str, Bound]:
    return {"order 20": Bound(plain, moved, reason), "order 40": Bound(plain_40, moved_40, reason)}


BOUNDS: dict[str, dict[str, Bound]] = {
    "sqrt": _bounds(10, 2, 100, 5),
    "cbrt": _bounds(50, 5, 200, 10),
    "constant_power": _bounds(20, 5, 20, 5),
    "series_power": _bounds(500, 2, 5e5, 20000, WEAK),
    "exp": _bounds(10, 10, 50, 20),
    "exp2": _bounds(20, 20, 50, 50),
    "expm1": _bounds(10, 10, 20, 10),
    "log": _bounds(10, 2, 50, 2),
    "log2": _bounds(10, 2, 50, 2),
    "log10": _bounds(10, 2, 50, 2),
    "log1p": _bounds(10, 10, 50, 50),
    "deg2rad": _bounds(2, 2, 2, 2),
    "rad2deg": _bounds(2, 2, 2, 2),
    "sin": _bounds(10, 5, 20, 10),
    "cos": _bounds(10, 10, 20, 10),
    "tan": _bounds(50, 10, 100, 50),
    "arcsin": _bounds(20, 10, 200, 100, DEGREE),
    "arccos": _bounds(10, 10, 200, 100, DEGREE),
    "arctan": _bounds(200, 10, 1000, 20, DEGREE),
    "arctan2": _bounds(500, 20, 1000, 50, LINE),
    "hypot": _bounds(100, 5, 20000, 500, LINE),
    "sinc": _bounds(200, 20, 200, 50, SINC),
    "sinh": _bounds(10, 10, 20, 10),
    "cosh": _bounds(10, 10, 20, 20),
    "tanh": _bounds(50, 50, 200, 100, DEGREE),
    "arcsinh": _bounds(200, 10, 5000, 100, DEGREE),
    "arccosh": _bounds(200, 10, 2000, 50, DEGREE),
    "arctanh": _bounds(20, 5, 100, 20),
    "expit": _bounds(100, 20, 200, 50),
    "logit": _bounds(20, 2, 100, 2),
    "log_expit": _bounds(50, 5, 200, 20),
    "erf": _bounds(20, 5, 20, 10),
    "erfc": _bounds(1000, 5, 1000, 10, ARGUMENT),
    "erfi": _bounds(50, 50, 50, 50, SCIPY),
    "erfcx": _bounds(20, 10, 50, 20),
    "wofz": _bounds(10, 10, 20, 20),
    "dawsn": _bounds(20, 20, 20, 20),
    "erfinv": _bounds(100, 10, 500, 50, DEGREE),
    "ndtr": _bounds(2000, 10, 2000, 10, ARGUMENT),
    "ndtri": _bounds(1000, 100, 5000, 100, NDTRI),
    "log_ndtr": _bounds(2000, 2000, 5000, 2000, LOG_NDTR),
    "gamma": _bounds(100, 10, 2e5, 10000, GAMMA),
    "rgamma": _bounds(1, 1, 1, 1),
    "gammaln": _bounds(50, 20, 50, 20),
    "digamma": _bounds(200, 5, 200, 5, ZERO),
    "polygamma": _bounds(20, 10, 50, 10),
    "zeta": _bounds(1, 1, 1, 1),
    "hurwitz": _bounds(50, 5, 100, 5),
    "jv": _bounds(10000, 500, 10000, 500, JV),
    "yv": _bounds(2000, 10, 2000, 50, ZERO),
    "iv": _bounds(50, 20, 50, 20),
    "kv": _bounds(50, 20, 50, 20),
    "j0": _bounds(200, 10, 200, 10, ZERO),
    "j1": _bounds(5000, 5, 5000, 10, ZERO),
    "y0": _bounds(1000, 10, 1000, 10, ZERO),
    "y1": _bounds(100, 10, 100, 10),
    "i0": _bounds(50, 10, 50, 10),
    "i1": _bounds(50, 10, 50, 20),
    "k0": _bounds(50, 5, 50, 5),
    "k1": _bounds(50, 5, 50, 5),
    "i0e": _bounds(1, 1, 1, 1),
    "i1e": _bounds(1, 1, 1, 1),
    "airy": _bounds(1000, 20, 1000, 20, AIRY),
    "lambertw": _bounds(200, 20, 1000, 200, LAMBERT),
    "exp1": _bounds(50, 10, 50, 10),
    "expi": _bounds(200, 5, 200, 5, ARGUMENT),
    "sici": _bounds(50, 5, 50, 5),
    "shichi": _bounds(20, 2, 20, 2),
    "fresnel": _bounds(50000, 20, 50000, 20, FRESNEL),
    "gammainc": _bounds(200, 100, 10000, 500, INCOMPLETE),
    "gammaincc": _bounds(500, 500, 5000, 500, INCOMPLETE),
    "betainc": _bounds(100, 10, 20000, 1000, INCOMPLETE),
    "ellipk": _bounds(20, 20, 50, 20),
    "ellipe": _bounds(50, 20, 500, 20, DEGREE),
    "ellipkinc": _bounds(500, 50, 5000, 500, DEGREE),
    "ellipeinc": _bounds(50, 50, 5000, 5000, DEGREE),
    "spence": _bounds(200, 50, 2000, 50, DEGREE),
    "hyp0f1": _bounds(5000, 20, 5000, 50, HYP0F1),
    "hyp1f1": _bounds(100, 20, 100, 20),
    "hyp2f1": _bounds(1000, 50, 1000, 50, SCIPY),
    "multiply": _bounds(1, 1, 1, 1),
    "divide": _bounds(20, 5, 20, 5),
    "square": _bounds(1, 1, 1, 1),
    "reciprocal": _bounds(50, 2, 50, 2),
    "power": _bounds(200, 10, 1000, 20, DEGREE),
    "logaddexp": _bounds(20, 2, 100, 5),
    "logaddexp2": _bounds(50, 10, 100, 50),
    "xlogy": _bounds(100, 2, 100, 2),
    "xlog1py": _bounds(50, 5, 50, 5),
    "entr": _bounds(100, 5, 100, 5),
    "rel_entr": _bounds(200, 5, 500, 5, ZERO),
    "kl_div": _bounds(50000, 50, 50000, 50, KL),
    "beta": _bounds(500, 20, 500, 20, ZERO),
    "betaln": _bounds(500, 20, 500, 20, ZERO),
}

COMPOSED: dict[str, Bound] = {
    "order 20": Bound(2000, 50),
    "order 40": Bound(2000, 100),
    "gradient": Bound(1e4, 20),
    "Hessian": Bound(1e5, 50),
    "product": Bound(1e5, 50),
}

CANCELLING = "the parts have singularities, or grow, where the whole does not: their roundings outlast what cancels"

EXCEPTIONS: dict[tuple[str, str], Bound] = {
    ("fermi", "order 20"): Bound(2000, 200, CANCELLING),
    ("fermi", "order 40"): Bound(5000, 200, CANCELLING),
    ("gamma-ratio", "order 20"): Bound(2000, 100, CANCELLING),
    ("gamma-ratio", "order 40"): Bound(5000, 200, CANCELLING),
    ("gamma-ratio", "gradient"): Bound(1e4, 100, CANCELLING),
    ("gamma-ratio", "Hessian"): Bound(1e5, 100, CANCELLING),
    ("gamma-ratio", "product"): Bound(1e5, 200, CANCELLING),
    ("special", "order 20"): Bound(5000, 50, ZERO),
    ("special", "order 40"): Bound(5000, 100, ZERO),
    ("Lennard-Jones", "order 20"): Bound(10000, 2000, CANCELLING),
    ("Lennard-Jones", "order 40"): Bound(5e5, 50000, CANCELLING),
}


def composed_bound(name: str, kind: str) -> Bound:
    """The bound of a composed function: the usual one, or its own."""
    return EXCEPTIONS.get((name, kind), COMPOSED[kind])
