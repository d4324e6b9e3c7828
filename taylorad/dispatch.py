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

from taylorad.refusals import forced_into
from taylorad.rules import TABLE, Primitive
from taylorad.rules.writing import WRITING

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

    zeros: Callable[..., Any]
    lift: Callable[..., Any]
    wrapped: Any = None
    """What a mere cover holds: an array that nothing differentiates (any more)."""

    def covered(self, result: Any) -> Any:
        """A plain result of a function that met covers only: covered again, where covers are in use."""
        return result

    def known(self, name: str, args: tuple) -> Primitive | None:
        """The primitive of a name, at given arguments; None where there is none."""
        return TABLE.get(name)

    @abstractmethod
    def apply(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        """The primitive's value at arguments of which this is the outermost."""

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **kwargs: Any) -> Any:
        name = ufunc.__name__
        if method == "__call__" and not kwargs and out is None and name in TABLE:
            return call(TABLE[name], inputs, kwargs)
        if method == "at":
            return _at(name, *inputs)
        if method == "__call__" and kwargs.get("where", True) is not True:
            return _masked(ufunc, inputs, out, **kwargs)
        if method == "outer":
            x, y = inputs
            inputs = np.reshape(x, (*np.shape(x), *(1,) * np.ndim(y))), y
        elif method != "__call__":
            if (name, method) not in _REDUCTIONS:
                raise UnsupportedFunctionError(f"taylorad has no rule for numpy.{name}.{method}")
            name = _REDUCTIONS[name, method]
            kwargs.setdefault("axis", 0)
        kwargs = {key: value for key, value in kwargs.items() if not (key in _DROPPED and value is _DROPPED[key])}
        primitive = self.known(name, inputs) or lookup(
            name, "scipy.special" if hasattr(scipy.special, name) else "numpy"
        )
        result = call(primitive, inputs, kwargs)
        return result if out is None else _store(out, result)

    def __array_function__(self, func: Callable, types: Any, args: tuple, kwargs: dict) -> Any:
        name = _PREFIXES.get(func.__module__, "") + func.__name__
        if name in WRITING:
            return write(name, *args, **kwargs)
        out = kwargs.pop("out", None)
        if name not in TABLE and all(d.wrapped is not None for d in operands((*args, *kwargs.values()))):
            result = func(*map(unwrapped, args), **{key: unwrapped(v) for key, v in kwargs.items()})
            return self.covered(result) if out is None else _store((out,), result)
        primitive = self.known(name, (*args, *kwargs.values())) or lookup(name)
        if kwargs and any(True for _ in operands(kwargs.values())):
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
    if len(args) == 1 and not kwargs and isinstance(args[0], DuckArray):
        return args[0].apply(primitive, tuple(args), kwargs)
    for a in args:
        if a.__class__ is list or a.__class__ is tuple or (a.__class__ is np.ndarray and a.dtype.hasobject):
            args = settled(primitive.name, args)
            break
    ducks = [a for a in args if isinstance(a, DuckArray)] or list(operands((*args, *kwargs.values())))
    outermost = ducks[0] if len(ducks) == 1 else max(ducks, key=lambda duck: duck.level)
    return outermost.apply(primitive, tuple(args), kwargs)


def settled(name: str, args: Any) -> tuple:
    """Arguments whose lists and object arrays of duck arrays are joined; lists of arrays to be put together stay."""
    if name == "block":
        return tuple(args)
    return tuple(
        type(a)(map(_joined_if_needed, a))
        if name in _OF_LISTS and a.__class__ in (list, tuple)
        else _joined_if_needed(a)
        for a in args
    )


_OF_LISTS = frozenset(
    ["concatenate", "stack", "hstack", "vstack", "dstack", "column_stack", "select", "linalg.multi_dot", "piecewise"]
)


def _joined_if_needed(x: Any) -> Any:
    if x.__class__ is np.ndarray and x.dtype.hasobject:
        if any(hasattr(e, "level") for e in x.flat):
            return joined(x)
        return np.asarray(x.tolist()) if all(isinstance(e, int | float | np.number) for e in x.flat) else x
    return joined(x) if x.__class__ in (list, tuple) and any(True for _ in operands(x)) else x


