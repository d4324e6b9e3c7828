"""Taylor coefficients of the solution of ``y' = f(t, y)`` over any numbers, without machine code.

The right-hand side is recorded once, at the state (t, y): branches are taken as the values there decide. Its
operations then become series that grow together with the solution, degree by degree (`taylorad.ode.relaxed`): with
``f(t + s, x_0 + … + x_k s^k) = Σ f_k s^k`` the next coefficient is ``x_{k+1} = f_k / (k + 1)``. Works for float32,
float64, longdouble and their complex kinds, for mpmath numbers at mpmath's working precision, and for Fractions, which
stay exact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.algebras.recurrence import QUIET
from taylorad.algebras.taylor import Taylor, check_order
from taylorad.ode.growing import Growing
from taylorad.ode.relaxed import Known, Recomputed, Relaxed, Ring
from taylorad.trace import Node
from taylorad.trace.everyday import followed
from taylorad.transforms.containers import LEAF
from taylorad.transforms.recording import Recording
from taylorad.transforms.series import as_point, as_series, fresh_tag


def solution_coefficients(fun: Callable, t: Any, y: Any, order: int) -> Any:
    """Normalised Taylor coefficients ``x_k = y⁽ᵏ⁾(t)/k!`` of the solution of ``y' = fun(t, y)`` through (t, y).

    Parameters
    ----------
    fun : callable (t, y) -> array_like (*shape)
        Any function of NumPy's and SciPy's functions.
    t : number
    y : array_like (*shape)
        Floats, complex numbers, mpmath numbers or Fractions; integers become floats.
    order : int

    Returns
    -------
    array (order + 1, *shape)
        In the numbers of y. Cost: O(order²) multiplications for each product and elementary function of `fun`.

    Raises
    ------
    ValueError
        The order is below 0, or `fun` returns something of another shape, or complex numbers for a real state.

    Examples
    --------
    >>> from fractions import Fraction
    >>> import numpy as np
    >>> y = np.array([Fraction(1)])
    >>> [str(c) for c in solution_coefficients(lambda t, y: y**2 + t, 0, y, 4)[:, 0]]
    ['1', '1', '3/2', '4/3', '17/12']
    """
    online = Online(fun, t, y, order)
    online.rest()
    return online.coefficients


class Online:
    """The Taylor coefficients of a solution through one point, computed when they are asked for.

    Parameters are those of `solution_coefficients`; the function runs once, here.

    Attributes
    ----------
    coefficients : array (order + 1, *shape)
        Parts above `known` are not computed yet.
    known : int
        The highest degree that is.

    Examples
    --------
    >>> online = Online(lambda t, y: -y, 0.0, [1.0], 3)
    >>> online.first()[:, 0]
    array([ 1., -1.])
    >>> online.rest()
    >>> online.coefficients[:, 0]
    array([ 1.        , -1.        ,  0.5       , -0.16666667])
    """

    def __init__(self, fun: Callable, t: Any, y: Any, order: int):
        self.order, self.known = check_order(order), 0
        state = as_point(y)
        self.ring = Ring(state, self.order)
        self.time = self.ring.time(t)
        self.coefficients = self.ring.series(state)
        self._steps: list[Relaxed] = []
        with np.errstate(**QUIET):
            try:
                self._record(fun, state)
            except ZeroDivisionError:  # Fractions and mpmath numbers have no infinities; a branch may not need them
                self._steps = [self._evaluated(fun)]
                self._parts: Callable[[int], Any] = lambda k: self._steps[0].coefficients[k]
            self._slope = self._checked(self._parts(0))

    def _record(self, fun: Callable, state: Any) -> None:
        recording = Recording(fun, (self.time, state))
        growing = Growing(self.ring, recording.program, self.time, self.coefficients)
        self._steps = growing.steps
        leaves = [
            growing.lines[o.index].coefficients if isinstance(o, Node) else self.ring.fixed(o, np.shape(o))
            for o in recording.program.outputs
        ]
        build = recording.result_structure.build
        if recording.result_structure == LEAF:
            (only,) = leaves
            self._parts = lambda k: only[k]
        else:
            self._parts = lambda k: _joined(build(leaf[k] for leaf in leaves))

    def _evaluated(self, fun: Callable) -> Recomputed:
        """The whole function as one operation that is evaluated anew at every degree."""
        operands = [Known(self.ring.line(self.time)), Known(self.coefficients)]
        return Recomputed(lambda series: _along(fun, *series), operands, self.ring)

    def _checked(self, slope: Any) -> Any:
        """The value of the function, if it is one for this state."""
        shape = self.coefficients.shape[1:]
        if np.shape(slope) != shape and not (np.shape(slope) == () and shape == (1,)):
            raise ValueError(
                f"the right-hand side returned an array of shape {np.shape(slope)} for a state of shape {shape}: "
                "it must return dy/dt, one entry for each entry of y"
            )
        if np.asarray(getattr(slope, "primal", slope)).dtype.kind == "c" and self.coefficients.dtype.kind == "f":
            raise ValueError(
                "the right-hand side returned complex numbers for a real state: start with a complex one, "
                "y0 = np.asarray(y0, dtype=complex)"
            )
        return slope

    def first(self) -> Any:
        """The coefficients of degree 0 and 1, y and ``fun(t, y)``; shape (2, *shape), or (1, *shape) at order 0."""
        if self.known == 0 and self.order > 0:
            self.coefficients[1], self.known = self._slope, 1
        return self.coefficients[:2]

    def rest(self) -> None:
        """Compute all coefficients that are left."""
        self.first()
        steps, parts, coefficients = self._steps, self._parts, self.coefficients
        with np.errstate(**QUIET):
            for k in range(self.known, self.order):
                for series in steps:
                    series.step(k)
                coefficients[k + 1] = parts(k) / (k + 1)
                self.known = k + 1


def _joined(parts: Any) -> Any:
    """A list of arrays as one array."""
    if isinstance(parts, dict):
        raise TypeError("the right-hand side returned a dict: it must return an array, dy/dt")
    try:
        return np.asarray(parts)
    except ValueError as error:
        raise ValueError(
            f"the right-hand side returned a list of arrays of different shapes, which make no array ({error}): join "
            "them with np.concatenate"
        ) from None


def series_along(g: Callable, t: Any, coefficients: Any, order: int) -> Any:
    """Taylor coefficients of ``s ↦ g(t + s, y(t + s))`` along a solution, at s = 0: event functions, for example.

    Parameters
    ----------
    g : callable (t, y) -> array_like (*out)
    t : number
    coefficients : array (at least order + 1, *shape)
        Normalised Taylor coefficients of y.
    order : int

    Returns
    -------
    array (order + 1, *out)

    Raises
    ------
    ValueError
        There are fewer than order + 1 coefficients.

    Examples
    --------
    >>> import numpy as np
    >>> series_along(lambda t, y: y[0] ** 2 + t, 1.0, np.array([[3.0], [2.0]]), 1)
    array([10., 13.])
    """
    check_order(order)
    if len(coefficients) <= order:
        raise ValueError(
            f"a series of order {order} needs {order + 1} coefficients of the solution, got {len(coefficients)}"
        )
    ring = Ring(coefficients[:1], order)
    state, time = ring.taylor(coefficients[: order + 1].copy()), ring.taylor(ring.line(ring.time(t)))
    with np.errstate(**QUIET):
        return _along(g, time, state).coefficients


def _along(function: Callable, time: Taylor, state: Taylor) -> Taylor:
    """A function of time and state at series, under a fresh tag."""
    tag = fresh_tag()
    t, y = (Taylor._make(x.coefficients, x.structure, tag) for x in (time, state))
    result = as_series(followed(function, t, y), y)
    return Taylor._make(result.coefficients, result.structure)
