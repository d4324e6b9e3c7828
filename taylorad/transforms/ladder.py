"""Ladders: a point of a graded algebra, and below it the points of lower order its derivatives are evaluated at.

A function with a given derivative is known to one order more than its derivative: of ``y = f(x)`` the tangents
``dy = f'(x) dx`` along every direction of the algebra need f' at one order less,

* Taylor: the derivative in t, ``k y_k = Σ j x_j g_{k-j}``,
* several variables: all partial derivatives, ``|α| y_α = Σ_i (∂_i y)_{α - e_i}``,
* dual numbers: ``f(a + b ε) = f(a) + f'(a) b ε``, one symbol after the other.

A derivative may call functions it is the derivative of, itself or others in a circle: what is already known at a rung
is kept there, so every function is evaluated once a rung.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from taylorad.algebras.expansion import first_part
from taylorad.algebras.hyperdual import HyperDual
from taylorad.algebras.multivariate import MultivariateTaylor
from taylorad.algebras.rays import Rays
from taylorad.algebras.series import Series
from taylorad.algebras.structure import HyperDualStructure, allocator
from taylorad.algebras.taylor import Taylor

Join = Callable[[Any, Any], Any]  # (value in the base ring or one rung below, tangents) -> the series


class HasPushforward(Protocol):
    """What a ladder asks of a function."""

    name: str

    def at(self, args: tuple) -> Any:
        """The value where no series is the outermost argument."""

    def push(self, args: tuple, tangents: list) -> Any:
        """Tangents of the value, directions first; a tangent is None or of shape (directions, *shape)."""


class _Active(threading.local):
    """The rungs at which derivatives are being evaluated, and of which function."""

    def __init__(self) -> None:
        self.rungs: list[tuple[Rung, HasPushforward]] = []


_active = _Active()


class Rung:
    """Arguments at one order, and the values of functions there."""

    def __init__(self, args: tuple):
        self.args = args
        self.known: dict[HasPushforward, Any] = {}
        self.calls: dict[HasPushforward, list[Rung]] = {}  # the arguments a derivative calls functions with, in order
        ducks = [a for a in args if hasattr(a, "level")]
        self.owner = max(ducks, key=lambda a: a.level) if ducks else None
        self.is_series = isinstance(self.owner, Series)

    def value(self, function: HasPushforward) -> Any:
        """The function's value at this rung."""
        if function not in self.known:
            self.known[function] = self._computed(function)
        return self.known[function]

    def climb(self, function: HasPushforward) -> Any:
        """The same, from the lowest rung upwards: no recursion over the order."""
        rungs = [self]
        while function not in rungs[-1].known and rungs[-1].is_series:
            rungs.append(rungs[-1].lower)
        for rung in reversed(rungs):
            rung.value(function)
        return self.known[function]

    def _computed(self, function: HasPushforward) -> Any:
        if not self.is_series:
            return function.at(self.args)
        owner: Any = self.owner
        if isinstance(owner, Rays):
            return self._along_rays(function)
        if owner.order == 0:
            return owner.lift(self.lower.value(function))
        with np.errstate(all="ignore"), self.lower.active(function):
            tangents = function.push(self.lower.args, self.tangents)
        start = self._start(function)
        shape = start.shape if hasattr(start, "shape") else np.shape(start)
        return self.join(start, checked(function, tangents, (len(tangents), *shape), 1))

    def _along_rays(self, function: HasPushforward) -> Any:
        """Each direction has a Taylor polynomial, and a ladder, of its own."""
        owner: Any = self.owner
        rays = []
        for i in range(owner.structure.directions):
            line = owner.ray(i)
            y = Rung(tuple(a if owner.is_constant(a) else a.ray(i) for a in self.args)).climb(function)
            rays.append(line.lift(y) if line.is_constant(y) else y)
        return owner.joined(rays)

    def _start(self, function: HasPushforward) -> Any:
        """What the tangents are added to: the value one rung below for dual numbers, else in the base ring."""
        if self.stays or function in self.lower.known:
            start = self.lower.value(function)
            return start if self.stays else start.value
        return Rung(tuple(self._base(a) for a in self.args)).value(function)

    def _base(self, a: Any) -> Any:
        owner: Any = self.owner
        return a if owner.is_constant(a) else first_part(a.coefficients)

    @cached_property
    def stays(self) -> bool:
        """Whether the value one rung below is itself a part of the value here."""
        owner: Any = self.owner
        return owner.order <= 1 or isinstance(owner, HyperDual)

    @contextmanager
    def active(self, function: HasPushforward) -> Iterator[None]:
        """While the derivative of a function is evaluated at these arguments."""
        _active.rungs.append((self, function))
        self.calls[function] = []
        try:
            yield
        finally:
            _active.rungs.pop()

    def called(self, function: HasPushforward, args: tuple) -> Rung:
        """A rung for a call from the derivative, above that of the same call one order lower."""
        rung, calls = Rung(args), self.calls[function]
        if rung.is_series and self.is_series and function in self.lower.calls:
            before = self.lower.calls[function][len(calls) : len(calls) + 1]
            if before and all(map(_same, rung.lower.args, before[0].args)):
                rung.lower = before[0]
        calls.append(rung)
        return rung

    # ------------------------------------------------------------------------------------------------ one order less

    @cached_property
    def _parts(self) -> list[tuple[Any, Any]]:
        """Of each argument: itself one order lower, and its tangents (None of a constant)."""
        owner: Any = self.owner
        below = _below(owner)
        return [(a, None) if owner.is_constant(a) else below(a) for a in self.args]

    @cached_property
    def lower(self) -> Rung:
        """The rung below."""
        return Rung(tuple(low for low, _ in self._parts))

    @property
    def tangents(self) -> list[Any]:
        """Directions of each argument along a leading axis, at the order of the rung below."""
        return [tangent for _, tangent in self._parts]

    def join(self, start: Any, tangents: Any) -> Any:
        """The series with given start and tangents."""
        owner: Any = self.owner
        if owner.order == 1:
            rows = tangents if hasattr(tangents, "level") else np.asarray(tangents)
            return owner._new(np.concatenate([np.broadcast_to(start, rows.shape[1:])[None], rows]))
        return _JOINS[_kind(owner)](owner, start, tangents)


