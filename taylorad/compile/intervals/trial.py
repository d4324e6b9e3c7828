"""Whether compiled operations enclose exact results: a few operands, with rational arithmetic as the judge."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

Points = tuple[Fraction, ...]

# 11 doubles, for a whole vector of up to eight and some single ones; few of their sums and products are doubles
_FIRST = np.array([0.1, -0.1, 1 / 3, -1 / 3, 0.7, 1e-3, -1e-3, 123.456, -123.456, 1e10 / 3, -0.9])
_SECOND = np.array([0.3, 0.7, -0.1, 1 / 7, -1.1, 1 / 3, 1e-5, -1 / 9, 7.7, 1e-5, 0.3])
_THIRD = np.array([1e-17, 1e-20, 0.1, -0.3, 1e5, 1.7, -1e-9, 1 / 3, 1.0, 0.2, -7.7])

_EXACT: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "fma": lambda a, b, c: a * b + c,
    "square": lambda a: a * a,
}


def encloses(name: str, function: Callable) -> bool:
    """Whether an operation's results on the operands above contain the exact ones."""
    operands = [_FIRST, _SECOND, _THIRD]
    exact = [[Fraction(x) for x in array.tolist()] for array in operands]
    if name in _EXACT:
        count = _EXACT[name].__code__.co_argcount
        ends = function(*(x for x in operands[:count] for _ in range(2)))
        return _contain(ends, [_EXACT[name](*points) for points in zip(*exact[:count], strict=True)])
    judge = _JUDGES.get(name)
    return judge is None or judge(function, exact)


def _contain(ends: Any, exact: list[Fraction]) -> bool:
    return all(Fraction(a) <= x <= Fraction(b) for a, b, x in zip(*(e.tolist() for e in ends), exact, strict=True))


def _sqrt(function: Callable, exact: list[list[Fraction]]) -> bool:
    x = np.abs(_FIRST)
    low, high = (e.tolist() for e in function(x, x))
    return all(Fraction(a) ** 2 <= abs(y) <= Fraction(b) ** 2 for a, b, y in zip(low, high, exact[0], strict=True))


def _integer_power(function: Callable, exact: list[list[Fraction]]) -> bool:
    return all(_contain(function(_FIRST, _FIRST, n), [x**n for x in exact[0]]) for n in (2, 3, 7, -2))


def _sum(function: Callable, exact: list[list[Fraction]]) -> bool:
    rows = np.stack([_FIRST, _SECOND, _THIRD])
    columns = [a + b + c for a, b, c in zip(*exact, strict=True)]
    return _contain(function(rows, rows, 0), columns) and _contain(function(rows, rows, 1), [sum(r) for r in exact])  # type: ignore[misc]


def _dot(function: Callable, exact: list[list[Fraction]]) -> bool:
    rows = [np.stack(pair) for pair in ((_FIRST, _SECOND), (_THIRD, _FIRST))]
    ends = function(rows[0], rows[0], rows[1], rows[1])
    return _contain(ends, [a * c + b * a for a, b, c in zip(*exact, strict=True)])


def _matmul(function: Callable, exact: list[list[Fraction]]) -> bool:
    a, b = np.stack([_FIRST, _SECOND]).T.copy(), np.stack([_SECOND, _THIRD])
    ends = [x.ravel() for x in function(a, a, b, b)]
    first, second, third = exact
    products = [x * p + y * q for x, y in zip(first, second, strict=True) for p, q in zip(second, third, strict=True)]
    return _contain(ends, products)


_JUDGES: dict[str, Callable[[Callable, list[list[Fraction]]], bool]] = {
    "sqrt": _sqrt,
    "integer_power": _integer_power,
    "sum": _sum,
    "dot": _dot,
    "matmul": _matmul,
}
