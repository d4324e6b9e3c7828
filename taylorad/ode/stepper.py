"""A run of steps: the arrays of an integration, and machine code that works on them.

A stepper makes steps until something needs a decision (`control.Status`); `march` decides. `NativeStepper` runs machine
code for states of float64 and complex128; `generic.GenericStepper` does the same for all others.
"""

from __future__ import annotations

import ctypes
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from taylorad.compile.native import target
from taylorad.compile.series.start import Unsupported
from taylorad.ode.control import DEFECT_LIMIT, EPS, FRACTION, LEAST_UNIT, Control, Status, exponent
from taylorad.ode.event_code import GAP_LIMIT, GAP_ROUNDING
from taylorad.ode.native import NativeSteps, aligned
from taylorad.ode.problem import Problem, real_size

VERSIONS = 16  # branches of a right-hand side; beyond them steps are made without machine code


class NoMachineCode(Exception):
    """A right-hand side, or one more of its branches, cannot be compiled."""


@dataclass(frozen=True)
class Setting:
    """What an integration is made with.

    Attributes
    ----------
    order : int
    rows, capacity : int
        For how many steps coefficients, and times, are kept.
    recorded : bool
        Whether the states at the ends of steps are kept, too.
    absolute, relative : arrays (n,)
        Tolerances.
    """

    order: int
    rows: int
    capacity: int
    recorded: bool
    absolute: Any
    relative: Any


class Stepper(ABC):
    """The arrays of an integration.

    Attributes
    ----------
    problem : Problem
    order : int
    control : Control, or an object with the same attributes
    state, carry : arrays (n,)
        The state is their sum.
    coefficients : array (rows, order + 1, n)
        Of the last steps; those of the current one go to row `control.row`.
    times, lows, lengths : arrays (capacity,)
        Where the steps of this run began, and how long they were.
    states : array (capacity or 1, n)
        Where they ended.
    predicted : array (n,)
        The derivative at the end of the last step by its polynomial.
    observed : array (rows, events, order)
        Taylor coefficients of the event functions in the last steps.
    expected : array (events, 4)
        Their values at the end of the last step by these, the sums of the sizes of all terms, the sizes of their
        slopes, and the values at the end of the step before that.
    absolute, relative : arrays (numbers of a state,)
    """

    problem: Problem
    order: int
    control: Any
    state: Any
    carry: Any
    carry_before: Any
    coefficients: Any
    times: Any
    lows: Any
    lengths: Any
    states: Any
    predicted: Any
    observed: Any
    expected: Any
    absolute: Any
    relative: Any

    @abstractmethod
    def run(self) -> Status:
        """Make steps."""

    @abstractmethod
    def set_parameters(self, problem: Problem) -> None:
        """Go on with the same problem with other numbers in `args`."""

    @abstractmethod
    def magnitudes(self, x: Any) -> Any:
        """Absolute values of the numbers tolerances are given for, along the last axis."""

    def unit(self, size: Any) -> Any:
        """Errors of one tolerance, for components of given sizes."""
        return self.absolute + self.relative * size

    def length(self, sizes: Any, scale: Any) -> float:
        """``(σε)^{1/p} min_k (1/(ε N_k))^{1/k}`` over the last three degrees; infinite if all of them vanish.

        `sizes` are the absolute values of the coefficients; see `control`.
        """
        order, tightness = self.order, self.control.tightness
        unit = self.unit(np.maximum(np.maximum(sizes[0], sizes[1] * scale), sizes[2] * (scale * scale)))
        divisor = np.where(unit > 0, np.maximum(unit, LEAST_UNIT), math.inf)
        norms = (sizes[order - 2 :] / divisor).max(axis=1)
        radius = min((tightness - exponent(norm)) / k for k, norm in enumerate(norms, order - 2))
        power = radius + (math.log2(FRACTION) - tightness) / order
        return 2.0**power if power < 1000 else math.inf

    def defect(self, x: Any) -> tuple[Any, Any]:
        """How far x_1 is from the derivative of the last step's polynomial, and in which components that is too far."""
        h, expected = self.control.scale, self.magnitudes(self.predicted)
        value, slope = self.magnitudes(x[0]), self.magnitudes(x[1])
        defect = self.magnitudes(x[1] - self.predicted)
        unit = self.unit(np.maximum(value, h * np.maximum(slope, expected)))
        return defect, ~np.asarray(defect * h <= DEFECT_LIMIT * (self.order + 1) * unit, dtype=bool)  # nan is too far

    def gap(self) -> tuple[Any, Any]:
        """How far event functions are from what their polynomials said, and for which that is too far."""
        now, (expected, size, slope, _) = self.observed[self.control.row][:, 0], self.expected.T
        gap = np.abs(now - expected)
        return gap, np.asarray(gap > size * GAP_LIMIT + slope * self.control.reach * GAP_ROUNDING, dtype=bool)

    def current(self) -> Any:
        """The coefficients of the current step, (order + 1, n)."""
        return self.coefficients[self.control.row]

    def back(self) -> None:
        """Undo the last step of this run."""
        control = self.control
        control.steps -= 1
        control.row = (control.row - 1) % control.rows
        self.state[...] = self.coefficients[control.row][0]
        self.carry[...] = self.carry_before
        control.time, control.low = self.times[control.steps], self.lows[control.steps]
        self.expected[:, 0] = self.expected[:, 3]
        control.checked = control.flagged = control.reached = 0
        control.found = 1  # look at the next step, whatever is there


