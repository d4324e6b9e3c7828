"""Newton's method in a trust region, with exact Hessians, to the last digit.

At each point the model ``S(x + p) ≈ S + g·p + ½ p·H p`` is minimised exactly within the ellipsoid ``‖D p‖ ≤ Δ``: one
eigendecomposition of ``D⁻¹ H D⁻¹``, then one equation in one unknown (Moré and Sorensen 1983), the hard case included.
The diagonal D makes the method indifferent to the units of the unknowns, which may differ by ten powers of ten. Points
where S or its derivatives are not finite only shrink the region. Once the Newton step is small, differences of S are
rounding noise, so undamped steps follow for as long as they at least halve. No step is ever taken along anything
but our own derivatives, and no minimum is claimed where the Hessian is not positive definite.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
import scipy.optimize
from numpy.typing import NDArray

__all__ = ["Minimum", "Objective", "minimise", "trust_region_step"]

Vector = NDArray[np.float64]

ROUNDING = float(np.finfo(float).eps)
SMALL_STEP = 1e-6  # relative Newton step below which the difference of two values of S is mostly rounding
CONVERGED_STEP = 1e-9  # a minimum is claimed when the last relative Newton step is below
FACTOR_SHRINK, FACTOR_GROW = 0.25, 2.0  # with ratios 1/4 and 3/4, as in Conn, Gould, Toint (2000), section 6.1


@dataclass(frozen=True)
class Objective:
    """The function to minimise, its two derivatives, and the diagonal of the scaling matrix D.

    ``scale(x, before)`` gets the scale of the point before, or None at the start.
    """

    value: Callable[[Vector], Any]
    gradient: Callable[[Vector], Vector]
    hessian: Callable[[Vector], Vector]
    scale: Callable[[Vector, Vector | None], Vector]


@dataclass(frozen=True)
class Minimum:
    """Where `minimise` stopped: the point, its value, the work done, and why; ``reason`` is empty at a minimum."""

    x: Vector
    value: Any
    iterations: int
    evaluations: int
    reason: str

    @property
    def converged(self) -> bool:
        """Whether the last Newton step was at rounding level and the Hessian positive definite."""
        return not self.reason


@dataclass(frozen=True)
class _Model:
    """The quadratic model at a point, in the scaled variables D p."""

    scale: Vector
    gradient: Vector
    hessian: Vector

    @classmethod
    def at(cls, objective: Objective, x: Vector, scale_before: Vector | None) -> _Model | None:
        """Evaluate both derivatives at x; None where they are not finite."""
        scale = np.asarray(objective.scale(x, scale_before), dtype=float)
        scale = np.where(np.isfinite(scale) & (scale > 0), scale, 1.0)
        gradient = np.asarray(objective.gradient(x) / scale, dtype=float)
        hessian = np.asarray(objective.hessian(x), dtype=float) / np.outer(scale, scale)
        if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
            return None
        return cls(scale, gradient, (hessian + hessian.T) / 2)

    def reduction(self, step: Vector) -> float:
        """Predicted decrease −(g·p + ½ p·H p)."""
        return -float(self.gradient @ step + step @ self.hessian @ step / 2)


def minimise(objective: Objective, start: Vector, *, limit: int = 1000) -> Minimum:
    """Minimise a smooth function of a few variables by Newton's method in a trust region.

    Parameters
    ----------
    objective : Objective
    start : ndarray, shape (n,)
    limit : int
        Largest number of iterations, each with one gradient and one Hessian.

    Returns
    -------
    Minimum
        Also when no minimum was found: then ``reason`` says why, and the point is the best one seen.
    """
    x, value = start, objective.value(start)
    evaluations, radius, scale = 1, None, None
    if not np.isfinite(value):
        return Minimum(x, value, 0, 1, "the value at the start is not finite")
    for iteration in range(limit):
        model = _Model.at(objective, x, scale)
        if model is None:
            return Minimum(x, value, iteration, evaluations, "the derivatives are not finite")
        scale = model.scale
        radius = radius or float(np.linalg.norm(scale * x)) or 1.0  # the initial radius of SciPy's least_squares
        while True:
            step, shift = trust_region_step(model.gradient, model.hessian, radius)
            move = step / scale
            if shift == 0 and _relative(move, x) <= SMALL_STEP:
                return _polish(objective, x, move, model, iteration, evaluations)
            if not _relative(move, x) > ROUNDING:
                return Minimum(x, value, iteration, evaluations, "no step within rounding reduces the value")
            trial, evaluations = x + move, evaluations + 1
            trial_value = objective.value(trial)
            ratio = (value - trial_value) / model.reduction(step) if np.isfinite(trial_value) else -1.0
            length = float(np.linalg.norm(step))
            if ratio < 0.25:
                radius = FACTOR_SHRINK * min(radius, length)
            elif ratio > 0.75 and length > 0.9 * radius:
                radius *= FACTOR_GROW
            if ratio > 1e-4:
                x, value = trial, trial_value
                break
    return Minimum(x, value, limit, evaluations, f"the limit of {limit} iterations was reached")


def _polish(objective: Objective, x: Vector, move: Vector, model: _Model, iteration: int, evaluations: int) -> Minimum:
    """Take full Newton steps for as long as each is at most half as long as the one before."""
    relative = _relative(move, x)
    while relative > ROUNDING:
        x = x + move
        iteration += 1
        following = _Model.at(objective, x, model.scale)
        if following is None or np.linalg.eigvalsh(following.hessian)[0] <= 0:
            break
        model = following
        move = -scipy.linalg.solve(model.hessian, model.gradient, assume_a="pos") / model.scale
        if not (shorter := _relative(move, x)) <= relative / 2:
            relative = min(relative, shorter)
            break
        relative = shorter
    reason = "" if relative <= CONVERGED_STEP else f"Newton steps stall at {relative:.0e} of the parameters"
    return Minimum(x, objective.value(x), iteration, evaluations + 1, reason)


def _relative(move: Vector, x: Vector) -> float:
    """Largest change of a variable, relative to the variable."""
    magnitude = np.maximum(np.abs(x), np.finfo(float).tiny)
    return float(np.max(np.abs(move) / magnitude))


def trust_region_step(gradient: Vector, hessian: Vector, radius: float) -> tuple[Vector, float]:
    """Global minimiser of ``g·p + ½ p·H p`` in the ball ``‖p‖ ≤ radius``, and its Lagrange multiplier λ.

    With ``H = V diag(w) Vᵀ`` and ``c = Vᵀ g`` the minimiser is ``p = −V c/(w + λ)`` with the least λ ≥ max(0, −w₀) that
    keeps it in the ball. The unknown is t = λ − max(0, −w₀), so that nothing cancels next to the pole; ``1/radius −
    1/‖p‖`` is nearly linear in t. If c has no part along w₀ the pole may be absent (the hard case): the first
    eigenvector then fills the rest of the ball.

    Source: J. J. Moré, D. C. Sorensen, Computing a trust region step, SIAM J. Sci. Stat. Comput. 4 (1983), section 3.

    Examples
    --------
    >>> step, multiplier = trust_region_step(np.array([0.0, 1.0]), np.diag([-2.0, 1.0]), radius=1.0)
    >>> np.abs(step).round(6).tolist(), round(multiplier, 6)
    ([0.942809, 0.333333], 2.0)
    """
    eigenvalues, vectors = scipy.linalg.eigh(hessian)
    c = vectors.T @ gradient
    pole = max(0.0, -float(eigenvalues[0]))
    gaps = eigenvalues + pole

    def step(t: float) -> Vector:
        return -np.divide(c, gaps + t, out=np.zeros_like(c), where=c != 0)

    def excess(t: float) -> float:
        return 1 / radius - 1 / float(np.linalg.norm(step(t)))

    if eigenvalues[0] > 0 and np.linalg.norm(step(0.0)) <= radius:
        return vectors @ step(0.0), 0.0
    lower = max(0.0, abs(float(c[0])) / radius - float(gaps[0]))
    upper = 2 * float(np.linalg.norm(c)) / radius
    shortest = step(lower)
    if (room := radius**2 - float(shortest @ shortest)) >= 0:  # the hard case, or a lower end that is the root
        shortest[0] -= np.copysign(np.sqrt(room), c[0])
        return vectors @ shortest, pole + lower
    t = scipy.optimize.brentq(excess, lower, upper, xtol=np.finfo(float).tiny, rtol=1e-8)
    return vectors @ step(t), pole + t
