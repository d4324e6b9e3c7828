"""Enclosures of functions: every value is inside (60 digits, no tolerance), the ends are near those of the range."""

from __future__ import annotations

import ctypes
import ctypes.util
import itertools
import math
import sys

import mpmath
import numpy as np
import pytest

from taylorad.rings.interval import kernels
from taylorad.rings.interval.constants import CONSTANTS
from taylorad.rings.interval.environment import RoundingModeError
from taylorad.rings.interval.functions import ALIASES, ONE_ARGUMENT, Enclosure, evaluate
from taylorad.rings.interval.several import TWO_ARGUMENTS
from taylorad.rings.interval.special import SPECIAL_FUNCTIONS
from taylorad.rules.elementary import ELEMENTARY as ELEMENTARY_RULES
from taylorad.rules.special import SPECIAL as SPECIAL_RULES
from tests.interval.cases import DIGITS, ELEMENTARY, Case
from tests.interval.special_cases import SPECIAL

mp = mpmath.mp
INF = math.inf
CASES = [*ELEMENTARY, *SPECIAL]
CALLS = [*itertools.product(ELEMENTARY, ["all", "python-flint", "pyintval"]), *((case, "all") for case in SPECIAL)]
TRV, DEF, DAC, COM = 4, 8, 12, 16


@pytest.fixture(params=["all", "python-flint", "pyintval"])
def kernel(request, monkeypatch):
    """Evaluation with every kernel there is, with Arb alone, and with pyintval and Arb."""
    if not kernels.ARB.available() or (request.param == "pyintval" and not kernels.PYINTVAL.available()):
        pytest.skip(f"{request.param} is not installed")
    if request.param != "all":
        monkeypatch.setattr(kernels.CRIVAL, "library", None)
    if request.param == "python-flint":
        monkeypatch.setattr(kernels.PYINTVAL, "library", None)
    return request.param


def enclosures(case: Case, inf, sup) -> tuple[Enclosure, ...]:
    """The results of a case over intervals, as a tuple."""
    found = evaluate(case.name, *case.before, (inf, sup), *case.after)
    return (found,) if isinstance(found, Enclosure) else found


def values(case: Case, x) -> list:
    """Values at a point, to 40 digits from 60: one that is a double is found equal to it."""
    with mp.workdps(DIGITS):
        found = case.value(mp.mpf(x))
    with mp.workdps(DIGITS - 20):
        return [+mp.re(v) for v in (found if case.outputs > 1 else [found])]


def neighbours(number, direction: int, count: int) -> float:
    """The double that far outside the tightest one around a number."""
    with mp.workdps(60):
        nearest = float(number)
        wrong = nearest < number if direction > 0 else nearest > number
    result = math.nextafter(nearest, direction * INF) if wrong else nearest
    for _ in range(count):
        result = math.nextafter(result, direction * INF)
    return result


