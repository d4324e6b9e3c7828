"""The pullback is the transpose of the pushforward: ``Σ ȳ·(J v) = Σ (Jᵀ ȳ)·v``, for every entry of the table.

Arguments, tangents v and cotangents ȳ are Taylor polynomials, and so are both sides: the identity holds coefficient by
coefficient in R[t]/t^(m+1). With the cotangents of the m + 1 coefficients in reversed order, its coefficient m is the
pairing Σ_k ȳ_k y_k of all coefficients: the transpose of the Taylor rule itself. Complex numbers pair without a
conjugate, Re Σ ȳ y.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from taylorad import Dual, HyperDual, Taylor, grad
from taylorad.rules import TABLE
from taylorad.transforms.recording import Recording
from tests.calls import CONSTANT, KINDS, REAL, SMOOTH, calls, coefficient_arrays, leaves, sampled
from tests.points import POINTS, Point, all_rows, directions, function, is_complex

ORDERS = range(6)
ROUNDING = 1e-12  # of the sum of absolute terms: some hundred roundings, where logsumexp and beta add and subtract


def recorded(f: Callable, arguments: list) -> Recording:
    """One run of f, its results as separate arrays (a list of numbers would be one)."""
    return Recording(lambda *inputs: dict(enumerate(leaves(f(*inputs)))), tuple(arguments))


def random_series(like: Any, order: int, seed: int) -> Any:
    """Random coefficients in [-1, 1] for an array of the shape and number type of `like`."""
    rng = np.random.default_rng(seed)
    c = rng.uniform(-1, 1, (order + 1, *like.shape))
    if like.dtype.kind == "c":
        c = c + 1j * rng.uniform(-1, 1, c.shape)
    return Taylor(c.astype(like.dtype))


def paired(covectors: list, vectors: list) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of ``Re Σ ȳ v``, and of the sum of absolute terms; None stands for zero."""
    total, scale = 0.0, 0.0
    for a, b in zip(covectors, vectors, strict=True):
        if a is None or b is None:
            continue
        u, v = (x.coefficients.reshape(len(x.coefficients), -1).astype(np.result_type(x.dtype, float)) for x in (a, b))
        rows = range(len(u))
        total = total + np.array([sum(np.real(u[: k + 1] * v[k::-1]).sum(1)).sum() for k in rows])
        scale = scale + np.array([sum(np.abs(u[: k + 1] * v[k::-1]).sum(1)).sum() for k in rows])
    return total, scale


def check_transpose(f: Callable, arguments: list, tolerance: float = ROUNDING) -> None:
    """Both sides of the identity, the tangent once from the sweep and once from dual numbers over the series."""
    recording = recorded(f, arguments)
    tangents = [random_series(a, a.order, 1 + i) for i, a in enumerate(arguments)]
    cotangents = [random_series(y, arguments[0].order, 10 + i) for i, y in enumerate(recording.values)]
    pushed, pulled = recording.push(tangents), recording.pull(cotangents)
    left, scale = paired(cotangents, pushed)
    right, other = paired(pulled, tangents)
    assert np.all(np.abs(left - right) <= tolerance * np.maximum(scale, other))
    duals = [Dual._make(np.stack([x, v]), Dual(1.0).structure, 0) for x, v in zip(arguments, tangents, strict=True)]
    for y, dy, expected in zip(recording.values, pushed, leaves(f(*duals)), strict=True):
        compare(y, getattr(expected, "value", expected), tolerance)
        compare(dy, expected.coefficients[1] if isinstance(expected, Dual) else None, tolerance)
    for x, xbar in zip(arguments, pulled, strict=True):
        assert xbar is None or (xbar.shape, xbar.dtype.kind) == (x.shape, x.dtype.kind)


