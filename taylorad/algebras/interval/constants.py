"""Relations between intervals, and functions that say where entries are."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from taylorad.algebras.interval.comparisons import Comparison, UndecidedError
from taylorad.algebras.interval.decorations import DEF
from taylorad.algebras.interval.interval import as_interval
from taylorad.rings.interval.environment import check

STEPS = {"floor": "floor", "ceil": "ceil", "trunc": "trunc", "fix": "trunc", "rint": "rint"}
"""Functions with steps, by the names of `taylorad.rings.interval.functions`."""


def _less(a: Any, b: Any, c: Any, d: Any) -> tuple:
    return b < c, a < d


def _less_equal(a: Any, b: Any, c: Any, d: Any) -> tuple:
    return b <= c, a <= d


def _equal(a: Any, b: Any, c: Any, d: Any) -> tuple:
    return (a == b) & (c == d) & (a == c), (a <= d) & (c <= b)


_RELATIONS: dict[str, tuple[str, Callable]] = {
    "less": ("<", _less),
    "less_equal": ("<=", _less_equal),
    "greater": (">", lambda a, b, c, d: _less(c, d, a, b)),
    "greater_equal": (">=", lambda a, b, c, d: _less_equal(c, d, a, b)),
    "equal": ("==", _equal),
    "not_equal": ("!=", lambda a, b, c, d: (~(part := _equal(a, b, c, d))[1], ~part[0])),
}
_OF_THE_SAME = {"less": False, "less_equal": True, "greater": False, "greater_equal": True, "equal": True}
_OF_THE_SAME["not_equal"] = False


def relation(name: str, args: tuple) -> Any:
    """What a comparison or test of intervals is; None if `name` is none."""
    check()
    if name in _RELATIONS:
        x, y = (a if hasattr(a, "ends") else _number(a) for a in args)
        if _same_entries(x, y):
            truth = np.full(x.shape, _OF_THE_SAME[name])
            return Comparison(truth, truth, None, _may_be_undefined(x))
        sign, test = _RELATIONS[name]
        certainly, possibly = test(*x.ends, *y.ends)
        undefined = _may_be_undefined(x) | _may_be_undefined(y)
        found = Comparison(certainly, possibly, lambda: f"x {sign} y of {_shown(x, y)}", undefined)
        found.decorated = any(getattr(a, "codes", None) is not None for a in (x, y))
        return found
    if name in _TESTS:
        return _TESTS[name](as_interval(args[0]))
    if name.startswith("logical_"):
        truths = [a != 0 if hasattr(a, "ends") else a for a in args]
        return getattr(np, name)(*truths)
    return None


class _Numbers:
    """Numbers a comparison is made with; unlike those of an interval, they may be infinite or nan."""

    def __init__(self, array: np.ndarray):
        self.ends = (array, array)


def _may_be_undefined(x: Any) -> Any:
    """Where a number may not exist: empty intervals, and those of functions that may be undefined."""
    if isinstance(x, _Numbers):
        return np.False_
    return x.is_empty if x.codes is None else x.is_empty | (x.codes < DEF)


def _number(value: Any) -> Any:
    array = np.asarray(value)
    if array.dtype.kind == "f" and array.dtype.itemsize <= 8:
        return _Numbers(array.astype(np.float64))
    return as_interval(value)


def _same_entries(x: Any, y: Any) -> bool:
    """Whether two arrays look at the same entries: a number is compared with itself."""
    if x is y:
        return True
    return all(_is_same_memory(a, b) for a, b in zip(x.ends, y.ends, strict=True))


def _is_same_memory(a: Any, b: Any) -> bool:
    if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):  # NumPy's scalars have no lasting address
        return False
    return a.shape == b.shape and a.strides == b.strides and a.ctypes.data == b.ctypes.data


def _shown(x: Any, y: Any) -> str:
    parts = [
        f"[{a.ends[0]}, {a.ends[1]}]" if a.ends[0].ndim == 0 else f"arrays of shape {a.ends[0].shape}" for a in (x, y)
    ]
    return f"x = {parts[0]}, y = {parts[1]}"


def _test(x: Any, certainly: Any, possibly: Any) -> Any:
    """A test of numbers that floating-point results may fail by overflow, although real numbers do not."""
    first, second = (np.broadcast_to(part, x.shape)[()] for part in (certainly, possibly))
    found = Comparison(first, second, None, _may_be_undefined(x))
    found.decorated = x.codes is not None
    return found.settled()


_TESTS: dict[str, Callable] = {
    "isnan": lambda x: _test(x, x.is_empty, x.is_empty),
    "isfinite": lambda x: _test(x, x.is_bounded, True),
    "isinf": lambda x: _test(x, False, ~x.is_bounded),
    "isneginf": lambda x: _test(x, False, x.ends[0] == -np.inf),
    "isposinf": lambda x: _test(x, False, x.ends[1] == np.inf),
    "signbit": lambda x: x < 0,
    "any": lambda x: (x != 0).any(),
    "all": lambda x: (x != 0).all(),
    "shape": lambda x: x.shape,
    "ndim": lambda x: x.ndim,
    "size": lambda x: x.size,
    "iscomplexobj": lambda x: False,
    "isrealobj": lambda x: True,
}


def positions(name: str, owner: Any, args: tuple, kwargs: dict) -> Any:
    """Where entries are: what both arrays of ends say; UndecidedError where they differ or intervals overlap."""
    if name not in _POSITIONS:
        return None
    check()
    function = getattr(np, name)
    if "nonzero" in name or name == "argwhere":
        return function((owner != 0).decided(), **kwargs)
    choices = product(*([*a.ends] if hasattr(a, "ends") else [a] for a in args))
    answers = [function(*choice, **kwargs) for choice in choices]  # monotone in every argument
    low = answers[0]
    undefined = any(np.any(_may_be_undefined(a)) for a in args if hasattr(a, "ends"))
    differ = any(not np.array_equal(low, answer) for answer in answers[1:])
    if undefined or differ or (name in _ORDERING and not _is_ordered(args[0], low, name, kwargs)):
        raise UndecidedError(
            f"{name}: intervals overlap, so that the answer depends on the points in them: split them, or ask for the "
            "positions of .midpoint, which prove nothing"
        )
    return answers[0]


_ORDERING = ("argmax", "argmin", "argsort", "nanargmax", "nanargmin")
_POSITIONS = (*_ORDERING, "searchsorted", "digitize", "nonzero", "flatnonzero", "argwhere", "count_nonzero")


def _is_ordered(x: Any, where: Any, name: str, kwargs: dict) -> bool:
    """Whether no interval overlaps the one it is told from."""
    axis = kwargs.get("axis", -1 if name == "argsort" else None)
    inf, sup = (np.ravel(end) if axis is None else np.moveaxis(end, axis, -1) for end in x.ends)
    if name == "argsort":
        order = np.moveaxis(np.asarray(where), axis, -1) if axis is not None else where
        inf, sup = np.take_along_axis(inf, order, -1), np.take_along_axis(sup, order, -1)
        return bool(np.all(sup[..., :-1] <= inf[..., 1:]))
    best = np.expand_dims(np.asarray(where), -1) if axis is not None else np.reshape(where, (1,))
    chosen = np.take_along_axis(inf if "max" in name else sup, best, -1)
    others = np.arange(inf.shape[-1]) != best
    beaten = chosen >= sup if "max" in name else chosen <= inf
    return bool(np.all(beaten | ~others))
