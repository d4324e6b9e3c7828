"""`Graph`: what a program computes, as values of few kinds over plain arrays: the compiler's own representation.

A program (`taylorad.trace`) speaks of NumPy's functions; a graph of what a processor does. Every value has a fixed
shape and number type; equal values are one value. All that moves entries about is one of four kinds, and everything
else is elementwise, a reduction or a product of matrices:

================  ==========================  ===========================================================
kind              data                        value
================  ==========================  ===========================================================
input             number of the input         an argument
constant          array                       itself (read-only, C-contiguous)
add subtract      --                          elementwise; an operand has the value's shape, or is a single
multiply divide   --                          number (of shape ())
negative square   --
linear            ((c₁, …, c_k), c₀)          c₁ x₁ + … + c_k x_k + c₀
call              name                        a function of NumPy or SciPy: "exp", "power", "arctan2", …
minimum maximum   --                          NumPy's, nan if an operand is
compare           "<" "<=" "==" "!=" …        of type bool
and or not        --                          of type bool
select            --                          operands (condition, x, y): x where it holds, else y
convert           --                          the same numbers in the value's type
view              (offset, strides)           flat entries offset + Σ strides·index, strides may be 0 or < 0
take              flat positions (int64)      those entries of the operand
place             a `Placement` for each      zeros, and the operands written over them one after the other
accumulate        operand                     zeros, and the operands added to them
reduce            (name, axes)                "sum" "prod" "max" "min" "any" "all"; the axes disappear
contract          subscripts "ij,jk->ik"      Einstein sum of two operands
series            graph and order             Taylor coefficients of the graph's output; the operands are value
                                              and slope of each of its inputs along a line
numpy             function                    what a Python function makes of the operands
================  ==========================  ===========================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

LARGE = 1 << 16  # bytes of arrays that are compared by identity
ARITHMETIC = frozenset(("add", "subtract", "multiply", "divide", "negative", "square", "linear"))
LOGIC = frozenset(("compare", "and", "or", "not"))
ELEMENTWISE = ARITHMETIC | LOGIC | {"call", "minimum", "maximum", "select", "convert"}
MOVES = frozenset(("view", "take", "place", "accumulate"))
REAL, BOOL = np.dtype(np.float64), np.dtype(bool)


@dataclass(frozen=True, eq=False)
class Value:
    """One value of a graph.

    Attributes
    ----------
    index : int
        Its place in the graph.
    kind : str
        See the table above.
    operands : tuple of int
        Indices of earlier values.
    data : what else the kind needs
    shape, dtype : of the array
    """

    index: int
    kind: str
    operands: tuple[int, ...]
    data: Any
    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def size(self) -> int:
        """Number of entries."""
        return math.prod(self.shape)

    def __repr__(self) -> str:
        operands = ", ".join(f"%{i}" for i in self.operands)
        data = "" if self.data is None or self.kind == "constant" else f" {self.data}"
        return f"%{self.index} = {self.kind}{data}({operands}) : {self.dtype}{list(self.shape)}"


@dataclass(frozen=True)
class Placement:
    """Where the entries of an operand go in the flat result: offset + Σ strides·index, or explicit positions."""

    offset: int = 0
    strides: tuple[int, ...] = ()
    positions: np.ndarray | None = None

    def flat(self, shape: tuple[int, ...]) -> np.ndarray:
        """All positions, in an array of the operand's shape."""
        if self.positions is not None:
            return self.positions
        return affine(self.offset, self.strides, shape)

    @property
    def key(self) -> tuple:
        """What two equal placements agree in."""
        positions = None if self.positions is None else self.positions.tobytes()
        return self.offset, self.strides, positions


def affine(offset: int, strides: Sequence[int], shape: tuple[int, ...]) -> np.ndarray:
    """The positions offset + Σ strides·index of all indices of a shape."""
    result = np.full(shape, offset, dtype=np.int64)
    for axis, (stride, n) in enumerate(zip(strides, shape, strict=True)):
        result += (stride * np.arange(n)).reshape([-1 if i == axis else 1 for i in range(len(shape))])
    return result


