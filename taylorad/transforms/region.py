"""Regions: functions that are one node of a program, whatever happens inside.

A region takes arrays and returns one array. Its node keeps the arguments; the pullback runs the function again, in a
program of its own that is dropped afterwards. The same holds one level up: when an outer program differentiates the
pullback, that is a region too. It is the gradient of ``φ(x, ȳ) = ⟨ȳ, F(x)⟩`` with respect to x, second derivatives are
symmetric, and so *its* pullback needs no reverse sweep over a reverse sweep:

    pullback of R(x, ȳ) = J(x)ᵀ ȳ at u:   x̄ = dR(x + ε u, ȳ)/dε,   the cotangent of ȳ = dF(x + ε u)/dε,

one run of the same region on dual numbers, with the same memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from taylorad.algebras.edges import is_recorded
from taylorad.algebras.hyperdual import Dual, HyperDual
from taylorad.algebras.series import Series
from taylorad.algebras.structure import HyperDualStructure, TaylorStructure
from taylorad.trace import Node, Tracer, plain, traced
from taylorad.trace import operations as ops
from taylorad.trace.constants import kept
from taylorad.trace.everyday import followed, unfollowed
from taylorad.transforms.containers import Structure, results_of
from taylorad.transforms.recording import Recording
from taylorad.transforms.series import as_series, fresh_tag


class Region(ABC):
    """A function of several arrays with one array as result."""

    name: str

    @abstractmethod
    def evaluate(self, leaves: Sequence[Any]) -> Any:
        """The value at plain arrays or series, or at the traced values of one recording."""

    def pull(self, leaves: Sequence[Any], wanted: Sequence[int], ybar: Any) -> list[Any]:
        """Cotangents of the wanted arguments, None for zero, from one more run."""

        def of_wanted(*moving: Any) -> Any:
            return self.evaluate(replaced(leaves, wanted, moving))

        recording = Recording(of_wanted, tuple(leaves[i] for i in wanted))
        if recording.values[0].shape != ybar.shape:
            raise ValueError(
                f"{self.name} returned an array of another shape when it ran again, {recording.values[0].shape} "
                f"instead of {ybar.shape}: a checkpointed function must do the same every time"
            )
        return recording.pull([ybar])


def apply(region: Region, leaves: Sequence[Any]) -> Any:
    """The region's value: one node in every program that traces one of its arguments."""
    leaves = [plain(leaf) for leaf in leaves]
    owner = max((a for a in leaves if hasattr(a, "level")), key=lambda a: a.level, default=None)
    if isinstance(owner, Tracer) and not is_recorded(owner):
        return _recorded(region, owner, leaves)
    if isinstance(owner, Series) and any(is_traced(leaf) for leaf in leaves):
        return _peeled(region, owner, leaves)
    return region.evaluate(leaves)


def is_traced(x: Any) -> bool:
    """Whether a program records what is done with an array, or with the coefficients of a series."""
    while hasattr(x, "level"):
        if isinstance(x, Tracer) and x.live is not None:
            return True
        x = getattr(x, "coefficients", None) if isinstance(x, Series) else getattr(x, "value", None)
    return False


def _recorded(region: Region, owner: Tracer, leaves: list) -> Any:
    nodes, values = owner.split(leaves)
    owner.expose(*leaves)
    operands = tuple(n if n.__class__ is Node else kept(n) for n in nodes)
    residual = tuple(v if n.__class__ is Node else n for n, v in zip(operands, values, strict=True))
    value = apply(region, residual)
    if getattr(value, "level", (0, 0)) >= owner.level:
        raise ValueError(
            f"{region.name} uses a traced value that was found neither among its arguments nor in its closure, so its "
            "derivative would be lost: pass the value as an argument"
        )
    wanted = tuple(i for i, node in enumerate(operands) if node.__class__ is Node)
    assert owner.live is not None
    node = owner.live.record(ops.CALL, operands, _Called(region, wanted), residual, value)
    result = traced(owner.live, node, value)
    result.exposed = True  # it may be an argument
    return result


