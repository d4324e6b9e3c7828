"""Nonlinear regression by Newton's method with exact Hessians, judged by NIST's certified digits.

The residual sum of squares ``S(b) = Σ (y − model(b))²`` is minimised with its true Hessian from hyperdual numbers, not
with the Gauss–Newton approximation, in plain double precision. The first attempt scales the parameters by the largest
norms of the Jacobian's columns so far (Moré 1978); if that finds no minimum, a second attempt starts afresh with the
parameters' own magnitudes, which bends better into long curved valleys. Nothing here depends on the problem, and the
certified values are looked at only after the fit.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import taylorad as ta
from taylorad.nist import newton
from taylorad.nist.problems import Problem

__all__ = ["CERTIFIED_DIGITS", "GOOD_DIGITS", "Result", "correct_digits", "fit"]

CERTIFIED_DIGITS = 11
GOOD_DIGITS = 8


@dataclass(frozen=True)
class Result:
    """What one run found, and how it compares with the certified solution.

    ``digits`` is the worst log relative error over the parameters, between 0 and 11; ``reason`` is empty for a run with
    at least 8 digits and says in one line what happened otherwise.
    """

    problem: str
    start: int
    iterations: int
    evaluations: int
    rss: float
    certified_rss: float
    digits: float
    parameters: NDArray[np.float64]
    seconds: float
    converged: bool
    reason: str

    @property
    def is_good(self) -> bool:
        """Whether at least 8 digits of every parameter are correct."""
        return self.digits >= GOOD_DIGITS


def fit(problem: Problem, start: int) -> Result:
    """Fit one problem from its first or second start point.

    Parameters
    ----------
    problem : Problem
    start : {1, 2}

    Examples
    --------
    >>> from taylorad.nist import load
    >>> result = fit(load("Misra1a"), start=2)
    >>> result.converged, result.digits > 10
    (True, True)
    """
    if start not in (1, 2):
        raise ValueError(f"start must be 1 or 2, not {start!r}")
    began = time.perf_counter()
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", RuntimeWarning
        )  # steps out of the domain are expected and only shorten the next
        minimum = _minimise(problem, problem.starts[start - 1])
    parameters = np.asarray(minimum.x, dtype=float)
    digits = correct_digits(parameters, problem.certified)
    return Result(
        problem=problem.name,
        start=start,
        iterations=minimum.iterations,
        evaluations=minimum.evaluations,
        rss=float(minimum.value),
        certified_rss=problem.certified_rss,
        digits=digits,
        parameters=parameters,
        seconds=time.perf_counter() - began,
        converged=minimum.converged,
        reason="" if digits >= GOOD_DIGITS else _reason(problem, minimum),
    )


def correct_digits(parameters: NDArray[np.float64], certified: NDArray[np.float64]) -> float:
    """Worst log relative error ``−log₁₀ |b − c|/|c|`` over the parameters, between 0 and 11.

    Examples
    --------
    >>> correct_digits(np.array([1.001, 2.0]), np.array([1.0, 2.0]))
    3.0
    """
    error = np.max(np.abs(parameters - certified) / np.abs(certified))
    if not np.isfinite(error):
        return 0.0
    return round(float(np.clip(-np.log10(max(error, 10.0**-CERTIFIED_DIGITS)), 0, CERTIFIED_DIGITS)), 10)


def _minimise(problem: Problem, start: NDArray[np.float64]) -> newton.Minimum:
    """Try both scalings, the second only if the first finds no minimum; the counts are of both."""
    jacobian = ta.jacobian(problem.model)

    def by_jacobian(x: newton.Vector, before: newton.Vector | None) -> newton.Vector:
        norms = np.linalg.norm(np.asarray(jacobian(x), dtype=float), axis=0)
        return norms if before is None else np.fmax(before, norms)

    def by_magnitude(x: newton.Vector, before: newton.Vector | None) -> newton.Vector:
        return 1 / np.abs(x)

    gradient, hessian = ta.grad(problem.rss), ta.hessian(problem.rss, mode="hyperdual")
    attempts: list[newton.Minimum] = []
    for scale in (by_jacobian, by_magnitude):
        objective = newton.Objective(problem.rss, gradient, hessian, scale)
        attempts.append(newton.minimise(objective, start))
        if attempts[-1].converged:
            break
    best = min(attempts, key=lambda attempt: (not attempt.converged, np.nan_to_num(attempt.value, nan=np.inf)))
    iterations = sum(attempt.iterations for attempt in attempts)
    evaluations = sum(attempt.evaluations for attempt in attempts)
    return newton.Minimum(best.x, best.value, iterations, evaluations, best.reason)


def _reason(problem: Problem, minimum: newton.Minimum) -> str:
    """Say in one line why a run is not good, from what it found."""
    where = f"residual sum of squares {float(minimum.value):.6g} where {problem.certified_rss:.6g} is certified"
    if minimum.converged:
        same = np.isclose(float(minimum.value), problem.certified_rss, rtol=1e-6)
        kind = "an equivalent minimum with other parameters" if same else "another stationary point"
        return f"converged to {kind}, {where}"
    growth = np.abs(np.asarray(minimum.x, dtype=float) / problem.certified)
    runaway = [f"b{index + 1}" for index in np.flatnonzero(~(growth < 1e4))]
    note = f", {' and '.join(runaway)} running off to infinity" if runaway else ""
    return f"{minimum.reason}{note}, {where}"
