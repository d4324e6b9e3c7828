"""Composed functions for the validation, each written once over a namespace: NumPy's and SciPy's functions, or Arb's.

`x` is an array of variables; for Arb it holds series of balls. Constants are Python floats or arrays of doubles, the
same numbers on both sides.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["COMPOSED", "Composed"]


@dataclass(frozen=True)
class Composed:
    """A scalar function of some variables.

    Attributes
    ----------
    function : callable (xp, x) -> scalar
    variables : int
    box : (low, high)
        What the points are drawn from.
    formula : str
        For the report.
    """

    function: Callable[[Any, Any], Any]
    variables: int
    box: tuple[float, float]
    formula: str


ROWS = np.array(
    [
        [1.0, 0.5, -1.25, 2.0], [1.0, -1.5, 0.75, 0.25], [1.0, 2.25, 0.5, -0.75], [1.0, 0.125, -0.5, -1.5],
        [1.0, -0.25, 1.75, 1.0], [1.0, 1.375, -2.0, 0.5], [1.0, -0.875, -0.125, -0.25], [1.0, 0.3, 1.1, 0.7],
    ]
)  # fmt: skip
SIGNS = np.array([1.0, -1.0, 1.0, 1.0, -1.0, 1.0, -1.0, -1.0])
POSITIVE_DEFINITE = np.array(
    [
        [2.0, 0.5, 0.25, 0.1, 0.0], [0.5, 1.5, 0.3, 0.0, 0.2], [0.25, 0.3, 1.0, 0.4, 0.1],
        [0.1, 0.0, 0.4, 2.5, 0.6], [0.0, 0.2, 0.1, 0.6, 3.0],
    ]
)  # fmt: skip
TIMES = np.array([0.5, 1.0, 2.0, 3.5, 5.0])
OBSERVED = np.array([0.9, 0.7, 0.45, 0.3, 0.15])
ROOT_2, ROOT_8 = math.sqrt(2), math.sqrt(8)


def wave(xp: Any, x: Any) -> Any:
    return xp.exp(xp.sin(x[0])) * xp.log(2 + xp.cos(x[0])) / xp.sqrt(1 + x[0] * x[0])


def nested(xp: Any, x: Any) -> Any:
    return xp.sin(xp.exp(xp.cos(xp.tanh(x[0] * x[0] - 1))))


def rational(xp: Any, x: Any) -> Any:
    return (x[0] ** 3 - 2 * x[0] + 1) / (x[0] ** 4 + x[0] ** 2 + 3)


def tower(xp: Any, x: Any) -> Any:
    return xp.power(x[0], xp.power(x[0], x[0]))


def fermi(xp: Any, x: Any) -> Any:
    return x[0] ** 3 / (1 + xp.exp(x[0]))


def gamma_ratio(xp: Any, x: Any) -> Any:
    return xp.exp(xp.gammaln(x[0] + 0.5) - xp.gammaln(x[0]))


def bessel_product(xp: Any, x: Any) -> Any:
    return xp.j0(x[0]) * xp.j1(2 * x[0]) + xp.erf(x[0]) * xp.exp(-x[0])


def softmax_entropy(xp: Any, x: Any) -> Any:
    p = xp.softmax(x)
    return -xp.sum(p * xp.log(p))


def logistic(xp: Any, x: Any) -> Any:
    return -xp.sum(xp.log_expit(SIGNS * (ROWS @ x)))


def probit(xp: Any, x: Any) -> Any:
    return -xp.sum(xp.log_ndtr(SIGNS * (ROWS[:, :3] @ x)))


def rosenbrock(xp: Any, x: Any) -> Any:
    return xp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def helmholtz(xp: Any, x: Any) -> Any:
    volume = xp.sum(np.array([0.03, 0.05, 0.02, 0.04, 0.01]) * x)
    ideal = xp.sum(x * xp.log(x / (1 - volume)))
    attraction = xp.sum(x * (POSITIVE_DEFINITE @ x)) / (ROOT_8 * volume)
    return ideal - attraction * xp.log((1 + (1 + ROOT_2) * volume) / (1 + (1 - ROOT_2) * volume))


def lennard_jones(xp: Any, x: Any) -> Any:
    """Three atoms in the plane, at a triangle of side 1.5 plus x."""
    atoms = [(x[0], x[1]), (x[2] + 1.5, x[3]), (x[4] + 0.75, x[5] + 1.3)]
    total = 0.0
    for i in range(3):
        for j in range(i):
            distance = (atoms[i][0] - atoms[j][0]) ** 2 + (atoms[i][1] - atoms[j][1]) ** 2
            inverse = 1 / distance**3
            total = total + 4 * (inverse * inverse - inverse)
    return total


def oblate_potential(xp: Any, x: Any) -> Any:
    """Kepler's potential with a flattening term."""
    squared = xp.sum(x**2)
    return -1 / xp.sqrt(squared) * (1 - 0.001 * (3 * x[2] ** 2 / squared - 1) / squared)


def symmetric_determinant(xp: Any, x: Any) -> Any:
    a, b, c, d, e, f = (x[i] for i in range(6))
    return a * (d * f - e * e) - b * (b * f - c * e) + c * (b * e - c * d)


def mixture(xp: Any, x: Any) -> Any:
    """Minus the logarithm of a mixture of two Gaussians."""
    exponents = xp.stack([-xp.sum((x - 0.5) ** 2) / 2, -xp.sum((x + 1.25) ** 2) / 0.5])
    return -xp.logsumexp(exponents)