def unwrapped(x: Any) -> Any:
    """Arguments with covers taken off."""
    while isinstance(x, DuckArray) and x.wrapped is not None:
        x = x.wrapped
    return type(x)(map(unwrapped, x)) if x.__class__ is list or x.__class__ is tuple else x


def joined(x: Any) -> Any:
    """A nested list or tuple of numbers and arrays as one array; object arrays with duck arrays in them too."""
    if isinstance(x, np.ndarray) and x.dtype == object and any(hasattr(e, "level") for e in x.flat):
        entries: list[Any] = [joined(e) if hasattr(e, "dtype") else np.asarray(e) for e in x.flat]
        return np.stack(entries).reshape(x.shape)
    if isinstance(x, list | tuple):
        parts: list[Any] = [joined(e) for e in x]
        return np.stack(parts) if any(hasattr(p, "level") for p in parts) else np.asarray(parts)
    return x


def write(name: str, target: Any, *args: Any, **kwargs: Any) -> None:
    """A function that writes into an array: one of plain numbers cannot take what is differentiated."""
    if not isinstance(target, DuckArray) and getattr(target, "dtype", object) != object:
        if any(duck.wrapped is None for duck in operands((*args, *kwargs.values()))):
            raise forced_into(target)
        getattr(np, name)(target, *map(unwrapped, args), **{key: unwrapped(v) for key, v in kwargs.items()})
    else:
        WRITING[name](target, *map(joined, args), **{key: joined(v) for key, v in kwargs.items()})


def _masked(ufunc: Any, inputs: tuple, out: Any, where: Any, **kwargs: Any) -> Any:
    """A ufunc with ``where=``: it is evaluated at the chosen entries only; without `out` the others are 0."""
    chosen = getattr(where, "primal", where)
    shape = np.broadcast_shapes(np.shape(chosen), *map(np.shape, inputs))
    chosen = np.broadcast_to(chosen, shape)
    result = ufunc(*(np.broadcast_to(x, shape)[chosen] for x in inputs), **kwargs)
    if out is not None:
        target = out[0]
        if isinstance(result, DuckArray) and result.wrapped is None and not isinstance(target, DuckArray):
            raise forced_into(target)
    else:
        target = result.zeros(shape) if isinstance(result, DuckArray) else np.zeros(shape, result.dtype)  # type: ignore[attr-defined]
    target[chosen] = result
    return target


def _at(name: str, target: Any, index: Any, values: Any = None) -> None:
    """``numpy.add.at`` and its like: entries of `index` may be equal, and every one of them counts."""
    if not isinstance(target, DuckArray):
        if all(duck.wrapped is not None for duck in operands((index, values))):
            getattr(np, name).at(target, unwrapped(index), unwrapped(values))
            return
        raise forced_into(target)
    if name not in ("add", "subtract"):
        raise UnsupportedFunctionError(f"taylorad has no rule for numpy.{name}.at: write the loop")
    array: Any = target
    numbers = np.arange(array.size).reshape(array.shape)[unwrapped(index)]
    spread: Any = np.broadcast_to(values, numbers.shape)
    flat: Any = unwrapped(np.reshape(spread, -1))
    if isinstance(flat, DuckArray):
        total = call(TABLE["scatter_add"], (flat, numbers.ravel(), array.shape), {})
    else:
        total = np.zeros(array.shape)
        np.add.at(total.reshape(-1), numbers.ravel(), np.asarray(flat))
    array[...] = array + total if name == "add" else array - total


def _store(out: tuple, result: Any) -> Any:
    """Write results into `out`; a shape-() target is a number, so the new value replaces it."""
    results = result if isinstance(result, tuple) else (result,)
    stored = []
    for target, value in zip(out, results, strict=True):
        if isinstance(target, DuckArray) and target.shape != ():  # type: ignore[attr-defined]
            array: Any = target
            if np.ndim(value) > array.ndim:
                raise ValueError(
                    f"non-broadcastable output operand with shape {array.shape} doesn't match the broadcast shape "
                    f"{np.shape(value)}"
                )
            array[...] = value
            stored.append(target)
        elif isinstance(target, DuckArray):
            stored.append(value)
        elif not isinstance(value, DuckArray) or value.wrapped is not None:
            np.copyto(target, unwrapped(value))
            stored.append(target)
        else:
            raise forced_into(target)
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
