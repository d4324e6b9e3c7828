"""What the code of a function can reach: the modules it lives in, the arrays it captured, and whether it writes.

A look at names only, without running anything: it decides which names are exchanged during a run, and whether captured
arrays must be covered. What it cannot see (attributes of objects, entries of containers) is left as it is.
"""

from __future__ import annotations

import cmath
import dis
import functools
import math
import types
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.special

from taylorad.dispatch import DuckArray
from taylorad.refusals import is_library
from taylorad.trace.twins import holds_arrays, parts_of

_WRITERS = frozenset(
    [
        "copyto",
        "fill",
        "put",
        "place",
        "putmask",
        "put_along_axis",
        "fill_diagonal",
        "at",
        "sort",
        "itemset",
        "flat",
        "out",
        "resize",
    ]
)
_FORCING = frozenset(("float", "int", "complex", "isinstance"))
_IN_PLACE = range(13, 26)  # the numbers of += -= … among binary operators


@dataclass(frozen=True)
class Facts:
    """What a code object does, code nested in it included.

    names : global names it reads
    attributes : names it reads from objects
    forcing : built-in functions that it calls, and that would make numbers of traced values
    writes : whether it assigns to entries, works in place, or calls what writes into arrays
    """

    names: frozenset[str]
    attributes: frozenset[str]
    forcing: frozenset[str]
    writes: bool


