"""Everyday NumPy: plain functions as users write them, differentiated without changing a line.

The oracle runs the same functions on plain arrays and takes central differences, extrapolated to step 0.
"""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest

import taylorad as ta
from tests.everyday import TABLE, plain_total


def value(entry, x):
    """The function's result as one number, on a copy of the point: functions may write to their argument."""
    with contextlib.redirect_stdout(io.StringIO()):
        return plain_total(entry.function(np.array(x) if np.ndim(x) else x))


def differences(entry, x, direction, order=1):
    """Central differences of the plain function along a direction, two steps of Richardson extrapolation."""

    def difference(h):
        if order == 1:
            return (value(entry, x + h * direction) - value(entry, x - h * direction)) / (2 * h)
        middle = value(entry, x)
        return (value(entry, x + h * direction) - 2 * middle + value(entry, x - h * direction)) / h**2

    h = 2e-3 * order
    a, b, c = difference(h), difference(h / 2), difference(h / 4)
    first, second = (4 * b - a) / 3, (4 * c - b) / 3
    return (16 * second - first) / 15


def directions(x):
    rng = np.random.default_rng(5)
    return [rng.normal(size=np.shape(x)) for _ in range(3)] if np.size(x) else []


def close(ours, expected, tolerance):
    assert np.all(np.abs(ours - expected) <= tolerance * (1 + np.abs(expected))), (ours, expected)


@pytest.fixture(params=TABLE, name="entry")
def _entry(request):
    return TABLE[request.param]


def total(entry):
    function = entry.function
    return lambda x: plain_total(function(x))


def test_values_are_those_of_the_plain_run(entry, capsys):
    x = np.array(entry.point)
    expected = value(entry, x)
    before = x.copy()
    for ours in (ta.value_and_grad(total(entry))(x)[0], ta.jvp(total(entry), x, np.ones_like(x))[0]):
        close(ours, expected, 1e-13)  # math's and NumPy's functions may differ in the last digit
    assert np.array_equal(x, before)


def test_reverse_derivatives_are_those_of_differences(entry, capsys):
    x = np.array(entry.point)
    gradient = ta.grad(total(entry))(x)
    assert gradient.shape == x.shape
    for v in directions(x):
        close(np.sum(gradient * v), differences(entry, x, v), 1e-8)  # rounding 1e-16/5e-4 and slack


def test_forward_derivatives_are_those_of_differences(entry, capsys):
    x = np.array(entry.point)
    for v in directions(x):
        expected = differences(entry, x, v)
        close(ta.jvp(total(entry), x, v)[1], expected, 1e-8)
        close(ta.taylor(total(entry), x, 1, v).coefficients[1], expected, 1e-8)


def test_second_derivatives_are_those_of_differences(entry, capsys):
    if not entry.second:
        pytest.skip("differentiates inside; second derivatives would need third ones of its function")
    x = np.array(entry.point)
    modes = [ta.hessian(total(entry)), ta.hessian(total(entry), mode="hyperdual")]
    hessians = [mode(x).reshape(x.size, x.size) for mode in modes]
    for v in directions(x):
        expected = differences(entry, x, v, order=2)
        for hessian in hessians:
            close(
                v.ravel() @ hessian @ v.ravel(), expected, 1e-7
            )  # rounding 1e-16/1e-6, a hundred times as much where values are large
    if x.size:
        close(ta.jacobian(ta.grad(total(entry)), mode="reverse")(x).reshape(x.size, x.size), hessians[1], 1e-9)


def test_jacobian_agrees_in_both_directions(entry, capsys):
    x = np.array(entry.point)

    function = entry.function

    def flat(x):
        result = function(x)
        return plain_total(result) if isinstance(result, dict | list | tuple) else result

    rows, columns = (ta.jacobian(flat, mode=mode)(x) for mode in ("reverse", "forward"))
    close(rows, columns, 1e-11)
