"""Graphs as NumPy source code: to read, to keep, and to run where there is no compiler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.special

from taylorad.algebras.recurrence import QUIET
from taylorad.compile.graph import Graph, Placement, Value, row_major
from taylorad.trace import operations as ops

INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "and": "&", "or": "|"}
LARGEST = 10_000  # entries of a constant that is written out
HEADER = '''"""{doc}"""

import numpy as np
'''
VIEW = """

def view(x, offset, strides, shape):
    \"\"\"Entries offset + sum(strides * index) of the flat array x.\"\"\"
    flat = np.ascontiguousarray(x).reshape(-1)[offset:]
    return np.lib.stride_tricks.as_strided(flat, shape, [s * x.itemsize for s in strides], writeable=False)
"""


class Source:
    """The lines of a function that computes a graph.

    Attributes
    ----------
    lines : list of str
    constants : dict from names to arrays or functions that the lines refer to
    """

    def __init__(self, graph: Graph):
        self.graph = graph
        self.names: list[str] = []
        self.constants: dict[str, Any] = {}
        self.lines: list[str] = []
        needed, last = graph.needed(), _last_uses(graph)
        for value in graph.values:
            self.names.append(self._name(value))
            if needed[value.index] and value.kind not in ("input", "constant"):
                text = self._text(value)
                if text != self.names[-1]:
                    self.lines.append(f"{self.names[-1]} = {text}")
            gone = [self.names[i] for i in last[value.index] if graph[i].kind not in ("input", "constant")]
            if gone and max(graph[i].size for i in last[value.index]) > LARGEST:
                self.lines.append("del " + ", ".join(gone))

    def _name(self, value: Value) -> str:
        if value.kind == "input":
            return f"x{value.data}"
        if value.kind != "constant":
            return f"v{value.index}"
        if value.shape == () and value.dtype.kind in "fbi" and np.isfinite(value.data):
            number = repr(value.data.item())
            plain = value.dtype in (np.float64, np.bool_, np.int64)
            return (f"({number})" if number.startswith("-") else number) if plain else f"np.{value.dtype}({number})"
        name = f"c{value.index}"
        self.constants[name] = value.data[()]
        return name

    def _text(self, value: Value) -> str:
        operands = [self.names[i] for i in value.operands]
        kind = value.kind
        if kind in INFIX:
            text = f"{operands[0]} {INFIX[kind]} {operands[1]}"
        elif kind in _WRITERS:
            text = _WRITERS[kind](self, value, operands)
        elif kind in ("numpy", "series"):
            text = self._opaque(value, operands)
        else:
            text = f"np.{_FUNCTIONS[kind]}({', '.join(operands)})"
        wide = kind in INFIX or kind in ("select", "compare", "call", "minimum", "maximum", "linear")
        if wide and value.shape and all(self.graph[i].shape == () for i in value.operands):
            text = f"np.broadcast_to({text}, {value.shape})"
        return text

    def _opaque(self, value: Value, operands: list[str]) -> str:
        written = _call_of(value.data, operands)
        if written is not None:
            return written
        name = f"f{value.index}"
        self.constants[name] = value.data
        return f"{name}({', '.join(operands)})"

    def call(self, value: Value, operands: list[str]) -> str:
        module = "np" if hasattr(np, value.data) else "scipy.special"
        return f"{module}.{value.data}({', '.join(operands)})"

    def linear(self, value: Value, operands: list[str]) -> str:
        coefficients, constant = value.data
        terms = [_term(float(c), x) for c, x in zip(coefficients, operands, strict=True)]
        return " + ".join([*terms, repr(float(constant))] if constant else terms).replace("+ -", "- ")

    def view(self, value: Value, operands: list[str]) -> str:
        return _viewed(operands[0], self.graph[value.operands[0]].shape, value.data[0], value.data[1], value.shape)

    def take(self, value: Value, operands: list[str]) -> str:
        name = f"i{value.index}"
        self.constants[name] = value.data
        return f"{_flat(operands[0], self.graph[value.operands[0]].shape)}[{name}]"

    def place(self, value: Value, operands: list[str]) -> str:
        """Statements before, and the name of the array they fill."""
        name = self.names[-1]
        full = [i for i, p in enumerate(value.data) if _is_whole(p, self.graph[value.operands[i]], value)]
        first = full[-1] if full and value.kind == "place" else full[0] if full else None
        if first is None:
            self.lines.append(f"{name} = np.zeros({value.size}{self._type(value)})")
        else:
            whole = _flat(operands[first], self.graph[value.operands[first]].shape)
            self.lines.append(f"{name} = np.array({whole}{self._type(value)})")
        sign = "=" if value.kind == "place" else "+="
        skipped = range((first or 0) + 1 if value.kind == "place" and first is not None else 0)
        for i, (placement, x) in enumerate(zip(value.data, operands, strict=True)):
            if i == first or i in skipped:
                continue
            self._write(name, placement, x, self.graph[value.operands[i]], sign)
        return name if len(value.shape) == 1 else f"{name}.reshape({value.shape})"

    def _write(self, name: str, placement: Placement, x: str, operand: Value, sign: str) -> None:
        target = _target(placement, operand.shape)
        if target is None:
            index = f"{name}i{len(self.constants)}"
            self.constants[index] = placement.flat(operand.shape)
            unique = len(np.unique(self.constants[index])) == operand.size
            if sign == "+=" and not unique:
                self.lines.append(f"np.add.at({name}, {index}, {x})")
                return
            target = f"{name}[{index}]"
        else:
            target = f"{name}[{target}]"
            x = x if len(operand.shape) < 2 else f"{x}.reshape(-1)"
        self.lines.append(f"{target} {sign} {x}")

    def _type(self, value: Value) -> str:
        return "" if value.dtype == np.float64 else f", dtype=np.{value.dtype.name}"

    def reduce(self, value: Value, operands: list[str]) -> str:
        name, axes = value.data
        whole = len(axes) == len(self.graph[value.operands[0]].shape)
        axis = "" if whole else f", axis={axes[0] if len(axes) == 1 else axes}"
        return f"np.{name}({operands[0]}{axis})"

    def contract(self, value: Value, operands: list[str]) -> str:
        if value.data in ("j,j->", "ij,j->i", "j,jk->k", "ij,jk->ik"):
            return f"{operands[0]} @ {operands[1]}"
        return f"np.einsum({value.data!r}, {', '.join(operands)})"

    def compare(self, value: Value, operands: list[str]) -> str:
        return f"{operands[0]} {value.data} {operands[1]}"

    def convert(self, value: Value, operands: list[str]) -> str:
        if value.shape == ():
            return f"np.{value.dtype.name}({operands[0]})"
        return f"{operands[0]}.astype(np.{value.dtype.name})"


_FUNCTIONS = {
    "negative": "negative",
    "square": "square",
    "minimum": "minimum",
    "maximum": "maximum",
    "not": "logical_not",
    "select": "where",
}
_WRITERS: dict[str, Callable[[Source, Value, list[str]], str]] = {
    "call": Source.call,
    "linear": Source.linear,
    "view": Source.view,
    "take": Source.take,
    "place": Source.place,
    "accumulate": Source.place,
    "reduce": Source.reduce,
    "contract": Source.contract,
    "compare": Source.compare,
    "convert": Source.convert,
}


def _term(coefficient: float, x: str) -> str:
    if abs(coefficient) == 1:
        return x if coefficient > 0 else f"-{x}"
    return f"{coefficient!r} * {x}"


def _flat(name: str, shape: tuple[int, ...]) -> str:
    return name if len(shape) == 1 else f"np.reshape({name}, -1)"


def _viewed(name: str, source: tuple[int, ...], offset: int, strides: Sequence[int], shape: tuple[int, ...]) -> str:
    """A view in NumPy's words where it has short ones."""
    if 0 in shape:
        return f"np.zeros({shape})"
    if (
        offset == 0
        and tuple(strides) == tuple(s if n > 1 else 0 for s, n in zip(row_major(shape), shape, strict=True))
        and np.prod(shape, dtype=int) == np.prod(source, dtype=int)
    ):
        return f"np.reshape({name}, {shape})"
    if shape == ():
        return f"{name}[{', '.join(map(str, np.unravel_index(offset, source)))}]" if source else name
    if not any(strides):
        return f"np.broadcast_to({_viewed(name, source, offset, (), ())}, {shape})"
    if len(shape) == 1 and len(source) == 1:
        return f"{name}[{_slice(offset, strides[0], shape[0])}]"
    kept = tuple(n for n, s in zip(shape, strides, strict=True) if s or n == 1)
    if len(kept) < len(shape):
        inner = tuple(s for n, s in zip(shape, strides, strict=True) if s or n == 1)
        small = tuple(n if s or n == 1 else 1 for n, s in zip(shape, strides, strict=True))
        text = _viewed(name, source, offset, inner, kept)
        text = text if kept == small else f"np.reshape({text}, {small})"
        return text if small == shape else f"np.broadcast_to({text}, {shape})"
    if len(shape) == 2 and tuple(strides) == (1, shape[0]) and offset == 0 and source == shape[::-1]:
        return f"{name}.T"
    return f"view({name}, {offset}, {tuple(strides)}, {shape})"