def row_major(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides, in entries, of a C-contiguous array."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= max(n, 1)
    return tuple(reversed(strides))


def as_affine(positions: np.ndarray) -> tuple[int, tuple[int, ...]] | None:
    """(offset, strides) of positions that are affine in the index, None if they are not."""
    if positions.size == 0:
        return 0, (0,) * positions.ndim
    offset = int(positions.flat[0])
    strides = []
    for axis, n in enumerate(positions.shape):
        second = tuple(1 if i == axis else 0 for i in range(positions.ndim))
        strides.append(int(positions[second]) - offset if n > 1 else 0)
    return (offset, tuple(strides)) if np.array_equal(affine(offset, strides, positions.shape), positions) else None


def placement(positions: np.ndarray) -> Placement:
    """Where entries go: affine if it is."""
    found = as_affine(positions)
    return Placement(*found) if found is not None else Placement(positions=np.ascontiguousarray(positions))


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes of a reduction as NumPy's functions take them, none of them negative."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(sorted(i % ndim for i in np.atleast_1d(axis).tolist()))


@dataclass
class Graph:
    """Values in order of evaluation.

    Attributes
    ----------
    values : list of Value
    inputs : list of int
        Indices of the arguments.
    outputs : list of int
        Indices of the results.
    guards : list of (int, array)
        Values that must equal the array, else the graph is not valid at these inputs.
    """

    values: list[Value] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    guards: list[tuple[int, np.ndarray]] = field(default_factory=list)
    _known: dict[tuple, int] = field(default_factory=dict, repr=False)

    def __getitem__(self, index: int) -> Value:
        return self.values[index]

    def __len__(self) -> int:
        return len(self.values)

    # --------------------------------------------------------------------------------------------------- building

    def add(
        self, kind: str, operands: Sequence[int] = (), data: Any = None, shape: tuple = (), dtype: Any = REAL
    ) -> int:
        """The index of a value, which is made unless there is an equal one."""
        operands, dtype = tuple(operands), np.dtype(dtype)
        key = kind, operands, _key_of(kind, data), shape, dtype
        index = self._known.get(key)
        if index is None:
            index = self._known[key] = len(self.values)
            self.values.append(Value(index, kind, operands, data, tuple(shape), dtype))
        return index

    def input(self, shape: tuple[int, ...], dtype: Any = REAL) -> int:
        """One more argument."""
        index = self.add("input", (), len(self.inputs), tuple(shape), dtype)
        self.inputs.append(index)
        return index

    def constant(self, x: Any) -> int:
        """A constant array."""
        array = np.array(x, order="C") if np.asarray(x).nbytes <= LARGE else _aligned(x)
        array.flags.writeable = False
        return self.add("constant", (), array, array.shape, array.dtype)

    def elementwise(self, kind: str, *operands: int, data: Any = None) -> int:
        """An elementwise value; operands have one shape, or are single numbers (others are repeated by views)."""
        shape = np.broadcast_shapes(*(self[i].shape for i in operands))
        given = [self.repeated(i, shape) for i in operands]
        if kind in ("compare", "and", "or", "not"):
            dtype = BOOL
        else:
            dtype = np.result_type(*(self[i].dtype for i in (operands[1:] if kind == "select" else operands)))
        return self.add(kind, given, data, shape, dtype)

    def repeated(self, x: int, shape: tuple[int, ...]) -> int:
        """x as an operand of an elementwise value of a shape: single numbers as they are, others repeated."""
        value = self[x]
        if value.shape == shape:
            return x
        if value.size == 1:
            return self.reshaped(x, ())
        extra = len(shape) - len(value.shape)
        strides = tuple(0 if n == 1 else s for n, s in zip(value.shape, row_major(value.shape), strict=True))
        return self.view(x, 0, (0,) * extra + strides, shape)

    def reshaped(self, x: int, shape: tuple[int, ...]) -> int:
        """The same entries in the same order."""
        return x if self[x].shape == tuple(shape) else self.view(x, 0, row_major(shape), shape)

    def view(self, x: int, offset: int, strides: Sequence[int], shape: Sequence[int]) -> int:
        """Entries of x at affine positions."""
        value, shape, strides = self[x], tuple(shape), tuple(strides)
        strides = tuple(s if n > 1 else 0 for s, n in zip(strides, shape, strict=True))
        if value.shape == shape and offset == 0:
            own = tuple(s if n > 1 else 0 for s, n in zip(row_major(shape), shape, strict=True))
            if own == strides:
                return x
        return self.add("view", (x,), (offset, strides), shape, value.dtype)

    def moved(self, x: int, positions: np.ndarray) -> int:
        """Entries of x at any flat positions: a view where they are affine."""
        found = as_affine(positions)
        if found is not None:
            return self.view(x, *found, positions.shape)
        return self.add("take", (x,), np.ascontiguousarray(positions, dtype=np.int64), positions.shape, self[x].dtype)

    # -------------------------------------------------------------------------------------------------- rewriting

    def users(self) -> list[list[int]]:
        """For each value the indices of those it is an operand of."""
        users: list[list[int]] = [[] for _ in self.values]
        for value in self.values:
            for i in set(value.operands):
                users[i].append(value.index)
        return users

    def needed(self) -> bytearray:
        """Which values outputs and guards depend on, inputs included."""
        needed = bytearray(len(self.values))
        for i in (*self.outputs, *self.inputs, *(i for i, _ in self.guards)):
            needed[i] = True
        for value in reversed(self.values):
            if needed[value.index]:
                for i in value.operands:
                    needed[i] = True
        return needed

    def rewritten(self, rule: Callable[[Graph, Value, tuple[int, ...]], int | None]) -> Graph:
        """A new graph of the needed values: `rule(new, value, operands)` gives a value's index in the new graph.

        `operands` are those of the value, in the new graph; None stands for the value as it is.
        """
        new, at, needed = Graph(), [-1] * len(self.values), self.needed()
        for value in self.values:
            if not needed[value.index]:
                continue
            if value.kind == "input":
                at[value.index] = new.input(value.shape, value.dtype)
                continue
            operands = tuple(at[i] for i in value.operands)
            made = rule(new, value, operands)
            at[value.index] = (
                new.add(value.kind, operands, value.data, value.shape, value.dtype) if made is None else made
            )
        new.outputs = [at[i] for i in self.outputs]
        new.guards = [(at[i], expected) for i, expected in self.guards]
        return new

    # --------------------------------------------------------------------------------------------------- display

    def __str__(self) -> str:
        lines = [repr(value) for value in self.values]
        lines += [f"guard %{i} == {expected}" for i, expected in self.guards]
        return "\n".join([*lines, "return " + ", ".join(f"%{i}" for i in self.outputs)])

    def of_kind(self, *kinds: str) -> Iterator[Value]:
        """The values of some kinds."""
        return (value for value in self.values if value.kind in kinds)


def _aligned(x: np.ndarray) -> np.ndarray:
    """A copy that begins at a multiple of 64 bytes, where registers are loaded fastest."""
    memory = np.empty(x.nbytes + 64, dtype=np.uint8)
    start = -memory.ctypes.data % 64
    array = memory[start : start + x.nbytes].view(x.dtype).reshape(x.shape)
    array[...] = x
    return array


def _key_of(kind: str, data: Any) -> Any:
    """What equal data agree in."""
    if kind in ("constant", "take"):
        return data.shape, data.dtype.str, data.tobytes() if data.nbytes <= LARGE else id(data)
    if kind in ("place", "accumulate"):
        return tuple(placement.key for placement in data)
    return data
