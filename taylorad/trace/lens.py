"""A lens over users' functions: the same code, with captured arrays covered.

``p = p0.copy(); p[free] = x`` writes traced values into a copy of an array that the function found outside. The
function is run with namespaces and cells in which such an array is a cover over the same memory, so that whatever is
made from it can take traced values. What the code writes into the captured array itself reaches it, as numbers, when
the run ends.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.refusals import is_library
from taylorad.trace.reachable import is_coverable
from taylorad.trace.tracer import Tracer, traced, uncovered
from taylorad.trace.twins import Twins, is_users_object


class Namespace(dict):
    """A module's namespace as the code of a run sees it; names are looked up in the real one and kept when covered."""

    __slots__ = ("lens", "real")

    def __init__(self, real: dict, lens: Lens):
        super().__init__({name: real[name] for name in ("__name__", "__builtins__", "__file__") if name in real})
        self.real, self.lens = real, lens

    def __missing__(self, name: str) -> Any:
        return self.lens.seen(self.real[name])

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in self or name in self.real else default


class Module(types.ModuleType):
    """A user's module as the code of a run sees it."""

    def __init__(self, real: types.ModuleType, lens: Lens):
        super().__init__(real.__name__, real.__doc__)
        self.__dict__["_seen"] = real, lens

    def __getattr__(self, name: str) -> Any:
        real, lens = self._seen
        return lens.seen(getattr(real, name))

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._seen[0], name, uncovered(value))


class Lens:
    """The covers of one run, shared by the runs within it."""

    def __init__(self) -> None:
        self.covers: dict[int, tuple[np.ndarray, Tracer]] = {}
        self.functions: dict[int, tuple[Any, Any]] = {}
        self.cells: dict[int, tuple[Any, Any, Any]] = {}
        self.namespaces: dict[int, Namespace] = {}
        self.twins = Twins(self.seen)

    def seen(self, x: Any) -> Any:
        """What stands for an object: arrays are covered, functions see covered arrays."""
        kind = x.__class__
        if kind is np.ndarray:
            return self.covered(x) if is_coverable(x) else x
        if kind is types.FunctionType and not is_library(x.__globals__):
            return self.function(x)
        if kind is types.MethodType and x.__func__.__class__ is types.FunctionType:
            function, owner = self.seen(x.__func__), self.seen(x.__self__)
            return x if function is x.__func__ and owner is x.__self__ else types.MethodType(function, owner)
        if kind is functools.partial:
            return functools.partial(
                self.seen(x.func), *map(self.seen, x.args), **{k: self.seen(v) for k, v in x.keywords.items()}
            )
        if kind is types.ModuleType and not is_library(x.__dict__):
            return Module(x, self)
        return self.twins.of(x) if kind in (list, tuple, dict) or is_users_object(x) else x

    def covered(self, array: np.ndarray) -> Tracer:
        """The cover of an array, one and the same throughout the run."""
        if id(array) not in self.covers:
            self.covers[id(array)] = array, traced(None, None, array)
        return self.covers[id(array)][1]

    def function(self, f: types.FunctionType) -> types.FunctionType:
        """The same code with covered arrays in place of those it finds outside."""
        if isinstance(f.__globals__, Namespace):
            return f
        if id(f) not in self.functions:
            namespace = self._namespace(f.__globals__)
            closure = tuple(map(self._cell, f.__closure__)) if f.__closure__ else None
            twin = types.FunctionType(f.__code__, namespace, f.__name__, self._defaults(f.__defaults__), closure)
            self.functions[id(f)] = f, twin  # before what it refers to is looked at: it may be itself
            twin.__kwdefaults__ = {k: self.seen(v) for k, v in (f.__kwdefaults__ or {}).items()} or None
            twin.__dict__.update(f.__dict__)
            twin.__qualname__, twin.__doc__, twin.__module__ = f.__qualname__, f.__doc__, f.__module__
        return self.functions[id(f)][1]

    def _defaults(self, defaults: tuple | None) -> tuple | None:
        return None if defaults is None else tuple(map(self.seen, defaults))

    def _namespace(self, real: dict) -> Namespace:
        if id(real) not in self.namespaces:
            self.namespaces[id(real)] = Namespace(real, self)
        return self.namespaces[id(real)]

    def _cell(self, cell: types.CellType) -> types.CellType:
        """A cell with what stands for its contents; the cell itself where that is the same."""
        if id(cell) in self.cells:
            return self.cells[id(cell)][1]
        try:
            contents = cell.cell_contents
        except ValueError:  # not assigned yet
            return cell
        twin = types.CellType()
        self.cells[id(cell)] = cell, twin, None
        twin.cell_contents = self.seen(contents)
        self.cells[id(cell)] = cell, twin, twin.cell_contents
        if twin.cell_contents is contents:
            self.cells[id(cell)] = cell, cell, contents
            return cell
        return twin

    def finish(self) -> None:
        """Let the arrays, objects, cells and globals of the user's program have what the run wrote to them."""
        for array, cover in self.covers.values():
            if cover.version and cover._value is not array and array.flags.writeable:
                np.copyto(array, cover.primal, casting="unsafe")
        self.twins.finish()
        for cell, twin, contents in self.cells.values():
            if twin is not cell and twin.cell_contents is not contents:
                cell.cell_contents = uncovered(twin.cell_contents)
        for namespace in self.namespaces.values():
            for name in namespace.keys() - {"__name__", "__builtins__", "__file__"}:
                namespace.real[name] = uncovered(namespace[name])


def through(f: Any, lens: Lens) -> Callable:
    """A callable whose code sees covered arrays."""
    if isinstance(f, type) or f.__class__ in (types.FunctionType, types.MethodType, functools.partial):
        return lens.seen(f)
    call = getattr(type(f), "__call__", None)  # noqa: B004 - its code is wanted
    if call.__class__ is types.FunctionType and not is_library(call.__globals__):
        return types.MethodType(lens.function(call), lens.seen(f))
    return f
