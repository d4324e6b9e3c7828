"""`Tracer`: an array whose operations a program records.

It holds a value (a plain array, a series, or a value that an outer program traces) and the node of the program that
computed it. A tracer without a node is a plain array in disguise: what ``np.zeros(3)`` becomes inside a differentiated
function, so that traced values can be written into it. Arrays are mutable, views alias: a write gives the array a new
node, and views look up their base before they are read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.algebras.edges import is_recorded, note_root_of_zero
from taylorad.algebras.recurrence import QUIET
from taylorad.dispatch import DuckArray, call, joined, operands
from taylorad.refusals import LostDerivativeError, place, user_frame
from taylorad.rings import boxed
from taylorad.rules import TABLE, Primitive
from taylorad.rules.kinks import settled_at
from taylorad.trace import operations as ops
from taylorad.trace.constants import SMALL, kept
from taylorad.trace.cover import Cover
from taylorad.trace.node import Node
from taylorad.trace.program import Program
from taylorad.trace.singular import ROOT, is_root

KINDS: dict[str, Callable] = {}  # how each kind of primitive is recorded: see `taylorad.trace.kinds`
GUARDED: dict[str, Callable] = {}  # and in guarded programs: see `taylorad.trace.guarded`
WRAPPED = (1 << 62, 0)  # the level of arrays without a node: they are unwrapped before anything else happens


class Tracer(Cover, DuckArray):
    """An array in a program; made by transforms, not by hand."""

    __slots__ = ("_node", "_value", "base", "exposed", "how", "positions", "program", "seen", "source", "version")

    _value: Any
    _node: Node | None
    program: Program | None
    version: int  # how often the array was written to
    exposed: bool  # whether a residual refers to the value, so that it must be copied before it is written to
    base: Tracer | None  # of a view: the array it looks into
    source: Tracer | None  # the traced array or view it was taken from
    how: tuple[ops.Operation, Any]  # and how
    seen: int  # version of `base` that the value belongs to
    positions: Any  # flat positions in `base`

    @property
    def level(self) -> tuple[int, int]:  # type: ignore[override]
        """(tag, 0) while its program records, and above everything when it is only a wrapper."""
        program = self.live
        return WRAPPED if program is None else (program.tag, 0)

    @property
    def live(self) -> Program | None:
        """The program that traces this array, None when none does (any more)."""
        root = self if self.base is None else self.base
        program = root.program
        return program if root._node is not None and program is not None and program.open else None

    # ------------------------------------------------------------------------------------------------ value and node

    @property
    def value(self) -> Any:
        """The array's value in the algebra that was differentiated."""
        if self.base is not None and self.seen != self.base.version:
            self._refresh()
        return self._value

    @property
    def node(self) -> Node | None:
        """The node that computed the value, None for constants; a view gets its own when it is first used."""
        if self.base is None:
            return self._node
        if self.seen != self.base.version:
            self._refresh()
        if self._node is None and (program := self.live) is not None:
            source = self.source
            if source is self.base:
                operation, static = self.how
                self._node = program.record(operation, (source._node,), static, None, self._value)
                return self._node
            for view in self._path():
                if view._node is None:
                    assert view.source is not None
                    assert view.program is not None
                    operation, static = view.how
                    operands = (view.source._node,)
                    view._node = view.program.record(operation, operands, static, None, view._value)
        return self._node

    def _refresh(self) -> None:
        """Bring a view, and the views it was taken from, up to date with their base."""
        assert self.base is not None
        for view in self._path():
            if view.seen != self.base.version:
                assert view.source is not None
                view._value, view._node = _taken(view.how, view.source._value), None
                view.program, view.seen = self.base.program, self.base.version

    def _path(self) -> list[Tracer]:
        """The views from the base down to this one; one is enough when its source is up to date."""
        assert self.base is not None
        path: list[Tracer] = [self]
        while (source := path[-1].source) is not None and source.base is not None:
            if source.seen == self.base.version and source._node is not None:
                break
            path.append(source)
        return path[::-1]

    @property
    def root(self) -> Tracer:
        """The array a view looks into; an array that is no view is its own."""
        return self if self.base is None else self.base

    @property
    def primal(self) -> Any:
        """The innermost value: a plain array, or what a guarded program knows of it."""
        if (program := self.live) is not None and program.guarded:
            return self
        value = self.value
        return getattr(value, "primal", value)

    def concrete(self) -> Any:
        """The plain array a guarded program knows, as it is at this run; that it is this one becomes a guard."""
        program = self.live
        if program is None or not program.guarded:
            return self.primal
        program.guard(self.node, self.value)  # type: ignore[attr-defined]
        return self.value

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def ndim(self) -> int:
        return len(self.value.shape)

    @property
    def dtype(self) -> np.dtype:
        return self.value.dtype

    @property
    def size(self) -> int:
        return self.value.size

    @property
    def total_order(self) -> int:
        """Sum of the orders of the series the value is nested in."""
        return getattr(self.value, "total_order", 0)

    @property
    def wrapped(self) -> Any:
        """The value of an array that no open program traces, else None."""
        return self.value if self.live is None else None

    def describe(self) -> str:
        """What it is, in words."""
        return "a traced array"

    def empty(self, shape: tuple[int, ...], dtype: Any = None) -> Tracer:
        """A zero array to write into, of another shape."""
        value = self.value
        dtype = value.dtype if dtype is None else dtype
        return traced(None, None, value.empty(shape, dtype) if hasattr(value, "level") else np.zeros(shape, dtype))

    def lift(self, constant: Any) -> Any:
        """A constant as an array that traced values can be written into."""
        return wrap(constant.copy())

    # ------------------------------------------------------------------------------------------------------- kinds

    def apply(self, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
        program = self.live
        if program is None:
            return KINDS["wrapped"](self, primitive, args, kwargs)
        return (GUARDED if program.guarded else KINDS)[primitive.kind](self, primitive, args, kwargs)

    def known(self, name: str, args: tuple) -> Primitive | None:
        """As for other arrays; where nothing is differentiated, any function of NumPy is known."""
        found = TABLE.get(name)
        if found is None and all(d.__class__ is Tracer and d.primal is d for d in operands(args)):
            return Primitive(name, "constant", None)
        return found

    def covered(self, result: Any) -> Any:
        return cover(result)

    def constant_power(self, exponent: Any) -> Any:
        """``x ** exponent`` for a constant exponent; slope ``r x^(r-1)``, valid at 0."""
        node, x = self.node, self.value
        if (program := self.live) is not None and program.guarded:
            return GUARDED["elementary"](self, TABLE["constant_power"], (self, exponent), {})
        if exponent.__class__ is int and exponent == 2:
            self.root.exposed = True
            return self.result(ops.SQUARE, (node,), None, x, np.square(x))
        nothing = exponent == 0
        with np.errstate(**QUIET):
            if np.any(nothing):
                slope = np.where(nothing, 0, exponent * x ** np.where(nothing, 1, exponent - 1))
            else:
                slope = exponent * x ** (exponent - 1)
        value, static = x**exponent, (TABLE["constant_power"], 0, (0,))
        fractional = np.any((exponent > 0) & (exponent < 1)) if exponent.__class__ is not int else False
        singular = fractional and is_root("constant_power", slope, value)
        if singular:
            note_root_of_zero(np.min(exponent, where=exponent > 0, initial=1))
        operation = ROOT if singular else ops.ELEMENTARY
        return settled_at(
            "constant_power", self.result(operation, (node, exponent), static, (slope,), value), (self, exponent)
        )

    def contract(self, subscripts: str, *arrays: Any) -> Any:
        """`numpy.einsum` over one or two operands."""
        return KINDS["contraction"](self, subscripts, arrays)

    def result(self, operation: ops.Operation, operands: tuple, static: Any, residual: Any, value: Any) -> Tracer:
        program = self.live
        value = value if hasattr(value, "dtype") and not value.dtype.hasobject else boxed(value)
        if program is None:
            return wrap(value)
        return recorded(program, value, operation, operands, static, residual)

    def split(self, args: Any) -> tuple[tuple, tuple]:
        """Nodes (constants as they are) and values of operands."""
        program = self.live
        nodes, values = [], []
        for a in args:
            if a.__class__ is Tracer and a.live is program:
                nodes.append(a.node)
                values.append(a._value)
            else:
                constant = kept(plain(a))
                nodes.append(constant)
                values.append(constant)
        return tuple(nodes), tuple(values)

    def expose(self, *args: Any) -> None:
        """A residual refers to the values of these: they are copied before anything is written into them."""
        for a in args:
            if a.__class__ is Tracer:
                a.root.exposed = True

    # ------------------------------------------------------------------------------------------------------ indexing

    def __getitem__(self, key: Any) -> Any:
        basic = ops.is_basic(key)
        if not basic:
            key = plain_key(key)
        part = self.value[key]
        if key.__class__ is slice:
            return self.as_view(ops.GETITEM, key, part)
        part = part if hasattr(part, "shape") else boxed(part)
        if basic and (part.shape != () or key is Ellipsis or (key.__class__ is tuple and Ellipsis in key)):
            return self.as_view(ops.GETITEM, key, part)
        if self.live is None:
            return part if part.shape == () or part.__class__ is Tracer else wrap(part)
        return self.result(ops.GETITEM if basic else ops.TAKE, (self.node,), key, None, part)

    def as_view(self, operation: ops.Operation, static: Any, value: Any) -> Tracer:
        """An array that shares its entries with this one."""
        view, root = traced(self.program, None, value), self.root
        view.base, view.source, view.how, view.seen = root, self, (operation, static), root.version
        return view

    def __setitem__(self, key: Any, value: Any) -> None:
        if not ops.is_basic(key):
            key = plain_key(key)
        elif self._holds(key, value):
            return
        elif hasattr(value, "shape") and value.shape[:1] == (1,):
            value = _without_leading_axes(value, np.ndim(self.value[key]))
        if self.base is None:
            self._write(key, value)
            return
        if self.how[0] is ops.LINEAR:
            self._write_part(key, value)
            return
        if self.positions is None:
            numbers = np.arange(self.base.size).reshape(self.base.shape)
            path: list[Tracer] = [self]
            while (source := path[-1].source) is not None and source.base is not None:
                path.append(source)
            for view in reversed(path):
                if view.how[0] in _READ_ONLY:
                    raise ValueError("assignment destination is read-only")
                numbers = _taken(view.how, numbers)
            self.positions = numbers
        self.base._write(np.unravel_index(self.positions[key], self.base.shape), value)

    def _holds(self, key: Any, value: Any) -> bool:
        """Whether a value is the very view that a key names, as at the end of ``x[1:] += y``."""
        if value.__class__ is not Tracer or value.base is None or value.source is not self:
            return False
        return value.how[0] is ops.GETITEM and value.how[1] == key

    def _adopt(self) -> None:
        """Become what the value itself is to an outer program that still records, now that no inner one does."""
        while self._value.__class__ is Tracer and self.live is None:
            held = self._value
            self.program, self._node, self._value, self.exposed = held.live, held.node, held.value, True

    def _write(self, key: Any, written: Any) -> None:
        """``self[key] = written`` for an array that is no view."""
        if self._value.__class__ is Tracer and self.live is None:
            self._adopt()
        written = plain(joined(written))
        if self._value.dtype.kind in "iub" and hasattr(written, "level"):
            raise LostDerivativeError(
                f"{place(user_frame())}cannot write a differentiated value into an array of {self._value.dtype}: NumPy "
                "would cut off its decimals, and its derivatives would be lost; make the array with dtype=float"
            )
        if level_of(written) > (level_of(self._value) if self.live is None else self.level):
            self._become_like(written)
        program, z = (self.program, self._node) if self._node is None else (self.live, self._node)
        same = program is not None and written.__class__ is Tracer and written.live is program
        before = _unwritten(self._value) if program is not None and z is None else z
        self._store(key, written.value if same else written)
        if program is not None:
            operands = before, written.node if same else kept(written)
            self._node = program.record(ops.STORE, operands, key, None, self._value)
        self.version += 1

    def add_at(self, key: Any, added: Any) -> bool:
        """``self[key] += added`` as one node, for an array that is no view; False if that cannot be done."""
        program = self.live
        if program is None or self.base is not None or added.__class__ is not Tracer or added.live is not program:
            return False
        if added.dtype != self.dtype:
            return False
        node, value = added.node, added.value
        self._store(key, self._value[key] + value)
        self._node = program.record(ops.ADD_AT, (self._node, node), key, None, self._value)
        self.version += 1
        return True

    def _become_like(self, other: Any) -> None:
        """Turn into an array of the newer differentiation that a value to be written belongs to."""
        if self.live is not None:
            self._value, self.exposed = traced(self.program, self._node, self._value), True
        self.program, self._node = None, None
        if other.__class__ is Tracer:
            self.program = other.live
        else:
            self._value, self.exposed = other.lift(self._value), False

    def _store(self, key: Any, content: Any) -> None:
        """Write into the value, after a copy if something refers to it."""
        value = self._value
        if self.exposed or not _writeable(value):
            value = self._value = value.copy()  # also if the assignment fails
            self.exposed = False
        if value.__class__ is not Tracer and level_of(content) > level_of(value):
            value = traced(None, None, value) if content.__class__ is Tracer else content.lift(value)
        if isinstance(value, np.generic):  # a number that was put into an array without axes
            value = np.array(value)
        if value.__class__ is np.ndarray and value.dtype.kind == "f" and getattr(content, "dtype", None) == object:
            value = boxed(value.astype(object))  # np.zeros(n) holds what is written to it in all its digits
        value[key] = content
        self._value = value

    def _write_part(self, key: Any, value: Any) -> None:
        """Write into the real or imaginary part of an array."""
        assert self.source is not None
        part = self.copy()
        part[key] = value
        setattr(self.source, self.how[1][0].name, part)

    def copy(self, order: str = "C") -> Tracer:
        """A copy: later writes to either do not reach the other."""
        value = self.value.copy()
        if self.wrapped is not None:
            return wrap(value)
        return self.result(ops.COPY, (self.node,), None, None, value)

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """The array with entries of another type."""
        value = self.value.astype(dtype)
        if self.wrapped is not None:
            return wrap(value)
        if np.dtype(dtype).kind in "iub" and not is_recorded(self):
            return value
        return self.result(ops.COPY, (self.node,), None, None, value)

    # --------------------------------------------------------------------------- arithmetic, past NumPy's dispatch

    def __add__(self, other: Any) -> Any:
        return _add(self, other, 1)

    def __radd__(self, other: Any) -> Any:
        return _add(other, self, 1)

    def __sub__(self, other: Any) -> Any:
        return _add(self, other, -1)

    def __rsub__(self, other: Any) -> Any:
        return _add(other, self, -1)

    def __mul__(self, other: Any) -> Any:
        return _times(self, other)

    __rmul__ = __mul__

    def __pow__(self, exponent: Any) -> Any:
        program = self.live
        if exponent.__class__ is int and program is not None:
            if exponent != 2 or (x := self.value).__class__ not in _PLAIN or x.dtype.hasobject:
                return self.constant_power(exponent)
            node, value = self._node if self.base is None else self.node, x * x
            self.root.exposed = True
            return recorded(program, value, ops.SQUARE, (node,), None, x)
        return call(TABLE["power"], (self, exponent), {})

    def __truediv__(self, other: Any) -> Any:
        return call(TABLE["divide"], (self, other), {})

    def __rtruediv__(self, other: Any) -> Any:
        return call(TABLE["divide"], (other, self), {})

    def __matmul__(self, other: Any) -> Any:
        return call(TABLE["matmul"], (self, other), {})

    def __rmatmul__(self, other: Any) -> Any:
        return call(TABLE["matmul"], (other, self), {})

    def __neg__(self) -> Any:
        program = self.live
        if program is None:
            return wrap(-self.value)
        node, value = self.node, -self._value
        return recorded(program, value, ops.LINEAR, (node,), _NEGATIVE, None)


_NEGATIVE: tuple[Primitive, tuple, dict] = (TABLE["negative"], (), {})


def recorded(
    program: Program, value: Any, operation: ops.Operation, operands: tuple, static: Any, residual: Any
) -> Tracer:
    """The array of a new node."""
    self = object.__new__(Tracer)
    self.program, self._value = program, value
    self._node = program.record(operation, operands, static, residual, value)
    self.base, self.version, self.exposed, self.positions = None, 0, False, None
    return self


def exposed(program: Program, node: Node, value: Any) -> Tracer:
    """An argument: the caller's array is not to be written to."""
    self = traced(program, node, value)
    self.exposed = True
    return self


def traced(program: Program | None, node: Node | None, value: Any) -> Tracer:
    """An array that is no view."""
    self = object.__new__(Tracer)
    self.program, self._node, self._value = program, node, value
    self.base, self.version, self.exposed, self.positions = None, 0, False, None
    return self


def _taken(view: tuple[ops.Operation, Any], array: Any) -> Any:
    """What a view shows of an array."""
    operation, static = view
    if operation is ops.GETITEM or operation is ops.TAKE:
        return array[static]
    if operation is ops.TRANSPOSE:
        return np.transpose(array, static)
    if operation is ops.LINEAR:
        return getattr(np, static[0].name)(array)
    return np.broadcast_to(array, static) if operation is ops.BROADCAST else np.reshape(array, static)


_READ_ONLY = (ops.BROADCAST, ops.TAKE, ops.LINEAR)


def wrap(value: Any) -> Any:
    """An array without a node; a number is left as it is."""
    return traced(None, None, value) if getattr(value, "shape", ()) != () else value


def cover(result: Any) -> Any:
    """A result with its floating-point arrays covered, so that traced values can be written into them."""
    kind = result.__class__
    if kind is np.ndarray:
        return traced(None, None, result) if result.dtype.kind in "fciu" else result
    if kind is list or kind is tuple:
        return kind(map(cover, result))
    return result


def plain(x: Any) -> Any:
    """A constant as the array it is, without the cover of a tracer that has no node or whose program is closed."""
    while x.__class__ is Tracer and x.live is None:
        x.root.exposed = True  # who asks may keep the array: it is copied before it is written to
        x = x.value
    return np.asarray(x) if x.__class__ is list or x.__class__ is tuple else x


def uncovered(result: Any) -> Any:
    """A result whose arrays without a node are the arrays they hold, inside lists, tuples and dicts too."""
    kind = result.__class__
    if kind is Tracer:
        return plain(result)
    if kind is list or kind is tuple:
        return kind(map(uncovered, result))
    if kind is dict:
        return {key: uncovered(value) for key, value in result.items()}
    return result


def level_of(x: Any) -> tuple[int, int]:
    """How far out an array stands: below all others if nothing differentiates it."""
    return getattr(x, "level", (-1, 0))


def _unwritten(value: Any) -> Any:
    """A copy of an array that is about to be written to; of large zeros one zero that stands for all."""
    large = value.__class__ is np.ndarray and value.size > SMALL and value.dtype == np.float64
    if large and value.flags.c_contiguous and not value.reshape(-1).view(np.int64).any():
        return np.broadcast_to(np.zeros(()), value.shape)
    return value.copy()


def _without_leading_axes(value: Any, ndim: int) -> Any:
    """A value as it is assigned to an array of fewer axes: leading axes of length 1 go."""
    while value.ndim > ndim and value.shape[0] == 1:
        value = value[0]
    return value


def plain_key(key: Any) -> Any:
    """An index without traced values."""
    if key.__class__ is tuple:
        return tuple(map(plain_key, key))
    key = getattr(key, "primal", key)
    return key.concrete() if key.__class__ is Tracer else key


def _writeable(value: Any) -> bool:
    return value.flags.writeable if value.__class__ is np.ndarray else True


def _add(x: Any, y: Any, sign: int) -> Any:
    """x ± y; the common cases without going through NumPy's dispatch."""
    owner, other = (x, y) if x.__class__ is Tracer else (y, x)
    program = owner.live
    if program is not None:
        if other.__class__ is Tracer:
            if (live := other.live) is program and live is not None:
                operands = x._node if x.base is None else x.node, y._node if y.base is None else y.node
                value = x._value + y._value if sign > 0 else x._value - y._value
                return recorded(live, value, ops.ADDITIVE, operands, sign, None)
            other = plain(other) if live is None else other
        if other.__class__ in _NUMBERS and not (other.__class__ is np.ndarray and other.dtype.hasobject):
            other, node = kept(other), owner._node if owner.base is None else owner.node
            u, v = (owner._value, other) if owner is x else (other, owner._value)
            value = u + v if sign > 0 else u - v
            operands = (node, other) if owner is x else (other, node)
            return recorded(program, value, ops.ADDITIVE, operands, sign, None)
    return call(TABLE["add" if sign > 0 else "subtract"], (x, y), {})


_NUMBERS = (int, float, np.float64, np.ndarray)
_PLAIN = (np.ndarray, np.float64)


def _times(x: Tracer, y: Any) -> Any:
    """x y; the common cases without going through NumPy's dispatch."""
    program = x.live
    if program is not None:
        if y.__class__ is Tracer and y.live is program:
            operands = x._node if x.base is None else x.node, y._node if y.base is None else y.node
            residual = x._value, y._value
            x.root.exposed = y.root.exposed = True
            value = residual[0] * residual[1]
            return recorded(program, value, ops.MULTIPLY, operands, None, residual)
        if y.__class__ is Tracer and y.live is None:
            y = plain(y)
        if y.__class__ in _NUMBERS and not (y.__class__ is np.ndarray and y.dtype.hasobject):
            y, node = kept(y), x._node if x.base is None else x.node
            value = x._value * y
            return recorded(program, value, ops.MULTIPLY, (node, y), None, (None, y))
    return call(TABLE["multiply"], (x, y), {})
