"""Taylor coefficients, gradients, Jacobians and Hessians over intervals hold those of every point inside.

The oracle for elementary functions is Cauchy's integral (`tests.oracles`, 42 digits, nothing of the package in it);
for functions written with others the package's own arithmetic on mpmath numbers with 50 digits, cross-checked against
differences of mpmath.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.special as sp

import taylorad as ta
from taylorad import Dual, HyperDual, Interval, Taylor
from taylorad.transforms.interpolation import _numbers as interpolation_numbers
from tests import oracles
from tests.interval.containment import holds, numbers, points_of
from tests.points import directions, elementary_names, function, is_complex, rows

mp = mpmath.mp
ORDER = 3
NO_REAL_VALUES = {"wofz"}


# ------------------------------------------------------------------------------------------- elementary functions


def real_rows(name: str) -> list:
    """Points of ordinary order and real arguments; parameters are such that their sums are doubles."""
    parameters = [i for i, d in enumerate(directions(name)) if not d]
    ordinary = [p for p in rows(name) if not is_complex(p) and p.order == 20]
    if name != "hyp2f1":
        return ordinary
    return [p for p in ordinary if all(8 * p.arguments[i] == int(8 * p.arguments[i]) for i in parameters)]


def lines(name: str, arguments: tuple, width: float) -> tuple[list, list, list]:
    """Series over boxes around a point, and the lower and upper ends of all arguments."""
    series, low, high = [], [], []
    for a, d in zip(arguments, directions(name), strict=True):
        spread = width * max(abs(a), 0.1) if d else 0.0
        low.append(a - spread)
        high.append(a + spread)
        series.append(Taylor._along(Interval(low[-1], high[-1]), Interval(float(d)), ORDER) if d else a)
    return series, low, high


@pytest.mark.parametrize("name", [n for n in elementary_names() if n not in NO_REAL_VALUES])
@pytest.mark.parametrize("width", [0.0, 0.02])
def test_coefficients_of_every_elementary_function_hold_those_of_points_inside(name: str, width: float) -> None:
    point = real_rows(name)[0 if width == 0 else -1]
    series, low, high = lines(name, point.arguments, width)
    results = function(name)(*series)
    results = results if isinstance(results, tuple) else (results,)
    share = 0.3819660112501051
    inside = tuple(min(a + (b - a) * share, b) for a, b in zip(low, high, strict=True))
    exact = oracles.coefficients(name, inside, directions(name), ORDER)
    for result, truth in zip(results, exact, strict=True):
        sizes = oracles.natural_scale(truth)
        for k in range(ORDER + 1):
            assert holds(result.coefficients[k], truth[k], sizes[k])


def test_a_function_without_real_values_is_refused() -> None:
    with pytest.raises((TypeError, LookupError)):
        sp.wofz(Interval(0, 1))


@pytest.mark.parametrize(
    ("name", "x", "coefficients"),
    [
        ("sinc", 0.0, [1, 0, -(mp.pi**2) / 6, 0]),
        ("j0", 0.0, [1, 0, mp.mpf(-1) / 4, 0]),
        ("i1", 0.0, [0, mp.mpf(1) / 2, 0, mp.mpf(1) / 16]),
        ("ellipk", 0.0, [mp.pi / 2, mp.pi / 8, 9 * mp.pi / 128, 25 * mp.pi / 512]),
        ("spence", 1.0, [0, -1, mp.mpf(1) / 4, mp.mpf(-1) / 9 + mp.mpf(0)]),
    ],
)
def test_coefficients_where_the_equation_is_singular(name: str, x: float, coefficients: list) -> None:
    found = getattr(np, name, None) or getattr(sp, name)
    for box in (Interval(x), Interval(x - 2.0**-30, x + 2.0**-30)):
        series = found(Taylor._along(box, Interval(1.0), ORDER))
        with mp.workdps(60):
            exact = oracles.coefficients(name, (x,), (1,), ORDER)[0] if name != "spence" else None
        for k in range(ORDER + 1):
            value = coefficients[k] if exact is None else exact[k]
            if name == "spence" and k == 3:
                continue
            assert holds(series.coefficients[k], mp.mpf(value), 1)


# ------------------------------------------------------------------------------------------------ several variables


def mixed(x: Any) -> Any:
    """A bit of everything, smooth for positive x."""
    return (
        np.exp(-x[0] * 0.1) * np.log(x[1]) + np.sqrt(x[2]) / (x[0] + x[1] ** 3) + np.arctan2(x[1], x[2]) * x[0] ** 1.5
    )


def exactly(x: Any) -> Any:
    """The same in mpmath."""
    tenth = mp.mpf(0.1)
    return (
        mp.exp(-x[0] * tenth) * mp.log(x[1])
        + mp.sqrt(x[2]) / (x[0] + x[1] ** 3)
        + mp.atan2(x[1], x[2]) * x[0] ** mp.mpf(1.5)
    )


BOX = Interval([0.9, 1.4, 0.2], [1.0, 1.5, 0.25])


def partial(point: Any, orders: tuple) -> Any:
    """A partial derivative by mpmath's differences."""
    with mp.workdps(60):
        return mp.diff(lambda *t: exactly(t), tuple(point), orders) if any(orders) else exactly(point)