def value_at(function: HasPushforward, args: tuple) -> Any:
    """The function's value; at the arguments a derivative is just being evaluated at, what is known there."""
    for rung, _ in reversed(_active.rungs):
        if len(rung.args) == len(args) and all(a is b for a, b in zip(rung.args, args, strict=True)):
            return rung.climb(function)
    rung = Rung(args)
    if rung.is_series and _active.rungs:
        around, of = _active.rungs[-1]
        rung = around.called(of, args)
    return rung.value(function)


def checked(function: HasPushforward, dy: Any, shape: tuple[int, ...], skip: int = 0) -> Any:
    """A tangent, if it has the shape of the value; `skip` leading axes number directions."""
    if dy.shape != shape:
        raise ValueError(
            f"custom rule {function.name}: its pushforward has shape {dy.shape[skip:]}, its value {shape[skip:]}"
        )
    return dy


def _same(a: Any, b: Any) -> bool:
    """Whether two arguments are the same series or numbers."""
    if isinstance(a, Series):
        return isinstance(b, Series) and a.level == b.level and a.order == b.order and a.equals(b)
    return a is b or (not hasattr(a, "level") and not hasattr(b, "level") and np.array_equal(a, b))


def _kind(owner: Any) -> type:
    for kind in (Taylor, MultivariateTaylor, HyperDual):
        if isinstance(owner, kind):
            return kind
    raise TypeError(f"a custom rule cannot be applied to {owner.describe()}")


