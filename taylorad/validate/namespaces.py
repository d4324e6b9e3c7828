"""The two namespaces of `composed`: the functions users call, and the same on arrays of series of balls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

from taylorad.validate.enclosures import enclose

__all__ = ["ARB", "NUMPY", "Number"]


class Number:
    """A series of balls that NumPy takes for a number; it would take python-flint's own for a sequence."""

    __slots__ = ("series",)

    def __init__(self, series: Any) -> None:
        self.series = series

    def __add__(self, other: Any) -> Any:
        return _paired(self, other, lambda x, y: x + y)

    def __sub__(self, other: Any) -> Any:
        return _paired(self, other, lambda x, y: x - y)

    def __rsub__(self, other: Any) -> Any:
        return _paired(self, other, lambda x, y: y - x)

    def __mul__(self, other: Any) -> Any:
        return _paired(self, other, lambda x, y: x * y)

    def __truediv__(self, other: Any) -> Any:
        return _paired(self, other, lambda x, y: x / y)

    def __rtruediv__(self, other: Any) -> Any:
        return _paired(self, other, lambda x, y: y / x)

    def __neg__(self) -> Number:
        return Number(-self.series)

    def __pow__(self, exponent: int) -> Number:
        return Number(self.series**exponent)

    __radd__, __rmul__ = __add__, __mul__


def _paired(x: Number, y: Any, operation: Callable[[Any, Any], Any]) -> Any:
    if isinstance(y, np.ndarray):
        return NotImplemented
    return Number(operation(x.series, y.series if isinstance(y, Number) else y))


class Numpy:
    """NumPy's functions, then those of scipy.special."""

    norm = staticmethod(np.linalg.norm)

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name, None) or getattr(scipy.special, name)


class Arb:
    """The functions of the table, entry by entry, and what is made of them."""

    sum = staticmethod(np.sum)
    prod = staticmethod(np.prod)
    stack = staticmethod(np.array)

    def __getattr__(self, name: str) -> Callable[[Any], Any]:
        def entrywise(x: Any) -> Any:
            if isinstance(x, np.ndarray):
                return np.array([entrywise(entry) for entry in x], dtype=object)
            return Number(enclose(name, x.series)[0])

        return entrywise

    def power(self, x: Any, exponent: Any) -> Any:
        return self.exp(exponent * self.log(x))

    def norm(self, x: np.ndarray) -> Any:
        return self.sqrt(np.sum(x * x))

    def logsumexp(self, x: np.ndarray) -> Any:
        return self.log(np.sum(self.exp(x)))

    def softmax(self, x: np.ndarray) -> np.ndarray:
        parts: np.ndarray = self.exp(x)
        return parts / np.sum(parts)


NUMPY, ARB = Numpy(), Arb()