def samples() -> list[np.ndarray]:
    """Points of BOX."""
    return [numbers(p) for p in points_of(BOX, np.random.default_rng(3), 1)[2:]]


def test_multivariate_series_hold_all_partial_derivatives() -> None:
    series = mixed(ta.variables(BOX, 3))
    for point in samples():
        for row, orders in enumerate(series.structure.exponents):
            orders = tuple(int(k) for k in orders)
            value = partial(point, orders) / mp.fprod(mp.factorial(k) for k in orders)
            assert holds(series.coefficients[row], value, 10**15)


def first(point: Any) -> list:
    return [partial(point, tuple(int(i == j) for j in range(3))) for i in range(3)]


def second(point: Any) -> list:
    orders = np.eye(3, dtype=int)
    return [[partial(point, tuple(int(k) for k in orders[i] + orders[j])) for j in range(3)] for i in range(3)]


@pytest.mark.parametrize(
    "gradient",
    [
        ta.grad(mixed),
        ta.jacobian(mixed, mode="forward"),
        ta.jacobian(mixed, mode="reverse"),
        lambda x: ta.value_and_grad(mixed)(x)[1],
        lambda x: ta.vjp(mixed, x)[1](1.0),
        lambda x: np.stack([ta.jvp(mixed, x, e)[1] for e in np.eye(3)]),
        lambda x: np.stack([ta.linearize(mixed, x)[1](e) for e in np.eye(3)]),
        lambda x: mixed(Dual.seeded(x, np.eye(3))).block(1),
        lambda x: ta.verified.gradient(mixed, x),
    ],
)
def test_every_way_to_a_gradient_holds_the_gradients_of_points_inside(gradient: Callable) -> None:
    found = gradient(BOX)
    assert isinstance(found, Interval)
    for point in samples():
        values = first(point)
        assert all(holds(found[i], values[i], 10**10) for i in range(3))


@pytest.mark.parametrize("mode", ["hyperdual", "forward-over-reverse", "reverse-over-forward", "reverse-over-reverse"])
def test_every_way_to_a_hessian_holds_the_hessians_of_points_inside(mode: str) -> None:
    found = ta.hessian(mixed, mode=mode)(BOX)
    assert isinstance(found, Interval)
    for point in samples()[:1]:
        values = second(point)
        assert all(holds(found[i, j], values[i][j], 10**10) for i in range(3) for j in range(3))


def test_products_with_hessians_hold_those_of_points_inside() -> None:
    v = np.array([0.1, -0.7, 0.3])
    found = ta.hvp(mixed)(BOX, v)
    seeded = mixed(HyperDual.seeded(BOX, np.eye(3), v[None])).block(1, 2)[:, 0]
    for point in samples()[:1]:
        rows_ = second(point)
        with mp.workdps(60):
            values = [sum(a * mp.mpf(float(b)) for a, b in zip(row, v, strict=True)) for row in rows_]
        assert all(holds(found[i], values[i], 10**10) and holds(seeded[i], values[i], 10**10) for i in range(3))