class _Called:
    """What a node needs to know of its region."""

    def __init__(self, region: Region, wanted: tuple[int, ...]):
        self.region, self.wanted, self.name = region, wanted, region.name

    def evaluate(self, *values: Any) -> Any:
        return apply(self.region, values)

    def push(self, values: Sequence[Any], tangents: Sequence[Any]) -> Any:
        moving = [i for i, t in enumerate(tangents) if t is not None]
        return derivative_along(self.region, values, moving, [tangents[i] for i in moving])

    def pull(self, values: Sequence[Any], ybar: Any) -> list[Any]:
        parts = apply(PullbackOf(self.region, self.wanted), (*values, ybar))
        return replaced([None] * len(values), self.wanted, unpacked(parts, [values[i] for i in self.wanted]))


class PullbackOf(Region):
    """``(x..., ȳ) ↦ J(x)ᵀ ȳ`` of a region, for some of its arguments."""

    def __init__(self, region: Region, wanted: Sequence[int]):
        self.region, self.wanted, self.name = region, tuple(wanted), f"the pullback of {region.name}"

    def evaluate(self, leaves: Sequence[Any]) -> Any:
        *x, ybar = leaves
        cotangents = self.region.pull(x, self.wanted, ybar)
        chosen = [x[i] for i in self.wanted]
        return packed([_fitted(c, like) for c, like in zip(cotangents, chosen, strict=True)])

    def pull(self, leaves: Sequence[Any], wanted: Sequence[int], ybar: Any) -> list[Any]:
        x = leaves[:-1]
        directions = unpacked(ybar, [x[i] for i in self.wanted])
        others = [i for i in wanted if i < len(x)]
        results: list[Any] = [None] * len(wanted)
        if others:
            both = PullbackOf(self.region, others)
            tangent = derivative_along(both, leaves, self.wanted, directions)
            results[: len(others)] = unpacked(tangent, [x[i] for i in others])
        if len(x) in wanted:
            results[-1] = derivative_along(self.region, x, self.wanted, directions)
        return results


def _fitted(cotangent: Any, like: Any) -> Any:
    """A cotangent as a sweep adds it up: of the argument's shape, real for a real argument."""
    if cotangent is None:
        return np.zeros_like(like)
    return np.real(cotangent) if cotangent.dtype.kind == "c" and like.dtype.kind not in "cO" else cotangent


def derivative_along(region: Region, leaves: Sequence[Any], moving: Sequence[int], directions: Sequence[Any]) -> Any:
    """The tangent of a region's value, by dual numbers."""
    tag = fresh_tag()
    seeds = []
    for i, direction in zip(moving, directions, strict=True):
        value = leaves[i] if not hasattr(direction, "level") else leaves[i] + np.zeros_like(direction)
        seeds.append(Dual.seeded(value, direction[None], tag=tag))
    result = apply(region, replaced(leaves, moving, seeds))
    return as_series(result, seeds[0]).coefficients[1]


def replaced(leaves: Sequence[Any], places: Sequence[int], values: Sequence[Any]) -> list[Any]:
    """The leaves with some exchanged."""
    result = list(leaves)
    for i, value in zip(places, values, strict=True):
        result[i] = value
    return result


# --------------------------------------------------------------------------------- series of values traced further out


def _peeled(region: Region, owner: Any, leaves: list) -> Any:
    """The region as a function of coefficients, when these are what a program traces."""
    places = tuple(i for i, leaf in enumerate(leaves) if not owner.is_constant(leaf))
    inner = [leaf.coefficients if i in places else leaf for i, leaf in enumerate(leaves)]
    return owner._new(apply(_Coefficients(region, places, type(owner), owner.structure, owner.tag), inner))


