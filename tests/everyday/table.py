"""The table the functions enter themselves into, and their results as one number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

POINT = (0.7, 1.3, -0.4, 2.1)


@dataclass(frozen=True)
class Everyday:
    """A function, a point at which it is smooth, and whether its second derivatives are tested too."""

    function: Callable
    point: Any = POINT
    second: bool = True


TABLE: dict[str, Everyday] = {}


def everyday(function: Callable | None = None, **options: Any) -> Any:
    """Enter a function into the table."""

    def enter(f: Callable) -> Callable:
        known = TABLE.get(f.__name__)
        assert known is None or known.function.__code__.co_filename == f.__code__.co_filename, "two of one name"
        TABLE[f.__name__] = Everyday(f, **options)
        return f

    return enter if function is None else enter(function)


def plain_total(result: Any) -> Any:
    """All entries of a result, weighted differently, as one number."""
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, list | tuple):
        return sum((i + 1.5) * plain_total(part) for i, part in enumerate(result))
    if np.ndim(result) == 0:
        return result
    return np.sum(np.reshape(result, -1) * (1.0 + np.arange(np.size(result)) / 3))
