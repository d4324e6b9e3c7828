"""The kernels: their bounds against Arb at 200 bits and more and against each other, and what disturbs them."""

from __future__ import annotations

import ctypes
import ctypes.util
import math
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from taylorad.rings.interval import kernels
from taylorad.rings.interval.coefficients import COEFFICIENTS, coefficients
from taylorad.rings.interval.functions import evaluate
from taylorad.rings.interval.kernels.formulas import ELEMENTARY
from taylorad.rings.interval.kernels.rounding import above, ball_of, below
from taylorad.rings.interval.reverse import REVERSE_OPERATIONS, reverse

flint = pytest.importorskip("flint", reason="python-flint encloses the special functions and is the oracle here")

mp = mpmath.mp
INF = math.inf
DOMAINS = {
    "sqrt": (0, INF),
    "rsqrt": (0, INF),
    "log": (0, INF),
    "log2": (0, INF),
    "log10": (0, INF),
    "log1p": (-1, INF),
}
DOMAINS |= {"arcsin": (-1, 1), "arccos": (-1, 1), "arctanh": (-1, 1), "arccosh": (1, INF)}
UNARY = sorted((kernels.CRIVAL.points & set(ELEMENTARY)) - {"hypot", "arctan2", "pow"})


def random_points(name: str, count: int) -> np.ndarray:
    """Arguments of all magnitudes inside a function's domain."""
    rng = np.random.default_rng(len(name))
    low, high = DOMAINS.get(name, (-INF, INF))
    x = np.concatenate(
        [
            5 * rng.standard_normal(count),
            rng.uniform(-700, 700, count),
            np.ldexp(rng.uniform(-1, 1, count), rng.integers(-1074, 1024, count)),
            np.ldexp(rng.uniform(-1, 1, count), rng.integers(-60, 5, count)),
            [5e-324, -5e-324, 2.0**-1022, 1.7976931348623157e308, -1.7976931348623157e308, 1.0, -1.0],
        ]
    )
    return x[(x > low) & (x < high)]


@pytest.mark.parametrize(
    ("kernel", "name"),
    [(k, name) for k in (kernels.CRIVAL, kernels.PYINTVAL) for name in UNARY if name in k.points],
    ids=lambda v: getattr(v, "name", v),
)
def test_values_are_the_doubles_around_those_of_arb(kernel, name):
    if not kernel.available():
        pytest.skip(f"{kernel.name} is not installed")
    x = random_points(name, 150)
    low, high = kernel.values(name, x)
    least, most = kernels.ARB.values(name, x)
    with np.errstate(over="ignore"):
        settled = np.nextafter(least, INF) >= most
        assert np.mean(settled) > 0.9  # the rest are exact: Arb leaves the doubles on both sides
        assert np.all(((low <= least) & (high >= most))[settled])
        if kernel is kernels.PYINTVAL:
            least, most = np.nextafter(least, -INF), np.nextafter(most, INF)
    assert np.all((low >= least) & (high <= most))


@pytest.mark.parametrize("kernel", kernels.KERNELS, ids=lambda k: k.name)
def test_the_argument_at_which_mpmath_intervals_fail_is_enclosed(kernel):
    if not kernel.available():
        pytest.skip(f"{kernel.name} is not installed")
    x = 3893924827815215 / 2.0**50
    low, high = kernel.values("exp", np.array(x))
    with mp.workdps(60):
        assert float(low) < mp.exp(mp.mpf(x)) < float(high)


@pytest.mark.skipif(sys.platform == "win32", reason="fesetround is called through the C library of Unix")
@pytest.mark.parametrize("mode", [0x400, 0x800, 0xC00])
@pytest.mark.parametrize("kernel", [kernels.CRIVAL, kernels.ARB], ids=lambda k: k.name)
def test_the_rounding_mode_disturbs_neither_crival_nor_arb(kernel, mode):
    if not kernel.available():
        pytest.skip(f"{kernel.name} is not installed")
    library = ctypes.CDLL(ctypes.util.find_library("m"))
    for name in ("exp", "sin", "log1p", "erfc", "cbrt"):
        x = np.abs(random_points(name, 20))
        expected = kernel.values(name, x)
        library.fesetround(mode)
        try:
            found = kernel.values(name, x)
            after = library.fegetround()
        finally:
            library.fesetround(0)
        assert after == mode
        np.testing.assert_array_equal(found, expected)


