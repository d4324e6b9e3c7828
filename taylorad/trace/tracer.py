"""`Tracer`: an array whose operations a program records.

It holds a value (a plain array, a series, or a value that an outer program traces) and the node of the program that
computed it. A tracer without a node is a plain array in disguise: what ``np.zeros(3)`` becomes inside a differentiated
function, so that traced values can be written into it. Arrays are mutable, views alias: a write gives the array a new
node (`taylorad.trace.stores`), and views look up their base before they are read (`taylorad.trace.views`). Here: what
NumPy asks of an array, its indexing and its operators.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.algebras.edges import is_recorded, note_root_of_zero
from taylorad.algebras.recurrence import QUIET
from taylorad.dispatch import DuckArray, call, operands
from taylorad.rings import boxed, encloses, innermost
from taylorad.rules import TABLE, Primitive
from taylorad.rules.kinks import settled_at
from taylorad.trace import operations as ops
from taylorad.trace.constants import kept
from taylorad.trace.node import Node
from taylorad.trace.program import Program
from taylorad.trace.singular import ROOT, is_root
from taylorad.trace.stores import Stores, without_leading_axes
from taylorad.trace.views import READ_ONLY, taken

KINDS: dict[str, Callable] = {}  # how each kind of primitive is recorded: see `taylorad.trace.kinds`
GUARDED: dict[str, Callable] = {}  # and in guarded programs: see `taylorad.trace.guarded`
WRAPPED = (1 << 62, 0)  # the level of arrays without a node: they are unwrapped before anything else happens


def traced(program: Program | None, node: Node | None, value: Any) -> Tracer:
    """An array that is no view."""
    self = object.__new__(Tracer)
    self.program, self._node, self._value = program, node, value
    self.base, self.version, self.exposed, self.positions = None, 0, False, None
    return self


def plain(x: Any) -> Any:
    """A constant as the array it is, without the cover of a tracer that has no node or whose program is closed."""
    while x.__class__ is Tracer and x.live is None:
        x.root.exposed = True  # who asks may keep the array: it is copied before it is written to
        x = x.value
    return np.asarray(x) if x.__class__ is list or x.__class__ is tuple else x


class Tracer(Stores, DuckArray):
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

    _plain = staticmethod(plain)
    _traced = staticmethod(traced)

    @property
    def level(self) -> tuple[int, int]:  # type: ignore[override]
        """(tag, 0) while its program records, and above everything when it is only a wrapper."""
        program = self.live
        return WRAPPED if program is None else (program.tag, 0)

    @property
    def wrapped(self) -> Any:
        """The value of an array that no open program traces, else None."""
        return self.value if self.live is None else None

    def describe(self) -> str:
        """What it is, in words."""
        return "a traced array"

    def zeros(self, shape: tuple[int, ...], dtype: Any = None) -> Tracer:
        """A zero array to write into, of another shape."""
        value = self.value
        dtype = value.dtype if dtype is None else dtype
        return traced(None, None, value.zeros(shape, dtype) if hasattr(value, "level") else np.zeros(shape, dtype))

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
                slope = np.where(nothing, 0, exponent * x ** np.where(nothing, 1, _less_one(exponent, x)))
            else:
                slope = exponent * x ** _less_one(exponent, x)
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
            value = without_leading_axes(value, np.ndim(self.value[key]))
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
                if view.how[0] in READ_ONLY:
                    raise ValueError("assignment destination is read-only")
                numbers = taken(view.how, numbers)
            self.positions = numbers
        self.base._write(np.unravel_index(self.positions[key], self.base.shape), value)

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


def plain_key(key: Any) -> Any:
    """An index without traced values."""
    if key.__class__ is tuple:
        return tuple(map(plain_key, key))
    key = getattr(key, "primal", key)
    return key.concrete() if key.__class__ is Tracer else key


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


def _less_one(exponent: Any, x: Any) -> Any:
    """exponent - 1; enclosed, where the powers of x are to be enclosures."""
    if encloses(x) and np.any(exponent != np.floor(exponent)):
        return innermost(x).lift(exponent) - 1
    return exponent - 1
