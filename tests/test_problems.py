"""Published test problems: all ways to second derivatives against references of 40 digits, and published minima.

The minima test the formulas of the problems, the references the derivatives. A minimum does not see the weight of a
term that vanishes there, so 51 formulas were also compared once with sif2jax 0.0.8, at two points each. Errors are
relative to the largest element of a row, which is stricter than to that of the matrix: variables of a problem may
differ by many powers of ten.
"""

from __future__ import annotations

import functools
import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize

import taylorad as ta
from tests.problems import PROBLEMS, Problem

FILE = Path(__file__).parent / "problems" / "references.json"
REFERENCES = json.loads(FILE.read_text(encoding="utf-8"))
HESSIAN_MODES = ("hyperdual", "forward-over-reverse", "reverse-over-forward", "reverse-over-reverse")
MODES = (*HESSIAN_MODES, "expand", "hvp")
each_problem = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)


def function(problem: Problem):
    """The problem as a plain NumPy function of x."""
    return functools.partial(problem.f, np)


def reference(problem: Problem) -> tuple[float, np.ndarray, np.ndarray]:
    """Value, gradient and Hessian, rounded once from 20 digits."""
    entry = REFERENCES[problem.name]
    n = len(problem.x)
    upper = np.zeros((n, n))
    upper[np.triu_indices(n)] = [float(e) for row in entry["hessian"] for e in row]
    return float(entry["value"]), np.array(entry["gradient"], dtype=float), upper + np.triu(upper, 1).T


def second_derivative(f, x, mode):
    """The Hessian; column after column where the mode gives its products with vectors."""
    if mode == "expand":
        return ta.expand(f, x, 2).hessian()
    if mode == "hvp":
        return np.stack([ta.hvp(f)(x, v) for v in np.eye(len(x))], axis=1)
    return ta.hessian(f, mode=mode)(x)


def hessian_error(problem: Problem, mode: str) -> float:
    """The worst error of an element, relative to the largest of its row."""
    exact = reference(problem)[2]
    found = second_derivative(function(problem), problem.x, mode)
    assert found.shape == exact.shape
    rows = np.max(np.abs(exact), axis=1)
    return np.max(np.abs(found - exact) / np.where(rows > 0, rows, 1)[:, None])


def minimiser(problem: Problem) -> np.ndarray:
    """Where a trust-region Newton method goes, from the published minimiser if there is one."""
    f, known = function(problem), problem.minimum
    start = known.at if known.at is not None else known.start
    x = np.array(problem.x if start is None else start, dtype=float)
    if known.corner:
        return x
    options = {"gtol": 1e-9, "maxiter": 2000}
    with np.errstate(all="ignore"):
        found = scipy.optimize.minimize(f, x, jac=ta.grad(f), hess=ta.hessian(f), method="trust-exact", options=options)
    return found.x


def last_digit(number: str) -> float:
    """One unit of the last digit given."""
    return 10.0 ** Decimal(number).as_tuple().exponent


# ------------------------------------------------------------------------------------------------------- the tests


def test_references_cover_the_collection():
    assert list(REFERENCES) == [problem.name for problem in PROBLEMS]  # which also says that names differ
    for problem in PROBLEMS:
        assert problem.source
        assert np.array_equal(np.array(REFERENCES[problem.name]["x"], dtype=float), problem.x), problem.name


@each_problem
def test_value_is_the_reference(problem):
    value, gradient, _ = reference(problem)
    scale = abs(value) + np.abs(gradient) @ np.abs(problem.x)  # what a relative change of x does
    assert abs(function(problem)(problem.x) - value) <= 1e-13 * scale


@each_problem
def test_gradient_is_the_reference(problem):
    _, exact, hessian = reference(problem)
    scale = np.abs(exact) + np.abs(hessian) @ np.where(problem.x == 0, 1, np.abs(problem.x))
    assert np.all(np.abs(ta.grad(function(problem))(problem.x) - exact) <= 1e-12 * scale)


@pytest.mark.parametrize("mode", MODES)
@each_problem
def test_hessian_is_the_reference(problem, mode):
    assert hessian_error(problem, mode) <= 1e-12


@pytest.mark.parametrize("problem", [p for p in PROBLEMS if p.minimum], ids=lambda problem: problem.name)
def test_published_minimum(problem):
    published = problem.minimum
    f, x = function(problem), minimiser(problem)
    if published.value is not None:
        tolerance = last_digit(published.value) if published.value != "0" else 1e-12
        assert abs(f(x) - float(published.value)) <= tolerance
    if published.at is not None:  # some are published to three digits
        assert x == pytest.approx(np.array(published.at, dtype=float), rel=1e-3, abs=1e-3)
    if not published.corner:
        scale = np.abs(ta.hessian(f)(x)) @ np.maximum(np.abs(x), 1)
        assert np.all(np.abs(ta.grad(f)(x)) <= 1e-6 * scale)  # smaller ones do not change f to rounding