# ------------------------------------------------------------------------------------------------ conversions


def test_exact_numbers_are_rounded_to_the_doubles_next_to_them():
    rng = np.random.default_rng(5)
    numbers = [
        (int(rng.integers(1, 2**62)) * int(rng.integers(1, 2**62)), int(e)) for e in rng.integers(-1250, 960, 400)
    ]
    numbers += [
        (1, -1075),
        (3, -1076),
        (2**53 + 1, 0),
        (2**54 - 1, 970),
        (2**54 - 1, 971),
        (1, 5000),
        (1, -5000),
        (0, 0),
    ]
    with flint.ctx.workprec(200):
        for mantissa, exponent in numbers:
            for sign in (1, -1):
                ball = flint.arb(sign * mantissa) * flint.arb(2) ** exponent
                exact = sign * Fraction(mantissa) * Fraction(2) ** exponent
                low, high = below(ball), above(ball)
                assert low <= exact <= high
                assert low == high == exact or math.nextafter(low, INF) == high
    assert (below(flint.arb("nan")), above(flint.arb("nan"))) == (-INF, INF)


def test_balls_contain_the_intervals_they_are_made_of():
    for inf, sup in ((0.1, 0.3), (-5e-324, 1e308), (1.0, math.nextafter(1, 2)), (2.0, 2.0), (-INF, 3.0)):
        ball = ball_of(inf, sup)
        for x in (inf, sup):
            assert math.isinf(x) or ball.contains(flint.arb(x))


# ----------------------------------------------------------------------------------------------- coefficients

SERIES = {
    ("gamma", ()): (mp.gamma, [0.5, 1.5, 3.0, 30.0, -0.5, -2.25]),
    ("rgamma", ()): (mp.rgamma, [0.5, 1.5, 3.0, -0.5, -2.25, 0.0, -3.0]),
    ("gammaln", ()): (lambda x: mp.log(abs(mp.gamma(x))), [0.5, 1.5, 3.0, 1e5, -0.5, -2.25]),
    ("digamma", ()): (mp.digamma, [0.5, 1.5, 3.0, 1e5, -0.5, -2.25]),
    ("polygamma", (0,)): (mp.digamma, [0.5, 3.0]),
    ("polygamma", (1,)): (lambda x: mp.psi(1, x), [0.5, 3.0, -0.5]),
    ("polygamma", (2,)): (lambda x: mp.psi(2, x), [0.5, 3.0, -0.5]),
    ("zeta", ()): (mp.zeta, [1.25, 2.0, 30.0, 0.5, -1.5]),
    ("hurwitz", (3,)): (lambda q: mp.zeta(3, q), [0.5, 3.0]),
    ("hurwitz", (2.5,)): (lambda q: mp.zeta(2.5, q), [0.5, 3.0]),
}


@pytest.mark.parametrize(("name", "parameters"), SERIES, ids=lambda v: str(v))
@pytest.mark.parametrize("width", [0.0, 1e-9, 0.125])
def test_coefficients_contain_the_derivatives(name, parameters, width):
    function, points = SERIES[name, parameters]
    x = np.array(points)
    found = coefficients(name, (x, x + width), parameters, 4)
    assert len(found) == 5
    for i, point in enumerate(points):
        for t in (0.0, 0.5, 1.0):
            at = point + t * width
            with mp.workdps(60):
                exact = mp.taylor(function, mp.mpf(at), 4)
            for k, (inf, sup) in enumerate(found):
                with mp.workdps(35):
                    assert float(inf[i]) <= +exact[k] <= float(sup[i]), (at, k)
        if width == 0:
            for inf, sup in found:
                assert sup[i] - inf[i] <= 60 * np.spacing(max(abs(inf[i]), abs(sup[i]), 1e-6))


