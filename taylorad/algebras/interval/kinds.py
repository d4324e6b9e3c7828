"""How intervals treat each kind of function of the table.

Entries are moved as in any array. Sums, products and quotients round outward; elementary functions and steps come from
`taylorad.rings.interval.functions`; relations are `Comparison` objects. Of functions written with others see `sound`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.algebras.interval import decorations
from taylorad.algebras.interval.branches import OWN
from taylorad.algebras.interval.coefficients import enclosed_coefficients
from taylorad.algebras.interval.constants import STEPS, positions, relation
from taylorad.algebras.interval.elementary import enclosed, of_function
from taylorad.algebras.interval.interval import as_interval
from taylorad.algebras.interval.moving import choose, created, gathered, known_codes
from taylorad.algebras.interval.sound import composed, no_rule
from taylorad.rings.interval import arithmetic, functions
from taylorad.rings.interval.environment import check
from taylorad.rings.interval.kernels import MissingKernelError
from taylorad.rules import Primitive

# ------------------------------------------------------------------------------------------------------ arithmetic


def _elementary(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    if kwargs:
        raise TypeError(f"{primitive.name} of an interval takes no keyword arguments, got {', '.join(kwargs)}")
    return of_function(primitive.name, *args)


def _additive(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    x, y = map(as_interval, args)
    function = arithmetic.add if primitive.name == "add" else arithmetic.subtract
    return enclosed(*function(*x.ends, *y.ends), (x, y))


def _quotient(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    x, y = map(as_interval, args)
    found = arithmetic.divide(*x.ends, *y.ends)
    if x.codes is None is y.codes:
        return x._make(*found)
    inf, sup = y.ends
    local = np.where((inf <= 0) & (sup >= 0), decorations.TRV, decorations.COM)
    return enclosed(*found, (x, y), np.broadcast_to(local, np.shape(found[0])))


def _bilinear(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    if primitive.name == "multiply":
        x, y = args
        if x is y:
            return enclosed(*arithmetic.square(*x.ends), (x,))
        x, y = as_interval(x), as_interval(y)
        return enclosed(*arithmetic.multiply(*x.ends, *y.ends), (x, y))
    if primitive.name == "matmul":
        x, y = as_interval(args[0]), as_interval(args[1])
        if x is y and x.ndim == 1:
            return _sum(np.square(x))
        inf, sup = arithmetic.matmul(*x.ends, *y.ends)
        least = [_least(a) for a in (x, y)]
        return enclosed(inf, sup, (x, y) if x.codes is None is y.codes else tuple(least))
    return primitive.function.lowered(*(as_interval(a) if i < 2 else a for i, a in enumerate(args)), **kwargs)


def dotted(x: Any, y: Any) -> Any:
    """``Σ_j x_j y_j`` over the leading axis."""
    inf, sup = arithmetic.dot(*x.ends, *y.ends)
    if x.codes is None is y.codes:
        return x._make(inf, sup)
    codes = np.minimum(known_codes(x) - np.uint8(1), known_codes(y) - np.uint8(1)).min(axis=0, initial=decorations.COM)
    return x._make(inf, sup, decorations.limited(codes, np.asarray(inf), np.asarray(sup)))


def contracted(subscripts: str, *arrays: Any) -> Any:
    """``numpy.einsum`` over one or two arrays: products along all letters, then a sum over those that go."""
    left, _, output = subscripts.partition("->")
    terms = left.split(",")
    if "." in subscripts or any(len(set(term)) < len(term) for term in terms):
        raise TypeError(
            f"einsum({subscripts!r}) of intervals: write repeated letters and ... with np.diagonal and axes"
        )
    letters = output + "".join(sorted(set(left) - {","} - set(output)))
    product: Any = None
    for term, array in zip(terms, arrays, strict=True):
        order = sorted(range(len(term)), key=lambda i: letters.index(term[i]))
        axes = tuple(slice(None) if c in term else None for c in letters)
        factor = np.transpose(as_interval(array), order)[axes]
        product = factor if product is None else product * factor
    return np.sum(product, axis=tuple(range(len(output), len(letters))))


def _least(x: Any) -> Any:
    """One interval of the least decoration of an array."""
    codes = decorations.limited(np.uint8(16), *x.ends) if x.codes is None else x.codes
    worst = np.min(codes, initial=decorations.COM)
    return x._make(np.zeros(()), np.zeros(()), np.asarray(worst, np.uint8))


def _integer_power(x: Any, n: int) -> Any:
    """``x ** n``, correctly rounded: by a kernel where powers by multiplication are not, and one is installed."""
    inf, sup = x.ends
    if n in (-1, 0, 1, 2) or abs(n) > 2**53:  # beyond, not every integer is a float
        found = arithmetic.integer_power(inf, sup, n)
    else:
        try:
            found = functions.evaluate("power", (inf, sup), float(n))[:2]
        except MissingKernelError:
            found = arithmetic.integer_power(inf, sup, n)
    local = decorations.COM if n >= 0 else np.where(x.contains(0.0), decorations.TRV, decorations.COM)
    return enclosed(*found, (x,), np.asarray(local, np.uint8))


def _constant_power(x: Any, r: Any) -> Any:
    """``x ** r``: integers by multiplication, valid for all x; the square and the root by their own functions."""
    if hasattr(r, "level"):
        return of_function("power", x, r)
    r = np.asarray(r)
    if r.ndim == 0 and r == int(r):
        return _integer_power(x, int(r))
    if r.ndim and np.all(r == np.floor(r)):
        x, r = (
            x._broadcast(np.broadcast_shapes(x.shape, r.shape)),
            np.broadcast_to(r, np.broadcast_shapes(x.shape, r.shape)),
        )
        result = x.copy()
        for exponent in np.unique(r):
            result[r == exponent] = _constant_power(x[r == exponent], int(exponent))
        return result
    return of_function("sqrt", x) if r.ndim == 0 and r == 0.5 else of_function("power", x, r)


def _power(x: Any, r: Any) -> Any:
    return _constant_power(x, r) if hasattr(x, "ends") else of_function("power", x, r)


# ---------------------------------------------------------------------------------------------------------- linear


def _linear(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    x, *options = args
    if primitive.name in _LINEAR:
        return _LINEAR[primitive.name](x, *options, **kwargs)
    if primitive.name.startswith("fft."):
        raise no_rule(primitive.name)
    return primitive.function.function(x[None], *options, **kwargs)[0]


def _sum(
    x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = True, initial: Any = None
) -> Any:
    if initial is not None:
        return _sum(x, axis, None, keepdims, where) + initial
    if where is not True:
        x = np.where(where, x, 0)
    low, high = x.ends
    inf, sup = arithmetic.sum(low, high, axis=axis, keepdims=keepdims)
    if x.codes is None:
        return x._make(inf, sup)
    codes = np.min(x.codes, axis=axis, keepdims=keepdims, initial=decorations.COM)
    return x._make(inf, sup, decorations.limited(codes, np.asarray(inf), np.asarray(sup)))


def _mean(x: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False, where: Any = True) -> Any:
    chosen = np.broadcast_to(where, x.shape)
    return _sum(x, axis, None, keepdims, where) / np.sum(chosen, axis=axis, keepdims=keepdims).astype(float)


def _cumsum(x: Any, axis: Any = None, dtype: Any = None) -> Any:
    front = np.moveaxis(np.ravel(x) if axis is None else x, axis or 0, 0)
    rows = [front[0]] if len(front) else []
    for row in front[1:]:
        rows.append(rows[-1] + row)
    return np.moveaxis(np.stack(rows), 0, axis or 0) if rows else x.copy()


def _difference(x: Any, n: int = 1, axis: int = -1) -> Any:
    front = np.moveaxis(x, axis, 0)
    for _ in range(n):
        front = front[1:] - front[:-1]
    return np.moveaxis(front, 0, axis)


def _scatter_add(x: Any, index: Any, shape: Any) -> Any:
    """One term of every place at a time."""
    flat, index = np.ravel(x), np.ravel(index)
    total = x.zeros((int(np.prod(shape, dtype=int)),))
    while index.size:
        places, first = np.unique(index, return_index=True)
        total[places] = total[places] + flat[first]
        flat, index = flat[(rest := np.isin(np.arange(index.size), first, invert=True))], index[rest]
    return total.reshape(shape)


_LINEAR: dict[str, Callable] = {
    "negative": lambda x: enclosed(*arithmetic.negative(*x.ends), (x,)),
    "positive": lambda x: x.copy(),
    "conjugate": lambda x: x.copy(),
    "real": lambda x: x.copy(),
    "imag": lambda x: x.zeros(x.shape),
    "sum": _sum,
    "mean": _mean,
    "cumsum": _cumsum,
    "difference": _difference,
    "scatter_add": _scatter_add,
}

# ------------------------------------------------------------------------------------------- steps and comparisons


def _constant(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    name = primitive.name
    if name in ("round", "around") and not any((*args[1:], *kwargs.values())):
        name = "rint"
    if name in STEPS:
        return of_function(STEPS[name], *args)
    if name == "floor_divide":
        return of_function("floor", as_interval(args[0]) / as_interval(args[1]))
    result = relation(name, args)
    if result is None:
        result = positions(name, owner, args, kwargs)
    if result is None:
        raise no_rule(name)
    return result


# ------------------------------------------------------------------------------------------------ composed functions


def _composite(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    name = primitive.name
    if name in _DIRECT:
        return _DIRECT[name](*args, **kwargs)
    return OWN[name](*args, **kwargs) if name in OWN else composed(primitive, args, kwargs)


def _absolute(x: Any) -> Any:
    return enclosed(*arithmetic.absolute(*x.ends), (x,))


def _choosing(function: Callable) -> Callable:
    def choose(x: Any, y: Any) -> Any:
        x, y = as_interval(x), as_interval(y)
        inf, sup = function(*x.ends, *y.ends)
        return enclosed(inf, sup, (x, y))

    return choose


def _extremum(function: Callable) -> Callable:
    """max or min over axes."""

    def reduction(x: Any, axis: Any = None, keepdims: bool = False, initial: Any = None, where: Any = True) -> Any:
        if where is not True or initial is not None:
            raise TypeError("max and min of intervals take no initial value and no mask: choose the entries first")
        check()
        ends = [function(end, axis=axis, keepdims=keepdims) for end in x.ends]  # nan, an empty set, stays
        if x.codes is None:
            return x._make(*ends)
        return x._make(*ends, np.asarray(np.min(x.codes, axis=axis, keepdims=keepdims), np.uint8))

    return reduction


def _sort(x: Any, axis: int | None = -1, **options: Any) -> Any:
    """Every order statistic increases with every entry: its ends are those of the ends."""
    check()
    inf, sup = (np.sort(end, axis, **options) for end in x.ends)
    return x._make(inf, sup) if x.codes is None else x._make(inf, sup, np.full(inf.shape, np.min(x.codes), np.uint8))


def _copysign(x: Any, y: Any) -> Any:
    size = _absolute(as_interval(x))
    return choose(as_interval(y) >= 0, size, -size)


_DIRECT: dict[str, Callable] = {
    "absolute": _absolute,
    "fabs": _absolute,
    "sign": lambda x: of_function("sign", x),
    "heaviside": lambda x, at_zero: choose(x > 0, 1.0, choose(x < 0, 0.0, at_zero)),
    "copysign": _copysign,
    "sort": _sort,
    "maximum": _choosing(arithmetic.maximum),
    "minimum": _choosing(arithmetic.minimum),
    "fmax": _choosing(arithmetic.maximum),
    "fmin": _choosing(arithmetic.minimum),
    "max": _extremum(np.max),
    "min": _extremum(np.min),
    "amax": _extremum(np.max),
    "amin": _extremum(np.min),
    "power": _power,
    "pow": _power,
    "float_power": _power,
    "square": lambda x: enclosed(*arithmetic.square(*x.ends), (x,)),
}


def _derivative(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    """The k-th derivative of an elementary function of one variable."""
    of, k, output = primitive.function
    position = of.rule.arguments[0]
    parameters = tuple(args[i] for i in of.rule.parameters)
    return enclosed_coefficients(of, as_interval(args[position]), parameters, k)[output][k] * math.factorial(k)


def _undefined(owner: Any, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    return owner.zeros(owner.shape)


KINDS: dict[str, Callable] = {
    "elementary": _elementary,
    "additive": _additive,
    "quotient": _quotient,
    "bilinear": _bilinear,
    "linear": _linear,
    "gather": gathered,
    "creation": created,
    "derivative": _derivative,
    "constant": _constant,
    "composite": _composite,
    "undefined": _undefined,
    "contraction": contracted,
    "dot": dotted,
}
