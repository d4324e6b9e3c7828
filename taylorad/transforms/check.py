"""Checks: every mode of differentiation against every other, and against finite differences of the plain function.

The function is differentiated along one random direction, ``g(s) = f(x + s v)``. What all modes must agree on, the k-th
derivative of g, is estimated from values alone (`taylorad.transforms.richardson`) together with the error of the
estimate; ``SAFETY`` times that error is the tolerance. When something is wrong, each recorded operation is checked in
the same way on its own, and the first one that disagrees is named.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import factorial
from typing import Any

import numpy as np

from taylorad.algebras.taylor import check_order
from taylorad.trace.everyday import followed
from taylorad.transforms.containers import flatten, results_of
from taylorad.transforms.gradients import grad, jacobian
from taylorad.transforms.products import jvp, linearize, taylor_vjp, vjp
from taylorad.transforms.recording import as_leaf
from taylorad.transforms.richardson import Estimate, derivative_from_values, jumps, noise_of, precision, sampled
from taylorad.transforms.second import HESSIAN_MODES, hessian, hvp, third_directional
from taylorad.transforms.series import taylor
from taylorad.transforms.suspects import Suspect, first_suspect

SAFETY = 10  # an error estimated from a few differences may be off by that much
LARGEST = 10**5  # entries of a Jacobian or Hessian that is still formed


class DerivativeError(AssertionError):
    """Derivatives that disagree; the message is the report."""


@dataclass(frozen=True)
class Comparison:
    """One derivative from one mode against finite differences.

    Attributes
    ----------
    order : int
    mode : str
    difference, tolerance : float
        Where the difference is largest in units of the tolerance.
    verdict : {"ok", "wrong", "not finite", "not smooth"}
    """

    order: int
    mode: str
    difference: float
    tolerance: float
    verdict: str


@dataclass(frozen=True)
class DerivativeReport:
    """What was compared, and how it came out; print it.

    Attributes
    ----------
    comparisons : tuple of Comparison
    suspect : Suspect or None
        The first recorded operation that is wrong, or not finite.
    reason : str
        What was found besides, in words.
    """

    comparisons: tuple[Comparison, ...]
    suspect: Suspect | None = None
    reason: str = ""

    @property
    def passed(self) -> bool:
        """Whether everything agrees."""
        return all(c.verdict == "ok" for c in self.comparisons)

    @property
    def verdict(self) -> str:
        """The verdict of the lowest order at which not everything agrees, "wrong" before others; else "ok"."""
        ranks = {"wrong": 0, "not smooth": 1, "not finite": 2}
        bad = [(c.order, ranks[c.verdict], c.verdict) for c in self.comparisons if c.verdict != "ok"]
        return min(bad)[2] if bad else "ok"

    def __str__(self) -> str:
        width = max(len(c.mode) for c in self.comparisons)
        lines = [f"derivatives: {self.verdict}", f"order  {'mode':{width}}  difference  tolerance  verdict"]
        lines += [
            f"{c.order:<5}  {c.mode:{width}}  {c.difference:<10.1e}  {c.tolerance:<9.1e}  {c.verdict}"
            for c in self.comparisons
        ]
        lines += [str(self.suspect)] if self.suspect else []
        return "\n".join([*lines, self.reason] if self.reason else lines)


def check_derivatives(
    f: Callable, x: Any, order: int = 2, *, seed: int = 0, raise_on_error: bool = False
) -> DerivativeReport:
    """Compare the derivatives of f at x, from all modes, with each other and with finite differences.

    Parameters
    ----------
    f : callable
        Of one argument; its result may be a container too.
    x : array_like, or nested container of arrays
        Of floating-point numbers. A kink of f at x, or a point beside which f is not finite, is reported as such.
    order : int
        The highest order compared.
    seed : int
        Of the random direction.
    raise_on_error : bool
        Raise an error when the check is not passed, for use in tests.

    Returns
    -------
    DerivativeReport
        With the attributes `passed`, `verdict`, `comparisons`, `suspect`, and a table when it is printed.

    Raises
    ------
    DerivativeError
        An `AssertionError` with the report as its message, if `raise_on_error`.
    Exception
        Whatever f raises when it is differentiated.

    Notes
    -----
    The tolerance is what finite differences can tell: about 11 digits of a first derivative and 8 of a second, fewer if
    f is noisy. Jacobians and Hessians are compared up to 10⁵ entries.

    Examples
    --------
    >>> import numpy as np
    >>> report = check_derivatives(lambda x: np.sum(np.exp(x) * x[0]), [0.3, 0.7])
    >>> report.passed
    True
    """
    order = check_order(order)
    if order < 1:
        raise ValueError(f"check_derivatives compares derivatives of order 1 and above, got {order}")
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = _Case(f, x, order, seed).report()
    if raise_on_error and not report.passed:
        raise DerivativeError(str(report))
    return report


class _Case:
    """A function, a point, a direction, and a covector for modes that go backward."""

    def __init__(self, f: Callable, x: Any, order: int, seed: int):
        self.f, self.order = f, order
        leaves, self.structure = flatten(x)
        self.leaves = [as_leaf(leaf) for leaf in leaves]
        if any(hasattr(leaf, "level") or leaf.dtype.kind not in "fc" for leaf in self.leaves):
            raise TypeError("check_derivatives needs floating-point numbers: finite differences have to round")
        self.rng = np.random.default_rng(seed)
        self.directions = [self._direction(leaf) for leaf in self.leaves]
        self.point, self.direction = _flat(self.leaves), _flat(self.directions)
        self.plain = sampled(self._plain)
        self.covector = self.rng.uniform(0.5, 1.5, self.plain(0.0).shape)
        self.eps = precision([*self.leaves, self.plain(0.0)])
        self.complex = any(leaf.dtype.kind == "c" for leaf in self.leaves)

    def _direction(self, leaf: Any) -> Any:
        """Random numbers of the sizes of the entries: steps up to 1 keep their signs."""
        size = np.abs(leaf)
        size = np.where(size > 0, size, np.max(size, initial=0) or 1.0)
        direction = self.rng.uniform(0.5, 1.0, leaf.shape) * self.rng.choice([-1.0, 1.0], leaf.shape)
        turned = direction * np.exp(1j * self.rng.uniform(-3, 3, leaf.shape)) if leaf.dtype.kind == "c" else direction
        return (size * turned).astype(leaf.dtype)[()]

    def _plain(self, s: float) -> np.ndarray:
        """All entries of the result of the function as it is, at a place along the direction."""
        pairs = zip(self.leaves, self.directions, strict=True)
        moved = [(x + s * v).astype(x.dtype)[()] for x, v in pairs]
        return _entries(self.f(self.structure.build(moved)))

    # ------------------------------------------------------------------------------------------------------- modes

    def of_vector(self, z: Any) -> Any:
        """The function from the entries of x to those of its result (one number: without an axis)."""
        ends = np.cumsum([leaf.size for leaf in self.leaves]).tolist()
        pieces = zip([0, *ends], ends, self.leaves, strict=False)
        x = self.structure.build([np.reshape(z[a:b], leaf.shape) for a, b, leaf in pieces])
        parts = results_of(followed(self.f, x))[0]
        y = np.concatenate([np.reshape(part, -1) for part in parts]) if len(parts) > 1 else np.reshape(parts[0], -1)
        return y[0] if len(self.covector) == 1 else y

    def along(self, s: Any) -> Any:
        """The function along the direction."""
        return self.of_vector(self.point + s * self.direction)

    def modes(self) -> Iterator[tuple[int, str, bool, Any]]:
        """(order, mode, whether only the product with the covector is known, derivative) for all that apply."""
        yield from self._first()
        if self.order >= 2 and not self.complex:
            yield from self._second()
        if self.order >= 3 and self.is_scalar:
            third = third_directional(self.of_vector, self.point, self.direction)
            yield 3, "third_directional", False, third @ self.direction
        series = taylor(self.along, 0.0, self.order).coefficients
        y, pull = taylor_vjp(self.along, 0.0, 1.0, self.order)
        for k in range(1, self.order + 1):
            yield k, "taylor", False, factorial(k) * series[k]
            ybar = np.zeros(y.coefficients.shape, self.covector.dtype)
            ybar[k - 1] = np.reshape(self.covector, y.shape)
            if y.dtype.kind != "c":
                yield k, "taylor_vjp", True, factorial(k - 1) * pull(ybar)[0]

    @property
    def is_scalar(self) -> bool:
        return len(self.covector) == 1 and not self.complex and self.plain(0.0).dtype.kind == "f"

    def _first(self) -> Iterator[tuple[int, str, bool, Any]]:
        x, v = self.structure.build(self.leaves), self.structure.build(self.directions)
        for mode, (value, tangent) in (("jvp", jvp(self.f, x, v)), ("linearize", self._linearized(x, v))):
            yield 0, f"value of {mode}", False, _entries(value)
            yield 1, mode, False, _entries(tangent)
        value, pull = vjp(self.f, x)
        cotangents = self._cotangents(value)
        xbar = _flat([np.asarray(leaf) for leaf in self.structure.leaves(pull(cotangents))])
        yield 1, "vjp", True, np.real(np.sum(xbar * self.direction))
        if self.is_scalar:
            yield 1, "grad", False, grad(self.of_vector)(self.point) @ self.direction
        if not self.complex and self.point.size * self.covector.size <= LARGEST:
            for mode in ("forward", "reverse"):
                yield 1, f"jacobian, {mode}", False, jacobian(self.of_vector, mode=mode)(self.point) @ self.direction

    def _linearized(self, x: Any, v: Any) -> tuple[Any, Any]:
        value, pushforward = linearize(self.f, x)
        return value, pushforward(v)

    def _second(self) -> Iterator[tuple[int, str, bool, Any]]:
        if self.is_scalar:
            yield 2, "hvp", False, hvp(self.of_vector)(self.point, self.direction) @ self.direction
        if self.point.size**2 * self.covector.size <= LARGEST:
            for mode in HESSIAN_MODES[1:]:
                second = hessian(self.of_vector, mode=mode)(self.point)
                yield 2, f"hessian, {mode}", False, second @ self.direction @ self.direction

    def _cotangents(self, value: Any) -> Any:
        leaves, structure = results_of(value)
        ends = np.cumsum([leaf.size for leaf in leaves]).tolist()
        pieces = zip([0, *ends], ends, leaves, strict=False)
        return structure.build([np.reshape(self.covector[a:b], leaf.shape)[()] for a, b, leaf in pieces])

    # ------------------------------------------------------------------------------------------------------ verdicts

    @cached_property
    def references(self) -> list[Estimate]:
        """Derivatives from values, order 0 being the value itself."""
        value = Estimate(self.plain(0.0), noise_of(self.plain, self.eps))
        return [value, *(derivative_from_values(self.plain, k, eps=self.eps) for k in range(1, self.order + 1))]

    @cached_property
    def kinks(self) -> list[str]:
        """For each order why f has no derivative ("" if it has one)."""
        value = self.plain(0.0)
        if not np.all(np.isfinite(value)):
            return [""] * (self.order + 1)
        found = "f jumps at x" if np.any(jumps(self.plain, self.eps)) else ""
        reasons = [found]
        for k in range(1, self.order + 1):
            left, right = (derivative_from_values(self.plain, k, side, self.eps) for side in (-1, 1))
            found = found or _kink(k, left, right)
            reasons.append(found)
        return reasons

    def report(self) -> DerivativeReport:
        """Everything compared; what is wrong looked for."""
        rows = [self._again(), *(self._compare(*row) for row in self.modes())]
        comparisons = tuple(sorted(rows, key=lambda row: row.order))
        report = DerivativeReport(comparisons)
        reason = next((reason for reason in self.kinks if reason), "")
        if report.passed or report.verdict == "not smooth":
            return DerivativeReport(comparisons, None, reason)
        if rows[0].verdict != "ok":
            return DerivativeReport(comparisons, None, UNREPEATABLE)
        suspect = first_suspect(self.f, self.structure, self.leaves, self.directions, SAFETY)
        return DerivativeReport(comparisons, suspect, reason or ("" if suspect else UNEXPLAINED))

    def _again(self) -> Comparison:
        """The value of the function when it is called once more; sums may be made in another order."""
        value = self.plain(0.0)
        difference = float(np.max(np.abs(self._plain(0.0) - value), initial=0))
        tolerance = SAFETY * self.eps * float(np.max(np.abs(value), initial=0))
        return Comparison(0, "value again", difference, tolerance, "wrong" if difference > tolerance else "ok")

    def _compare(self, order: int, mode: str, projected: bool, derivative: Any) -> Comparison:
        reference = self.references[order]
        ours, value, error = np.ravel(derivative), reference.value, reference.error
        error = error + self.eps * np.abs(value)  # what is compared is rounded itself
        if projected:
            value = np.real(np.sum(value * self.covector, keepdims=True))
            error = np.sum(error * self.covector, keepdims=True)
        difference, tolerance = np.abs(ours - value), SAFETY * error
        verdict = "ok"
        if order and self.kinks[order]:
            verdict = "not smooth"
        elif not (np.all(np.isfinite(ours)) and np.all(np.isfinite(error))):
            verdict = "not finite"
        elif not np.all(difference <= tolerance):
            verdict = "wrong"
        if not ours.size:
            return Comparison(order, mode, 0.0, 0.0, verdict)
        ratios = np.where(difference == 0, 0.0, difference / tolerance)
        worst = int(np.argmax(np.where(np.isnan(ratios), np.inf, ratios)))
        return Comparison(order, mode, float(difference[worst]), float(tolerance[worst]), verdict)


UNREPEATABLE = "f has another value when it is called again: random numbers, or something it keeps between calls"
UNEXPLAINED = (
    "every recorded operation is right: f must depend on x in a way that the record does not show, by numbers taken "
    "out of the derivative, or by something it keeps between calls"
)


def _kink(order: int, left: Estimate, right: Estimate) -> str:
    """Whether derivatives from the left and from the right differ."""
    if not np.all(np.isfinite(left.error)) or not np.all(np.isfinite(right.error)):
        return "f is not finite beside x"
    apart = np.abs(left.value - right.value) > SAFETY * (left.error + right.error)
    if not np.any(apart):
        return ""
    i = int(np.argmax(apart))
    return (
        f"f is not smooth at x: along the direction taken its derivative of order {order} is {left.value[i]:.6g} on "
        f"one side of x and {right.value[i]:.6g} on the other"
    )


def _flat(arrays: list[Any]) -> np.ndarray:
    flat = np.concatenate([np.reshape(a, -1) for a in arrays]) if arrays else np.zeros(0)
    return flat if flat.dtype.kind in "fc" else flat.astype(float)


def _entries(result: Any) -> np.ndarray:
    """All entries of a result."""
    return _flat([np.asarray(leaf) for leaf in results_of(result)[0]])