@pytest.mark.parametrize(("case", "kernel"), CALLS, indirect=["kernel"], ids=str)
def test_range_contains_all_values_and_is_tight(case, kernel):
    points = sorted(set(case.points))
    inside = {x: values(case, x) for x in points if case.defined(x)}
    inside |= {x: values(case, x) for x in case.extrema() if points[0] < x < points[-1] and case.defined(x)}
    pairs = [(a, b) for a, b in itertools.combinations_with_replacement(points, 2)]
    pairs = [
        p
        for i, p in enumerate(pairs)
        if p[0] == p[1] or i % (1 + len(pairs) // (150 if case in ELEMENTARY else 40)) == 0
    ]
    inf, sup = np.array(pairs).T
    extra = 2 if kernel == "pyintval" else 0
    for output, found in enumerate(enclosures(case, inf, sup)):
        for a, b, low, high in zip(inf, sup, found.inf, found.sup, strict=True):
            reached = [v[output] for x, v in inside.items() if a <= x <= b]
            if not reached:
                continue
            assert low <= min(reached), (case, a, b)
            assert high >= max(reached), (case, a, b)
            if case.defined(a) and case.defined(b) and no_gap(case, a, b):
                assert low >= neighbours(min(reached), -1, case.ulps + extra), (case, a, b)
                assert high <= neighbours(max(reached), 1, case.ulps + extra), (case, a, b)


def no_gap(case: Case, a: float, b: float) -> bool:
    """Whether an interval lies in one component of the domain, and every stationary point of it is known."""
    known = all(abs(x) <= 11 for x in (a, b)) or case.name not in SAMPLED
    return known and (any(low < a and b < high for low, high in case.domain) or (a in case.ends and a == b))


SAMPLED = {"sin", "cos", "sinpi", "cospi", "sinc", "tan", "jv", "yv", "j0", "j1", "y0", "y1", "sici", "fresnel", "airy"}


def test_every_function_of_the_table_is_covered():
    known = {*ONE_ARGUMENT, *TWO_ARGUMENTS, *SPECIAL_FUNCTIONS, "power"}
    missing = {ALIASES.get(name, name) for name in (*ELEMENTARY_RULES, *SPECIAL_RULES)} - known
    assert missing == {"wofz"}
    with pytest.raises(LookupError, match="complex"):
        evaluate("wofz", (0.0, 1.0))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_larger_intervals_have_larger_ranges(case):
    rng = np.random.default_rng(1)
    inner = np.sort(rng.choice([*case.points, -INF, INF], (25, 2)), axis=1)
    inner = inner[(inner[:, 0] < INF) & (inner[:, 1] > -INF)]
    outer_inf = np.minimum(inner[:, 0], rng.choice([*case.points, -INF], len(inner)))
    outer_sup = np.maximum(inner[:, 1], rng.choice([*case.points, INF], len(inner)))
    for small, large in zip(enclosures(case, *inner.T), enclosures(case, outer_inf, outer_sup), strict=True):
        there = ~np.isnan(small.inf)
        assert np.all(large.inf[there] <= small.inf[there])
        assert np.all(large.sup[there] >= small.sup[there])
        assert np.all(large.local <= np.where(there, small.local, 255))


@pytest.mark.parametrize(("case", "kernel"), CALLS, indirect=["kernel"], ids=str)
def test_one_interval_gives_what_an_array_of_them_gives(case, kernel):
    points = np.array([*case.points, -INF, np.nan])
    inf, sup = points[:-1], np.append(points[1:-2], [INF, INF])
    sup = np.where(sup < inf, np.nan, sup)
    inf = np.where(np.isnan(sup), np.nan, inf)
    whole = enclosures(case, inf, sup)
    for i in range(0, len(inf), 5):
        for part, found in zip(whole, enclosures(case, inf[i], sup[i]), strict=True):
            assert found.inf.shape == ()
            np.testing.assert_array_equal([e[i] for e in part], found)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_outside_the_domain_and_over_nothing_the_range_is_empty(case):
    outside = np.array([x for x in case.points if not case.defined(x)] + [np.nan])
    if case.name in ("sici", "shichi"):
        outside = outside[-1:]  # Si and Shi are defined at 0
    for found in enclosures(case, outside, outside):
        assert np.isnan(found.inf).all()
        assert np.isnan(found.sup).all()
        assert (found.local == TRV).all()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_decoration_is_dac_exactly_inside_the_domain(case):
    points = np.array(sorted(case.points))
    inf, sup = points[:-1], points[1:]
    for output, found in enumerate(enclosures(case, inf, sup)):
        for a, b, local in zip(inf, sup, found.local, strict=True):
            if case.name in ("sici", "shichi") and output == 0:
                assert local == DAC
                continue
            within = any(low < a and b < high for low, high in case.domain)
            one_end = any((low < a or a in case.ends) and (b < high or b in case.ends) and low <= a and b <= high
                          for low, high in case.domain)  # fmt: skip
            assert local == (DAC if within or one_end else TRV), (a, b)


def test_known_ranges():
    def ends(name, *arguments):
        found = evaluate(name, *arguments)
        return float(found.inf), float(found.sup), int(found.local)

    assert ends("sqrt", (-1.0, 4.0)) == (0.0, 2.0, TRV)
    assert ends("cosh", (-1.0, 0.0)) == (1.0, float(np.nextafter(1.5430806348152437, 2)), DAC)
    assert ends("cos", (0.0, INF)) == (-1.0, 1.0, DAC)
    assert ends("cospi", (0.5, 1.0)) == (-1.0, 0.0, DAC)
    assert ends("sinpi", (2.0**52, 2.0**52 + 1)) == (-1.0, 1.0, DAC) or ends("sinpi", (2.0**52, 2.0**52)) == (0, 0, DAC)
    assert ends("gamma", (1.0, 3.0)) == (0.8856031944108886, 2.0, DAC)
    assert ends("exp1", (0.0, INF)) == (0.0, INF, TRV)
    assert ends("digamma", (-1.0, 0.0)) == (-INF, INF, TRV)
    assert ends("floor", (1.1, 1.9)) == (1.0, 1.0, COM)
    assert ends("floor", (1.0, 1.9)) == (1.0, 1.0, DAC)
    assert ends("floor", (1.0, 2.0)) == (1.0, 2.0, DEF)
    assert ends("rint", (-2.5, 3.5)) == (-2.0, 4.0, DEF)
    assert ends("round_ties_to_away", (-2.5, 3.5)) == (-3.0, 4.0, DEF)
    assert ends("round_ties_to_away", (0.49999999999999994, 0.49999999999999994)) == (0.0, 0.0, COM)
    assert ends("sign", (0.0, INF)) == (0.0, 1.0, DEF)
    assert ends("minimum", (1.0, 5.0), (2.0, 3.0)) == (1.0, 3.0, DAC)
    assert ends("maximum", (1.0, 5.0), (2.0, 3.0)) == (2.0, 5.0, DAC)
    assert ends("rootn", (-8.0, 27.0), 3) == (-2.0, 3.0, DAC)
    assert ends("xlogy", (0.0, 0.0), (0.0, 0.0)) == (0.0, 0.0, DAC)


# ---------------------------------------------------------------------------------------------- two arguments

POWERS = [0.0, 5e-324, 1e-300, 0.3, 1.0, 1.5, 10.0, 1e300]


def box_points(x, y):
    """Corners of a box."""
    return itertools.product(x, y)


@pytest.mark.parametrize(
    "exponent", [0, 1, 2, 3, -1, -2, -3, 7, -8, 0.5, -0.5, 1 / 3, 2.7, 1e-5, 1e20, -(2.0**31), 3e9]
)
def test_power_with_a_constant_exponent(exponent, kernel):
    whole = float(exponent).is_integer()
    points = sorted({s * p for p in POWERS for s in ((1, -1) if whole else (1,))})
    pairs = [*itertools.combinations_with_replacement(points, 2)]
    found = evaluate("power", tuple(np.array(pairs).T), exponent)
    for (a, b), low, high in zip(pairs, found.inf, found.sup, strict=True):
        for x in (a, b, *((0.0,) if a <= 0 <= b else ())):
            if x == 0 and exponent < 0:
                continue
            with mp.workdps(DIGITS):
                true = mp.power(mp.mpf(x), int(exponent) if whole else mp.mpf(exponent)) if x or exponent else mp.mpf(1)
            assert low <= true <= high, (a, b, x)
        if a == b and (a or exponent >= 0):
            steps = 4 if kernel == "pyintval" else 1
            assert low >= neighbours(true, -1, steps)
            assert high <= neighbours(true, 1, steps)


@pytest.mark.parametrize(
    "name", ["hypot", "arctan2", "series_power", "xlogy", "xlog1py", "betaln", "beta", "logaddexp"]
)
def test_ranges_over_boxes(name, kernel):
    value = {
        "hypot": lambda x, y: mp.sqrt(x * x + y * y),
        "arctan2": mp.atan2,
        "series_power": mp.power,
        "xlogy": lambda x, y: x * mp.log(y),
        "xlog1py": lambda x, y: x * mp.log1p(y),
        "betaln": lambda a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b),
        "beta": mp.beta,
        "logaddexp": lambda x, y: mp.log(mp.exp(x) + mp.exp(y)),
    }[name]
    rng = np.random.default_rng(3)
    x = np.sort(rng.choice([-30.0, -1.0, -0.3, 0.0, 1e-20, 0.5, 1.0, 2.0, 30.0], (300, 2)), axis=1)
    y = np.sort(rng.choice([-30.0, -1.0, -0.3, 0.0, 1e-20, 0.5, 1.0, 2.0, 30.0], (300, 2)), axis=1)
    found = evaluate(name, tuple(x.T), tuple(y.T))
    for i, (low, high) in enumerate(zip(found.inf, found.sup, strict=True)):
        inner = [(t * x[i, 0] + (1 - t) * x[i, 1], s * y[i, 0] + (1 - s) * y[i, 1]) for t, s in rng.random((3, 2))]
        sampled = [*box_points(x[i], y[i]), *inner]
        inside = [p for p in sampled if x[i, 0] <= p[0] <= x[i, 1] and y[i, 0] <= p[1] <= y[i, 1]]
        with mp.workdps(DIGITS):
            reached = [value(*map(mp.mpf, p)) for p in inside if valid(name, *p)]
        with mp.workdps(40):
            assert all(low <= +v <= high for v in reached), (x[i], y[i])
        if found.local[i] >= DAC and name != "hypot":
            with mp.workdps(DIGITS):
                corner = [value(*map(mp.mpf, p)) for p in box_points(x[i], y[i]) if valid(name, *p)]
            steps = 40 if kernel == "pyintval" else 2  # its log1p(0) is wider than 0
            assert low >= neighbours(min(corner), -1, steps)
            assert high <= neighbours(max(corner), 1, steps)


