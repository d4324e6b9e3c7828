"""What steers an integration: its tolerances, its order, and the block of numbers that steps read and write.

With normalised coefficients x_k of the solution at t, one step goes from x_0 to Σ_k x_k h^k. Errors are measured in
units ``w_i = atol_i + rtol_i s_i`` of their own for every component, s_i being how large the component is within a
step, ``max(|x_0|, |x_1 h|, |x_2 h²|)`` with the length h of the step before: a component that passes through zero keeps
its scale, a small one beside a large one keeps its digits. With the relative tolerance ε that decides on the order p,
``N_k = max_i |x_k|_i / w_i`` of the last three degrees k give the radius of convergence as ``(1/(ε N_k))^{1/k}``, and
the next length is ``h = (σε)^{1/p} min_k (1/(ε N_k))^{1/k}``: the last term is at most a fraction σ of the tolerance.

The order follows Jorba and Zou, "A software package for the numerical integration of ODEs by means of high-order
Taylor methods", Experimental Mathematics 14 (2005), section 3: the cost of a step grows as p², its length as the radius
of convergence times e⁻² is then the cheapest, which makes ``p = ⌈1 − ln(ε)/2⌉``. Where much of a step's cost does not
grow with p, at loose tolerances, higher orders are cheaper: Sun, Jupiter and Saturn at ε = 1e-6 take 0.80 ms for 1000
years at order 8, 0.57 ms at orders 12 to 18, with no larger errors.
"""

from __future__ import annotations

import ctypes
import math
from enum import IntEnum
from typing import Any

import mpmath
import numpy as np

EPS = 2.0**-52
LEAST_ORDER, LARGEST_ORDER = 4, 1000
FRACTION = 0.05  # σ: up to 0.1 the energy error of Kepler's problem is that of rounding, at 2 it drifts
DEFECT_LIMIT = 16.0  # tolerances that a step's error may come to, as its defect shows it, before the step is rejected

SHORTEST = 1 / 8  # of a step must change the time, where that is of influence
LEAST_UNIT = 1e-290  # of errors: below it their reciprocals overflow


class Status(IntEnum):
    """Why a run of steps came back."""

    END = 0  # the end of the interval
    GUARD = 1  # the right-hand side takes another branch than the code was made for
    NOT_FINITE = 2  # the step just made led to numbers that are not finite
    DEFECT = 3  # the derivative at the end of the step just made is not that of its polynomial
    TAIL = 4  # the last coefficients vanish, so that they say nothing about the length
    LIMIT = 5  # as many steps as were asked for
    EVENT = 6  # an event function may have a root within the step just made
    COLLAPSE = 7  # the next step would be too short to change the time
    GAP = 9  # an event function at the end of the step just made is not what its polynomial said
    COEFFICIENTS = 8  # the coefficients at the current state were asked for, and are there


TIMES = ("time", "low", "end", "longest", "scale", "reach", "forced", "tightness")
KEPT = 0.9  # of the reach


class Control(ctypes.Structure):
    """The state of an integration besides its arrays, shared with machine code.

    Attributes
    ----------
    time, low : the time is their exact sum
    end : where to stop
    longest : bound on the length of steps
    scale : the length that scales of components are taken with, that of the step before
    reach : the longest of the last steps: 0.9 of it is kept from step to step
    forced : length of the next step if positive
    tightness : -log₂ ε
    steps, limit : steps made in this run, and how many it may make
    row, rows : where the coefficients of the next step go, and for how many steps there is room
    checked : whether `predicted` holds the derivative at the end of the step before
    flagged, found : whether the step before, or the one before it, may have met an event; whether it itself may have
    reached : whether the step before ended at `end`
    watch : whether to come back with the coefficients instead of making a step
    """

    _fields_ = (
        *((name, ctypes.c_double) for name in TIMES),
        *(
            (name, ctypes.c_int64)
            for name in ("steps", "limit", "row", "rows", "checked", "flagged", "found", "reached")
        ),
        *((name, ctypes.c_int64) for name in ("state_stride", "watch")),
        *(
            (name, ctypes.c_void_p)
            for name in ("inputs", "outputs", "coefficients", "state", "carry", "carry_before", "predicted")
        ),
        *((name, ctypes.c_void_p) for name in ("absolute", "relative", "times", "lows", "lengths", "states")),
        *((name, ctypes.c_void_p) for name in ("workspace", "observed", "expected")),
    )

    time: float
    low: float
    end: float
    longest: float
    scale: float
    reach: float
    forced: float
    tightness: float
    steps: int
    limit: int
    row: int
    rows: int
    checked: int
    flagged: int
    found: int
    reached: int
    state_stride: int
    watch: int

    @classmethod
    def names(cls) -> list[str]:
        """Of all fields."""
        return [name for name, *_ in cls._fields_]

    @classmethod
    def offset(cls, name: str) -> int:
        """Where a field is, in bytes."""
        return int(cls.__dict__[name].offset)


def order_for(tolerance: Any) -> int:
    """The cheapest order for a relative tolerance: ``⌈1 − ln(ε)/2⌉``, or ``⌈9.8 − 0.28 ln ε⌉`` if that is more.

    >>> order_for(2.0**-52), order_for(1e-6)
    (20, 14)
    """
    logarithm = math.log(2) * exponent(tolerance)
    return math.ceil(max(1 - logarithm / 2, 9.8 - 0.28 * logarithm))


def exponent(x: Any) -> float:
    """``log₂ x`` of a number of any type that is not negative; -inf of 0."""
    if x == 0:
        return -math.inf
    if not x < math.inf:
        return float(x)
    if hasattr(x, "man_exp"):
        mantissa, power = x.man_exp
        return math.log2(mantissa) + power
    return math.log2(x)


def precision_of(y: np.ndarray) -> Any:
    """The relative rounding error of an array's numbers."""
    return mpmath.mp.eps if y.dtype == object else float(np.finfo(y.dtype).eps)


def is_finite(x: np.ndarray) -> np.ndarray:
    """Whether entries are finite numbers."""
    if x.dtype != object:
        return np.isfinite(x)
    return np.array([bool(abs(entry) < math.inf) for entry in x.reshape(-1)], dtype=bool).reshape(x.shape)
