"""Every function of the table against forty digits: all coefficients within 1e-13 of their natural scale."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

from taylorad import Taylor
from taylorad.rules import TABLE
from tests import oracles
from tests.points import POINTS, Point, all_rows, directions, elementary_names, function, is_complex, rows

mp = mpmath.mp


def label(case: Any) -> str:
    """A short name of a case."""
    if isinstance(case, Point):
        return ",".join(f"{a:g}" if not isinstance(a, complex) else str(a) for a in case.arguments) + f"@{case.order}"
    return str(case)


def computed(name: str, point: Point, kind: Any) -> list[np.ndarray]:
    """Our coefficients of every result, with the arguments converted by `kind`."""
    arguments = []
    for a, d in zip(point.arguments, directions(name), strict=True):
        line = Taylor([kind(a), kind(d), *[kind(0)] * (point.order - 1)][: point.order + 1])
        arguments.append(line if d else a)
    result = function(name)(*arguments)
    return [r.coefficients for r in (result if isinstance(result, tuple) else (result,))]


def errors(ours: Any, name: str, point: Point, arguments: tuple, smallest: float = 0.0) -> list:
    """|ours - exact| / natural scale, for every coefficient of one or several results."""
    found = []
    exact = oracles.coefficients(name, arguments, directions(name), point.order)
    with mp.workdps(60):
        for values, truth in zip(ours, exact, strict=True):
            scale = oracles.natural_scale(truth, point.first)
            pairs = zip(values, truth, scale, strict=False)
            row = [error(oracles.exact(v), t, s, smallest) for v, t, s in pairs]
            found += [mp.mpf(0), *row[1:]] if point.value else row
    return found


def error(value: Any, truth: Any, scale: Any, smallest: float) -> Any:
    """One error in units of the scale; below the smallest normal number and above the largest none is asked for."""
    if not mp.isfinite(value):
        return mp.mpf(0) if smallest and abs(truth) > 1 / mp.mpf(smallest) else mp.inf
    difference = abs(value - truth)
    if difference <= smallest:
        return mp.mpf(0)
    return difference / scale if scale else mp.inf


def worst(found: list) -> tuple[int, float]:
    """Where the largest error is, and how large."""
    k = max(range(len(found)), key=lambda i: found[i] if not mp.isnan(found[i]) else mp.inf)
    return k, float(found[k])


def test_every_elementary_function_has_points():
    assert set(elementary_names()) <= set(POINTS)


@pytest.mark.parametrize(("name", "point"), all_rows(), ids=label)
def test_coefficients_are_those_of_forty_digits(name, point):
    kind = np.complex128 if is_complex(point) else np.float64
    found = errors(computed(name, point, kind), name, point, point.arguments, 2.0**-1022)
    k, size = worst(found)
    assert size <= point.tolerance, f"{name}{point.arguments}: coefficient {k} is off by {size:.1e} of its scale"