def valid(name: str, x: float, y: float) -> bool:
    """Whether a function of two numbers is defined."""
    if name == "arctan2":
        return (x, y) != (0, 0)
    if name == "series_power":
        return x > 0 or (x == 0 and y > 0)
    if name in ("betaln", "beta"):
        return x > 0 and y > 0
    return {"xlogy": y > 0, "xlog1py": y > -1}.get(name, True)


def test_infinite_boxes():
    wide, right, one = (-INF, INF), (0.0, INF), (1.0, 2.0)
    for name, x, y, low, high in (
        ("hypot", wide, one, 1.0, INF),
        ("arctan2", right, right, 0.0, np.nextafter(np.pi / 2, 2)),
        ("arctan2", wide, wide, -np.nextafter(np.pi, 4), np.nextafter(np.pi, 4)),
        ("arctan2", one, wide, 0.0, np.nextafter(np.pi, 4)),
        ("power", right, wide, 0.0, INF),
        ("power", (0.0, 0.5), right, 0.0, 1.0),
        ("power", (2.0, INF), (-INF, 0.0), 0.0, 1.0),
        ("logaddexp", wide, (0.0, 0.0), 0.0, INF),
        ("beta", right, right, 0.0, INF),
    ):
        found = evaluate(name, x, y)
        assert (float(found.inf), float(found.sup)) == (low, high), (name, x, y)


