"""The graded algebras: which coefficients there are, and how two series multiply degree by degree.

An algebra R[…]/(…) is a direct sum of parts of degree 0 … order, and part k of a product is
``(u v)_k = Σ_j u_{k-j} v_j``. A `Structure` knows where part k lies on the leading axis of a coefficient array and
computes such sums; everything above it (the recurrence, division, composition) is written once.

Coefficient arrays have shape ``(size, *shape)``: the leading axis numbers the algebra's basis, constant first, graded
by degree; `shape` is what the user sees. Structures are immutable and shared.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cache, cached_property
from math import comb, prod
from typing import Any, Protocol

import numpy as np

BLOCK = 1 << 16  # numbers per block of a long batch: a few operands of that size stay in a second-level cache


def common_dtype(*arrays: Any) -> Any:
    """The number type that holds the entries of all arrays, series and numbers."""
    dtypes = [getattr(a, "dtype", a) for a in arrays]
    return np.dtype(object) if any(d == object for d in dtypes if isinstance(d, np.dtype)) else np.result_type(*dtypes)


def allocator(*arrays: Any) -> Callable[[tuple[int, ...]], Any]:
    """Makes new coefficient arrays of the common base ring of `arrays`."""
    dtype = common_dtype(*arrays)
    nested = [a for a in arrays if hasattr(a, "level")]
    if nested:
        outermost = max(nested, key=lambda a: a.level)
        return lambda shape: outermost.zeros(shape, dtype)
    return lambda shape: np.empty(shape, dtype)


class Structure(ABC):
    """A graded, commutative, finite-dimensional algebra over an arbitrary base ring."""

    order: int
    size: int

    @abstractmethod
    def part(self, k: int) -> Any:
        """Index of the degree-k part on the leading axis."""

    @abstractmethod
    def convolve(self, u: Any, v: Any, k: int, low: int, high: int) -> Any:
        """Part k of ``Σ_{low ≤ j ≤ high} u_{k-j} v_j``, for operands of equal shape. Requires low ≤ high."""

    @abstractmethod
    def pairs(self, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pairs (p, q) of basis elements whose products lie in part k, sorted by product, and where each run starts."""

    def compiled(self, operation: str, *operands: Any) -> Any:
        """The result of a method of `CompiledArithmetic`; None where the general way is to be used."""
        return None

    @cached_property
    def degrees(self) -> np.ndarray:
        """Degree of every basis element, shape (size,)."""
        degrees = np.empty(self.size, dtype=np.int64)
        for k in range(self.order + 1):
            degrees[self.part(k)] = k
        return degrees

    def product(self, u: Any, v: Any) -> Any:
        """The whole product of two coefficient arrays of equal shape."""
        result = allocator(u, v)(u.shape)
        for k in range(self.order + 1):
            result[self.part(k)] = self.convolve(u, v, k, 0, k)
        return result

    def square(self, u: Any) -> Any:
        """``u u``, with half the multiplications where that pays."""
        return self.product(u, u)


