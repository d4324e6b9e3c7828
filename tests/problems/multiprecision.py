"""NumPy's names over object arrays of mpmath numbers, at mpmath's working precision.

Doubles enter exactly. What only moves, adds or multiplies elements is NumPy's own: it does not round.
"""

from __future__ import annotations

from typing import Any

import mpmath
import numpy

mp = mpmath.mp
_FUNCTIONS = {
    "exp": mp.exp,
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": lambda x: mp.log(1 + mp.convert(x)),
    "sqrt": mp.sqrt,
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "arctan": mp.atan,
    "tanh": mp.tanh,
    "abs": abs,
}
_STRUCTURAL = {"arange", "array", "concatenate", "cumsum", "dot", "matmul", "max", "outer", "prod", "stack", "sum"}
_CONSTANTS = {"e", "pi"}  # the doubles, for both precisions must see one function


class Namespace:
    """Stands for ``numpy`` in the problems."""

    def __getattr__(self, name: str) -> Any:
        if name in _FUNCTIONS:
            return numpy.frompyfunc(_FUNCTIONS[name], 1, 1)
        if name in _STRUCTURAL | _CONSTANTS:
            return getattr(numpy, name)
        raise AttributeError(f"the problems do without numpy.{name}: add it to tests/problems/multiprecision.py")


def vector(x: Any) -> numpy.ndarray:
    """Doubles as an object array of mpmath numbers, exactly."""
    return numpy.array([mp.mpf(float(e)) for e in x], dtype=object)
