"""Random programs and every function of the table: intervals hold the exact values at points inside, without tolerance.

Arithmetic is compared with Fractions, programs of elementary functions with mpmath at 800 digits (so that no
cancellation among doubles can be mistaken for an error), functions of the table with mpmath at 60 digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taylorad import Interval
from tests import oracles
from tests.interval.containment import holds
from tests.points import directions, elementary_names, function, is_complex, rows

mp = mpmath.mp
LARGEST = float(np.finfo(float).max)
SPECIAL = (
    0.0, -0.0, 5e-324, -5e-324, 2.0**-1022, -(2.0**-1022), 1e-300, 0.1, -0.1, 0.5, 1.0, -1.0, 1.5707963267948966,
    3.141592653589793, -3.141592653589793, 2.0, 3.0, 7.5, -20.0, 1e8, 2.0**53, 1e300, LARGEST, -LARGEST,
)  # fmt: skip
NUMBERS = st.one_of(
    st.sampled_from(SPECIAL),
    st.floats(-10, 10),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-1e-300, 1e-300),
)


@st.composite
def boxes(draw: Callable) -> tuple[Interval, list[float]]:
    """An interval: narrow, wide or of one point, and points in it."""
    first = draw(NUMBERS)
    other = draw(st.one_of(NUMBERS, st.just(first), st.just(math.nextafter(first, LARGEST))))
    low, high = sorted((first, other))
    between = min(max(draw(NUMBERS), low), high)
    middle = min(max(low / 2 + high / 2, low), high)
    return Interval(low, high), [low, high, between, middle]


# ---------------------------------------------------------------------------------------------- programs, Fractions

ARITHMETIC: list[tuple[int, Callable, Callable]] = [
    (2, lambda x, y: x + y, lambda x, y: x + y),
    (2, lambda x, y: x - y, lambda x, y: x - y),
    (2, lambda x, y: x * y, lambda x, y: x * y),
    (2, lambda x, y: x / y, lambda x, y: x / y),
    (1, lambda x: x * x, lambda x: x * x),
    (1, lambda x: x**3, lambda x: x**3),
    (1, lambda x: x**-2, lambda x: x**-2),
    (1, lambda x: 0.1 - x, lambda x: Fraction(0.1) - x),
    (1, lambda x: x * Fraction(1, 3), lambda x: x * Fraction(1, 3)),
    (1, lambda x: np.float64(0.7) * x, lambda x: Fraction(0.7) * x),
    (1, lambda x: (2**53 + 1) / x, lambda x: (2**53 + 1) / x),
    (1, lambda x: -x, lambda x: -x),
    (1, np.abs, abs),
    (2, np.maximum, max),
    (2, np.minimum, min),
    (1, np.floor, lambda x: Fraction(math.floor(x))),
    (1, np.ceil, lambda x: Fraction(math.ceil(x))),
    (1, np.trunc, lambda x: Fraction(math.trunc(x))),
    (1, np.rint, lambda x: Fraction(round(x))),
    (1, np.sign, lambda x: Fraction((x > 0) - (x < 0))),
    (1, np.square, lambda x: x * x),
    (1, np.reciprocal, lambda x: 1 / x),
    (2, np.remainder, lambda x, y: x % y),
    (2, np.fmod, lambda x, y: x - y * math.trunc(x / y)),
    (2, np.floor_divide, lambda x, y: Fraction(x // y)),
    (2, lambda x, y: np.where(x < y, x + y, x * y), lambda x, y: x + y if x < y else x * y),
    (2, lambda x, y: np.heaviside(x, 0.5) * y, lambda x, y: (Fraction(1) if x > 0 else Fraction(x == 0, 2)) * y),
    (1, lambda x: np.clip(x, -0.1, 0.3), lambda x: min(max(x, Fraction(-0.1)), Fraction(0.3))),
    (2, lambda x, y: np.sum(np.stack([x, y, x])), lambda x, y: x + y + x),
    (2, lambda x, y: np.mean(np.stack([x, y, x])), lambda x, y: (2 * x + y) / 3),
    (2, lambda x, y: np.dot(np.stack([x, y]), [0.1, 0.2]), lambda x, y: x * Fraction(0.1) + y * Fraction(0.2)),
    (2, lambda x, y: np.prod(np.stack([x, y, y])), lambda x, y: x * y * y),
    (2, lambda x, y: np.max(np.stack([x, y, -y])), lambda x, y: max(x, y, -y)),
    (2, lambda x, y: np.ptp(np.stack([x, y])), lambda x, y: abs(x - y)),
    (1, lambda x: np.polyval([0.1, -0.2, 0.3], x), lambda x: (Fraction(0.1) * x - Fraction(0.2)) * x + Fraction(0.3)),
]


@st.composite
def programs(draw: Callable, table: list, length: int = 6) -> list[tuple[int, tuple[int, ...]]]:
    """Straight-line programs on two variables: which function, and of which earlier values."""
    steps = []
    for i in range(draw(st.integers(1, length))):
        which = draw(st.integers(0, len(table) - 1))
        recent = st.integers(max(0, i - 1), i + 1)
        steps.append((which, tuple(draw(recent) for _ in range(table[which][0]))))
    return steps


def run(table: list, steps: list, values: list, column: int) -> Iterator[Any]:
    """All values of a program."""
    values = list(values)
    for which, places in steps:
        values.append(table[which][column](*(values[p] for p in places)))
        yield values[-1]


def check(table: list, steps: list, first: tuple, second: tuple, exactly: Callable, compare: Callable) -> None:
    """Run a program on two boxes and at points in them; it ends where a value does not exist."""
    enclosures = list(run(table, steps, [first[0], second[0]], 1))
    for x in first[1]:
        for y in (second[1][0], second[1][2]):
            try:
                for enclosure, value in zip(enclosures, run(table, steps, [exactly(x), exactly(y)], 2), strict=True):
                    assert compare(enclosure, value), (x, y, enclosure, value)
            except (ZeroDivisionError, TooLarge):
                pass


class TooLarge(ArithmeticError):
    """A number too large to go on with, or one that is not real."""


@settings(max_examples=600)
@given(programs(ARITHMETIC), boxes(), boxes())
def test_programs_of_arithmetic_hold_the_exact_values(steps: list, first: tuple, second: tuple) -> None:
    check(ARITHMETIC, steps, first, second, Fraction, holds)


# -------------------------------------------------------------------------------------------------- programs, mpmath

DIGITS = 800


def real(f: Callable) -> Callable:
    """An mpmath function where it is real and not enormous."""

    def checked(*arguments: Any) -> Any:
        if any(abs(a) > 10**6 for a in arguments):
            raise TooLarge
        try:
            value = f(*arguments)
        except ValueError:
            raise TooLarge from None
        if isinstance(value, mpmath.mpc) or not mp.isfinite(value):
            raise TooLarge
        return value

    return checked


def positive(f: Callable) -> Callable:
    """A function on positive numbers only."""

    def checked(x: Any, *rest: Any) -> Any:
        if x <= 0:
            raise TooLarge
        return f(x, *rest)

    return real(checked)


def inside_unit(f: Callable) -> Callable:
    """A function on [-1, 1]."""

    def checked(x: Any) -> Any:
        if abs(x) >= 1:
            raise TooLarge
        return f(x)

    return real(checked)


def _angle(y: Any, x: Any) -> Any:
    if x == 0 and y == 0:
        raise TooLarge
    return mp.atan2(y, x)


def _log_sum(x: Any, y: Any) -> Any:
    top = max(x, y)
    return top + mp.log(mp.exp(x - top) + mp.exp(y - top))


ELEMENTARY: list[tuple[int, Callable, Callable]] = [
    (2, lambda x, y: x + y, lambda x, y: x + y),
    (2, lambda x, y: x - y, lambda x, y: x - y),
    (2, lambda x, y: x * y, lambda x, y: x * y),
    (2, lambda x, y: x / y, lambda x, y: x / y),
    (1, np.exp, real(mp.exp)),
    (1, np.expm1, real(mp.expm1)),
    (1, np.exp2, real(lambda x: mp.mpf(2) ** x)),
    (1, np.log, positive(mp.log)),
    (1, np.log1p, real(lambda x: mp.log(1 + x) if x > -1 else mp.nan)),
    (1, np.log2, positive(lambda x: mp.log(x, 2))),
    (1, np.log10, positive(mp.log10)),
    (1, np.sqrt, real(lambda x: mp.sqrt(x) if x >= 0 else mp.nan)),
    (1, np.cbrt, real(lambda x: mp.sign(x) * mp.cbrt(abs(x)))),
    (1, np.sin, real(mp.sin)),
    (1, np.cos, real(mp.cos)),
    (1, np.tan, real(mp.tan)),
    (1, np.arctan, real(mp.atan)),
    (1, np.arcsin, inside_unit(mp.asin)),
    (1, np.arccos, inside_unit(mp.acos)),
    (1, np.sinh, real(mp.sinh)),
    (1, np.cosh, real(mp.cosh)),
    (1, np.tanh, real(mp.tanh)),
    (1, np.arcsinh, real(mp.asinh)),
    (1, np.arctanh, inside_unit(mp.atanh)),
    (1, np.arccosh, real(lambda x: mp.acosh(x) if x >= 1 else mp.nan)),
    (2, np.hypot, real(lambda x, y: mp.sqrt(x * x + y * y))),
    (2, np.arctan2, real(_angle)),
    (2, lambda x, y: np.abs(x) ** y, lambda x, y: positive(lambda a: real(mp.power)(a, y))(abs(x))),
    (1, lambda x: x**0.5, real(lambda x: mp.sqrt(x) if x >= 0 else mp.nan)),
    (1, lambda x: x**0.1, positive(lambda x: x ** mp.mpf(0.1))),
    (1, lambda x: x**-1.5, positive(lambda x: x ** mp.mpf(-1.5))),
    (1, lambda x: x**5, lambda x: x**5),
    (1, np.deg2rad, lambda x: x * mp.pi / 180),
    (1, np.rad2deg, lambda x: x * 180 / mp.pi),
    (1, np.sinc, real(lambda x: mp.sinpi(x) / (mp.pi * x) if x else mp.mpf(1))),
    (2, np.logaddexp, real(_log_sum)),
    (2, lambda x, y: np.linalg.norm(np.stack([x, y])), lambda x, y: mp.sqrt(x * x + y * y)),
]


@settings(max_examples=400)
@given(programs(ELEMENTARY, 4), boxes(), boxes())
def test_programs_of_elementary_functions_hold_the_values(steps: list, first: tuple, second: tuple) -> None:
    with mp.workdps(DIGITS):
        check(ELEMENTARY, steps, first, second, mp.mpf, holds)


# ------------------------------------------------------------------------------------------ every function of the table

REAL_NAMES = [n for n in elementary_names() if n != "wofz"]
LIMITED = {  # where the oracle's functions are real and the package defines the function
    "arcsin": (-1, 1), "arccos": (-1, 1), "arctanh": (-1, 1), "erfinv": (-1, 1), "sqrt": (0, math.inf),
    "arccosh": (1, math.inf), "ndtri": (0, 1), "logit": (0, 1), "betainc": (0, 1), "gammainc": (0, math.inf),
    "gammaincc": (0, math.inf), "kv": (0, math.inf), "k0": (0, math.inf), "k1": (0, math.inf),
}  # fmt: skip


def value_at(name: str, arguments: tuple) -> tuple:
    """Values by mpmath; None where there is no real value."""
    oracle = oracles.ORACLES[name]
    with mp.workdps(60):
        point = [mp.mpf(float(a)) for a in arguments]
        try:
            values = SPELLED.get(name, oracle.function)(*point)
        except (ValueError, ArithmeticError):
            return ()
    values = values if isinstance(values, tuple) else (values,)
    return tuple(mp.re(v) if mp.isfinite(v) and abs(mp.im(v)) < mp.mpf(10) ** -50 else None for v in values)


SPELLED: dict[str, Callable] = {
    "arctan2": _angle,
    "logaddexp": _log_sum,
    "gammaln": lambda x: mp.log(abs(mp.gamma(x))),
    "fresnel": lambda x: (mp.fresnels(x), mp.fresnelc(x)),
    "airy": lambda x: (mp.airyai(x), mp.airyai(x, derivative=1), mp.airybi(x), mp.airybi(x, derivative=1)),
    "kv": mp.besselk,
    "k0": lambda x: mp.besselk(0, x),
    "k1": lambda x: mp.besselk(1, x),
    "y0": lambda x: mp.bessely(0, x),
    "y1": lambda x: mp.bessely(1, x),
    "gammaincc": lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True),
}
EXTREMA = {
    "sin": (1.5707963267948966, 4.71238898038469, -1.5707963267948966),
    "cos": (3.141592653589793, 6.283185307179586, 0.0),
    "sinc": (1.4302966531242027, 2.4590240364912434, 0.0),
    "gamma": (1.4616321449683623, -0.5040830082644554),
    "gammaln": (1.4616321449683623, -0.5040830082644554),
    "dawsn": (0.924138873004591765,),
    "lambertw": (-0.36787944117144233,),
    "airy": (-1.0187929716474711, -2.338107410459767),
    "j0": (3.8317059702075125,),
    "j1": (1.8411837813406593,),
    "y0": (2.197141326031017,),
    "y1": (3.6830228565851783,),
    "sici": (3.141592653589793, 1.5707963267948966),
    "fresnel": (1.4142135623730951, 1.0),
    "hypot": (0.0,),
    "rgamma": (1.4616321449683623,),
    "xlogy": (0.36787944117144233,),
    "zeta": (-2.717262829204574,),
}


def boxes_of(name: str) -> Iterator[tuple[list, list]]:
    """Lower and upper ends of the arguments: around the points of the table, between them, and around extrema."""
    real_rows = [p.arguments for p in rows(name) if not is_complex(p) and p.order == 20]
    ways = directions(name)
    last = max(i for i, d in enumerate(ways) if d)
    for row in real_rows[:: max(1, len(real_rows) // 4)]:
        for wide in (0.0, 1.0):
            low, high = list(row), list(row)
            for i, d in enumerate(ways):
                if d:
                    reach = 0.5 * abs(row[i]) + 0.25 if wide else 0.0
                    low[i] = math.nextafter(row[i], -math.inf) - reach
                    high[i] = math.nextafter(row[i], math.inf) + reach
            yield low, high
    for extremum in EXTREMA.get(name, ()):
        for reach in (0.0, 1e-8, 0.3):
            low, high = list(real_rows[0]), list(real_rows[0])
            low[last], high[last] = math.nextafter(extremum, -math.inf) - reach, extremum + reach
            yield low, high


@pytest.mark.parametrize("name", REAL_NAMES)
def test_every_function_of_the_table_holds_its_values_at_points_inside(name: str) -> None:
    rng = np.random.default_rng(5)
    checked = 0
    for low, high in boxes_of(name):
        a, b = LIMITED.get(name, (-math.inf, math.inf))
        ways = directions(name)
        arguments = [Interval(p, q) if d else p for p, q, d in zip(low, high, ways, strict=True)]
        found = function(name)(*arguments)
        found = found if isinstance(found, tuple) else (found,)
        inside = tuple(min(p + (q - p) * rng.random(), q) for p, q in zip(low, high, strict=True))
        for point in {tuple(low), tuple(high), inside}:
            if any(d and not a <= x <= b for x, d in zip(point, ways, strict=True)):
                continue
            for enclosure, value in zip(found, value_at(name, point), strict=False):
                if value is not None:
                    assert holds(enclosure, value), (point, enclosure, mp.nstr(value, 30))
                    checked += 1
    assert checked >= 4