def _below(owner: Any) -> Callable[[Any], tuple[Any, Any]]:
    if owner.order <= 1:
        return lambda a: (first_part(a.coefficients), a.coefficients[1:])
    return _BELOW[_kind(owner)]


def _taylor_below(x: Any) -> tuple[Any, Any]:
    return x.truncate(x.order - 1), x.differentiate()[None]


def _taylor_join(owner: Any, start: Any, tangents: Any) -> Any:
    rows = _coefficients(tangents, owner, 1)[:, 0]
    degrees = np.arange(1, owner.order + 1).astype(object if rows.dtype == object else float)
    integrated = rows / degrees.astype(rows.dtype).reshape(-1, *(1,) * (rows.ndim - 1))
    return owner._new(np.concatenate([np.broadcast_to(start, rows.shape[1:])[None], integrated]))


def _multivariate_below(x: Any) -> tuple[Any, Any]:
    return x.truncate(x.order - 1), np.stack([x.differentiate(i) for i in range(x.variables)])


def _multivariate_join(owner: Any, start: Any, tangents: Any) -> Any:
    structure = owner.structure
    rows = _coefficients(tangents, owner, 1)
    exponents = structure.exponents[: len(rows)]
    result = allocator(rows, start)((structure.size, *rows.shape[2:]))
    result[...] = 0 * start
    for i in range(structure.variables):
        raised = exponents.copy()
        raised[:, i] += 1
        index = structure.index(raised)
        result[index] = result[index] + rows[:, i]
    degrees = np.maximum(structure.degrees, 1).astype(rows.dtype).reshape(-1, *(1,) * (rows.ndim - 2))
    result = result / degrees
    result[0, ...] = start
    return owner._new(result)


def _dual_below(x: Any) -> tuple[Any, Any]:
    structure, top = x.structure, 1 << (x.structure.order - 1)
    lower = HyperDualStructure.of(*structure.directions[:-1])
    count = structure.directions[-1]
    values = [x.coefficients[structure.blocks[mask]] for mask in lower.masks]
    parts = [x.coefficients[structure.blocks[mask | top]].reshape(-1, count, *x.shape) for mask in lower.masks]
    return tuple(HyperDual._make(np.concatenate(rows), lower, x.tag) for rows in (values, parts))  # type: ignore[return-value]


def _dual_join(owner: Any, start: Any, tangents: Any) -> Any:
    structure, top = owner.structure, 1 << (owner.structure.order - 1)
    lower = HyperDualStructure.of(*structure.directions[:-1])
    rows = _coefficients(tangents, owner, structure.directions[-1], lower)
    values = np.broadcast_to(_coefficients(start, owner, None, lower), (lower.size, *rows.shape[2:]))
    blocks = []
    for mask in structure.masks:
        part = lower.blocks[mask & ~top]
        blocks.append(rows[part].reshape(-1, *rows.shape[2:]) if mask & top else values[part])
    return owner._new(np.concatenate(blocks))


_BELOW: dict[type, Callable[[Any], tuple[Any, Any]]] = {
    Taylor: _taylor_below,
    MultivariateTaylor: _multivariate_below,
    HyperDual: _dual_below,
}
_JOINS: dict[type, Callable] = {
    Taylor: _taylor_join,
    MultivariateTaylor: _multivariate_join,
    HyperDual: _dual_join,
}


def _coefficients(x: Any, owner: Any, directions: Any, lower: Any = None) -> Any:
    """Coefficients of what a function returned one order lower, a constant included."""
    if lower is None:
        lower = type(owner.structure).of(*_sizes(owner))
    like = type(owner)._make(owner.coefficients[: lower.size], lower, owner.tag)
    series = like.lift(x) if like.is_constant(x) else x
    return series.coefficients


def _sizes(owner: Any) -> tuple[int, ...]:
    return (owner.variables, owner.order - 1) if isinstance(owner, MultivariateTaylor) else (owner.order - 1,)
