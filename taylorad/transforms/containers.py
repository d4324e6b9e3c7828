"""Arguments and results made of several arrays: nested tuples, lists and dicts, taken apart into their leaves.

A list or tuple of plain numbers is an array, as everywhere in NumPy; one that holds arrays or other containers is a
container, and derivatives come back in the same shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from taylorad.trace import Tracer, joined


@dataclass(frozen=True)
class Structure:
    """How leaves make up a container.

    kind : None for a leaf, else the type of the container (dict, list, tuple, or a named tuple)
    keys : of a dict
    parts : structures of the entries
    """

    kind: type | None = None
    keys: tuple = ()
    parts: tuple[Structure, ...] = ()

    @property
    def size(self) -> int:
        """Number of leaves."""
        return 1 if self.kind is None else sum(part.size for part in self.parts)

    def build(self, leaves: Iterable[Any]) -> Any:
        """The container of the given leaves."""
        return next(iter(leaves)) if self.kind is None else self._build(iter(leaves))

    def _build(self, leaves: Iterator[Any]) -> Any:
        if self.kind is None:
            return next(leaves)
        entries = [next(leaves) if part is LEAF else part._build(leaves) for part in self.parts]
        if issubclass(self.kind, dict):
            return dict(zip(self.keys, entries, strict=True))
        make: Any = self.kind
        return make(*entries) if hasattr(make, "_fields") else make(entries)

    def leaves(self, container: Any) -> list[Any]:
        """The leaves of a container that must be made up in this way."""
        return leaves_of(container, self)

    def map(self, function: Callable, *containers: Any) -> Any:
        """The container of a function's values at corresponding leaves."""
        columns = [leaves_of(c, self) for c in containers]
        return self.build([function(*row) for row in zip(*columns, strict=True)])

    def __str__(self) -> str:
        if self.kind is None:
            return "an array"
        if issubclass(self.kind, dict):
            entries = [f"{key!r}: {part}" for key, part in zip(self.keys, self.parts, strict=True)]
            return "{" + ", ".join(entries) + "}"
        return f"{self.kind.__name__}({', '.join(map(str, self.parts))})"


LEAF = Structure()


def is_container(x: Any) -> bool:
    """Whether x is a dict, or a list or tuple that is not simply an array written out."""
    return isinstance(x, dict) or (isinstance(x, list | tuple) and _written_shape(x) is None)


def _written_shape(x: Any) -> tuple[int, ...] | None:
    """The shape of an array of numbers written as nested lists, None if x is nothing like that."""
    if isinstance(x, list | tuple):
        shapes = {_written_shape(part) for part in x}
        if hasattr(x, "_fields") or None in shapes or len(shapes) > 1:
            return None
        return len(x), *next(iter(shapes), ())  # type: ignore[misc]
    return None if x is None or isinstance(x, dict) or getattr(x, "shape", ()) != () else ()


def flatten(x: Any) -> tuple[list[Any], Structure]:
    """The leaves of a container from left to right, and how they make it up."""
    if hasattr(x, "dtype") or not is_container(x):
        return [x], LEAF
    values, keys = (list(x.values()), tuple(x)) if isinstance(x, dict) else (list(x), ())
    leaves, parts = [], []
    for value in values:
        below, part = flatten(value)
        leaves += below
        parts.append(part)
    return leaves, Structure(type(x), keys, tuple(parts))


def leaves_of(x: Any, structure: Structure, what: str = "the argument") -> list[Any]:
    """The leaves of a container that must be made up in a given way."""
    if structure.kind is None:
        return [x]
    entries = list(x.values()) if isinstance(x, dict) else list(x) if isinstance(x, list | tuple) else None
    matches = entries is not None and len(entries) == len(structure.parts)
    if matches and issubclass(structure.kind, dict):
        matches = isinstance(x, dict) and set(x) == set(structure.keys)
        entries = [x[key] for key in structure.keys] if matches else entries
    if not matches:
        raise TypeError(f"{what} must be made up like {structure}, got {type(x).__name__}")
    assert entries is not None
    return [leaf for part, entry in zip(structure.parts, entries, strict=True) for leaf in leaves_of(entry, part, what)]


def results_of(result: Any) -> tuple[list[Any], Structure]:
    """Leaves of what a function returned, each an array or a number; lists of traced numbers are joined."""
    if isinstance(result, Tracer):
        return [result], LEAF
    leaves, structure = flatten(result)
    return [_as_result(joined(refuse_others(leaf))) for leaf in leaves], structure


def _as_result(leaf: Any) -> Any:
    return leaf if hasattr(leaf, "dtype") else np.asarray(leaf)[()]


def refuse_others(result: Any) -> Any:
    """What a function returned, if it is made of numbers and arrays.

    Raises
    ------
    TypeError
        It is not; the usual reason is a forgotten ``return``.
    """
    if isinstance(result, list | tuple):
        for part in result:
            refuse_others(part)
    elif isinstance(result, dict):
        raise TypeError(
            "the function returned a dict: it must return a number or an array (jvp, vjp, linearize and jacobian "
            "differentiate containers of arrays)"
        )
    elif result is None or (not hasattr(result, "dtype") and (isinstance(result, str | set) or callable(result))):
        raise TypeError(f"the function returned {result!r}: it must return a number or an array")
    return result
