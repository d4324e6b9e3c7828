"""Random programs of writes, views and in-place operations, against the same programs on exact dual numbers.

What aliases what, and what is copied, is decided by NumPy and not by a model of it: see `tests.simulated`.
"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import taylorad as ta
from tests.simulated import Exact, Simulated

N = 4
POINT = np.array([0.5, -1.25, 2.0, 0.75])  # exact in binary
MASKS = (np.array([True, False, True, False]), np.array([False, False, True, True]))
KEYS = {
    1: (
        slice(None), slice(1, None), slice(None, -1), slice(None, None, -1), slice(None, None, 2), slice(-1, 0, -2), 0,
        -1, 1, [0, 1], [1, 0], [-1, 0, 0], (None, slice(1, None)), Ellipsis,
    ),
    2: (
        0, -1, slice(None, None, -1), (slice(None), 1), (0, 0), (slice(None), slice(None, None, -1)), (Ellipsis, 0),
        [1, 0], ([0, 1], [1, 0]), (slice(None), [0, 0]), None, slice(1, None), (1, slice(None)),
    ),
    3: (0, (slice(None), 0), (Ellipsis, -1), slice(None, None, -1), (0, 0, 0)),
}  # fmt: skip
VIEWS = (
    lambda a: a.reshape(-1), lambda a: a.reshape(2, -1), lambda a: a.reshape(a.shape[0], -1), lambda a: a.T, np.ravel,
    lambda a: a.ravel(), lambda a: a.transpose(), lambda a: np.swapaxes(a, 0, -1), np.flip, lambda a: a[None],
    np.squeeze, lambda a: np.split(a, 2)[1], lambda a: np.array_split(a, 2)[0], lambda a: np.moveaxis(a, 0, -1),
    np.atleast_2d,
    lambda a: a.flatten(), lambda a: a.copy(), lambda a: a * 1, lambda a: a, lambda a: np.expand_dims(a, -1), np.flipud,
)  # fmt: skip


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
    keys = KEYS[a.ndim]
    return keys[number % len(keys)]


def assign(a, key, value):
    """NumPy 2 versions differ about arrays of one entry that are assigned to a number: never done here."""
    if getattr(value, "ndim", 0) > 0 and getattr(a[key], "ndim", 0) == 0:
        raise ValueError("setting an array element with a sequence")
    a[key] = value


def step(kind, pool, used, numbers):
    """One step; ValueError and IndexError where NumPy raises them."""
    arrays = [a for a in pool if 0 < getattr(a, "ndim", 0) < 4]
    a = arrays[numbers[0] % len(arrays)]
    b = arrays[numbers[1] % len(arrays)] if isinstance(numbers[1], int) else None
    if kind == "view":
        pool.append(VIEWS[numbers[1]](a))
    elif kind == "part":
        pool.append(a[key_of(a, numbers[1])])
    elif kind == "new":
        pool.append(combined(a, b, numbers[2]))
    elif kind == "write":
        assign(a, key_of(a, numbers[2]), b[key_of(b, numbers[3])])
    elif kind == "number":
        a[key_of(a, numbers[1])] = numbers[2]
    elif kind == "change":
        key = key_of(a, numbers[2])
        assign(a, key, changed(a[key], b, numbers[3]))
    elif kind == "in place":
        changed(a, b, numbers[2])
    elif kind == "mask":
        mask, b = MASKS[numbers[1]], arrays[numbers[2] % len(arrays)]
        if a.shape == b.shape == mask.shape:
            a[mask] = combined(a[mask], b[mask], numbers[3])
    elif kind == "at":
        np.add.at(a, [0, 0, -1], b[:3])
    elif kind == "swap":
        i, j = key_of(a, numbers[1]), key_of(a, numbers[2])
        first, second = a[j], a[i]
        assign(a, i, first)
        assign(a, j, second)
    else:
        used.append(np.sum(a * b))


def run(steps, x, zeros):
    """What a program leaves in all its arrays and numbers, as one number, and which steps failed."""
    pool, used, failed = [x, zeros(4), zeros((2, 2)), x * 2], [], []
    for number, (kind, *numbers) in enumerate(steps):
        try:
            step(kind, pool, used, numbers)
        except (ValueError, IndexError, np.exceptions.AxisError):
            failed.append(number)
    total = x[0] * 0
    for weight, part in enumerate(pool + used):
        if getattr(part, "ndim", 0) == 0:
            total = total + part * (weight + 0.5)
        else:
            total = total + np.sum(part * (np.arange(part.size).reshape(part.shape) * 0.25 + weight + 0.5))
    return total, failed


def zeros(shape):
    return np.zeros(shape)


@settings(max_examples=1000)
@given(st.lists(STEPS, min_size=1, max_size=10))
def test_random_programs_have_the_derivatives_of_exact_numbers(steps):
    store = []
    exact = Simulated.of([Exact(v, (int(i == j) for j in range(N))) for i, v in enumerate(POINT.tolist())], store)

    def exact_zeros(shape):
        return Simulated.of([Exact(0, (0,) * N)] * int(np.prod(shape)), store, shape)

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
    assert all(errors == failed for errors in outcomes), (outcomes, failed)
    assert np.array_equal(x, POINT)
    scale = 1e-12 * (1 + np.abs(expected).max() + abs(float(truth.value)))  # a few roundings a step
    assert abs(value - float(truth.value)) <= 100 * scale
    assert np.abs(gradient - expected).max() <= 100 * scale
    assert np.abs(forward - expected).max() <= 100 * scale


@settings(max_examples=60)
@given(st.lists(STEPS, min_size=1, max_size=8))
def test_second_derivatives_of_random_programs_agree_in_every_nesting(steps):
    def f(x):
        return run(steps, x, zeros)[0]

    nestings = [
        ta.hessian(f),
        ta.jacobian(ta.grad(f), mode="reverse"),
        ta.jacobian(ta.grad(f), mode="forward"),
        ta.jacobian(ta.jacobian(f, mode="forward"), mode="reverse"),
        lambda x: ta.expand(f, x, 2).hessian(),
    ]
    expected = ta.hessian(f, mode="hyperdual")(POINT)
    tolerance = 1e-10 * (1 + np.abs(expected).max())  # many roundings, of terms that may be larger than their sum
    for nesting in nestings:
        assert np.abs(nesting(POINT) - expected).max() <= tolerance