def _slice(offset: int, stride: int, count: int) -> str:
    end = offset + stride * count
    return f"{offset or ''}:{'' if end < 0 else end}" + (f":{stride}" if stride != 1 else "")


def _target(placement: Placement, shape: tuple[int, ...]) -> str | None:
    """The entries a placement writes to, as a key of the flat array, None if it takes an array of numbers."""
    if placement.positions is not None or len(shape) > 1:
        positions = placement.flat(shape)
        steps = np.diff(positions.ravel())
        if positions.size == 1:
            first = int(positions.flat[0])
            return _slice(first, 1, 1) if shape else str(first)
        if positions.size == 0 or not len(steps) or np.any(steps != steps[0]) or steps[0] <= 0:
            return None
        return _slice(int(positions.flat[0]), int(steps[0]), positions.size)
    if shape == ():
        return str(placement.offset)
    if shape[0] == 1:
        return _slice(placement.offset, 1, 1)
    return _slice(placement.offset, placement.strides[0], shape[0]) if placement.strides[0] > 0 else None


def _is_whole(placement: Placement, operand: Value, value: Value) -> bool:
    """Whether an operand covers the result in the same order."""
    return operand.size == value.size and _target(placement, operand.shape) == f":{value.size}"


def _call_of(function: Any, operands: list[str]) -> str | None:
    """A call of NumPy's function, if it and its options can be written down."""
    node = getattr(function, "node", None)
    if node is None or type(node.operation) is not ops.Function:
        return None
    primitive, arguments, kwargs, output = node.static
    module = "np" if hasattr(np, primitive.name.split(".")[0]) else "scipy.special"
    if not hasattr(np if module == "np" else scipy.special, primitive.name.split(".")[0]):
        return None
    words = [_word(a, operands) for a in arguments] + [f"{k}={_word(v, operands)}" for k, v in kwargs.items()]
    if any("None?" in w for w in words):
        return None
    call = f"{module}.{primitive.name}({', '.join(words)})"
    return call if output is None else f"{call}[{output}]"


