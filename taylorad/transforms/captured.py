"""Closures taken apart: the differentiated arrays a function holds, and the same function around other arrays.

A checkpointed function runs twice, the second time on other traced values. Those it was given are arguments; those it
captured from its surroundings are found in its closure, defaults, partial arguments or the object it is a method of,
and become arguments too.
"""

from __future__ import annotations

import copy
import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.dispatch import DuckArray
from taylorad.trace import Tracer, plain
from taylorad.trace.constants import kept

Build = Callable[[list], Any]  # from arrays to what held them


def lifted(x: Any, copies: bool = False) -> tuple[list[Any], Build]:
    """The duck arrays in a nest of containers and functions, each once, and how to put others in their places.

    With `copies`, small plain arrays in containers are copied, so that no later change reaches them.
    """
    search = _Search(copies)
    build = search.template(x)
    return search.leaves, (lambda leaves: x) if build is None else build


class _Search:
    """One walk through functions and containers; `template` returns None for what holds no duck array."""

    def __init__(self, copies: bool):
        self.copies = copies
        self.leaves: list[Any] = []
        self.entered: set[int] = set()

    def template(self, x: Any) -> Build | None:
        x = plain(x) if x.__class__ is Tracer else x
        if isinstance(x, DuckArray):
            return self._leaf(x)
        if self.copies and x.__class__ is np.ndarray:
            array = kept(x)
            return None if array is x else lambda leaves: array
        if isinstance(x, np.ndarray | np.generic | str | type | types.ModuleType) or id(x) in self.entered:
            return None
        self.entered.add(id(x))  # functions may refer to themselves
        try:
            return self._inside(x)
        finally:
            self.entered.discard(id(x))

    def _leaf(self, x: Any) -> Build:
        place = next((i for i, leaf in enumerate(self.leaves) if leaf is x), len(self.leaves))
        if place == len(self.leaves):
            self.leaves.append(x)
        return lambda leaves: leaves[place]

    def _inside(self, x: Any) -> Build | None:
        if isinstance(x, list | tuple | dict):
            return self._container(x)
        if isinstance(x, types.FunctionType):
            return self._function(x)
        if isinstance(x, types.MethodType):
            bound = self.template(x.__self__)
            return None if bound is None else lambda leaves: types.MethodType(x.__func__, bound(leaves))
        if isinstance(x, functools.partial):
            parts = self._container([x.func, x.args, x.keywords])
            return None if parts is None else lambda leaves: _partial(*parts(leaves))
        return self._instance(x)

    def _container(self, x: Any) -> Build | None:
        entries = list(x.values()) if isinstance(x, dict) else list(x)
        builds = [self.template(entry) for entry in entries]
        if all(build is None for build in builds):
            return None

        def build(leaves: list) -> Any:
            filled = [e if b is None else b(leaves) for e, b in zip(entries, builds, strict=True)]
            if isinstance(x, dict):
                return dict(zip(x, filled, strict=True))
            return type(x)(*filled) if hasattr(x, "_fields") else type(x)(filled)

        return build

    def _function(self, f: types.FunctionType) -> Build | None:
        cells = f.__closure__ or ()
        contents = self._container([_content(cell) for cell in cells])
        defaults = self._container([f.__defaults__, f.__kwdefaults__])
        if contents is None and defaults is None:
            return None

        def build(leaves: list) -> Any:
            filled = contents(leaves) if contents is not None else [_content(cell) for cell in cells]
            closure = tuple(
                cell if _content(cell) is new and new is not f else types.CellType(new)
                for cell, new in zip(cells, filled, strict=True)
            )
            made = types.FunctionType(f.__code__, f.__globals__, f.__name__, f.__defaults__, closure)
            for cell, new in zip(closure, filled, strict=True):
                if new is f:  # it calls itself
                    cell.cell_contents = made
            made.__kwdefaults__ = f.__kwdefaults__
            if defaults is not None:
                made.__defaults__, made.__kwdefaults__ = defaults(leaves)
            return made

        return build

    def _instance(self, x: Any) -> Build | None:
        """An object whose attributes are arrays, containers or functions; other objects in it stay as they are."""
        attributes = getattr(x, "__dict__", None)
        if not isinstance(attributes, dict) or len(self.entered) > DEEPEST:
            return None
        plain_kinds = (DuckArray, list, tuple, dict, types.FunctionType)
        chosen = {key: value for key, value in attributes.items() if isinstance(value, plain_kinds)}
        filled = self._container(chosen)
        if filled is None:
            return None

        def build(leaves: list) -> Any:
            made = copy.copy(x)
            made.__dict__.update(filled(leaves))
            return made

        return build


DEEPEST = 12  # nested containers and functions among which objects are still looked into


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not assigned yet
        return None


def _partial(function: Callable, args: tuple, keywords: dict) -> Any:
    return functools.partial(function, *args, **keywords)
