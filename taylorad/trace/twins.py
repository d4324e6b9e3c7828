"""Twins of users' objects and containers for a run: the same, with covers in place of the arrays they hold.

``self.start.copy()`` in a method is to take traced values like the copy of any other captured array. A twin of the
object has the same class and attributes, but covered arrays; so have twins of lists and dicts. When the run ends, the
originals get what was set on their twins.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.refusals import is_library
from taylorad.trace.tracer import uncovered

LARGEST = 64  # entries of a container that is looked into
DEEPEST = 4  # objects within objects


def holds_arrays(x: Any, depth: int = DEEPEST) -> bool:
    """Whether an object or container holds arrays of numbers, itself or further down."""
    if x.__class__ is np.ndarray:
        return x.dtype.kind in "fciu"
    return depth > 0 and any(holds_arrays(part, depth - 1) for part in parts_of(x))


def parts_of(x: Any) -> list:
    """What a list, tuple or dict contains, or the attributes of an object of a user's class."""
    kind = x.__class__
    if kind in (list, tuple):
        return list(x) if len(x) <= LARGEST else []
    if kind is dict:
        return list(x.values()) if len(x) <= LARGEST else []
    return list(vars(x).values()) if is_users_object(x) else []


def is_users_object(x: Any) -> bool:
    """Whether x is an object, with attributes in a dict, of a class that a user's module defines."""
    if isinstance(x, type | types.ModuleType | types.FunctionType | types.MethodType | np.ndarray | np.generic):
        return False
    if hasattr(x, "level") or not hasattr(x, "__dict__"):
        return False
    return not is_library({"__name__": x.__class__.__module__})


class Twins:
    """The twins of one run."""

    def __init__(self, seen: Callable[[Any], Any]):
        self.seen = seen  # what stands for an object in this run
        self.made: dict[int, tuple[Any, Any, Any]] = {}  # original, twin, and what the twin held at first

    def of(self, x: Any) -> Any:
        """The twin of an object or container; itself when it holds no arrays."""
        if id(x) in self.made:
            return self.made[id(x)][1]
        if not holds_arrays(x):
            return x
        kind = x.__class__
        if kind is tuple:
            return tuple(map(self.seen, x))
        if kind is list:
            twin: Any = []
            self.made[id(x)] = x, twin, None
            twin.extend(map(self.seen, x))
            self.made[id(x)] = x, twin, list(twin)
        else:
            twin = {} if kind is dict else object.__new__(kind)
            self.made[id(x)] = x, twin, None
            entries = x if kind is dict else x.__dict__
            covered = {name: self.seen(value) for name, value in entries.items()}
            (twin if kind is dict else twin.__dict__).update(covered)
            self.made[id(x)] = x, twin, covered
        return twin

    def finish(self) -> None:
        """Give the originals what has changed on their twins."""
        originals = {id(twin): x for x, twin, _ in self.made.values()}

        def back(value: Any) -> Any:
            return originals.get(id(value), uncovered(value))

        for x, twin, before in self.made.values():
            if x.__class__ is list:
                if len(twin) != len(before) or any(a is not b for a, b in zip(twin, before, strict=True)):
                    x[:] = [self._original(x, i, value, before, back) for i, value in enumerate(twin)]
                continue
            entries, now = (x, twin) if x.__class__ is dict else (x.__dict__, twin.__dict__)
            for name in [name for name in entries if name not in now]:
                del entries[name]
            for name, value in now.items():
                if name not in before or value is not before[name]:
                    entries[name] = back(value)

    def _original(self, x: list, i: int, value: Any, before: list, back: Callable) -> Any:
        for j, entry in enumerate(before):
            if value is entry and j < len(x):
                return x[j]
        return back(value)
