"""From what users pass to an integration that is ready to run."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.ode.control import LARGEST_ORDER, LEAST_ORDER, exponent, is_finite, order_for, precision_of
from taylorad.ode.generic import GenericStepper
from taylorad.ode.march import March
from taylorad.ode.problem import NATIVE, Problem, real_size, weights
from taylorad.ode.stepper import NativeStepper, NoMachineCode, Setting, Stepper
from taylorad.rings import is_multiprecision
from taylorad.rings.multiprecision import to_mpmath

BLOCK = 1 << 17  # numbers in the coefficients of the steps of one run
LONGEST_RUN = 4096  # steps
FEW = 32  # steps whose coefficients are kept where not all are asked for


def checked_state(y0: Any) -> Any:
    """The initial state as an array of floating-point numbers, or of objects of a base ring.

    Raises
    ------
    ValueError
        It is not one-dimensional, empty, or not finite.
    """
    y = np.array(y0)
    if y.ndim != 1:
        raise ValueError(f"`y0` must be 1-dimensional, got shape {y.shape}")
    if y.size == 0:
        raise ValueError("`y0` must have at least one component")
    if y.dtype == object:
        y = _as_multiprecision(y)
    if y.dtype.kind not in "biufcO":
        raise TypeError(f"`y0` must consist of numbers, got {y.dtype}")
    if y.dtype != object:
        y = y.astype(np.result_type(y.dtype, np.float64))
    if not np.all(is_finite(y)):
        raise ValueError(f"all components of `y0` must be finite, got {y}")
    return y


def _as_multiprecision(y: Any) -> Any:
    if all(isinstance(entry, int | float | complex | np.number) for entry in y):
        return np.array(y.tolist())
    if not any(map(is_multiprecision, y)):
        raise TypeError(
            f"`y0` must consist of numbers, got {type(y[0]).__name__}: for more digits than floats have use "
            "mpmath numbers, y0 = [mpmath.mpf(1), ...]"
        )
    return np.array([to_mpmath(entry) for entry in y], dtype=object)


def checked_order(order: int | None, tolerance: Any) -> int:
    """The order asked for, or the cheapest for a tolerance."""
    if order is None:
        return order_for(tolerance)
    if isinstance(order, bool) or not isinstance(order, int | np.integer):
        raise TypeError(f"`order` must be a whole number, got {order!r}")
    if not LEAST_ORDER <= order <= LARGEST_ORDER:
        raise ValueError(f"`order` must lie between {LEAST_ORDER} and {LARGEST_ORDER}, got {order}")
    return int(order)


def checked_length(h: Any, name: str) -> float:
    """A bound on, or a first value of, the length of steps.

    Raises
    ------
    ValueError
        It is not positive.
    """
    if not h > 0:
        raise ValueError(f"`{name}` must be positive, got {h}")
    return h


def checked_args(args: Any) -> tuple:
    """Further arguments as a tuple."""
    if args is None:
        return ()
    try:
        return tuple(args)
    except TypeError:
        raise TypeError(f"`args` cannot be unpacked: give it as a tuple, for example `args=({args!r},)`") from None


def tolerance_of(relative: Any, absolute: Any, y: Any) -> Any:
    """The tightest relative tolerance of a component, which decides on the order."""
    least, finest = np.min(relative), precision_of(y)
    if not least > 0:
        sizes = np.abs(y)
        known = (sizes > 0) & (absolute > 0)
        candidates = absolute[known] / sizes[known] if np.any(known) else absolute[absolute > 0]
        least = np.min(candidates) if candidates.size else finest
    return min(max(least, finest), 0.1)


def march(
    fun: Callable,
    t: Any,
    y: Any,
    *,
    args: tuple = (),
    events: tuple[Callable, ...] = (),
    rtol: Any = None,
    atol: Any = 0.0,
    order: int | None = None,
    max_step: Any = math.inf,
    first_step: Any = None,
    keeps: str = "few",
    jit: bool = True,
) -> March:
    """An integration of ``y' = fun(t, y, *args)`` from (t, y); `keeps` is "few", "states" or "coefficients"."""
    problem = Problem(fun, args, events)
    relative = weights(precision_of(y) if rtol is None else rtol, y, "rtol")
    absolute = weights(atol, y, "atol")
    tolerance = tolerance_of(relative, absolute, y)
    order = checked_order(order, tolerance)
    block = max(8, min(LONGEST_RUN, BLOCK // ((order + 1) * real_size(y))))
    rows, capacity = (block + 1, block) if keeps == "coefficients" else (FEW + 1, LONGEST_RUN)
    if keeps == "states":
        capacity = max(8, min(LONGEST_RUN, BLOCK // real_size(y)))
    first = None if first_step is None else checked_length(first_step, "first_step")
    given = problem, t, y, Setting(order, rows, capacity, keeps == "states", absolute, relative)
    stepper: Stepper | None = None
    if jit and y.dtype.char in NATIVE:
        with contextlib.suppress(NoMachineCode):
            stepper = NativeStepper(*given)
    made = March(stepper or GenericStepper(*given), checked_length(max_step, "max_step"), first)
    made.control.tightness = -exponent(tolerance)
    if keeps != "coefficients":
        made.control.rows = 2  # so that they stay in the first cache
    return made
