"""An Einstein sum of two operands as loops over letters, with the stride of each letter in both operands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from taylorad.compile.graph import affine, row_major

Axis = tuple[int, tuple[int, ...]]  # length, and the stride in each of several arrays


def merged(axes: Sequence[Axis]) -> list[Axis]:
    """Axes of length 1 left out, and neighbours that are one in all arrays joined."""
    result: list[Axis] = []
    for n, strides in axes:
        if n == 1:
            continue
        if result and all(s == n * t for s, t in zip(result[-1][1], strides, strict=True)):
            result[-1] = result[-1][0] * n, strides
        else:
            result.append((n, strides))
    return result


@dataclass(frozen=True)
class Contraction:
    """``result[outer] = Σ_inner u[outer, inner] v[outer, inner]``.

    Attributes
    ----------
    outer, inner : tuple of (length, stride in u, stride in v)
        Of the letters of the result, in its order, and of those that are summed over.
    """

    outer: tuple[tuple[int, int, int], ...]
    inner: tuple[tuple[int, int, int], ...]

    @staticmethod
    def of(subscripts: str, left: tuple[int, ...], right: tuple[int, ...]) -> Contraction:
        """From NumPy's notation and the shapes of the operands."""
        terms, _, output = subscripts.replace(" ", "").partition("->")
        first, second = terms.split(",")
        letters: dict[str, list[int]] = {}
        for which, (term, shape) in enumerate(((first, left), (second, right))):
            for letter, n, stride in zip(term, shape, row_major(shape), strict=True):
                entry = letters.setdefault(letter, [n, 0, 0])
                entry[0] = max(entry[0], n)
                entry[which + 1] += stride if n > 1 else 0
        rows = {letter: (n, s, t) for letter, (n, s, t) in letters.items()}
        inner = tuple(row for letter, row in rows.items() if letter not in output)
        return Contraction(tuple(rows[letter] for letter in output), inner)

    def positions(self) -> tuple[np.ndarray, np.ndarray]:
        """Flat positions in both operands, of shape (entries of the result, terms of each sum)."""
        axes = (*self.outer, *self.inner)
        shape, outer = tuple(n for n, _, _ in axes), tuple(n for n, _, _ in self.outer)
        rows = int(np.prod(outer, dtype=int))
        first, second = (affine(0, [axis[i] for axis in axes], shape).reshape(rows, -1) for i in (1, 2))
        return first, second
