"""Random programs of writes, views and in-place operations, against the same programs on exact dual numbers.

The oracle is NumPy itself: arrays of objects that carry a value and a gradient as Fractions, so that what aliases what,
and what is copied, is decided by NumPy and not by a model of it.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import taylorad as ta

N = 4
POINT = np.array([0.5, -1.25, 2.0, 0.75])  # exact in binary
MASKS = (np.array([True, False, True, False]), np.array([False, False, True, True]))
KEYS = {
    1: (
        slice(None), slice(1, None), slice(None, -1), slice(None, None, -1), slice(None, None, 2), slice(-1, 0, -2), 0, -1, 1,
        [0, 1], [1, 0], [-1, 0, 0], (None, slice(1, None)), Ellipsis,
    ),
    2: (
        0, -1, slice(None, None, -1), (slice(None), 1), (0, 0), (slice(None), slice(None, None, -1)), (Ellipsis, 0), [1, 0],
        ([0, 1], [1, 0]), (slice(None), [0, 0]), None, slice(1, None), (1, slice(None)),
    ),
    3: (0, (slice(None), 0), (Ellipsis, -1), slice(None, None, -1), (0, 0, 0)),
}  # fmt: skip
VIEWS = (
    lambda a: a.reshape(-1), lambda a: a.reshape(2, -1), lambda a: a.reshape(a.shape[0], -1), lambda a: a.T, np.ravel,
    lambda a: a.ravel(), lambda a: a.transpose(), lambda a: np.swapaxes(a, 0, -1), np.flip, lambda a: a[None], np.squeeze,
    lambda a: np.split(a, 2)[1], lambda a: np.array_split(a, 2)[0], lambda a: np.moveaxis(a, 0, -1), np.atleast_2d,
    lambda a: a.flatten(), lambda a: a.copy(), lambda a: a * 1, lambda a: a, lambda a: np.expand_dims(a, -1), np.flipud,
)  # fmt: skip


class Exact:
    """A number and its gradient."""

    def __init__(self, value, gradient=(0,) * N):
        self.value, self.gradient = Fraction(value), tuple(gradient)

    def __add__(self, other):
        other = other if isinstance(other, Exact) else Exact(other)
        return Exact(self.value + other.value, (a + b for a, b in zip(self.gradient, other.gradient, strict=True)))

    def __mul__(self, other):
        other = other if isinstance(other, Exact) else Exact(other)
        pairs = zip(self.gradient, other.gradient, strict=True)
        return Exact(self.value * other.value, (a * other.value + self.value * b for a, b in pairs))

    def __sub__(self, other):
        return self + other * -1

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other):
        return self * -1 + other


def exact_zeros(shape):
    array = np.empty(shape, dtype=object)
    for index in np.ndindex(array.shape):
        array[index] = Exact(0)
    return array


index = st.integers(0, 7)
operator = st.sampled_from("+-*")
STEPS = st.one_of(
    st.tuples(st.just("view"), index, st.integers(0, len(VIEWS) - 1)),
    st.tuples(st.just("part"), index, index),
    st.tuples(st.just("new"), index, index, operator),
    st.tuples(st.just("write"), index, index, index, index),
    st.tuples(st.just("number"), index, index, st.sampled_from((0.5, 2.0, -1.0))),
    st.tuples(st.just("change"), index, index, index, operator),
    st.tuples(st.just("in place"), index, index, operator),
    st.tuples(st.just("mask"), index, st.integers(0, 1), index, operator),
    st.tuples(st.just("at"), index, index),
    st.tuples(st.just("swap"), index, index, index),
    st.tuples(st.just("use"), index, index),
)


def combined(a, b, sign):
    return a + b if sign == "+" else a - b if sign == "-" else a * b * 0.5


def changed(a, b, sign):
    if sign == "+":
        a += b
    elif sign == "-":
        a -= b
    else:
        a *= b
    return a


def key_of(a, number):
    keys = KEYS[np.ndim(a)]
    return keys[number % len(keys)]


def step(kind, pool, used, numbers):
    """One step; ValueError and IndexError where NumPy raises them."""
    arrays = [a for a in pool if 0 < np.ndim(a) < 4]
    a = arrays[numbers[0] % len(arrays)]
    b = arrays[numbers[1] % len(arrays)] if isinstance(numbers[1], int) else None
    if kind == "view":
        pool.append(VIEWS[numbers[1]](a))
    elif kind == "part":
        pool.append(a[key_of(a, numbers[1])])
    elif kind == "new":
        pool.append(combined(a, b, numbers[2]))
    elif kind == "write":
        a[key_of(a, numbers[2])] = b[key_of(b, numbers[3])]
    elif kind == "number":
        a[key_of(a, numbers[1])] = numbers[2]
    elif kind == "change":
        key = key_of(a, numbers[2])
        a[key] = changed(a[key], b, numbers[3])
    elif kind == "in place":
        changed(a, b, numbers[2])
    elif kind == "mask":
        mask = MASKS[numbers[1]]
        a[mask] = combined(a[mask], arrays[numbers[2] % len(arrays)][mask], numbers[3])
    elif kind == "at":
        np.add.at(a, [0, 0, -1], b[:3])
    elif kind == "swap":
        i, j = key_of(a, numbers[1]), key_of(a, numbers[2])
        a[i], a[j] = a[j], a[i]
    else:
        used.append(np.sum(a * b))


def run(steps, x, zeros):
    """What a program leaves in all its arrays and numbers, as one number, and which steps failed."""
    pool, used, failed = [x, zeros(4), zeros((2, 2)), x * 2], [], []
    for number, (kind, *numbers) in enumerate(steps):
        try:
            step(kind, pool, used, numbers)
        except (ValueError, IndexError, np.exceptions.AxisError) as error:
            failed.append((number, type(error).__name__))
    total = x[0] * 0
    for weight, part in enumerate(pool + used):
        scales = np.arange(np.size(part)).reshape(np.shape(part)) * 0.25 + weight + 0.5
        total = total + np.sum(part * scales)
    return total, failed


def zeros(shape):
    return np.zeros(shape)


@settings(max_examples=400)
@given(st.lists(STEPS, min_size=1, max_size=10))
def test_random_programs_have_the_derivatives_of_exact_numbers(steps):
    seeds = [Exact(Fraction(v), (int(i == j) for j in range(N))) for i, v in enumerate(POINT.tolist())]
    exact = np.empty(N, dtype=object)
    for i, seed in enumerate(seeds):
        exact[i] = seed
    truth, failed = run(steps, exact, exact_zeros)
    expected = np.array(list(map(float, truth.gradient)))
    outcomes = []

    def f(x):
        total, errors = run(steps, x, zeros)
        outcomes.append(errors)
        return total

    x = POINT.copy()
    value, gradient = ta.value_and_grad(f)(x)
    forward = ta.jacobian(f, mode="forward")(x)
    assert all(errors == failed for errors in outcomes)
    assert np.array_equal(x, POINT)
    scale = 1e-12 * (1 + np.abs(expected).max() + abs(float(truth.value)))  # a few roundings a step
    assert abs(value - float(truth.value)) <= 100 * scale
    assert np.abs(gradient - expected).max() <= 100 * scale
    assert np.abs(forward - expected).max() <= 100 * scale


def test_the_oracle_differentiates():
    x = np.array([Exact(2, (1, 0, 0, 0)), Exact(3, (0, 1, 0, 0))], dtype=object)
    y = x[0] * x[1] - x[0]
    assert (y.value, y.gradient) == (4, (2, 2, 0, 0))
    assert pytest.approx(float((3 - x[1]).gradient[1])) == -1