def compare(ours: Any, theirs: Any, tolerance: float) -> None:
    """Equal coefficients, to a tolerance of the largest of each degree and those below; None is zero."""
    a, b = (getattr(x, "coefficients", None if x is None else np.asarray(x)[None]) for x in (ours, theirs))
    a, b = (np.zeros_like(y) if x is None else x for x, y in ((a, b), (b, a))) if (a is None) != (b is None) else (a, b)
    if a is None:
        return
    assert a.shape[1:] == b.shape[1:]
    rows = max(len(a), len(b))
    a, b = (np.concatenate([x, np.zeros((rows - len(x), *x.shape[1:]))]) for x in (a, b))
    largest = np.maximum.accumulate(np.abs(b).reshape(rows, -1).max(axis=1, initial=1e-3))
    assert np.all(np.abs(a - b).reshape(rows, -1).max(axis=1, initial=0) <= tolerance * largest)


# --------------------------------------------------------------------------------------------------- array functions


def test_every_function_of_the_table_is_transposed_here():
    assert {name for name, p in TABLE.items() if p.kind in KINDS} <= {*SMOOTH, *CONSTANT}
    assert {p.name for p in TABLE.values() if p.kind not in KINDS} <= {*POINTS, "undefined", "unsettled"}


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_pullback_is_the_transpose_of_pushforward(f, shapes):
    for order in ORDERS:
        check_transpose(f, [Taylor(a) for a in coefficient_arrays(shapes, order + 1)])


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH, skip=REAL))
def test_pullback_is_the_transpose_of_pushforward_in_complex(f, shapes):
    for order in ORDERS:
        check_transpose(f, [Taylor(a) for a in coefficient_arrays(shapes, order + 1, complex)])


@pytest.mark.parametrize(("f", "shapes"), [p for p in calls(SMOOTH) if len(p.values[1]) > 1])
def test_operands_that_are_constants_change_nothing(f, shapes):
    arguments = coefficient_arrays(shapes, 3)
    for i, moving in enumerate(arguments):
        before, after = ([a[0] for a in part] for part in (arguments[:i], arguments[i + 1 :]))
        check_transpose(lambda x, before=before, after=after: f(*before, x, *after), [Taylor(moving)])


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_pullback_of_plain_arrays_has_the_numbers_of_order_zero(f, shapes):
    arguments = [a[0] for a in coefficient_arrays(shapes, 1)]
    recording, series = recorded(f, arguments), recorded(f, [Taylor(a[None]) for a in arguments])
    cotangents = [random_series(np.asarray(y) * 1.0, 0, i) for i, y in enumerate(recording.values)]
    ours = recording.pull([c.coefficients[0] for c in cotangents])
    for a, b in zip(ours, series.pull(cotangents), strict=True):
        compare(a, b, 1e-13)  # sums in another order


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_pushforward_is_the_slope_of_numpys_values(f, shapes):
    arguments = coefficient_arrays(shapes, 4)
    straight = [np.concatenate([a[:2], 0 * a[2:]]) for a in arguments]
    recording = recorded(f, [a[0] for a in arguments])
    for dy, expected in zip(recording.push([a[1] for a in arguments]), sampled(f, straight), strict=True):
        compare(dy, expected[1], 1e-9)  # rounding / RADIUS, and the interpolation's slack


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_single_precision_is_kept_by_both_sweeps(f, shapes):
    arguments = [Taylor(a.astype(np.float32)) for a in coefficient_arrays(shapes, 3)]
    check_transpose(f, arguments, 1e-4)
    recording = recorded(f, arguments)
    xbars = recording.pull([random_series(y, 2, i) for i, y in enumerate(recording.values)])
    assert all(xbar is None or xbar.dtype == np.float32 for xbar in xbars)


@pytest.mark.parametrize(
    "name", ["matmul", "einsum", "convolve", "cumsum", "diff", "trace", "prod", "kron", "tensordot"]
)
def test_transposes_of_polynomials_are_exact_in_fractions(name):
    for f, *shapes in (c if isinstance(c, tuple) else (c, (3, 4)) for c in SMOOTH[name]):
        rng = np.random.default_rng(3)
        draw = np.vectorize(lambda i: Fraction(int(i), 7), otypes=[object])
        arguments, tangents = ([Taylor(draw(rng.integers(1, 9, (4, *s)))) for s in shapes] for _ in range(2))
        recording = recorded(f, arguments)
        cotangents = [Taylor(draw(rng.integers(1, 9, (4, *y.shape)))) for y in recording.values]
        left = sum(np.sum(a * b) for a, b in zip(cotangents, recording.push(tangents), strict=True))
        right = sum(np.sum(a * b) for a, b in zip(recording.pull(cotangents), tangents, strict=True))
        assert left.equals(right)