def test_every_function_without_an_equation_has_coefficients():
    assert {name for name, _ in SERIES} == set(COEFFICIENTS)


def test_coefficients_at_poles_are_all_reals():
    for name in ("gamma", "gammaln", "digamma"):
        for inf, sup in coefficients(name, (np.array([-0.5]), np.array([0.5])), (), 2)[1:]:
            assert (inf[0], sup[0]) == (-INF, INF)
    for inf, sup in coefficients("zeta", (np.array([0.5]), np.array([1.5])), (), 2)[1:]:
        assert (inf[0], sup[0]) == (-INF, INF)
    assert all(np.isnan(inf) for inf, _ in coefficients("gamma", (np.nan, np.nan), (), 2))


# ------------------------------------------------------------------------------------------ reverse operations

ROUND_TRIP = {"sqr_rev": "square", "abs_rev": "absolute", "cosh_rev": "cosh", "sin_rev": "sin", "cos_rev": "cos"}
ROUND_TRIP |= {"tan_rev": "tan"}
needs_crival = pytest.mark.skipif(not kernels.CRIVAL.available(), reason="crival is not installed")


@needs_crival
@pytest.mark.parametrize("name", ROUND_TRIP)
def test_points_whose_images_lie_inside_are_found(name):
    rng = np.random.default_rng(7)
    x = np.sort(rng.uniform(-8, 8, (500, 2)), axis=1)
    points = x[:, 0] + rng.random(500) * (x[:, 1] - x[:, 0])
    image = evaluate(ROUND_TRIP[name], (points, points))
    inf, sup = reverse(name, (image.inf - 0.01, image.sup + 0.01), tuple(x.T))
    assert np.all((inf <= points) & (points <= sup))
    assert np.all((inf >= x[:, 0]) & (sup <= x[:, 1]))


@needs_crival
def test_known_reverse_operations():
    def ends(name, *arguments):
        return tuple(map(float, reverse(name, *arguments)))

    assert ends("sqr_rev", (4.0, 9.0), (0.0, 10.0)) == (2.0, 3.0)
    assert ends("abs_rev", (1.0, 2.0)) == (-2.0, 2.0)
    assert ends("pown_rev", (-27.0, 8.0), 3) == (-3.0, 2.0)
    assert ends("pown_rev", (4.0, 9.0), 2, (0.0, INF)) == (2.0, 3.0)
    assert ends("mul_rev", (2.0, 4.0), (4.0, 8.0)) == (1.0, 4.0)
    assert ends("pow_rev1", (2.0, 2.0), (4.0, 9.0)) == (2.0, 3.0)
    assert ends("pow_rev2", (2.0, 2.0), (4.0, 8.0)) == (2.0, 3.0)
    assert ends("cos_rev", (1.0, 1.0), (-1.0, 1.0)) == (0.0, 0.0)
    assert all(np.isnan(reverse("cosh_rev", (-1.0, 0.5), (0.0, 1.0))))


def test_an_unknown_reverse_operation_is_named_with_the_known_ones(monkeypatch):
    with pytest.raises(LookupError, match="sqr_rev"):
        reverse("exp_rev", (0.0, 1.0))
    assert len(REVERSE_OPERATIONS) == 10
    monkeypatch.setattr(kernels.CRIVAL, "library", None)
    with pytest.raises(ImportError, match="crival"):
        reverse("sqr_rev", (0.0, 1.0))


def test_threads_get_what_one_thread_gets():
    x = np.linspace(0.5, 40.0, 24)
    expected = evaluate("jv", 2.5, (x, x + 3))
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: evaluate("jv", 2.5, (x, x + 3)), range(8)):
            np.testing.assert_array_equal(found, expected)