def test_nested_derivatives_hold_those_of_points_inside() -> None:
    def f(t: Any) -> Any:
        return np.sin(t * 0.3) * np.exp(t) / (t + 0.1)

    def g(t: Any) -> Any:
        return mp.sin(t * mp.mpf(0.3)) * mp.exp(t) / (t + mp.mpf(0.1))

    box = Interval(1.0, 1.1)
    found = [
        ta.derivative(lambda s: ta.derivative(lambda r: ta.derivative(f, r), s), box),
        ta.grad(ta.grad(ta.grad(f)))(box),
        ta.derivative(lambda s: ta.grad(lambda r: ta.derivative(f, r))(s), box),
        ta.derivative(f, box, 3),
    ]
    for point in (1.0, 1.04, 1.1):
        with mp.workdps(60):
            value = mp.diff(g, mp.mpf(point), 3)
        assert all(holds(x, value, 10**10) for x in found)


# -------------------------------------------------------------------------- constants that a sweep must not round

THIRD = Fraction(1, 3)


@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda t: np.mean(t), Fraction(1, 3)),
        (lambda t: np.sum(t * 0.1 * 0.1), Fraction(0.1) ** 2),
        (lambda t: np.sum(0.1 * t + 0.2 * t), Fraction(0.1) + Fraction(0.2)),
        (lambda t: np.sum(t * Fraction(1, 3)), THIRD),
        (lambda t: np.sum(Fraction(1, 3) * t), THIRD),
        (lambda t: np.sum(t / 3), THIRD),
        (lambda t: np.sum(t * (2**53 + 1)), Fraction(2**53 + 1)),
        (lambda t: np.sum(t * np.float32(0.1)), Fraction(float(np.float32(0.1)))),
        (lambda t: np.sum(t * Interval("0.1")), Fraction(1, 10)),
        (lambda t: np.average(t), THIRD),
        (lambda t: np.trapezoid(t, dx=0.1) + (t[0] + t[2]) * 0.05, None),
        (lambda t: np.sum(np.rad2deg(t)) * 0, Fraction(0)),
        (lambda t: np.sum(np.matmul(np.full((3, 3), 0.1), t)), 3 * Fraction(0.1)),
        (lambda t: np.sum(np.cumsum(t[:1])) * 0.1 / 0.3 + t[1] + t[2], None),
        (lambda t: np.einsum("i,ij->", t, np.full((3, 3), 0.1)), 3 * Fraction(0.1)),
        (lambda t: np.sum(np.sum(np.broadcast_to(t, (7, 3)), axis=0) * 0.1), 7 * Fraction(0.1)),
    ],
)
@pytest.mark.parametrize("mode", ["reverse", "forward", "auto"])
def test_slopes_of_linear_functions_are_enclosed(f: Callable, slope: Fraction | None, mode: str) -> None:
    box = Interval([1.0, 2.0, 4.0], [1.5, 2.0, 5.0])
    found = ta.jacobian(f, mode=mode)(box)
    assert isinstance(found, Interval)
    if slope is None:
        exact = ta.jacobian(f, mode="forward")(np.array([Fraction(1)] * 3, dtype=object))
        assert all(found[i].contains(float(exact[i])) or found[i].width < 1e-15 for i in range(3))
        return
    for i in range(3):
        assert holds(found[i], slope)
    gradient = ta.grad(f)(box)
    assert isinstance(gradient, Interval)
    assert all(holds(gradient[i], slope) for i in range(3))


