"""Where the table is tested: per function, points across the domain and near its edges, parameters, complex points.

A row is a number, a tuple of all arguments in the function's own order, or a `Point` where something is special.
`test_every_elementary_function_has_points` fails for a function without rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.special as sp

from taylorad.rules import TABLE

TOLERANCE = 1e-13  # per coefficient, relative to its natural scale: order 20 of a recurrence rounds a few hundred times


@dataclass(frozen=True)
class Point:
    """One row: the arguments, and what is special about it.

    first : degree from which coefficients are measured by their natural scale; those below by their own size. Adding a
        constant to a function leaves its derivatives alone, hence 1. The tail of softplus at 40 is a line plus
        something tiny, and that is what counts, hence 2 there.
    tolerance, reason : a looser one needs a reason.
    value : why the function's value itself, which is NumPy's or SciPy's, is not compared.
    """

    arguments: tuple
    order: int = 20
    first: int = 1
    tolerance: float = TOLERANCE
    reason: str = ""
    value: str = ""

    def __post_init__(self) -> None:
        if self.tolerance > TOLERANCE and not self.reason:
            raise ValueError("a looser tolerance needs a reason")


def at(*arguments: Any, **special: Any) -> Point:
    """A row with something special."""
    return Point(arguments, **special)


def high(*points: Any) -> list[Point]:
    """Rows of order 60 and 170."""
    return [Point(p if isinstance(p, tuple) else (p,), order=order) for p in points for order in (60, 170)]


REALS = (-3.7, -1.0, -0.1, 0.0, 1e-8, 0.3, 1.0, 2.5, 11.0)
COMPLEX = (0.3 + 0.4j, -1.2 + 2.5j, 2.0 - 0.7j)
POSITIVE = (1e-15, 1e-8, 0.1, 0.5, 1.0, 1.7, 20.0, 1e8)
UNIT = (-0.999999999999, -0.99, -0.5, -1e-8, 0.0, 1e-15, 0.3, 0.9, 0.999999, 0.9999999999999999)

SINC = "numpy.sinc is 4e-17 at 1, as if x were not exactly 1"
MIDDLE = "between the best ranges of the recurrence and of the continued fraction"

POINTS: dict[str, tuple] = {
    # powers
    "sqrt": (*POSITIVE, 1e-300, 1e300, *COMPLEX, *high(0.7, 3.0)),
    "cbrt": (*POSITIVE, -0.5, -1e8, *high(2.0)),
    "constant_power": (
        *((x, r) for x in (1e-8, 0.3, 1.0, 2.5, 1e8) for r in (-3.5, -0.5, 1 / 3, 0.5, 1.5, 7.25)),
        (0.3 + 0.4j, 1.5), (-1.2 + 2.5j, -0.5), *high((2.0, -1.5), (0.7, 1 / 3)),
    ),
    "series_power": ((0.3, 0.5), (1.0, 2.0), (2.5, -1.5), (20.0, 0.1), (0.01, 3.0), (0.3 + 0.4j, 1.0 - 0.5j)),
    # exponentials and logarithms
    "exp": (*REALS, -700.0, -40.0, 700.0, *COMPLEX, *high(0.3, -2.0)),
    "exp2": (*REALS, 1000.0, *COMPLEX),
    "expm1": (*REALS, -1e-15, 1e-15, -40.0, 40.0, -700.0, *COMPLEX, *high(0.3)),
    "log": (*POSITIVE, 1e300, 0.9999999999999999, *COMPLEX, *high(0.5, 2.0)),
    "log2": (*POSITIVE, *COMPLEX),
    "log10": (*POSITIVE, *COMPLEX),
    "log1p": (
        -0.9999999999999999, -0.999999, -0.5, -1e-8, -1e-15, 0.0, 1e-15, 1e-8, 0.5, 20.0, 1e10, *COMPLEX,
        *high(0.5),
    ),
    "deg2rad": (-720.0, 0.0, 30.0, 1e6),
    "rad2deg": (-7.0, 0.0, 0.5, 1e6),
    # circular functions
    "sin": (*REALS, 3.141592653589793, 1e5, *COMPLEX, *high(0.3, 2.0)),
    "cos": (*REALS, 1.5707963267948966, 1e5, *COMPLEX, *high(0.3, 2.0)),
    "tan": (*REALS, 1.57, -1.5707, 3.14, 1e5, *COMPLEX, *high(0.5)),
    "arcsin": (*UNIT, *COMPLEX, *high(0.5)),
    "arccos": (*UNIT, *COMPLEX, *high(0.5)),
    "arctan": (*REALS, 1e-15, 100.0, -1e8, *COMPLEX, *high(0.3, 2.0)),
    "arctan2": (
        (1.0, 2.0), (1.0, -2.0), (-0.5, 0.001), (-3.0, -0.2), (1e-200, 2e-200), (1e200, -3e200), (1e-10, 1.0),
    ),
    "hypot": (
        (3.0, 4.0), (-1.0, 0.5), (1e-9, 1.0), (1e6, 2e6), at(1e200, 2e200, order=1),
        at(1e-200, -1e-200, order=1),
    ),
    "sinc": (
        -3.7, -0.1, 0.0, 1e-8, 0.3, 0.5, 2.5, 7.75, 25.25, -100.25,
        *(at(x, value=SINC) for x in (1.0, -1.0, 11.0)), *COMPLEX,
    ),
    # hyperbolic functions
    "sinh": (*REALS, -30.0, 700.0, *COMPLEX, *high(0.3)),
    "cosh": (*REALS, -30.0, 700.0, *COMPLEX, *high(0.3)),
    "tanh": (*REALS, 12.0, -15.0, 18.0, 1e-15, *COMPLEX, *high(0.5, 3.0)),
    "arcsinh": (*REALS, 1e-15, -1e8, 1e8, *COMPLEX, *high(0.5)),
    "arccosh": (1.0000000000000002, 1.000001, 1.5, 10.0, 1e8, 2.0 - 0.7j, *high(2.0)),
    "arctanh": (*UNIT, *COMPLEX, *high(0.5)),
    # logistic functions
    "expit": (*REALS, 12.0, 15.0, 18.0, 40.0, -18.0, -40.0, -700.0, *high(0.5, 3.0)),
    "logit": (1e-300, 1e-15, 0.001, 0.3, 0.5, 0.75, 0.999999, 0.9999999999999999),
    "log_expit": (*REALS, 12.0, 18.0, 40.0, at(-18.0, first=2), at(-40.0, first=2), *high(0.5)),
    "logaddexp": (
        (0.0, -1.0), (0.0, 0.3), (0.0, 12.0), (0.0, -18.0), at(0.0, 18.0, first=2), at(0.0, 40.0, first=2),
        (0.0, -40.0),
    ),
    # error functions
    "erf": (*REALS, 1e-15, -6.0, *COMPLEX, *high(0.3, 2.0)),
    "erfc": (*REALS, -20.0, -6.0, 6.0, 25.0, *COMPLEX),
    "erfi": (*REALS, 1e-15, -6.0, *COMPLEX),
    "erfcx": (
        -20.0, -5.0, -1.0, 0.0, 0.1, 0.2, 0.3, 1.0, 5.0, 50.0, 1e8, 0.3 + 0.4j, 2.0 - 0.7j, -1.2 + 2.5j,
    ),
    "wofz": (0.3 + 0.4j, -1.2 + 2.5j, 2.0 - 0.7j, 0.1 + 0j, 5.0 + 0j, 3.0 - 1.5j, -20.0 + 30.0j),
    "dawsn": (-30.0, -3.7, -0.3, 0.0, 1e-8, 0.4, 0.6, 1.0, 2.5, 11.0, 1e5, *COMPLEX),
    "erfinv": (-0.999999, -0.9, -0.3, 0.0, 1e-8, 0.5, 0.99, 0.999999999),
    "ndtr": (*REALS, -6.0, -20.0, -37.0, 6.0),
    "ndtri": (1e-300, 1e-15, 0.001, 0.3, 0.5, 0.75, 0.999, 0.999999999),
    "log_ndtr": (
        at(-40.0, first=3), at(-10.0, first=3), -3.7, -1.0, at(-0.35, tolerance=3e-13, reason=MIDDLE),
        at(-0.25, tolerance=3e-13, reason=MIDDLE), 0.0, 1.0, 2.5, 6.0, 11.0, 37.0, *high(0.5),
    ),
    # gamma functions
    "gamma": (1e-8, 0.1, 0.5, 1.0, 2.5, 10.0, 100.0, -0.5, -2.3, -10.1, *COMPLEX),
    "rgamma": (1e-8, 0.0, 0.1, 1.0, 2.5, 10.0, -1.0, -0.5, -2.3, 0.3 + 0.4j),
    "gammaln": (1e-8, 0.1, 0.5, 1.2, 2.5, 10.0, 1e5, -0.5, -2.3),
    "digamma": (1e-8, 0.1, 0.5, 1.0, 2.5, 10.0, 1e5, -0.5, -2.3, 0.3 + 0.4j),
    "polygamma": ((1, 0.1), (1, 2.5), (2, 1.0), (3, 10.0), (1, -0.5), (2, -2.3)),
    "zeta": (1.001, 1.5, 2.0, 5.0, 30.0, 0.5, 0.0, -0.5, -3.2, 0.3 + 4.0j),
    "hurwitz": ((2.5, 0.1), (2.0, 1.0), (5.0, 3.3), (1.1, 20.0)),
    # Bessel functions
    "jv": (
        *((v, x) for v in (0.0, 1.0, 5.0, 0.5, 2.25) for x in (0.1, 1.7, 12.0)), (0.0, 0.0), (2.0, 0.0),
        (1.0, -3.0), (0.5, 0.3 + 0.4j), (1.0, -1.2 + 2.5j),
    ),
    "iv": (
        *((v, x) for v in (0.0, 1.0, 5.0, 0.5, 2.25) for x in (0.1, 1.7, 12.0)), (0.0, 0.0), (2.0, 0.0),
        (1.0, -3.0), (0.5, 0.3 + 0.4j),
    ),
    "yv": (*((v, x) for v in (0.0, 1.0, 0.5, 2.25) for x in (0.1, 1.7, 12.0)),),
    "kv": (*((v, x) for v in (0.0, 1.0, 0.5, 2.25) for x in (0.1, 1.7, 12.0)), (1.0, 300.0)),
    "j0": (0.0, 0.1, 1.7, -5.0, 30.0, 0.3 + 0.4j),
    "j1": (0.0, 0.1, 1.7, -5.0, 30.0),
    "y0": (0.01, 0.1, 1.7, 5.0, 30.0),
    "y1": (0.01, 0.1, 1.7, 5.0, 30.0),
    "i0": (0.0, 0.1, 1.7, -5.0, 30.0),
    "i1": (0.0, 0.1, 1.7, -5.0, 30.0),
    "k0": (0.01, 0.1, 1.7, 5.0, 30.0),
    "k1": (0.01, 0.1, 1.7, 5.0, 30.0),
    "i0e": (0.1, 1.7, -5.0, 30.0, 1000.0),
    "i1e": (0.1, 1.7, -5.0, 30.0, 1000.0),
    "airy": (-10.0, -2.0, 0.0, 0.5, 3.0, 10.0, 0.3 + 0.4j),
    # others
    "lambertw": (
        *((x, 0, 1e-8) for x in (-0.3, -1e-8, 0.0, 0.1, 1.0, 100.0, 1e10, 0.3 + 0.4j)),
        (-0.367, 0, 1e-8), (-0.367 + 0j, -1, 1e-8), (-0.1 + 0j, -1, 1e-8), (-0.1, -1, 1e-8),
    ),
    "exp1": (1e-8, 0.1, 1.0, 5.0, 30.0, 0.3 + 0.4j),
    "expi": (0.1, 0.37, 1.0, 5.0, 30.0, -0.1, -5.0),
    "sici": (0.1, 1.0, 5.0, 30.0, 100.0),
    "shichi": (0.1, 1.0, 5.0, 30.0, 100.0),
    "fresnel": (0.0, 0.1, 1.1, -2.3, 4.7, 0.3 + 0.4j),
    "gammainc": (
        (0.5, 0.1), (0.5, 3.0), (1.0, 1.0), (2.5, 1.0), (3.0, 0.2), (3.0, 40.0), (10.0, 8.0), (20.5, 5.0),
    ),
    "gammaincc": (
        (40.25, 0.01), (0.5, 0.1), (0.5, 3.0), (1.0, 1.0), (2.5, 1.0), (3.0, 0.2), (3.0, 40.0), (10.0, 8.0),
        (20.5, 5.0),
    ),
    "betainc": (
        (0.5, 0.5, 0.3), (2.5, 1.5, 0.001), (2.0, 3.0, 0.3), (1.0, 1.0, 0.5), (5.0, 0.5, 0.9),
        (10.5, 8.25, 0.6),
    ),
    "ellipk": (-100.0, -1.0, 0.0, 1e-8, 0.3, 0.49, 0.51, 0.9, 0.999999),
    "ellipe": (-100.0, -1.0, 0.0, 1e-8, 0.3, 0.49, 0.51, 0.9, 0.999999),
    "ellipkinc": ((0.0, 0.3), (0.7, 0.4), (1.5, 0.9), (-2.0, 0.5), (5.0, -3.0)),
    "ellipeinc": ((0.0, 0.3), (0.7, 0.4), (1.5, 0.9), (-2.0, 0.5), (5.0, -3.0)),
    "spence": (1e-8, 0.1, 0.2, 0.5, 0.999999, 1.0, 1.3, 1.8, 5.0, 1e5),
    "hyp0f1": ((1.5, 0.0), (1.5, 0.3), (0.5, -2.0), (2.25, 10.0), (3.0, -30.0)),
    "hyp1f1": ((0.5, 1.5, 0.0), (0.5, 1.5, 1.3), (2.25, 1.5, -3.0), (-2.0, 1.5, 0.7), (1.0, 3.0, 20.0)),
    "hyp2f1": (
        (0.5, 1.5, 2.5, 0.0), (0.5, 1.5, 2.5, 0.3), (0.5, 0.5, 1.0, -3.0), (1.0, 2.0, 2.5, 0.8),
        (-2.0, 0.5, 1.5, 0.4), (2.2, 1.0, 3.0, -2.307), (1.0, 1.7, 2.2, -4.0),
    ),
}  # fmt: skip

DIRECTIONS: dict[str, tuple] = {"arctan2": (1, -2), "hypot": (1, -2), "series_power": (1, -2), "logaddexp": (0, 1)}


def elementary_names() -> list[str]:
    """The functions with a rule, without their aliases."""
    return list(dict.fromkeys(p.name for p in TABLE.values() if p.kind == "elementary"))


def directions(name: str) -> tuple:
    """How each argument depends on t: 0 for parameters."""
    if name in DIRECTIONS:
        return DIRECTIONS[name]
    rule = TABLE[name].rule
    return tuple(int(i in rule.arguments) for i in range(rule.nin))


def rows(name: str) -> Iterator[Point]:
    """The points of a function."""
    for row in POINTS[name]:
        yield row if isinstance(row, Point) else Point(row if isinstance(row, tuple) else (row,))


def all_rows(choose: Callable[[Point], bool] = lambda point: True) -> list[tuple[str, Point]]:
    """(name, point) of the whole table."""
    return [(name, point) for name in POINTS for point in rows(name) if choose(point)]


def is_complex(point: Point) -> bool:
    """Whether an argument is complex."""
    return any(isinstance(a, complex) for a in point.arguments)


def _ordinary(x: float) -> bool:
    """Neither large nor small, and not so near an integer that single precision would round to it."""
    return 0.05 <= abs(x) <= 6 and (x == round(x) or abs(x - round(x)) > 0.01)


def typical_rows(kind: Any = np.float64, count: int = 2) -> list[tuple[str, Point]]:
    """A few real points a function, of ordinary size, rounded to a type: for the other number types."""
    chosen = []
    for name in POINTS:
        usual = [
            point for point in rows(name)
            if not is_complex(point) and point.order == 20 and point.first == 1 and not point.reason + point.value
            and all(_ordinary(a) for a, d in zip(point.arguments, directions(name), strict=True) if d)
        ]  # fmt: skip
        for point in usual[:: max(1, len(usual) // count)][:count]:
            pairs = zip(point.arguments, directions(name), strict=True)
            chosen.append((name, Point(tuple(float(kind(a)) if d else a for a, d in pairs))))
    return chosen


SPELLED: dict[str, Callable] = {
    "constant_power": lambda x, r: x**r,
    "series_power": lambda x, z: x**z,
    "hurwitz": lambda s, q: sp.zeta(s, q),
    "lambertw": lambda x, k, tol: sp.lambertw(x, k, tol),
}


def function(name: str) -> Callable:
    """The function users call."""
    return SPELLED.get(name) or getattr(np, name, None) or getattr(sp, name)
