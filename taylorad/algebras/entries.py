"""Entries of a series: picked, moved and written, all coefficients alike.

An index or a NumPy function that only moves entries (`numpy.roll`, `numpy.tril`, `numpy.concatenate`) runs once, on the
numbers of the entries; what it does with them is then done to every coefficient: ``y_k = x_k[numbers]``. Where NumPy
gives a view, so does a series. A value of an inner differentiation is not written into an array of an outer one.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from taylorad.algebras.arraylike import ArrayMethods
from taylorad.algebras.interval.branches import where
from taylorad.algebras.interval.comparisons import Comparison
from taylorad.algebras.views import view_of
from taylorad.dispatch import DuckArray, unwrapped
from taylorad.rules import Primitive
from taylorad.rules.linear import Gather


class Entries(ArrayMethods):
    """The part of a `Series` that indexes, moves and writes its entries."""

    __slots__ = ()
    structure: Any
    tag: Any
    level: Any
    lift: Any
    _new: Any
    _coefficients_of: Any
    describe: Any

    def _gather(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        """Run the NumPy function on entry numbers (0 stands for zero), then move all coefficients alike."""
        gather: Gather = primitive.function
        if primitive.name == "where":
            if len(args) == 1:
                return np.nonzero(primal_of(args[0]))
            if isinstance(primal_of(args[0]), Comparison):
                return where(self, primal_of(args[0]), *args[1:])
        view = view_of(self, primitive.name, args, kwargs)
        if view is not NotImplemented:
            return view
        pool = _Pool(self)
        data = [pool.number(a) if i in gather.data else primal_of(a) for i, a in enumerate(args)]
        moved = gather.function(*data, **{key: primal_of(v) for key, v in kwargs.items()})
        if isinstance(moved, list | tuple):
            return (
                type(moved)(pool.take(m) for m in moved)
                if type(moved) in (list, tuple)
                else tuple(map(pool.take, moved))
            )
        return pool.take(moved)

    def __getitem__(self, key: Any) -> Self:
        if self.shape == () and key != () and key is not Ellipsis and key is not None and not isinstance(key, tuple):
            raise IndexError(f"{self.describe()} of shape () has no entries; its coefficients are in .coefficients")
        if _is_basic(key):
            inner = self.coefficients[(slice(None), *key) if isinstance(key, tuple) else (slice(None), key)]
            return self._new(inner.copy() if inner.ndim == 1 else inner)
        return self._new(self.coefficients[(slice(None), *self._positions(key))])

    def __setitem__(self, key: Any, value: Any) -> None:
        where = (*key,) if isinstance(key, tuple) else (key,)
        if not _is_basic(key):
            where = self._positions(key)
        value = unwrapped(value)
        if isinstance(value, Entries) and value.level > self.level:
            self._become(value.lift(self._new(self.coefficients)))
        elif isinstance(value, DuckArray) and value.level > self.level:
            raise ValueError(
                "cannot write a value of an inner differentiation into an array made in an outer one: write into a "
                "copy of it, z = np.array(z)"
            )
        written = unwrapped(self._coefficients_of(value))
        if isinstance(written, DuckArray) and getattr(self.coefficients, "level", (-3, 0)) < written.level:
            self.coefficients = written.lift(self.coefficients)  # the array becomes nested around what is written
        target = self.coefficients[(0, *where)]
        while written.ndim > np.ndim(target) + 1 and written.shape[1] == 1 and _is_basic(key):  # as NumPy does
            written = written[:, 0]
        self.coefficients[(slice(None), *where)] = deepened(written, np.ndim(target) + 1)

    def _become(self, other: Entries) -> None:
        """Turn into an array of an algebra further out, into which one of its elements is to be written."""
        self.__class__ = type(other)
        self.coefficients, self.structure, self.tag = other.coefficients, other.structure, other.tag

    def _positions(self, key: Any) -> tuple:
        key = tuple(map(primal_of, key)) if isinstance(key, tuple) else primal_of(key)
        numbers = np.arange(self.size).reshape(self.shape)[key]
        return np.unravel_index(numbers, self.shape)


class _Pool:
    """The entries of several operands under one numbering: 0 is zero, then each operand's entries in turn."""

    def __init__(self, algebra: Any):
        self.algebra, self.count = algebra, 1
        self.operands: list[Any] = []

    def number(self, operand: Any) -> Any:
        if isinstance(operand, list | tuple):
            return type(operand)(
                self.number(p if hasattr(p, "shape") or isinstance(p, list | tuple) else np.asarray(p)) for p in operand
            )
        if operand is None:
            return None
        shape = getattr(operand, "shape", None) or np.shape(operand)
        numbers = np.arange(self.count, self.count + int(np.prod(shape, dtype=int))).reshape(shape)
        self.operands.append(operand)
        self.count += numbers.size
        return numbers

    def take(self, numbers: np.ndarray) -> Any:
        """The series whose entries have the given numbers."""
        algebra, size = self.algebra, self.algebra.structure.size
        flat = [algebra._coefficients_of(x).reshape(size, -1) for x in self.operands]
        numbers = np.asarray(numbers)
        if len(flat) == 1 and (numbers.size == 0 or numbers.min() > 0):
            return algebra._new(flat[0][:, numbers - 1])
        zero = algebra.zeros((1,)).coefficients
        return algebra._new(np.concatenate([zero, *flat], axis=1)[:, numbers])


def primal_of(x: Any) -> Any:
    """The plain array behind an operand, inside lists and tuples too."""
    if isinstance(x, list):
        return [primal_of(part) for part in x]
    if type(x) is tuple:
        return tuple(primal_of(part) for part in x)
    return getattr(x, "primal", x)


def _is_basic(key: Any) -> bool:
    """Whether an index is made of integers, slices, None and Ellipsis only: a view."""
    parts = key if isinstance(key, tuple) else (key,)
    return all(
        part is None or part is Ellipsis or (isinstance(part, int | np.integer | slice) and not isinstance(part, bool))
        for part in parts
    )


def deepened(coefficients: Any, ndim: int) -> Any:
    """Axes of length 1 after the leading one, up to `ndim`."""
    missing = ndim - coefficients.ndim
    if missing <= 0:
        return coefficients
    return coefficients.reshape(coefficients.shape[0], *(1,) * missing, *coefficients.shape[1:])