class _Coefficients(Region):
    """A region on series as a function of their coefficients."""

    def __init__(self, region: Region, places: tuple[int, ...], kind: type, structure: Any, tag: int):
        self.region, self.places, self.kind, self.structure, self.tag = region, places, kind, structure, tag
        self.name = region.name
        self.last: tuple[Sequence[Any], list[Any]] = (), []

    def _series(self, coefficients: Any) -> Any:
        return self.kind._make(coefficients, self.structure, self.tag)  # type: ignore[attr-defined]

    def _lifted(self, leaves: Sequence[Any]) -> list[Any]:
        """The series; the same objects for the same coefficients, so that a loop knows its snapshots again."""
        given, series = self.last
        if len(given) != len(leaves) or any(a is not b for a, b in zip(given, leaves, strict=True)):
            series = [self._series(leaf) if i in self.places else leaf for i, leaf in enumerate(leaves)]
            self.last = leaves, series
        return series

    def evaluate(self, leaves: Sequence[Any]) -> Any:
        series = self._lifted(leaves)
        return as_series(self.region.evaluate(series), series[self.places[0]]).coefficients

    def pull(self, leaves: Sequence[Any], wanted: Sequence[int], ybar: Any) -> list[Any]:
        """With coefficients in reversed order the transpose of a product is the product itself, where that holds."""
        if not self._is_symmetric() or getattr(ybar, "level", (0, 0))[0] > self.tag:
            return super().pull(leaves, wanted, ybar)
        series = self._lifted(leaves)
        cotangents = self.region.pull(series, wanted, self._series(ybar[::-1]))
        results = []
        for i, xbar in zip(wanted, cotangents, strict=True):
            if xbar is not None:
                xbar = as_series(xbar, series[self.places[0]]).coefficients[::-1]
                xbar = xbar if i in self.places else xbar[0]
            results.append(xbar)
        return results

    def _is_symmetric(self) -> bool:
        structure = self.structure
        if isinstance(structure, HyperDualStructure):
            return issubclass(self.kind, HyperDual) and set(structure.directions) == {1}
        return isinstance(structure, TaylorStructure)


# ---------------------------------------------------------------------------------------------- one array out of many


@dataclass(frozen=True)
class Layout:
    """How one array holds the leaves of a result."""

    structure: Structure
    leaves: tuple[Any, ...]
    moving: tuple[int, ...]

    def unpack(self, array: Any) -> Any:
        """The result from its array."""
        parts = unpacked(array, [self.leaves[i] for i in self.moving])
        return self.structure.build(replaced(self.leaves, self.moving, parts))


@dataclass(frozen=True)
class _Like:
    shape: tuple[int, ...]
    dtype: Any


def laid_out(result: Any) -> tuple[Any, Layout]:
    """A result as one array; integers are no part of it and stay in the layout."""
    leaves, structure = results_of(result)
    moving = tuple(i for i, leaf in enumerate(leaves) if leaf.dtype.kind in "fcO")
    kept_leaves = [_Like(leaf.shape, leaf.dtype) if i in moving else leaf for i, leaf in enumerate(leaves)]
    return packed([leaves[i] for i in moving]), Layout(structure, tuple(kept_leaves), moving)


def packed(arrays: Sequence[Any]) -> Any:
    """Arrays as one: a single one as it is, else raveled one after the other."""
    if len(arrays) == 1:
        return arrays[0]
    return np.concatenate([np.reshape(a, -1) for a in arrays]) if arrays else np.zeros(0)


def unpacked(array: Any, like: Sequence[Any]) -> list[Any]:
    """Arrays of given shapes and number types out of one."""
    if len(like) == 1:
        return [array]
    parts, begin = [], 0
    for model in like:
        end = begin + int(np.prod(model.shape, dtype=int))
        part = np.reshape(array[begin:end], model.shape)
        part = np.real(part) if part.dtype.kind == "c" and model.dtype.kind == "f" else part
        parts.append(part.astype(model.dtype) if _is_narrower(model.dtype, part.dtype) else part)
        begin = end
    return parts


def _is_narrower(wanted: Any, dtype: Any) -> bool:
    return wanted.kind == dtype.kind and wanted.kind in "fc" and wanted.itemsize < dtype.itemsize


def protected(leaf: Any) -> Any:
    """An argument that a function cannot change."""
    if leaf.__class__ is np.ndarray:
        leaf = leaf.view()
        leaf.flags.writeable = False
    return leaf.copy() if isinstance(leaf, Series) else leaf


def has_duck(leaves: Sequence[Any]) -> bool:
    """Whether there is anything but plain arrays, so that everyday NumPy is needed."""
    return any(hasattr(leaf, "level") for leaf in leaves)


class Function(Region):
    """A user's function around the arrays it is given and captures."""

    def __init__(self, name: str, build: Callable[[list], tuple[Callable, tuple, dict]]):
        self.name, self.build = name, build
        self.layout: Layout | None = None

    def evaluate(self, leaves: Sequence[Any]) -> Any:
        f, args, kwargs = self.build([protected(leaf) for leaf in leaves])
        run = followed if has_duck(leaves) else unfollowed
        array, self.layout = laid_out(run(f, *args, **kwargs))
        return array
