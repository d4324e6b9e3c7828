"""`gradient`, `jacobian` and `hessian` over boxes hold the derivatives at every point, and the slopes of secants."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

import taylorad as ta
from taylorad import Interval
from taylorad.algebras.interval import UndecidedError
from tests.interval.containment import holds, numbers, points_of

mp = mpmath.mp


def rosenbrock(x: Any) -> Any:
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def camel(x: Any) -> Any:
    return (4 - 2.1 * x[0] ** 2 + x[0] ** 4 / 3) * x[0] ** 2 + x[0] * x[1] + (-4 + 4 * x[1] ** 2) * x[1] ** 2


def rational(x: Any) -> Any:
    return (x[0] + 0.1) / (x[1] ** 2 + 1) - x[0] ** -2 * 0.3


POLYNOMIALS = [
    (rosenbrock, Interval([-1.2, 0.1], [-1.0, 0.4])),
    (rosenbrock, Interval([0.0, -3.0], [2.0, 3.0])),
    (camel, Interval([-0.1, -0.8], [0.2, -0.6])),
    (rational, Interval([0.5, -1.0], [0.7, 2.0])),
    (rational, Interval([0.1], [0.1]) + np.zeros(2)),
]


class Rounded:
    """A number of mpmath that takes floats for what they are."""

    def __init__(self, number: Any):
        self.number = number.number if isinstance(number, Rounded) else mp.mpf(number)

    def __add__(self, other: Any) -> Rounded:
        return Rounded(self.number + Rounded(other).number)

    def __sub__(self, other: Any) -> Rounded:
        return Rounded(self.number - Rounded(other).number)

    def __rsub__(self, other: Any) -> Rounded:
        return Rounded(Rounded(other).number - self.number)

    def __mul__(self, other: Any) -> Rounded:
        return Rounded(self.number * Rounded(other).number)

    def __truediv__(self, other: Any) -> Rounded:
        return Rounded(self.number / Rounded(other).number)

    def __pow__(self, n: int) -> Rounded:
        return Rounded(self.number**n)

    __radd__, __rmul__ = __add__, __mul__


def jet_of(f: Callable, point: np.ndarray) -> tuple[list, list]:
    """Gradient and Hessian of a rational function, in mpmath with 60 digits (polynomials: exact differences)."""
    with mp.workdps(80):

        def along(*t: Any) -> Any:
            return f(np.array([Rounded(v) for v in t], dtype=object)).number

        x = tuple(numbers(point))
        n = len(x)
        unit = np.eye(n, dtype=int)
        first = [mp.diff(along, x, tuple(map(int, unit[i]))) for i in range(n)]
        second = [[mp.diff(along, x, tuple(map(int, unit[i] + unit[j]))) for j in range(n)] for i in range(n)]
    return first, second


@pytest.mark.parametrize(("f", "box"), POLYNOMIALS)
def test_gradients_and_hessians_hold_those_at_points_inside(f: Callable, box: Interval) -> None:
    gradient, hessian = ta.verified.gradient(f, box), ta.verified.hessian(f, box)
    assert gradient.shape == (2,)
    assert hessian.shape == (2, 2)
    for point in points_of(box, np.random.default_rng(4), 2):
        first, second = jet_of(f, point)
        for i in range(2):
            assert holds(gradient[i], first[i], 10**6)
            assert all(holds(hessian[i, j], second[i][j], 10**6) for j in range(2))


def test_hessians_are_symmetric() -> None:
    found = ta.verified.hessian(camel, Interval([-0.1, -0.8], [0.2, -0.6]))
    assert found.equal(np.swapaxes(found, 0, 1)).all()


def test_jacobians_have_the_shape_of_result_and_argument() -> None:
    box = Interval(np.ones((2, 2)), np.full((2, 2), 1.5))
    found = ta.verified.jacobian(lambda x: np.exp(x) @ np.ones(2), box)
    assert found.shape == (2, 2, 2)
    with mp.workdps(50):
        for i in range(2):
            for j in range(2):
                for k in range(2):
                    assert holds(found[i, j, k], mp.exp(mp.mpf(1.2)) if i == j else mp.mpf(0))


@pytest.mark.parametrize(
    "f",
    [
        np.mean,
        lambda x: np.sum(x / 3),
        lambda x: np.sum(x * Fraction(1, 3)),
        lambda x: np.average(x, weights=[1, 1, 1]),
    ],
)
def test_slopes_that_are_no_doubles_are_enclosed(f: Callable) -> None:
    found = ta.verified.gradient(f, Interval([1.0, 2.0, 3.0]))
    assert all(holds(found[i], Fraction(1, 3)) for i in range(3))


# ------------------------------------------------------------------------------------------------------------ kinks


def ramp(x: Any) -> Any:
    return np.maximum(x, 0) - 2 * np.minimum(x, 0.5) + np.clip(x, -0.1, 0.2)


CONTINUOUS = [
    (np.abs, Interval(-1, 2)),
    (np.abs, Interval(0, 2)),
    (lambda x: np.abs(x) * x, Interval(-1, 2)),
    (ramp, Interval(-1, 1)),
    (lambda x: np.max(np.stack([x, -2 * x, x * x - 1])), Interval(-2, 2)),
    (lambda x: np.min(np.stack([x, -2 * x, x * x - 1])), Interval(-2, 2)),
    (lambda x: np.ptp(np.stack([x, x * x])), Interval(-1, 2)),
    (lambda x: np.abs(np.abs(x) - 1), Interval(-2, 2)),
    (lambda x: np.sqrt(np.maximum(x, 0) + 1), Interval(-1, 1)),
    (lambda x: np.hypot(x, 0.0), Interval(-1, 1)),
    (lambda x: np.linalg.norm(np.stack([x, x])), Interval(-1, 1)),
    (lambda x: np.cbrt(x), Interval(-1, 1)),
    (lambda x: np.exp(-np.abs(x)), Interval(-1, 3)),
]


@pytest.mark.parametrize(("f", "box"), CONTINUOUS)
def test_slopes_of_continuous_functions_hold_those_of_secants(f: Callable, box: Interval) -> None:
    slopes = ta.verified.gradient(f, box)
    low, high = (float(end) for end in box.ends)
    nodes = np.linspace(low, high, 23)
    values = [f(Interval(t)) for t in nodes]
    for i in range(len(nodes)):
        for j in range(i):
            secant = (values[i] - values[j]) / (Interval(nodes[i]) - nodes[j])
            assert not secant.disjoint(slopes), (nodes[i], nodes[j], secant, slopes)


@pytest.mark.parametrize("f", [np.abs, ramp, lambda x: np.abs(x) * x, lambda x: np.maximum(x, x * x)])
def test_second_derivatives_across_kinks_are_unknown(f: Callable) -> None:
    box = Interval(-0.5, 1.5)
    assert ta.verified.hessian(f, box).is_entire
    assert ta.derivative(f, box, 2).is_entire
    assert ta.derivative(lambda s: ta.derivative(f, s), box).is_entire


def test_second_derivatives_beside_a_kinked_part_are_held() -> None:
    found = ta.verified.hessian(lambda x: np.abs(x[0]) + x[1] ** 2, Interval([-1, 1], [1, 2]))
    assert found[1, 1].contains(2.0)
    assert found[0, 0].is_entire


@pytest.mark.parametrize(
    ("f", "box", "decoration"),
    [
        (np.exp, Interval(0, 1), "com"),
        (np.sqrt, Interval(0, 1), "dac"),
        (np.floor, Interval(0.5, 1.5), "def"),
        (lambda x: np.where(x > 0, x, -x), Interval(-1, 1), "def"),
        (np.log, Interval(-1, 1), "trv"),
        (lambda x: 1 / x, Interval(-1, 1), "trv"),
        (np.tan, Interval(1, 2), "trv"),
        (np.abs, Interval(-1, 1), "com"),
    ],
)
def test_decorations_of_derivatives_are_those_of_the_function(f: Callable, box: Interval, decoration: str) -> None:
    order = ["ill", "trv", "def", "dac", "com"]
    found = str(ta.verified.gradient(f, box).decoration)
    assert order.index(found) <= order.index(decoration)


def test_slopes_at_jumps_are_unknown() -> None:
    for f in (np.floor, np.sign, lambda x: np.where(x > 0.2, 1.0, 0.0) * x):
        found = ta.jacobian(f, mode="forward")(Interval(-1, 1))
        assert found.is_entire


def test_a_branch_that_depends_on_the_point_is_not_taken() -> None:
    def f(x: Any) -> Any:
        return x if x > 0 else -x

    with pytest.raises(UndecidedError):
        ta.verified.gradient(f, Interval(-1, 1))
    assert ta.verified.gradient(f, Interval(1, 2)).equal(Interval(1))


def test_no_derivatives_over_nothing() -> None:
    for function in (ta.verified.gradient, ta.verified.jacobian, ta.verified.hessian):
        with pytest.raises(ValueError, match="empty"):
            function(np.sum, Interval.empty(2))


def test_gradient_wants_one_number() -> None:
    with pytest.raises(TypeError, match="jacobian"):
        ta.verified.gradient(lambda x: x, Interval([0, 1], [1, 2]))
