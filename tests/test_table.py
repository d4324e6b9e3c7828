"""Every function of the table against forty digits: all coefficients within 1e-13 of their natural scale."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

from taylorad import Taylor
from taylorad.rules import TABLE
from tests import oracles
from tests.points import POINTS, Point, all_rows, directions, elementary_names, function, is_complex, typical_rows

mp = mpmath.mp
LONGDOUBLE = pytest.mark.skipif(np.finfo(np.longdouble).eps == np.finfo(float).eps, reason="longdouble is double here")


def label(case: Any) -> str:
    """A short name of a case."""
    if isinstance(case, Point):
        return ",".join(f"{a:g}" if not isinstance(a, complex) else str(a) for a in case.arguments) + f"@{case.order}"
    return str(case)


def computed(name: str, point: Point, kind: Any) -> list[np.ndarray]:
    """Our coefficients of every result, with the arguments that are differentiated converted by `kind`."""
    arguments = []
    for a, d in zip(point.arguments, directions(name), strict=True):
        line = Taylor([kind(a), kind(d), *[kind(0)] * (point.order - 1)][: point.order + 1])
        arguments.append(line if d else a)
    result = function(name)(*arguments)
    return [r.coefficients for r in (result if isinstance(result, tuple) else (result,))]


def errors(ours: Any, name: str, point: Point, smallest: float = 0.0) -> list:
    """|ours - exact| / natural scale, for every coefficient of one or several results."""
    found = []
    exact = oracles.coefficients(name, point.arguments, directions(name), point.order)
    with mp.workdps(60):
        for values, truth in zip(ours, exact, strict=True):
            scale = oracles.natural_scale(truth, point.first)
            pairs = zip(values, truth, scale, strict=False)
            row = [error(oracles.exact(v), t, s, smallest) for v, t, s in pairs]
            found += [mp.mpf(0), *row[1:]] if point.value else row
    return found


def error(value: Any, truth: Any, scale: Any, smallest: float) -> Any:
    """One error in units of the scale; below the smallest normal number and above the largest none is asked for."""
    if not mp.isfinite(value):
        return mp.mpf(0) if smallest and abs(truth) > 1 / mp.mpf(smallest) else mp.inf
    difference = abs(value - truth)
    if difference <= smallest:
        return mp.mpf(0)
    return difference / scale if scale else mp.inf


def worst(found: list) -> tuple[int, float]:
    """Where the largest error is, and how large."""
    k = max(range(len(found)), key=lambda i: found[i])
    return k, float(found[k])


def check(name: str, point: Point, kind: Any, tolerance: float, smallest: float = 0.0) -> None:
    """Fail where the worst coefficient is off by more than the tolerance."""
    k, size = worst(errors(computed(name, point, kind), name, point, smallest))
    assert size <= tolerance, f"{name}{point.arguments}: coefficient {k} is off by {size:.1e} of its scale"


# ----------------------------------------------------------------------------------------------------------- theorems


def test_every_elementary_function_has_points():
    assert set(elementary_names()) <= set(POINTS)


@pytest.mark.parametrize(("name", "point"), all_rows(), ids=label)
def test_coefficients_are_those_of_forty_digits(name, point):
    kind = np.complex128 if is_complex(point) else np.float64
    check(name, point, kind, point.tolerance, 2.0**-1022)


@LONGDOUBLE
@pytest.mark.parametrize(("name", "point"), typical_rows(), ids=label)
def test_extended_precision_keeps_its_digits(name, point):
    check(name, point, np.longdouble, 500 * float(np.finfo(np.longdouble).eps))  # as many roundings as in double


@pytest.mark.parametrize(("name", "point"), typical_rows(np.float32), ids=label)
def test_single_precision_keeps_its_digits(name, point):
    ours = computed(name, point, np.float32)
    pairs = zip(point.arguments, directions(name), strict=True)
    plain = function(name)(*(np.float32(a) if d else a for a, d in pairs))
    assert ours[0].dtype in (np.float32, np.complex64, (plain[0] if isinstance(plain, tuple) else plain).dtype)
    k, size = worst(errors(ours, name, point, 2.0**-126))
    assert size <= 500 * np.finfo(np.float32).eps, f"coefficient {k} is off by {size:.1e} of its scale"


@pytest.mark.parametrize(("name", "point"), typical_rows(), ids=label)
def test_multiprecision_numbers_keep_their_digits(name, point):
    with mp.workdps(40):
        check(name, point, lambda a: mp.mpf(float(a)), 1e-37)


@pytest.mark.parametrize(("name", "point"), typical_rows(), ids=label)
def test_value_of_order_zero_is_that_of_scipy(name, point):
    expected = function(name)(*map(np.float64, point.arguments))
    ours = computed(name, Point(point.arguments, order=0), np.float64)
    for value, truth in zip(ours, expected if isinstance(expected, tuple) else (expected,), strict=True):
        assert value[0] == pytest.approx(truth, rel=1e-14, abs=0)  # the same call, or a closed form


# ---------------------------------------------------------------------------------------------- the oracle's own tests


@pytest.mark.parametrize("name", ["exp", "tan", "sqrt", "erf", "gamma", "expit"])
def test_contour_sums_agree_with_differences(name):
    ours = oracles.coefficients(name, (0.3,), (1,), 8)[0]
    with mp.workdps(50):
        theirs = mp.taylor(oracles.ORACLES[name].function, mp.mpf(0.3), 8)
        assert all(abs(a - b) <= mp.mpf(10) ** -40 * abs(b) for a, b in zip(ours, theirs, strict=False))


def test_contour_sums_agree_with_closed_forms():
    with mp.workdps(60):
        x = mp.mpf(0.3)
        closed = {
            "exp": lambda k: mp.exp(x) / mp.factorial(k),
            "log": lambda k: mp.log(x) if k == 0 else -((-1 / x) ** k) / k,
            "sqrt": lambda k: mp.binomial(mp.mpf(1) / 2, k) * mp.sqrt(x) / x**k,
        }
        for name, c in closed.items():
            for k, ours in enumerate(oracles.coefficients(name, (0.3,), (1,), 170)[0]):
                assert abs(ours - c(k)) <= mp.mpf(10) ** -40 * abs(c(k))


@pytest.mark.parametrize(("v", "x"), [(0.5, 1.7), (2.25, 12.0)])
def test_bessel_derivatives_agree_with_contour_sums(v, x):
    for name, f in (("yv", mp.bessely), ("kv", mp.besselk)):
        ours = oracles.coefficients(name, (v, x), (0, 1), 6)[0]
        theirs = oracles.by_contour(lambda t, f=f: f(mp.mpf(v), x + t), mp.mpf(x), mp.mpf(x), 6)
        assert all(abs(a - b) <= mp.mpf(10) ** -40 * abs(b) for a, b in zip(ours, theirs, strict=False))


def test_natural_scale_is_the_least_log_concave_majorant():
    with mp.workdps(30):
        scale = oracles.natural_scale([mp.mpf(c) for c in (1, 0, 4, 1, 0.25, 0, 1e-3)])
        assert scale[1] == pytest.approx(2)
        assert all(
            b * b >= a * c * (1 - mp.mpf(10) ** -25) for a, b, c in zip(scale, scale[1:], scale[2:], strict=False)
        )


MONOTONE = [row for row in all_rows() if getattr(TABLE[row[0]].function, "monotony", 0) and not is_complex(row[1])]


@pytest.mark.parametrize(("name", "point"), MONOTONE, ids=label)
def test_monotony_is_the_sign_of_the_slope(name, point):
    slope = computed(name, Point(point.arguments, order=1), np.float64)[0][1]
    assert np.sign(slope.real) in (TABLE[name].rule.monotony, 0)  # 0 where the slope underflows