def test_pushforwards_of_plain_vectors_do_not_round() -> None:
    x = Interval([1.0, 2.0], [1.5, 3.0])
    _, push = ta.linearize(lambda t: t * 0.1 * 0.1 + t * 0.3, x)
    found = push(np.array([0.7, 1.0]))
    slope = Fraction(0.1) ** 2 + Fraction(0.3)
    assert isinstance(found, Interval)
    assert holds(found[0], slope * Fraction(0.7))
    assert holds(found[1], slope)
    products = ta.hvp(lambda t: np.sum(t * t * 0.1 * 0.1))(x, np.array([0.7, 0.1]))
    assert holds(products[0], 2 * Fraction(0.1) ** 2 * Fraction(0.7))
    assert holds(products[1], 2 * Fraction(0.1) ** 3)


@pytest.mark.parametrize("exponent", [0.1, 1.5, -0.3, Fraction(1, 3), np.float32(0.1), 3, -2, 0.5])
def test_powers_and_their_slopes_hold_those_with_the_exact_exponent(exponent: Any) -> None:
    box = Interval(1.9, 2.0)
    r = Fraction(exponent) if not isinstance(exponent, np.floating) else Fraction(float(exponent))
    with mp.workdps(60):
        power = mp.mpf(r.numerator) / r.denominator
        values = [(mp.mpf(p) ** power, power * mp.mpf(p) ** (power - 1)) for p in (1.9, 1.93, 2.0)]
        curved = [power * (power - 1) / 2 * mp.mpf(p) ** (power - 2) for p in (1.9, 1.93, 2.0)]
    series = Taylor._along(box, Interval(1.0), 2) ** exponent
    for (value, slope), half in zip(values, curved, strict=True):
        assert holds(box**exponent, value)
        assert holds(ta.grad(lambda t: t**exponent)(box), slope)
        assert holds(series.coefficients[1], slope)
        assert holds(series.coefficients[2], half)


# ----------------------------------------------------------------------------------------- tensors of high order


@pytest.mark.parametrize("order", [*range(20, 34)])
def test_factorials_that_are_no_doubles_are_enclosed(order: int) -> None:
    """From 23! on: every derivative of exp(x) at 0 is 1."""
    tensor = ta.expand(lambda x: np.exp(x[0]), Interval([0.0]), order).derivative_tensor(order)
    assert np.all(tensor.contains(1))
    assert np.max(tensor.width) < 1e-13


@pytest.mark.parametrize("method", ["expansion", "interpolation"])
@pytest.mark.parametrize("order", [3, 5, 7])
def test_tensors_of_polynomials_hold_the_exact_numbers(method: str, order: int) -> None:
    """x^k y^(d-k) has one derivative of order d, k! (d-k)!; interpolation weights such as 1/3 are no doubles."""

    def f(x: Any) -> Any:
        return sum(x[0] ** k * x[1] ** (order - k) for k in range(order + 1))

    tensor = ta.derivative_tensor(f, Interval([0.0, 0.0]), order, method=method)
    for k in range(order + 1):
        entry = tensor[(0,) * k + (1,) * (order - k)]
        assert entry.contains(math.factorial(k) * math.factorial(order - k))


def test_weights_of_interpolation_are_intervals_around_the_fractions() -> None:
    weights = interpolation_numbers([Fraction(1, 3), Fraction(-2, 7), Fraction(1, 4)], Interval(1.0))
    assert np.all(weights.contains([Fraction(1, 3), Fraction(-2, 7), Fraction(1, 4)]))
    assert weights.is_degenerate.tolist() == [False, False, True]


@pytest.mark.parametrize("place", [(0, 1), (1, 1), (0, 2), (2, 1)])
def test_an_empty_coefficient_stays_in_the_products_it_takes_part_in(place: tuple[int, int]) -> None:
    """Where a derivative of one factor has no value: those in x alone of the product have nothing to do with it."""
    x, y = ta.variables(Interval([1.0, 0.0]), order=4)
    hollow = x + y
    hollow.coefficients[hollow.structure.index(place)] = Interval.empty()
    for product in ((x * x) * hollow, hollow * (x * x)):
        for k, exact in enumerate((1, 3, 3, 1, 0)):  # (1 + t)³
            assert product.coefficient((k, 0)).contains(exact)
        assert product.coefficient(place).is_empty