# --------------------------------------------------------------------------------------------- elementary functions


def ordinary(point: Point) -> bool:
    """Rows whose sixth derivatives are finite."""
    return point.order == 20 and all(a == 0 or 1e-20 < abs(a) < 1e6 for a in point.arguments)


def moving(name: str, point: Point) -> tuple[Callable, list]:
    """A function of its differentiated arguments only, and their values."""
    places = [i for i, d in enumerate(directions(name)) if d]

    def f(*moved: Any) -> Any:
        arguments = list(point.arguments)
        for i, x in zip(places, moved, strict=True):
            arguments[i] = x
        return function(name)(*arguments)

    return f, [np.asarray(point.arguments[i]) * 1.0 for i in places]


@pytest.mark.parametrize(("name", "point"), all_rows(ordinary))
def test_slopes_transpose_at_every_point_of_the_table(name, point):
    f, values = moving(name, point)
    scale = min(1.0, *(abs(v) or 1.0 for v in values)) / 4  # stay away from the singularity at 0
    for order in (0, 1, 5):
        series = [random_series(v, order, 5 + i) * scale for i, v in enumerate(values)]
        for x, v in zip(series, values, strict=True):
            x.coefficients[0] = v
        with np.errstate(all="ignore"):
            check_transpose(f, series, 1e-9)


# ------------------------------------------------------------------------------------------------ second derivatives


def scalar(f: Callable, points: Any) -> Callable:
    """Entries of all results, weighted and added."""
    shapes = [np.shape(leaf) for leaf in leaves(f(*points))]
    weights = {shape: np.random.default_rng(8).uniform(-1, 1, shape) for shape in shapes}

    def total(*arguments: Any) -> Any:
        return sum(np.sum(np.real(weights[np.shape(leaf)] * leaf)) for leaf in leaves(f(*arguments)))

    return total


def gradients(g: Callable, *arguments: Any) -> tuple:
    """Gradients in all arguments."""
    return grad(g, argnums=tuple(range(len(arguments))))(*arguments)


def hessian_product(g: Callable, points: list, tangents: list) -> list:
    """``H v`` by a reverse sweep over a reverse sweep."""

    def slope(*arguments: Any) -> Any:
        return sum(np.sum(xbar * v) for xbar, v in zip(gradients(g, *arguments), tangents, strict=True))

    return gradients(slope, *points)


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_reverse_over_reverse_is_forward_over_reverse_is_hyperdual(f, shapes):
    points, v, w = zip(*coefficient_arrays(shapes, 3), strict=True)
    check_second(scalar(f, points), points, v, w, 1e-11)


def check_second(g: Callable, points: Any, v: Any, w: Any, tolerance: float) -> None:
    twice = hessian_product(g, points, v)
    mixed = gradients(g, *(Dual(x, dx) for x, dx in zip(points, v, strict=True)))
    for a, b in zip(twice, mixed, strict=True):
        compare(a, b.coefficients[1] if isinstance(b, Dual) else 0 * b, tolerance)
    forward = g(*(HyperDual(x, dx, dy) for x, dx, dy in zip(points, v, w, strict=True)))
    sides = sum(np.sum(a * dy) for a, dy in zip(twice, w, strict=True))
    scale = sum(np.sum(np.abs(a * dy)) for a, dy in zip(twice, w, strict=True))
    assert abs(sides - getattr(forward, "e12", 0.0)) <= tolerance * max(scale, 1e-3)


@pytest.mark.parametrize(("name", "point"), all_rows(lambda p: ordinary(p) and not is_complex(p)))
def test_second_derivatives_agree_at_every_point_of_the_table(name, point):
    f, values = moving(name, point)
    rng = np.random.default_rng(2)
    v, w = ([rng.uniform(0.5, 1) for _ in values] for _ in range(2))
    with np.errstate(all="ignore"):
        check_second(scalar(f, values), values, v, w, 1e-9)