def beale(xp: Any, x: Any) -> Any:
    terms = (1.5 - x[0] + x[0] * x[1], 2.25 - x[0] + x[0] * x[1] ** 2, 2.625 - x[0] + x[0] * x[1] ** 3)
    return terms[0] ** 2 + terms[1] ** 2 + terms[2] ** 2


def ackley(xp: Any, x: Any) -> Any:
    mean = xp.sqrt(xp.sum(x**2) / 3)
    return -20 * xp.exp(-0.2 * mean) - xp.exp(xp.sum(xp.cos(6.25 * x)) / 3)


def himmelblau(xp: Any, x: Any) -> Any:
    return (x[0] ** 2 + x[1] - 11) ** 2 + (x[0] + x[1] ** 2 - 7) ** 2


def network(xp: Any, x: Any) -> Any:
    """Two layers of tanh, weights x, summed squares over data."""
    total = 0.0
    for row, target in zip(ROWS[:4, 1:3].tolist(), (0.5, -0.25, 0.75, 0.1), strict=True):
        first = xp.tanh(x[0] * row[0] + x[1] * row[1] + x[2])
        second = xp.tanh(x[3] * row[0] + x[4] * row[1] + x[5])
        total = total + (x[6] * first + x[7] * second - target) ** 2
    return total


def decay_fit(xp: Any, x: Any) -> Any:
    return xp.sum((x[0] * xp.exp(-x[1] * TIMES) - OBSERVED) ** 2)


def gaussian_form(xp: Any, x: Any) -> Any:
    return xp.exp(xp.sum(x * (POSITIVE_DEFINITE @ x)) / -2)


def rastrigin(xp: Any, x: Any) -> Any:
    return xp.sum(x**2 - 10 * xp.cos(6.25 * x))


COMPOSED: dict[str, Composed] = {
    "wave": Composed(wave, 1, (-3, 3), "exp(sin x) log(2 + cos x)/√(1 + x²)"),
    "nested": Composed(nested, 1, (-2, 2), "sin(exp(cos(tanh(x² - 1))))"),
    "gaussian": Composed(lambda xp, x: xp.exp(-(x[0] ** 2) / 2), 1, (-3, 3), "exp(-x²/2)"),
    "rational": Composed(rational, 1, (-3, 3), "(x³ - 2x + 1)/(x⁴ + x² + 3)"),
    "tower": Composed(tower, 1, (0.3, 2), "x^(x^x)"),
    "damped": Composed(lambda xp, x: xp.exp(x[0] / -3) * xp.sin(5 * x[0]), 1, (-3, 3), "exp(-x/3) sin 5x"),
    "fermi": Composed(fermi, 1, (-2, 4), "x³/(exp x + 1)"),
    "gamma-ratio": Composed(gamma_ratio, 1, (2, 8), "Γ(x + 1/2)/Γ(x)"),
    "special": Composed(bessel_product, 1, (0.3, 4), "J0(x) J1(2x) + erf(x) exp(-x)"),
    "logsumexp": Composed(lambda xp, x: xp.logsumexp(x), 5, (-5, 5), "log Σ exp x_i"),
    "softmax-entropy": Composed(softmax_entropy, 4, (-2, 2), "-Σ p_i log p_i, p = softmax x"),
    "norm": Composed(lambda xp, x: xp.norm(x), 4, (-3, 3), "‖x‖"),
    "logistic": Composed(logistic, 4, (-1, 1), "-Σ log expit(±a_i·x), 8 rows"),
    "probit": Composed(probit, 3, (-1, 1), "-Σ log Φ(±a_i·x), 8 rows"),
    "Rosenbrock": Composed(rosenbrock, 5, (-2, 2), "Σ 100 (x_(i+1) - x_i²)² + (1 - x_i)²"),
    "Helmholtz": Composed(helmholtz, 5, (0.1, 1.5), "energy of a mixed fluid (Griewank)"),
    "Lennard-Jones": Composed(lennard_jones, 6, (-0.3, 0.3), "three atoms in the plane"),
    "oblate-potential": Composed(oblate_potential, 3, (0.5, 2), "Kepler's potential with J2"),
    "determinant": Composed(symmetric_determinant, 6, (-2, 2), "of a symmetric 3 × 3 matrix"),
    "mixture": Composed(mixture, 4, (-2, 2), "-log of a mixture of two Gaussians"),
    "Beale": Composed(beale, 2, (-3, 3), "three residuals"),
    "Ackley": Composed(ackley, 3, (-2, 2), "-20 exp(-√(Σx²/3)/5) - exp(Σ cos(6.25 x)/3)"),
    "Himmelblau": Composed(himmelblau, 2, (-5, 5), "(x² + y - 11)² + (x + y² - 7)²"),
    "network": Composed(network, 8, (-1, 1), "two tanh neurons, four data"),
    "decay-fit": Composed(decay_fit, 2, (0.2, 2), "Σ (a exp(-b t_i) - y_i)²"),
    "relative-entropy": Composed(
        lambda xp, x: xp.sum(x[:2] * xp.log(x[:2] / x[2:])), 4, (0.1, 2), "Σ p_i log(p_i/q_i)"
    ),
    "product": Composed(lambda xp, x: xp.prod(xp.sin(x)), 5, (0.2, 3), "Π sin x_i"),
    "Gaussian-form": Composed(gaussian_form, 5, (-1, 1), "exp(-xᵀAx/2)"),
    "geometric-mean": Composed(lambda xp, x: xp.power(xp.prod(x), 0.25), 4, (0.2, 3), "(Π x_i)^(1/4)"),
    "Rastrigin": Composed(rastrigin, 3, (-3, 3), "Σ x² - 10 cos(6.25 x)"),
}