class TaylorStructure(Structure):
    """R[t]/(t^(order+1)): coefficient k of degree k."""

    def __init__(self, order: int):
        self.order, self.size = order, order + 1

    @staticmethod
    @cache
    def of(order: int) -> TaylorStructure:
        """The shared structure of an order."""
        return TaylorStructure(order)

    def __reduce__(self) -> tuple:
        return TaylorStructure.of, (self.order,)

    def part(self, k: int) -> int:
        return k

    def convolve(self, u: Any, v: Any, k: int, low: int, high: int) -> Any:
        left = u[k - low :: -1] if high == k else u[k - low : k - high - 1 : -1]
        right = v[low : high + 1]
        plain = isinstance(left, np.ndarray) and isinstance(right, np.ndarray)
        if plain and left.ndim == 1:
            return np.dot(left, right)
        if not plain or left.dtype == object or right.dtype == object:
            return sum_of_products(left, right)
        return np.einsum("k...,k...->...", left, right)

    def pairs(self, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return np.arange(k, -1, -1), np.arange(k + 1), np.zeros(1, dtype=np.int64)

    def product(self, u: Any, v: Any) -> Any:
        if u.ndim == 1 and isinstance(u, np.ndarray) and isinstance(v, np.ndarray):
            return np.convolve(u, v)[: self.size] if u.dtype != object else super().product(u, v)
        return super().product(u, v)


class CompiledArithmetic(Protocol):
    """Faster ways for series in several variables; a method returns None where it has none for its operands."""

    fewest_products: int
    """How many multiplications a product of two series must have for a call to be worth it."""

    def product(self, structure: MultivariateStructure, u: Any, v: Any, /) -> Any:
        """The product of two coefficient arrays."""

    def quotient(self, structure: MultivariateStructure, u: Any, v: Any, /) -> Any:
        """The quotient of two coefficient arrays, for v₀ ≠ 0."""

    def solve(self, structure: MultivariateStructure, equation: Any, arguments: Any, start: Any, /) -> Any:
        """What `taylorad.algebras.recurrence.solve` returns."""


compiled_arithmetic: CompiledArithmetic | None = None  # set by `taylorad.compile.multivariate.register`


class MultivariateStructure(Structure):
    """R[t_1 … t_n]/(degree > order): graded, within a degree lexicographic with t_1 first.

    Products go through index tables: for part k the pairs (p, q) of monomials, sorted by the monomial they give.
    """

    def __init__(self, variables: int, order: int):
        self.variables, self.order = variables, order
        self.size = comb(variables + order, order)
        self.products = comb(2 * variables + order, order)  # multiplications in a product of two series
        self._starts = [comb(variables + k - 1, k - 1) if k else 0 for k in range(order + 2)]
        self._tables: dict[tuple[int, int, int], tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    @staticmethod
    @cache
    def of(variables: int, order: int) -> MultivariateStructure:
        """The shared structure of a number of variables and an order."""
        return MultivariateStructure(variables, order)

    def __reduce__(self) -> tuple:
        return MultivariateStructure.of, (self.variables, self.order)

    def part(self, k: int) -> slice:
        return slice(self._starts[k], self._starts[k + 1])

    @cached_property
    def exponents(self) -> np.ndarray:
        """Exponent vectors of the monomials, shape (size, variables)."""
        return np.concatenate([_compositions(k, self.variables) for k in range(self.order + 1)])

    def index(self, exponents: Any) -> np.ndarray:
        """Positions of monomials on the leading axis; `exponents` has shape (..., variables)."""
        exponents = np.asarray(exponents)
        remaining = exponents.sum(axis=-1)
        degree = remaining
        position = np.zeros(remaining.shape, dtype=np.int64)
        for i in range(self.variables - 1):
            remaining = remaining - exponents[..., i]
            position += self._binomials[np.maximum(remaining + self.variables - 2 - i, 0), self.variables - 1 - i]
        return position + np.asarray(self._starts)[degree]

    @cached_property
    def _binomials(self) -> np.ndarray:
        """binom(m, r), clipped to the size of the largest part."""
        top = self.variables + self.order + 1
        table = [[min(comb(m, r), self.size) for r in range(self.variables + 1)] for m in range(top)]
        return np.asarray(table, dtype=np.int64)

    def table(self, k: int, low: int, high: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Index pairs (p, q) with deg p + deg q = k, low ≤ deg q ≤ high, and where each result's run starts."""
        if (k, low, high) not in self._tables:
            first, second = [], []
            for j in range(low, high + 1):
                p = np.arange(self.size)[self.part(k - j)]
                q = np.arange(self.size)[self.part(j)]
                first.append(np.repeat(p, len(q)))
                second.append(np.tile(q, len(p)))
            p, q = np.concatenate(first), np.concatenate(second)
            r = self.index(self.exponents[p] + self.exponents[q])
            sort = np.argsort(r, kind="stable")
            starts = np.searchsorted(r[sort], np.arange(self.size)[self.part(k)])
            self._tables[k, low, high] = p[sort], q[sort], starts
        return self._tables[k, low, high]

    def pairs(self, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self.table(k, 0, k)

    def compiled(self, operation: str, *operands: Any) -> Any:
        if compiled_arithmetic is None or self.products < compiled_arithmetic.fewest_products:
            return None
        return getattr(compiled_arithmetic, operation)(self, *operands)

    def product(self, u: Any, v: Any) -> Any:
        result = self.compiled("product", u, v)
        return super().product(u, v) if result is None else result

    def convolve(self, u: Any, v: Any, k: int, low: int, high: int) -> Any:
        p, q, starts = self.table(k, low, high)
        return sum_runs(u, v, p, q, starts)


def sum_runs(u: Any, v: Any, p: np.ndarray, q: np.ndarray, starts: np.ndarray) -> Any:
    """``Σ u[p] v[q]`` over each run of pairs that begins at `starts`, in blocks that stay in the cache."""
    if hasattr(u, "sum_of_products"):
        return _sum_padded(u, v, p, q, starts)
    if not (isinstance(u, np.ndarray) and isinstance(v, np.ndarray)):
        ends = [*starts[1:], len(p)]
        return np.stack([(u[p[a:b]] * v[q[a:b]]).sum(axis=0) for a, b in zip(starts, ends, strict=True)])
    batch = prod(u.shape[1:])
    if len(p) * batch <= 2 * BLOCK:
        return np.add.reduceat(u[p] * v[q], starts, axis=0)
    result = np.empty((len(starts), *u.shape[1:]), dtype=np.result_type(u, v))
    rows = max(1, len(starts) * BLOCK // (len(p) * batch))
    for first in range(0, len(starts), rows):
        last = min(first + rows, len(starts))
        a, b = starts[first], starts[last] if last < len(starts) else len(p)
        result[first:last] = np.add.reduceat(u[p[a:b]] * v[q[a:b]], starts[first:last] - a, axis=0)
    return result


def _sum_padded(u: Any, v: Any, p: np.ndarray, q: np.ndarray, starts: np.ndarray) -> Any:
    """All runs at once, the shorter ones continued by zeros."""
    lengths = np.diff([*starts, len(p)])
    rows = np.arange(lengths.max())[:, None]
    inside, places = rows < lengths, np.minimum(starts + rows, len(p) - 1)
    zero = u.zeros((1, *u.shape[1:]))  # on both sides: nothing of another run, not even that it is empty, may come in
    left, right = (_continued(x, zero, np.where(inside, i[places], len(x))) for x, i in ((u, p), (v, q)))
    return left.sum_of_products(right)


def _continued(x: Any, zero: Any, numbers: np.ndarray) -> Any:
    """Coefficients by number, zero past the last one."""
    longer: Any = np.concatenate([x, zero])
    return longer[numbers]


def sum_of_products(u: Any, v: Any) -> Any:
    """``Σ_j u_j v_j`` over the leading axis."""
    return u.sum_of_products(v) if hasattr(u, "sum_of_products") else (u * v).sum(axis=0)


def _compositions(degree: int, variables: int) -> np.ndarray:
    """Exponent vectors of one degree, lexicographic with the first variable's powers leading."""
    if variables == 1:
        return np.array([[degree]])
    blocks = []
    for first in range(degree, -1, -1):
        rest = _compositions(degree - first, variables - 1)
        blocks.append(np.concatenate([np.full((len(rest), 1), first), rest], axis=1))
    return np.concatenate(blocks)


class HyperDualStructure(Structure):
    """R[ε…]/(ε_i ε_i' = 0 within one symbol): `directions[s]` independent infinitesimals for symbol s.

    One direction a symbol gives dual and hyperdual numbers. Several give all directional derivatives at once: a
    hyperdual number with n directions in both symbols holds the value once, 2n first and n² second derivatives.
    The parts are blocks over subsets of symbols (as bit masks, by number of bits, then value); the block of a
    subset is a tensor with one axis for each of its symbols.
    """

    def __init__(self, directions: tuple[int, ...]):
        self.directions = directions
        self.order = len(directions)
        masks = sorted(range(1 << self.order), key=lambda mask: (mask.bit_count(), mask))
        self.masks = masks
        widths = [prod(d for s, d in enumerate(directions) if mask >> s & 1) for mask in masks]
        ends = np.cumsum([0, *widths]).tolist()
        self.size = ends[-1]
        self.blocks = {mask: slice(ends[i], ends[i + 1]) for i, mask in enumerate(masks)}
        bounds = np.searchsorted([mask.bit_count() for mask in masks], range(self.order + 2)).tolist()
        self._parts = [slice(ends[bounds[k]], ends[bounds[k + 1]]) for k in range(self.order + 1)]

    @staticmethod
    @cache
    def of(*directions: int) -> HyperDualStructure:
        """The shared structure of a tuple of direction counts."""
        return HyperDualStructure(directions)

    def __reduce__(self) -> tuple:
        return HyperDualStructure.of, self.directions

    def part(self, k: int) -> slice:
        return self._parts[k]

    def pairs(self, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        p, q, counts = [], [], []
        for mask in (m for m in self.masks if m.bit_count() == k):
            subs = [s for s in self.masks if s & mask == s]
            numbers = [
                [np.broadcast_to(np.arange(self.size)[self.blocks[m]].reshape(self.axes(m)), self.axes(mask)).ravel()
                 for m in (mask ^ sub, sub)]
                for sub in subs
            ]  # fmt: skip
            p.append(np.stack([first for first, _ in numbers], axis=1).ravel())
            q.append(np.stack([second for _, second in numbers], axis=1).ravel())
            counts += [len(subs)] * prod(self.axes(mask))
        return np.concatenate(p), np.concatenate(q), np.cumsum([0, *counts[:-1]])

    def axes(self, mask: int) -> tuple[int, ...]:
        """Shape of the block of a subset as a tensor over all symbols, absent ones of length 1."""
        return tuple(d if mask >> s & 1 else 1 for s, d in enumerate(self.directions))

    @cache  # noqa: B019  # structures are shared and stay
    def table(self, k: int, low: int, high: int) -> tuple[np.ndarray, np.ndarray]:
        """Index pairs (p, q), shape (terms, results), with low ≤ deg q ≤ high: all results have as many terms."""
        p, q, starts = self.pairs(k)
        degrees = self.degrees[q]
        chosen = (low <= degrees) & (degrees <= high)
        return tuple(i[chosen].reshape(len(starts), -1).T for i in (p, q))  # type: ignore[return-value]

    def convolve(self, u: Any, v: Any, k: int, low: int, high: int) -> Any:
        if hasattr(u, "sum_of_products"):
            p, q = self.table(k, low, high)
            return u[p].sum_of_products(v[q])
        shape = u.shape[1:]
        blocks = []
        for mask in (m for m in self.masks if m.bit_count() == k):
            total: Any = None
            for sub in (s for s in self.masks if s & mask == s and low <= s.bit_count() <= high):
                left = u[self.blocks[mask ^ sub]].reshape(*self.axes(mask ^ sub), *shape)
                right = v[self.blocks[sub]].reshape(*self.axes(sub), *shape)
                total = left * right if total is None else total + left * right
            blocks.append(total.reshape(prod(self.axes(mask)), *shape) if shape or total.ndim != 1 else total)
        return np.concatenate(blocks) if len(blocks) > 1 else blocks[0]
