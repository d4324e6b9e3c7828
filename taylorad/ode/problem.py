"""A differential equation as users write it, made uniform: state, time, parameters and event functions as arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from taylorad.compile.executors import over_real_numbers
from taylorad.compile.graph import Graph
from taylorad.compile.jit import Arguments
from taylorad.compile.versions import Version
from taylorad.dispatch import DuckArray
from taylorad.trace import followed

NATIVE = ("d", "D")  # number types of states that have machine code


@dataclass(frozen=True)
class Problem:
    """``y' = fun(t, y, *args)`` and functions ``g(t, y, *args)`` whose roots are wanted.

    Attributes
    ----------
    fun : callable
    args : tuple
    events : sequence of callables
    """

    fun: Callable
    args: tuple
    events: tuple[Callable, ...] = ()

    def slope(self, t: Any, y: Any, *args: Any) -> Any:
        """The right-hand side as an array of the shape of y.

        Raises
        ------
        ValueError
            It has another shape.
        """
        slope = _as_array(_called(self.fun, t, y, *args))
        if slope.shape == () and y.shape == (1,):
            slope = slope.reshape((1,))
        if slope.shape != y.shape:
            raise ValueError(
                f"fun(t, y) must return as many numbers as y has: an array of shape {y.shape}, got {slope.shape}"
            )
        return slope

    def event(self, number: int, t: Any, y: Any, *args: Any) -> Any:
        """The value of an event function, a single number.

        Raises
        ------
        ValueError
            It is not a single number.
        TypeError
            It is complex.
        """
        value = _as_array(_called(self.events[number], t, y, *args))
        if value.size != 1:
            raise ValueError(f"event {number} must return a single number, got an array of shape {value.shape}")
        if np.dtype(value.dtype).kind == "c":
            raise TypeError(f"event {number} must return a real number, got a complex one: take .real, or abs")
        return value.reshape(())

    def everything(self, y: Any, t: Any, *args: Any) -> tuple:
        """Slope and event functions together."""
        return self.slope(t, y, *args), *(self.event(i, t, y, *args) for i in range(len(self.events)))

    def version(self, t: Any, y: np.ndarray) -> tuple[Graph, list[np.ndarray]] | None:
        """Slope and events as a graph over real numbers of (y, t, parameters), valid near a point; the parameters.

        None where there can be no machine code for it.
        """
        given = Arguments((y, np.float64(t), *self.args), {})
        if given.as_it_is or y.dtype.char not in NATIVE:
            return None
        version = Version(given.function(self.everything), given.leaves)
        graph = over_real_numbers(version.graph)
        return graph, given.leaves[2:]

    @property
    def parameters(self) -> list[np.ndarray]:
        """The numbers in `args`, which may change without a new compilation."""
        return Arguments((np.zeros(1), *self.args), {}).leaves[1:]

    @property
    def kind(self) -> Any:
        """What code is compiled for, of `args`."""
        return Arguments((np.zeros(1), *self.args), {}).key


def _called(f: Callable, t: Any, y: Any, *args: Any) -> Any:
    return followed(f, t, y, *args) if isinstance(y, DuckArray) else f(t, y, *args)


def _as_array(result: Any) -> Any:
    """What a function returned, nested lists of traced numbers too, as an array."""
    if hasattr(result, "shape"):
        return result
    if isinstance(result, list | tuple):
        entries = [_as_array(entry) for entry in result]
        if any(isinstance(entry, DuckArray) for entry in entries):
            return np.stack(entries)
    return np.array(result)


def real_size(y: np.ndarray) -> int:
    """How many real numbers make up a state."""
    return y.size * (2 if y.dtype.kind == "c" else 1)


def weights(tolerance: Any, y: np.ndarray, name: str) -> np.ndarray:
    """A tolerance for every component of the state.

    Raises
    ------
    ValueError
        It is negative, or has neither one entry nor as many as y.
    """
    array = np.asarray(tolerance)
    if array.dtype.kind not in "fiuO" or any(entry is None for entry in array.flat):
        raise TypeError(f"`{name}` must be a number or an array of numbers, got {tolerance!r}")
    array = array if array.dtype == object else array.astype(float)
    if array.ndim > 0 and array.shape != y.shape:
        raise ValueError(f"`{name}` must be one number or have the shape {y.shape} of y0, got {array.shape}")
    if not np.all(array >= 0):
        raise ValueError(f"`{name}` must not be negative, got {tolerance!r}")
    return np.broadcast_to(array, y.shape).copy()


def checked_events(events: Any) -> tuple[Callable, ...]:
    """Event functions as a tuple."""
    if events is None:
        return ()
    found: Sequence = (events,) if callable(events) else tuple(events)
    for i, event in enumerate(found):
        if not callable(event):
            raise TypeError(f"event {i} must be a function g(t, y), got {type(event).__name__}")
    return tuple(found)