class NativeStepper(Stepper):
    """Steps in machine code.

    Parameters
    ----------
    problem : Problem
    t, y : where it begins
    setting : Setting

    Raises
    ------
    NoMachineCode
    """

    def __init__(self, problem: Problem, t: float, y: np.ndarray, setting: Setting):
        self.problem, self.order, self.dtype = problem, setting.order, y.dtype
        parts = 2 if y.dtype.kind == "c" else 1
        self.absolute = np.repeat(setting.absolute, parts)
        self.relative = np.repeat(np.maximum(setting.relative, EPS), parts)
        self.versions: list[NativeSteps] = []
        self.control = Control(time=t, rows=setting.rows, state_stride=real_size(y) if setting.recorded else 0)
        self._allocate(y, setting)
        self._compile()

    def _allocate(self, y: np.ndarray, setting: Setting) -> None:
        n, rows, capacity = real_size(y), setting.rows, setting.capacity
        self._raw: dict[str, np.ndarray] = {
            name: aligned(n) for name in ("state", "carry", "carry_before", "predicted")
        }
        self._raw["coefficients"] = aligned(rows * (self.order + 1) * n)
        self._raw["observed"] = aligned(rows * self.order * len(self.problem.events))
        self._raw["expected"] = aligned(4 * len(self.problem.events))
        self._raw["states"] = aligned(n * (capacity if setting.recorded else 1))
        for name in ("times", "lows", "lengths"):
            self._raw[name] = aligned(capacity)
        self._raw |= {"absolute": self.absolute, "relative": self.relative}
        for name, array in self._raw.items():
            setattr(self.control, name, array.ctypes.data)
        view = {name: array.view(self.dtype) for name, array in self._raw.items() if name not in _REAL}
        self.state, self.carry, self.carry_before = view["state"], view["carry"], view["carry_before"]
        self.predicted = view["predicted"]
        self.coefficients = view["coefficients"].reshape(rows, self.order + 1, y.size)
        self.states = view["states"].reshape(-1, y.size)
        self.times, self.lows, self.lengths = (self._raw[name] for name in ("times", "lows", "lengths"))
        self.state[...] = y
        self.observed = self._raw["observed"].reshape(rows, len(self.problem.events), self.order)
        self.expected = self._raw["expected"].reshape(-1, 4)
        self._outputs = (ctypes.c_void_p * (1 + len(self.problem.events)))()
        self.control.outputs = ctypes.addressof(self._outputs)

    def _compile(self) -> None:
        """One more version, valid at the current state; it becomes the first."""
        if len(self.versions) >= VERSIONS or not target.is_available():
            raise NoMachineCode
        made = self.problem.version(self.control.time, self.state.copy())
        if made is None:
            raise NoMachineCode
        graph, parameters = made
        try:
            steps = NativeSteps(graph, self.order, self.dtype.kind == "c")
        except Unsupported as reason:
            raise NoMachineCode(str(reason)) from None
        self.versions.insert(0, steps)
        if len(self.versions) == 1:
            self._point_inputs(parameters)
        self._workspace = aligned(max(v.workspace_size for v in self.versions) // 8 + 8)
        self.control.workspace = self._workspace.ctypes.data

    def _point_inputs(self, parameters: list[np.ndarray]) -> None:
        time = ctypes.addressof(self.control) + Control.offset("time")
        self._parameters = [np.array(p, order="C") for p in parameters]
        places = [self._raw["state"].ctypes.data, time, *(p.ctypes.data for p in self._parameters)]
        self._inputs = (ctypes.c_void_p * len(places))(*places)
        self.control.inputs = ctypes.addressof(self._inputs)

    def set_parameters(self, problem: Problem) -> None:
        """Take over other numbers in `args`."""
        self.problem = problem
        for old, new in zip(self._parameters, problem.parameters, strict=True):
            old[...] = new

    def run(self) -> Status:
        """Make steps, changing to another version where a guard does not hold."""
        address, failing = ctypes.addressof(self.control), 0
        while True:
            before = self.control.steps
            status = Status(self.versions[0].call(address))
            if status != Status.GUARD:
                return status
            failing = failing + 1 if self.control.steps == before else 1
            if failing < len(self.versions):
                self.versions.append(self.versions.pop(0))
            elif failing == len(self.versions):
                self._compile()
            else:  # the recurrences do not hold here, whatever the branch: at a kink, for example
                self.versions.pop(0)
                raise NoMachineCode

    def take_over(self, other: Stepper) -> None:
        """Go on from where another stepper came to that followed this one, by one step or none."""
        control, done = self.control, other.control
        self.coefficients[control.row] = other.coefficients[0]
        if done.steps:
            step = control.steps
            self.observed[control.row] = other.observed[0]
            self.times[step], self.lows[step], self.lengths[step] = other.times[0], other.lows[0], other.lengths[0]
            self.states[step if control.state_stride else 0] = other.state
            self.state[...], self.carry[...], self.predicted[...] = other.state, other.carry, other.predicted
            self.carry_before[...], self.expected[...] = other.carry_before, other.expected
            control.steps, control.row = step + 1, (control.row + 1) % control.rows
            self.coefficients[control.row] = other.coefficients[1]  # the derivative at its end, which was checked
            self.observed[control.row] = other.observed[1]
        for name in ("time", "low", "scale", "reach", "forced", "checked", "flagged", "found", "reached"):
            setattr(control, name, getattr(done, name))

    def unit(self, size: np.ndarray) -> np.ndarray:
        """Errors of one tolerance: of both parts of a complex number by the larger one."""
        if self.dtype.kind == "c":
            size = size.reshape(-1, 2).max(axis=1).repeat(2)
        return super().unit(size)

    def magnitudes(self, x: np.ndarray) -> np.ndarray:
        """Of real and imaginary parts."""
        return np.abs(np.ascontiguousarray(x).view(np.float64))


_REAL = ("times", "lows", "lengths", "absolute", "relative", "observed", "expected")
