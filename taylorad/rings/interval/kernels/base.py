"""What a kernel is: a library of correctly rounded or rigorously bounded functions, behind one interface.

A kernel answers two questions about a function: its `range` over intervals, and tight bounds of its `values` at
points. Where the library knows ranges itself, the values are the ranges of degenerate intervals; where it knows values
only, `taylorad.rings.interval.functions` derives ranges from them. Intervals are pairs (inf, sup) of float64
arrays of one shape, (nan, nan) the empty one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

Pair = tuple[np.ndarray, np.ndarray]


class Kernel(ABC):
    """A source of enclosures.

    Attributes
    ----------
    name : str
        The library's name on PyPI.
    ranges : frozenset of str
        Functions of which `range` is known.
    points : frozenset of str
        Functions of which `values` are known.
    """

    name: str
    ranges: frozenset[str] = frozenset()
    points: frozenset[str] = frozenset()

    @abstractmethod
    def available(self) -> bool:
        """Whether the library is installed and fit for use on this platform."""

    def range(self, name: str, *arguments: Pair) -> Pair:
        """Enclosure of the range of a function of `ranges` over intervals, clipped to its domain."""
        raise LookupError(f"{self.name} gives no ranges of {name}")

    @abstractmethod
    def values(self, name: str, *arguments: np.ndarray) -> Pair:
        """Doubles below and above the values of a function of `points` at finite points of its domain."""


def nothing(shape: tuple[int, ...]) -> Pair:
    """An array of empty intervals."""
    return np.full(shape, np.nan), np.full(shape, np.nan)