def _word(argument: Any, operands: list[str]) -> str:
    if isinstance(argument, ops.Slot):
        return operands[argument.index]
    if isinstance(argument, tuple | list):
        inner = ", ".join(_word(a, operands) for a in argument)
        return f"[{inner}]" if isinstance(argument, list) else f"({inner},)"
    return repr(argument) if argument is None or isinstance(argument, int | float | str | bool) else "None?"


def _last_uses(graph: Graph) -> list[list[int]]:
    """For each value those that nothing after it needs."""
    last: list[list[int]] = [[] for _ in graph.values]
    seen = set(graph.outputs) | {i for i, _ in graph.guards}
    for value in reversed(graph.values):
        for i in set(value.operands):
            if i not in seen:
                seen.add(i)
                last[value.index].append(i)
    return last


def function_of(graph: Graph) -> Callable[..., tuple]:
    """A Python function of the inputs that computes (values of guards, outputs) with NumPy."""
    source = Source(graph)
    body = "\n".join(f"    {line}" for line in source.lines)
    guards = ", ".join(source.names[i] for i, _ in graph.guards)
    outputs = ", ".join(source.names[i] for i in graph.outputs)
    inputs = ", ".join(source.names[i] for i in graph.inputs)
    text = f"def program({inputs}):\n{body}\n    return [{guards}], [{outputs}]\n"
    namespace = {"np": np, "scipy": scipy, **source.constants}
    exec(compile(VIEW + text, "<taylorad.jit>", "exec"), namespace)
    program = namespace["program"]

    def run(*inputs: Any) -> tuple:
        with np.errstate(**QUIET):
            return program(*inputs)

    return run


def standalone(graph: Graph, name: str, doc: str) -> str:
    """Source code of a module with one function that needs nothing but NumPy and SciPy.

    Raises
    ------
    ValueError
        A constant is too large to be written out, or an operation cannot be written down.
    """
    source = Source(graph)
    constants = []
    for key, x in source.constants.items():
        array = np.asarray(x)
        if array.dtype == object or callable(x):
            raise ValueError(f"{getattr(x, 'name', key)} cannot be written as source code: it is a Python function")
        if array.size > LARGEST:
            raise ValueError(
                f"a constant of {array.size} entries is too large to be written out: pass it as an argument"
            )
        constants.append(f"{key} = np.array({array.tolist()!r}, dtype=np.{array.dtype.name})".replace("inf", "np.inf"))
    lines = [f"    {line}" for line in source.lines]
    outputs = ", ".join(source.names[i] for i in graph.outputs)
    inputs = ", ".join(source.names[i] for i in graph.inputs)
    body = [*constants, "", "", f"def {name}({inputs}):", *lines, f"    return {outputs}", ""]
    text = "\n".join(body).replace("nan", "np.nan")
    header = HEADER.format(doc=doc) + ("import scipy.special\n" if "scipy.special." in text else "")
    return header + (VIEW if "view(" in text else "") + "\n" + text
