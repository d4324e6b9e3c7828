"""Every function of the table along a solution, computed degree by degree.

The arguments a and the result z of a function are made the states of a differential equation, ``a' =`` a given slope
and ``z' = f(a)``: then the coefficients of z are those of f along given arguments, for which there are oracles that
know nothing of recurrences.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest

from taylorad.ode.online import solution_coefficients
from tests.calls import ORDER, REAL, SMOOTH, calls, close, coefficient_arrays, leaves, sampled
from tests.points import Point, all_rows, directions, function, is_complex, typical_rows
from tests.test_table import LONGDOUBLE, errors, label, worst

mp = mpmath.mp


def along(f: Callable, arguments: list[np.ndarray]) -> list[np.ndarray]:
    """Coefficients of the leaves of f along polynomials, as those of z' for a solution."""
    sizes = [a[0].size for a in arguments]
    ends = np.cumsum([0, *sizes])
    start = np.concatenate([a[0].ravel() for a in arguments])
    slopes = np.concatenate([a.reshape(len(a), -1) for a in arguments], axis=1)
    values = [np.asarray(leaf) for leaf in leaves(f(*(a[0] for a in arguments)))]
    kind = np.result_type(start, *values, np.float64)

    def fun(t: Any, y: Any) -> Any:
        a = y[: ends[-1]] if kind.kind == start.dtype.kind else np.real(y[: ends[-1]])
        given = [np.reshape(a[i:j], x.shape[1:]) for i, j, x in zip(ends[:-1], ends[1:], arguments, strict=True)]
        rates = sum(k * slopes[k] * t ** (k - 1) for k in range(1, len(slopes)))
        return np.concatenate([rates, *(np.ravel(leaf) for leaf in leaves(f(*given)))])

    state = np.concatenate([start, np.zeros(sum(v.size for v in values))]).astype(kind)
    x = solution_coefficients(fun, 0.0, state, ORDER + 1)
    z = x[1:, ends[-1] :] * np.arange(1, ORDER + 2)[:, None]
    cuts = np.cumsum([v.size for v in values])[:-1]
    return [c.reshape(ORDER + 1, *v.shape) for c, v in zip(np.split(z, cuts, axis=1), values, strict=True)]


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH))
def test_series_along_a_solution_interpolate_the_results(f, shapes):
    arguments = coefficient_arrays(shapes)
    close(along(f, arguments), sampled(f, arguments), 1e-9)  # rounding / RADIUS³ = 2e-13, and slack


@pytest.mark.parametrize(("f", "shapes"), calls(SMOOTH, skip=REAL))
def test_series_along_a_complex_solution_interpolate_the_results(f, shapes):
    arguments = coefficient_arrays(shapes, kind=complex)
    close(along(f, arguments), sampled(f, arguments), 1e-9)  # the same


def elementary(name: str, point: Point, number: Callable) -> list:
    """Coefficients of a function along a line, as those of z' for a solution; every result."""
    towards = directions(name)
    moving = [i for i, d in enumerate(towards) if d]
    start = [number(point.arguments[i]) for i in moving]
    kind = object if isinstance(start[0], mpmath.mpf) else np.array(start).dtype
    rates = np.array([number(towards[i]) for i in moving], dtype=kind)

    def results(y: Any) -> list:
        given = list(point.arguments)
        for n, i in enumerate(moving):
            given[i] = y[n]
        found = function(name)(*given)
        if name == "lambertw" and kind == float:  # SciPy's is complex for real arguments, too
            found = np.real(found)
        return list(found) if isinstance(found, tuple) else [found]

    outputs = 4 if name == "airy" else 2 if name in ("sici", "shichi", "fresnel") else 1
    state = np.array([*start, *[number(0)] * outputs], dtype=kind)
    x = solution_coefficients(lambda t, y: np.stack([*rates, *results(y)]), 0, state, point.order + 1)
    return [[(k + 1) * c for k, c in enumerate(x[1:, len(moving) + i])] for i in range(outputs)]


def check(name: str, point: Point, number: Callable, tolerance: float, smallest: float = 0.0) -> None:
    """Fail where the worst coefficient is off by more than the tolerance."""
    k, size = worst(errors(elementary(name, point, number), name, point, smallest))
    assert size <= tolerance, f"{name}{point.arguments}: coefficient {k} is off by {size:.1e} of its scale"


@pytest.mark.parametrize(("name", "point"), all_rows(lambda point: point.order <= 60), ids=label)
def test_elementary_functions_of_a_solution_are_those_of_forty_digits(name, point):
    check(name, point, np.complex128 if is_complex(point) else np.float64, point.tolerance, 2.0**-1022)


@LONGDOUBLE
@pytest.mark.parametrize(("name", "point"), typical_rows(), ids=label)
def test_elementary_functions_keep_the_digits_of_extended_precision(name, point):
    check(name, point, np.longdouble, 500 * float(np.finfo(np.longdouble).eps))  # as for eager series


@pytest.mark.parametrize(("name", "point"), typical_rows(), ids=label)
def test_elementary_functions_keep_the_digits_of_mpmath(name, point):
    with mp.workdps(40):
        check(name, point, lambda a: mp.mpf(float(a)), 1e-37)  # order 20 rounds a few hundred times
