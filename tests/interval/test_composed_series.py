"""Series and reverse sweeps of functions written with others, moves, sums and products over intervals.

They hold the coefficients of every point inside, computed by the package's own arithmetic on mpmath numbers with 50
digits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

import taylorad as ta
from taylorad import Interval, Taylor
from taylorad.algebras.interval import UndecidedError
from taylorad.dispatch import UnsupportedFunctionError
from tests.calls import LINEAR, SMOOTH, calls, leaves
from tests.interval.containment import all_hold, numbers, points_of

mp = mpmath.mp

UNSAMPLED = {  # mpmath numbers do not go through these (NumPy's loops refuse objects); see test_branches
    "copysign", "heaviside", "remainder", "fmod", "divmod", "modf", "beta", "betaln", "angle", "empty_like",
    "piecewise", "interp", "sign", "full_like", "imag",
}  # fmt: skip
KNOWN_REFUSALS = (UndecidedError, UnsupportedFunctionError)
EINSUM = "of intervals: write repeated letters and ... with"


def is_refused_einsum(f: Callable, boxes: list) -> bool:
    """Whether a call is one of those that intervals refuse, with a way out in the message."""
    try:
        f(*boxes)
    except TypeError as refusal:
        return EINSUM in str(refusal)
    except (ArithmeticError, ValueError):
        return False
    return False


def boxes_of(shapes: tuple, width: float) -> list[Interval]:
    """Boxes with middles 1.2, 1.57, … in random order."""
    rng = np.random.default_rng(7)
    sizes = [int(np.prod(s)) for s in shapes]
    values = rng.permutation(1.2 + 0.37 * np.arange(sum(sizes)))
    parts = np.split(values, np.cumsum(sizes)[:-1])
    return [Interval(p.reshape(s) - width, p.reshape(s) + width) for p, s in zip(parts, shapes, strict=True)]


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH, skip=UNSAMPLED | {n for n in LINEAR if n.startswith("fft.")}))
def test_series_of_every_other_function_hold_those_of_points_inside(f: Callable, shapes: list) -> None:
    rng = np.random.default_rng(1)
    boxes = boxes_of(tuple(shapes), 0.05)
    towards = [np.round(rng.uniform(-1, 1, box.shape), 2) for box in boxes]
    if is_refused_einsum(f, boxes):
        pytest.skip("einsum with repeated letters is refused")
    try:
        found = leaves(f(*(Taylor._along(x, v, 2) for x, v in zip(boxes, towards, strict=True))))
    except KNOWN_REFUSALS:
        return
    point = [points_of(box, rng, 1)[-1] for box in boxes]
    with mp.workdps(50):
        try:
            exact = leaves(f(*(Taylor._along(numbers(x), numbers(v), 2) for x, v in zip(point, towards, strict=True))))
        except ValueError:  # ragged arrays of objects, in NumPy's own code
            pytest.skip("no sample in mpmath's numbers")
    for ours, theirs in zip(found, exact, strict=True):
        if hasattr(ours, "coefficients"):
            assert all_hold(ours.coefficients, theirs.coefficients, np.ones(theirs.coefficients.shape))


def joined(f: Callable) -> Callable:
    """All numbers a function returns, as one vector."""

    def vector(*arguments: Any) -> Any:
        parts = [np.ravel(y) for y in leaves(f(*arguments))]
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    return vector


SWEPT = {"zeros_like", "ones_like", "boolean", "broadcast_arrays", "meshgrid"}


@pytest.mark.parametrize(
    ("f", "shapes"), calls(SMOOTH, skip=UNSAMPLED | SWEPT | {n for n in LINEAR if n.startswith("fft.")})[::3]
)
def test_reverse_sweeps_hold_the_slopes_of_points_inside(f: Callable, shapes: list) -> None:
    rng = np.random.default_rng(2)
    boxes = boxes_of(tuple(shapes), 0.05)
    places = tuple(range(len(shapes)))
    if is_refused_einsum(f, boxes):
        pytest.skip("einsum with repeated letters is refused")
    try:
        found = leaves(ta.jacobian(joined(f), argnums=places, mode="reverse")(*boxes))
    except KNOWN_REFUSALS:
        return
    point = [numbers(points_of(box, rng, 1)[-1]) for box in boxes]
    with mp.workdps(50):
        try:
            exact = leaves(ta.jacobian(joined(f), argnums=places, mode="forward")(*point))
        except (TypeError, ValueError):
            pytest.skip("no sample in mpmath's numbers")
    for ours, theirs in zip(found, exact, strict=True):
        assert isinstance(ours, Interval)
        assert all_hold(ours, theirs, np.ones(theirs.shape))
