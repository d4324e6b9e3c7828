"""First and second derivatives where a root is taken of what vanishes, from Taylor series along lines.

``sqrt((x² + y²)²)`` has a series along every line through 0, but none in x and y that a recurrence could find: the root
of a form of degree 4 need not be a form. What the lines say is taken if it belongs to one linear or quadratic form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.algebras.edges import has_nan
from taylorad.transforms.recording import units
from taylorad.transforms.series import expand, taylor

TOLERANCE = 1e-9  # relative, of the test whether derivatives along lines belong to a form


def gradient(f: Callable, point: Any, roots: bool) -> Any:
    """First derivatives in the last axis, shape (*out, n): of the series in all variables, else from lines."""
    first = expand(f, point, 1).gradient()
    if not roots or not has_nan(first):
        return first
    every, tested = _directions(point)
    found = np.stack([_along(f, point, d)[1] for d in every], axis=-1)
    return np.where(_has_slope(f, point, found, tested)[..., None], found, first)


def hessian(f: Callable, point: Any, roots: bool) -> Any:
    """Second derivatives in the last two axes, shape (*out, n, n): of the series in all variables, else from lines."""
    second = expand(f, point, 2).hessian()
    if not roots or not has_nan(second):
        return second
    every, tested = _directions(point)
    series = [_along(f, point, d) for d in every]
    single = np.stack([s[2] for s in series], axis=-1)
    mixed = np.stack([np.stack([_along(f, point, d + e)[2] for e in every], axis=-1) for d in every], axis=-1)
    found = mixed - single[..., :, None] - single[..., None, :]
    known = _has_slope(f, point, np.stack([s[1] for s in series], axis=-1), tested)
    for direction in (tested, -tested):
        known &= _agree(found @ tested @ tested, 2 * _along(f, point, direction)[2])
    return np.where(known[..., None, None], found, second)


def _directions(point: Any) -> tuple[Any, Any]:
    """The unit directions, and one more that tells forms from other functions."""
    every = np.reshape(units(point), (point.size, point.size))
    return every, np.linspace(0.7, -1.3, point.size) @ every


def _along(f: Callable, point: Any, direction: Any) -> Any:
    """The coefficients of degree 0 to 2 along a line."""
    return taylor(f, point, 2, np.reshape(direction, point.shape)).coefficients


def _has_slope(f: Callable, point: Any, slopes: Any, tested: Any) -> Any:
    """Whether first derivatives along lines belong to one linear form."""
    form = slopes @ tested
    return _agree(form, _along(f, point, tested)[1]) & _agree(-form, _along(f, point, -tested)[1])


def _agree(a: Any, b: Any) -> Any:
    return np.asarray(np.abs(a - b) <= TOLERANCE * (np.abs(a) + np.abs(b)))
