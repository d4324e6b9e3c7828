"""The function behind a primitive, callable with plain numbers, series and traced values alike."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import scipy.special

from taylorad.algebras.slopes import derivative_value, evaluate
from taylorad.rules import TABLE, Primitive
from taylorad.rules.rule import apply

_SPELLED: dict[str, Callable] = {
    "constant_power": operator.pow,
    "series_power": operator.pow,
    "undefined": lambda x: apply("undefined", x) if hasattr(x, "level") else np.zeros_like(x),
    "unsettled": lambda x: apply("unsettled", x) if hasattr(x, "level") else np.zeros_like(x),
    "difference": np.diff,
    "hurwitz": lambda s, q: scipy.special.zeta(s, q),
    "lambertw": lambda x, k, tol: scipy.special.lambertw(x, k, tol),
}


@cache
def function_of(primitive: Primitive) -> Callable:
    """NumPy's or SciPy's function of a primitive; for those they do not have, one that applies it."""
    if primitive.kind == "custom":
        return primitive.function
    name = primitive.name
    if name in _SPELLED:
        return _SPELLED[name]
    if primitive.kind == "derivative":
        return lambda *args: _apply_derivative(primitive, args)
    if name == "scatter_add":
        return scatter_add
    if "." in name:
        module, name = name.split(".")
        return getattr(getattr(np, module), name)
    return getattr(np, name, None) or getattr(scipy.special, name)


def applied(primitive: Primitive, args: Sequence[Any]) -> Any:
    """The results of an elementary function; of plain arrays by the rule's own start, as when it was recorded."""
    if primitive.kind == "elementary" and not any(hasattr(a, "level") for a in args):
        return evaluate(primitive, tuple(args))
    return function_of(primitive)(*args)


def _apply_derivative(primitive: Primitive, args: tuple) -> Any:
    ducks = [a for a in args if hasattr(a, "level")]
    outermost = max(ducks, key=lambda duck: duck.level, default=None)
    if outermost is not None and not hasattr(outermost, "coefficients"):
        return outermost.apply(primitive, args, {})
    base, k, output = primitive.function
    return derivative_value(base, k, output, args)


def scatter_add(x: Any, index: np.ndarray, shape: tuple[int, ...]) -> Any:
    """An array of zeros to which ``x[i]`` is added at flat position ``index[i]``."""
    primitive = TABLE["scatter_add"]
    if hasattr(x, "level"):
        return x.apply(primitive, (x, index, shape), {})
    return primitive.function.function(np.asarray(x)[None], index, shape)[0]