@functools.lru_cache(4096)
def facts_of(code: types.CodeType) -> Facts:
    """The facts of a code object."""
    names, attributes, called, writes = set(), set(), set(), False
    for instruction in dis.get_instructions(code):
        operation, value = instruction.opname, instruction.argval
        if operation in ("LOAD_GLOBAL", "LOAD_NAME"):
            names.add(value)
            if value == "isinstance" or (value in _FORCING and (instruction.arg or 0) & 1):
                called.add(value)  # the lowest bit: to be called
        elif operation in ("LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "IMPORT_FROM"):
            attributes.add(value)
        elif operation == "IMPORT_NAME":
            attributes.add(operation)  # no attribute that is known: anything may come in
        elif operation.startswith("STORE_S") or (operation == "BINARY_OP" and (instruction.arg or 0) in _IN_PLACE):
            writes = True
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            inner = facts_of(constant)
            names |= inner.names
            attributes |= inner.attributes
            called |= inner.forcing
            writes |= inner.writes
        elif isinstance(constant, tuple):
            writes |= "out" in constant  # names of keyword arguments
    return Facts(
        frozenset(names), frozenset(attributes), frozenset(called), writes or not _WRITERS.isdisjoint(attributes)
    )


@dataclass
class Reach:
    """What a function can reach.

    modules : by id, namespaces and the built-in functions that their code calls
    captured : whether an array of numbers is among its names, cells or defaults, or those of functions it reaches
    writes : whether any of the code writes into arrays
    mentioned : attributes and imported names that occur in the code
    libraries : names of the modules that global names stand for
    closed : whether all that runs is among the code that was found
    reads, kinds : names, with what they stood for, or its type; the look is repeated when that changes
    repeatable : whether that tells all: no function on the way has a closure
    """

    modules: dict[int, tuple[dict, set[str]]] = field(default_factory=dict)
    captured: bool = False
    writes: bool = False
    mentioned: set[str] = field(default_factory=set)
    libraries: set[str] = field(default_factory=set)
    closed: bool = True
    reads: list[tuple[dict, str, Any]] = field(default_factory=list)
    kinds: list[tuple[dict, str, type]] = field(default_factory=list)
    cells: tuple[Any, ...] = ()
    repeatable: bool = True

    def fits(self, f: types.FunctionType) -> bool:
        """Whether names still stand for what they stood for, seen from another function of the same code."""
        for namespace, name, value in self.reads:
            if namespace.get(name) is not value:
                return False
        for namespace, name, kind in self.kinds:
            if namespace.get(name).__class__ is not kind:
                return False
        for namespace, size in self.sizes:
            if len(namespace) != size:
                return False
        return f.__defaults__ is None and f.__kwdefaults__ is None and captured_kinds(f) == self.cells

    sizes: list[tuple[dict, int]] = field(default_factory=list)


def captured_kinds(f: types.FunctionType) -> tuple[Any, ...]:
    """The types of what a function captured; of a library's module, the module itself."""
    if f.__closure__ is None:
        return ()
    return tuple([_kind(c.cell_contents) if _is_set(c) else object for c in f.__closure__])


def _kind(x: Any) -> Any:
    return x if x.__class__ is types.ModuleType and is_library(x.__dict__) else x.__class__


def reach_of(f: Any) -> Reach:
    """All that a function, method, class, or callable object reaches."""
    reach, seen, waiting = Reach(), set(), [f]
    while waiting:
        x = waiting.pop()
        if id(x) not in seen:
            seen.add(id(x))
            waiting += _from(x, reach)
    reach.closed = reach.closed and reach.mentioned <= _known()
    reach.sizes = [(namespace, len(namespace)) for namespace, _ in reach.modules.values()]
    if f.__class__ is types.FunctionType:
        reach.cells = captured_kinds(f)
        reach.repeatable &= f.__defaults__ is None and f.__kwdefaults__ is None
        reach.repeatable &= all(kind in _DATA or kind.__class__ is types.ModuleType for kind in reach.cells)
    else:
        reach.repeatable = False
    return reach


def is_data(x: Any) -> bool:
    """Whether nothing in x can be called."""
    if x.__class__ in _CONTAINERS:
        return len(x) <= 64 and all(map(is_data, x.values() if x.__class__ is dict else x))
    return x.__class__ in _DATA or isinstance(x, np.generic | DuckArray)


_CONTAINERS = (list, tuple, dict)
_DATA = frozenset((int, float, complex, bool, str, type(None), np.ndarray, slice, range))


@functools.cache
def _known() -> frozenset[str]:
    """Attributes that lead to no users' code: those of NumPy, `math`, arrays, strings and containers."""
    modules = np, np.linalg, np.fft, np.random, math, cmath, scipy.special
    return frozenset(name for x in (*modules, np.ndarray, np.ufunc, list, dict, set, str, float) for name in dir(x))


def is_coverable(x: Any) -> bool:
    """Whether x is a plain array that a traced value might be written into."""
    return x.__class__ is np.ndarray and x.dtype.kind in "fciu"


def _from(x: Any, reach: Reach) -> Iterator[Any]:
    """Take note of one object, and give those it leads to."""
    kind = x.__class__
    if kind is np.ndarray:
        reach.captured |= is_coverable(x)
    elif kind is types.FunctionType:
        if not is_library(x.__globals__):
            yield from _from_function(x, reach)
        elif x.__closure__:  # a decorator of a library around a user's function
            yield from (c.cell_contents for c in x.__closure__ if _is_set(c) and callable(c.cell_contents))
    elif kind is types.ModuleType:
        reach.libraries.add(x.__name__)
    elif kind in _CONTAINERS:
        reach.captured |= holds_arrays(x)
        if not is_data(x):
            reach.closed = False
            yield from parts_of(x)
    elif kind is types.BuiltinFunctionType or kind is np.ufunc or is_data(x):
        pass
    else:
        yield from _from_object(x, reach)


def _from_object(x: Any, reach: Reach) -> Iterator[Any]:
    """Objects whose code is found in part only."""
    kind = x.__class__
    if kind.__module__.partition(".")[0] == "numpy":
        return
    if kind is functools.partial:
        yield from (x.func, *x.args, *x.keywords.values())
        return
    reach.closed = reach.closed and x in _HARMLESS if isinstance(x, type) else False
    if kind is types.MethodType:
        yield from (x.__func__, x.__self__)
    elif isinstance(x, type):
        yield from _from_class(x)
    else:
        yield kind
        yield from parts_of(x)


_HARMLESS = frozenset((int, float, complex, bool, str, list, tuple, dict, set, range, enumerate, zip))


def _from_function(f: types.FunctionType, reach: Reach) -> Iterator[Any]:
    facts = facts_of(f.__code__)
    reach.writes |= facts.writes
    reach.mentioned |= facts.attributes
    namespace = getattr(f.__globals__, "real", f.__globals__)
    used = reach.modules.setdefault(id(namespace), (namespace, set()))[1]
    used |= {name for name in facts.forcing if name not in namespace}
    for name in facts.names:
        value = namespace.get(name)
        if value is None:
            reach.closed = reach.closed and name not in _DYNAMIC
        elif value.__class__ in _DATA:
            reach.kinds.append((namespace, name, value.__class__))
            yield value
        elif not hasattr(value, "taylorad_original"):
            reach.reads.append((namespace, name, value))
            if value.__class__ is types.FunctionType and value.__closure__ and not is_library(value.__globals__):
                reach.repeatable = False
            yield from _worthwhile(value, facts)
    for cell in f.__closure__ or ():
        if _is_set(cell):
            yield from _worthwhile(cell.cell_contents, facts)
    yield from f.__defaults__ or ()
    yield from (f.__kwdefaults__ or {}).values()


_DYNAMIC = frozenset(["getattr", "eval", "exec", "globals", "locals", "vars", "__import__", "compile"])


def _worthwhile(value: Any, facts: Facts) -> Iterator[Any]:
    """What a name stands for; of a user's module the functions and arrays whose names occur."""
    yield value
    if value.__class__ is types.ModuleType and not is_library(value.__dict__):
        yield from (value.__dict__[name] for name in facts.attributes if name in value.__dict__)


def _from_class(kind: type) -> Iterator[Any]:
    if kind.__module__ == "builtins":
        return
    for entry in vars(kind).values():
        if isinstance(entry, types.FunctionType | staticmethod | classmethod):
            yield getattr(entry, "__func__", entry)
        elif isinstance(entry, property):
            yield from (f for f in (entry.fget, entry.fset) if f is not None)
    yield from kind.__bases__


def _is_set(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True