# ------------------------------------------------------------------------------------------------ parameters


def test_arrays_of_parameters_are_taken_one_by_one():
    v, x = np.array([[0.0], [1.0], [2.5]]), np.array([0.5, 3.0])
    found = evaluate("jv", v, (x, x + 1))
    for i, j in np.ndindex(3, 2):
        single = evaluate("jv", v[i, 0], (x[j], x[j] + 1))
        assert (found.inf[i, j], found.sup[i, j]) == (single.inf, single.sup)
    powers = evaluate("power", (np.array([-2.0, 2.0]), np.array([1.0, 3.0])), np.array([2, 0.5]))
    np.testing.assert_array_equal(powers.inf, [0.0, math.nextafter(math.sqrt(2), 0)])


def test_parameters_out_of_range_are_refused_with_a_reason():
    x = (0.5, 1.0)
    for arguments, message in (
        (("lambertw", x, 1, 0), "branch 1"),
        (("hurwitz", 0.5, x), "s > 1"),
        (("polygamma", -1, x), "whole number"),
        (("gammainc", -1.0, x), "a > 0"),
        (("hyp1f1", 1.0, -2.0, x), "b must not be"),
        (("rootn", x, 0), "degree"),
        (("jv", INF, x), "finite"),
    ):
        with pytest.raises(ValueError, match=message):
            evaluate(*arguments)
    with pytest.raises(LookupError, match="nonsense"):
        evaluate("nonsense", x)


def test_without_kernels_the_error_names_the_installation(monkeypatch):
    monkeypatch.setattr(kernels.CRIVAL, "library", None)
    monkeypatch.setattr(kernels.PYINTVAL, "library", None)
    monkeypatch.setattr(kernels.ARB, "installed", False)
    with pytest.raises(ImportError, match=r'pip install "taylorad\[verified\]"'):
        evaluate("exp", (0.0, 1.0))
    assert float(evaluate("sqrt", (4.0, 9.0)).sup) == 3.0


@pytest.mark.skipif(sys.platform == "win32", reason="fesetround is called through the C library of Unix")
def test_a_disturbed_rounding_mode_is_refused():
    library = ctypes.CDLL(ctypes.util.find_library("m"))
    library.fesetround(0x800)
    try:
        with pytest.raises(RoundingModeError):
            evaluate("exp", (0.0, 1.0))
    finally:
        library.fesetround(0)


def test_constants_are_the_doubles_around_them():
    exact = {"pi": mp.pi, "e": mp.e, "euler_gamma": mp.euler, "log2": mp.ln2, "log10": mp.ln10}
    assert set(exact) == set(CONSTANTS)
    with mp.workdps(40):
        for name, (low, high) in CONSTANTS.items():
            assert low < +exact[name] < high
            assert math.nextafter(low, INF) == high
