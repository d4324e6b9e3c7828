"""Elementary and special functions of intervals: `evaluate`.

Each function is known by its domain and by how its range follows from values: at the ends of intervals of monotony
(`branches`), at countably many extrema (`oscillations`), or by bisection with derivatives (`bisection`). The values
come from a kernel (`kernels`), which may know ranges itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.rings.interval import arithmetic
from taylorad.rings.interval.enclosures import COM, DAC, Enclosure, decorated, known_range
from taylorad.rings.interval.environment import check
from taylorad.rings.interval.kernels import Pair
from taylorad.rings.interval.kernels.arb import PRECISIONS, precision
from taylorad.rings.interval.kernels.base import nothing
from taylorad.rings.interval.kernels.rounding import ball_of, ends
from taylorad.rings.interval.oscillations import OSCILLATIONS
from taylorad.rings.interval.several import TWO_ARGUMENTS, power
from taylorad.rings.interval.shapes import SHAPES
from taylorad.rings.interval.special import SPECIAL_FUNCTIONS, oscillating, shaped

__all__ = ["Enclosure", "evaluate"]

ALIASES = {
    "radians": "deg2rad",
    "degrees": "rad2deg",
    "acos": "arccos",
    "asin": "arcsin",
    "atan": "arctan",
    "atan2": "arctan2",
    "constant_power": "power",
    "series_power": "power",
    "pow": "power",
    "float_power": "power",
    "fabs": "absolute",
    "abs": "absolute",
    "sqr": "square",
    "round_ties_to_even": "rint",
    "fix": "trunc",
    "psi": "digamma",
    "jn": "jv",
    "_lambertw": "lambertw",
    "_riemann_zeta": "zeta",
    "_zeta": "hurwitz",
    "pown": "power",
    "loggamma": "gammaln",
}


REFUSED = {"wofz": ": its values are complex, and intervals are real"}


def one_argument(name: str, inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """A function of the table `SHAPES`: by a kernel that knows its ranges, by its extrema, or by its branches."""
    shape = SHAPES[name]
    result = known_range(name, (inf, sup))
    if result is None and name in OSCILLATIONS:
        return oscillating(name, inf, sup)
    if result is None:
        return shaped(name, shape, inf, sup)
    return decorated(result, shape.contains(inf, sup))


def tan(inf: np.ndarray, sup: np.ndarray) -> Enclosure:
    """The tangent: increasing between poles, which no double is."""
    result = known_range("tan", (inf, sup))
    if result is None:
        from taylorad.rings.interval.oscillations import tangent

        result = tangent(inf, sup)
    return decorated(result, np.isfinite(result[0]) & np.isfinite(result[1]))


def step(function: Callable[[Any], Any], jumps: Callable[[Any], Any]) -> Callable[[np.ndarray, np.ndarray], Enclosure]:
    """A nondecreasing piecewise constant function: com where it has no jump, dac where it is constant up to one."""

    def evaluate_step(inf: np.ndarray, sup: np.ndarray) -> Enclosure:
        low, high = function(inf) + 0.0, function(sup) + 0.0
        found = decorated((low, high), low == high, True)
        smooth = (found.local == DAC) & ~jumps(inf) & ~jumps(sup)
        return found._replace(local=np.where(smooth, COM, found.local))

    return evaluate_step


def is_whole(x: Any) -> Any:
    """Whether numbers are whole."""
    return x == np.floor(x)


def is_half(x: Any) -> Any:
    """Whether numbers are halfway between whole ones."""
    return x - np.floor(x) == 0.5


def round_ties_to_away(x: Any) -> Any:
    """The nearest whole number, the larger in magnitude of two."""
    whole = np.trunc(x)
    return whole + np.where(np.isfinite(x), np.copysign(np.abs(x - whole) >= 0.5, x), 0)


ONE_ARGUMENT: dict[str, Callable[[np.ndarray, np.ndarray], Enclosure]] = {
    **{name: (lambda inf, sup, name=name: one_argument(name, inf, sup)) for name in SHAPES},  # type: ignore[misc]
    "tan": tan,
    "absolute": lambda inf, sup: decorated(arithmetic.absolute(inf, sup), True),
    "square": lambda inf, sup: decorated(arithmetic.square(inf, sup), True),
    "reciprocal": lambda inf, sup: decorated(arithmetic.reciprocal(inf, sup), (inf > 0) | (sup < 0)),
    "sqrt": lambda inf, sup: decorated(arithmetic.sqrt(inf, sup), inf >= 0),
    "sign": step(np.sign, lambda x: x == 0),
    "floor": step(np.floor, is_whole),
    "ceil": step(np.ceil, is_whole),
    "trunc": step(np.trunc, lambda x: is_whole(x) & (x != 0)),
    "rint": step(np.rint, is_half),
    "round_ties_to_away": step(round_ties_to_away, is_half),
}


def as_pair(argument: Any) -> Pair:
    """A pair of float64 arrays; a number, or an array of numbers, is a degenerate interval."""
    inf, sup = argument if isinstance(argument, tuple) else (argument, argument)
    return np.asarray(inf, float), np.asarray(sup, float)


def together(*pairs: Pair) -> list[Pair]:
    """Pairs broadcast to one shape."""
    shape = pairs[0][0].shape
    if all(end.shape == shape for pair in pairs for end in pair):
        return list(pairs)
    flat = np.broadcast_arrays(*(end for pair in pairs for end in pair))
    return [(flat[i], flat[i + 1]) for i in range(0, len(flat), 2)]


def is_known(name: str) -> bool:
    """Whether `evaluate` knows a function."""
    name = ALIASES.get(name, name)
    return name == "power" or name in TWO_ARGUMENTS or name in ONE_ARGUMENT or name in SPECIAL_FUNCTIONS


def evaluate(name: str, *arguments: Any) -> Any:
    """Enclosures of the ranges of a function over intervals.

    Parameters
    ----------
    name : str
        NumPy's or SciPy's name of the function.
    *arguments : pair (inf, sup) of float64 arrays, or numbers
        In NumPy's or SciPy's order. Numbers, and arrays of them, are exactly the doubles they are.

    Returns
    -------
    Enclosure, or a tuple of them for functions with several results

    Raises
    ------
    LookupError
        For a function this module does not know.
    MissingKernelError
        Where no installed library encloses the function.

    Examples
    --------
    >>> inf, sup, local = evaluate("sqrt", (np.array([-1.0, 4.0]), np.array([4.0, 9.0])))
    >>> inf.tolist(), sup.tolist(), local.tolist()
    ([0.0, 2.0], [2.0, 3.0], [4, 12])
    """
    name = ALIASES.get(name, name)
    check()
    with np.errstate(all="ignore"):
        if name == "power":
            exponent = arguments[1]
            x, *rest = together(*map(as_pair, arguments if isinstance(exponent, tuple) else arguments[:1]))
            return power(x, rest[0] if rest else exponent)
        if name in TWO_ARGUMENTS:
            return TWO_ARGUMENTS[name](*together(*map(as_pair, arguments)))
        if name in ONE_ARGUMENT:
            return ONE_ARGUMENT[name](*together(*map(as_pair, arguments))[0])
        if name in SPECIAL_FUNCTIONS:
            return special(name, arguments)
    raise LookupError(f"no enclosure of the function {name!r} is known" + REFUSED.get(name, ""))


def special(name: str, arguments: tuple) -> Any:
    """A function of `SPECIAL_FUNCTIONS`, its parameters taken out; arrays of parameters, distinct values at a time."""
    entry = SPECIAL_FUNCTIONS[name]
    if any(isinstance(arguments[i], tuple) for i in entry.parameters if i < len(arguments)):
        return in_balls(name, arguments)
    given = [np.asarray(arguments[i], float) for i in entry.parameters if i < len(arguments)]
    parameters = [*given, *map(np.asarray, entry.defaults[len(given) :])]
    if not all(np.isfinite(p).all() for p in parameters):
        raise ValueError(f"{name}: parameters must be finite numbers")
    (argument,) = (a for i, a in enumerate(arguments) if i not in entry.parameters)
    x = as_pair(argument)
    if all(p.ndim == 0 for p in parameters):
        return entry.function(*map(float, parameters), *together(x)[0])
    inf, sup, *parameters = np.broadcast_arrays(*x, *parameters)
    results: list[Enclosure] = []
    for values in np.unique(np.stack([p.ravel() for p in parameters]), axis=1).T:
        where = np.logical_and.reduce([p == v for p, v in zip(parameters, values, strict=True)])
        found = entry.function(*map(float, values), inf[where], sup[where])
        parts = (found,) if isinstance(found, Enclosure) else found
        results = results or [Enclosure(*(np.empty(inf.shape, a.dtype) for a in part)) for part in parts]
        for whole, part in zip(results, parts, strict=True):
            for target, source in zip(whole, part, strict=True):
                target[where] = source
    return results[0] if len(results) == 1 else tuple(results)


def in_balls(name: str, arguments: tuple) -> Enclosure:
    """A function of intervals in place of parameters, such as a + 1 where that is no double: Arb's own arithmetic.

    No sharper than balls are, and nothing is said of where the function is defined.
    """
    from taylorad.rings.interval.kernels.formulas import FORMULAS

    parameters = SPECIAL_FUNCTIONS[name].parameters
    order = [*parameters, *(i for i in range(len(arguments)) if i not in parameters)]
    pairs = together(*(as_pair(arguments[i]) for i in order))
    arrays = [end.ravel() for pair in pairs for end in pair]
    inf, sup = nothing(pairs[0][0].shape)
    with precision(PRECISIONS[1]):
        for index, found in enumerate(zip(*arrays, strict=True)):
            if not np.isnan(found).any():
                balls = [ball_of(*map(float, found[i : i + 2])) for i in range(0, len(found), 2)]
                try:
                    inf.flat[index], sup.flat[index] = ends(FORMULAS[name](*balls))
                except (TypeError, ValueError, ZeroDivisionError):  # not a function of balls, or a pole in them
                    inf.flat[index], sup.flat[index] = -np.inf, np.inf
    return decorated((inf, sup), False)
