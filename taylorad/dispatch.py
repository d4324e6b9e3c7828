"""From NumPy's and SciPy's protocols to the table: the only place that knows ufuncs and array functions.

A call ``np.exp(x)`` or ``np.concatenate([x, y])`` that meets a `DuckArray` is looked up by name, and the outermost
operand (the most recent differentiation; within it the deepest nested) is asked to apply the primitive. What an
operand does depends on the primitive's kind only.
"""

from __future__ import annotations

import functools
import inspect
from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy.special
from numpy.lib.mixins import NDArrayOperatorsMixin

from taylorad.rules import TABLE, Primitive

_REDUCTIONS = {
    ("add", "reduce"): "sum",
    ("multiply", "reduce"): "prod",
    ("maximum", "reduce"): "max",
    ("minimum", "reduce"): "min",
    ("logaddexp", "reduce"): "logsumexp",
    ("add", "accumulate"): "cumsum",
    ("multiply", "accumulate"): "cumprod",
}
_PREFIXES = {"numpy.linalg": "linalg.", "numpy.fft": "fft."}
_DROPPED = {"where": True, "casting": "same_kind", "order": "K", "subok": True, "dtype": None, "initial": None}


class UnsupportedFunctionError(TypeError):
    """A function the table has no entry for."""


def lookup(name: str, module: str = "numpy") -> Primitive:
    """The primitive of a function's name; an error that says how to add one when there is none."""
    try:
        return TABLE[name]
    except KeyError:
        raise UnsupportedFunctionError(
            f"taylorad has no rule for {module}.{name}: write it with functions of the table, or add one "
            "(see 'Adding a function' in the documentation)"
        ) from None


def operands(values: Any) -> Iterator[DuckArray]:
    """All duck arrays among arguments, inside lists and tuples too."""
    for value in values:
        if isinstance(value, DuckArray):
            yield value
        elif isinstance(value, list | tuple):
            yield from operands(value)


class DuckArray(NDArrayOperatorsMixin):
    """An array-like value that NumPy and SciPy functions work on directly.

    Subclasses give `level` (how far out they stand among nested algebras) and `apply`.
    """

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # == compares elementwise, as for ndarray

    level: tuple[int, int]
    """(tag of the latest differentiation within, layers made by hand around it): the greatest applies a primitive."""

    @abstractmethod
    def apply(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        """The primitive's value at arguments of which this is the outermost."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        name = ufunc.__name__
        if method == "outer":
            x, y = inputs
            inputs = np.reshape(x, (*np.shape(x), *(1,) * np.ndim(y))), y
        elif method != "__call__":
            if (name, method) not in _REDUCTIONS:
                raise UnsupportedFunctionError(f"taylorad has no rule for numpy.{name}.{method}")
            name = _REDUCTIONS[name, method]
            kwargs.setdefault("axis", 0)
        kwargs = {key: value for key, value in kwargs.items() if not (key in _DROPPED and value is _DROPPED[key])}
        result = call(lookup(name, "scipy.special" if hasattr(scipy.special, name) else "numpy"), inputs, kwargs)
        return result if out is None else _store(out, result)

    def __array_function__(self, func: Callable, types: Any, args: tuple, kwargs: dict) -> Any:
        name = _PREFIXES.get(func.__module__, "") + func.__name__
        out = kwargs.pop("out", None)
        primitive = lookup(name)
        if any(True for _ in operands(kwargs.values())):
            args, kwargs = _by_position(func, args, kwargs)
        result = call(primitive, args, kwargs)
        return result if out is None else _store((out,), result)


def _by_position(func: Callable, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """Operands given by keyword in their places, where the rules look for them."""
    for name in list(inspect.signature(func).parameters)[len(args) :]:
        if name not in kwargs:
            break
        args, kwargs = (*args, kwargs[name]), {key: value for key, value in kwargs.items() if key != name}
    return args, kwargs


def call(primitive: Primitive, args: Any, kwargs: dict) -> Any:
    """Apply a primitive to arguments, at least one of them a duck array."""
    ducks = list(operands(args)) or list(operands(kwargs.values()))
    outermost = ducks[0] if len(ducks) == 1 else max(ducks, key=lambda duck: duck.level)
    return outermost.apply(primitive, tuple(args), kwargs)


def _store(out: tuple, result: Any) -> Any:
    """Write results into `out`; a shape-() target is a number, so the new value replaces it."""
    results = result if isinstance(result, tuple) else (result,)
    stored = []
    for target, value in zip(out, results, strict=True):
        if isinstance(target, DuckArray) and target.shape != ():  # type: ignore[attr-defined]
            target[...] = value  # type: ignore[index]
            stored.append(target)
        elif isinstance(target, DuckArray):
            stored.append(value)
        elif not isinstance(value, DuckArray):
            np.copyto(target, value)
            stored.append(target)
        else:
            raise TypeError(
                f"cannot store a {type(value).__name__} in an array of {getattr(target, 'dtype', type(target))}: its "
                "derivatives would be lost; make the array with np.zeros_like(x) of a series x, or write x = x + y"
            )
    return stored[0] if len(stored) == 1 else tuple(stored)


def _accept_series(module: Any, name: str) -> None:
    """Let a SciPy function that is plain Python (no protocol reaches it) hand series to the table."""
    original = getattr(module, name)
    if hasattr(original, "taylorad_original"):
        return

    @functools.wraps(original)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if any(True for _ in operands((*args, *kwargs.values()))):
            return call(TABLE[name], args, kwargs)
        return original(*args, **kwargs)

    wrapper.taylorad_original = original  # type: ignore[attr-defined]
    setattr(module, name, wrapper)


for _name in ("polygamma", "logsumexp", "softmax", "log_softmax"):
    _accept_series(scipy.special, _name)
