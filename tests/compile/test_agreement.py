"""Compiled and eager results agree: over the whole table of functions, and for random programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import taylorad as ta
from tests.points import directions, elementary_names, function, rows, typical_rows

EPS = np.finfo(float).eps
ULPS = 4


def derivative(name: str, rest: tuple, at: int, order: int) -> Callable:
    """The function's derivative of an order in one argument, the others being `rest`."""
    f = function(name)

    def along(s: Any) -> Any:
        result = f(*rest[:at], s, *rest[at:])
        return result[0] if isinstance(result, tuple) else result

    return along if order == 0 else lambda s: ta.derivative(along, s, order)


def sensitivity(name: str, x: Any, rest: tuple, at: int, order: int) -> Any:
    """|d| + |x d'| of a derivative d: what roundings of d and x do, in units of theirs."""
    series = np.abs(ta.taylor(derivative(name, rest, at, 0), x, order + 1).derivatives())
    return series[order] + abs(x) * series[order + 1]


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::taylorad.DomainWarning")
@pytest.mark.parametrize("name", elementary_names())
def test_the_whole_table(name):
    at = next(i for i, d in enumerate(directions(name)) if d)
    points = [point for row, point in typical_rows(np.float64, 3) if row == name] or list(rows(name))[:3]
    for point in points:
        rest = point.arguments[:at] + point.arguments[at + 1 :]
        x = np.array(point.arguments[at]) * 1.0
        for order in (0, 1, 2):
            f = derivative(name, rest, at, order)
            ours, expected = ta.jit(f)(x), f(x)
            allowed = ULPS * EPS * sensitivity(name, x, rest, at, order)
            assert abs(ours - expected) <= allowed or ours == expected, (point, order, ours, expected)


# -------------------------------------------------------------------------------------------------- random programs

UNARY = ["sin", "cos", "tanh", "exp", "arctan", "square", "negative", "abs", "sqrt_of_square", "log_of_square", "sum"]
BINARY = ["add", "subtract", "multiply", "divide", "maximum", "where", "hypot", "matmul", "write"]
STEP = st.tuples(st.sampled_from(UNARY + BINARY), st.integers(0, 30), st.integers(0, 30))


def run(steps: list, x: Any) -> Any:
    """A random program: each step takes earlier vectors; magnitudes are kept near 1."""
    values: list[Any] = [x, x[::-1] * 0.7, np.cumsum(x) / 3, x[0] * np.ones(4)]
    for kind, i, j in steps:
        a, b = values[i % len(values)], values[j % len(values)]
        values.append(_step(kind, a, b))
    return sum(np.sum(v * (k + 1)) for k, v in enumerate(values[-3:]))


def _step(kind: str, a: Any, b: Any) -> Any:
    if kind == "write":
        z = np.zeros(4)
        z[1:] += a[:3]
        z[0] = b[2]
        return z
    if kind == "where":
        return np.where(a > b, a, b * 0.5)
    if kind == "matmul":
        return np.outer(a, b) @ a / (1 + a @ a)
    if kind == "sum":
        return a - np.sum(a) / 4
    special = {"sqrt_of_square": lambda: np.sqrt(a * a + 0.1), "log_of_square": lambda: np.log(a * a + 0.5)}
    if kind in special:
        return special[kind]()
    if kind == "divide":
        return a / (1 + b * b)
    if kind == "exp":
        return np.exp(np.sin(a))
    function = getattr(np, kind)
    return function(a) if kind in UNARY else function(a, b) / 2


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(STEP, min_size=3, max_size=12), st.lists(st.floats(-2, 2), min_size=4, max_size=4))
def test_random_programs(steps, point):
    x = np.round(np.array(point), 3) + np.array([0.013, -0.027, 0.071, 0.043])  # away from ties of equal entries

    def f(x: Any) -> Any:
        return run(steps, x)

    v = np.array([0.3, -1.0, 0.5, 0.8])
    for transform in (
        f,
        ta.grad(f),
        ta.hessian(f),
        lambda x: ta.hvp(f)(x, v),
        lambda x: ta.taylor(f, x, 4, v).coefficients,
    ):
        expected = np.asarray(transform(x))
        scale = np.max(np.abs(expected), initial=1.0)
        assert np.allclose(ta.jit(transform)(x), expected, rtol=0, atol=1e-12 * scale)
