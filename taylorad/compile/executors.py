"""What runs a graph: machine code where there is a compiler, NumPy's functions elsewhere."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from taylorad.algebras.edges import has_nan
from taylorad.compile import numpy_source
from taylorad.compile.graph import Graph, Value
from taylorad.compile.native import kernels, target
from taylorad.compile.native.build import build
from taylorad.compile.native.entry import entry
from taylorad.compile.pairs import UnpairedError, as_pairs, has_complex
from taylorad.compile.passes import simplify

LONG = 2000  # operations from which on the lock of the interpreter is released, which costs 40 ns
FINE, GUARD, NAN = 0, 1, 2  # what a run says: fine; a guard does not hold; some result is nan


class Executor(ABC):
    """A graph made ready to run."""

    def __init__(self, graph: Graph):
        self.graph = graph

    @abstractmethod
    def run(self, inputs: Sequence[np.ndarray]) -> tuple[int, list[Any]]:
        """The status (see `FINE`, `GUARD`, `NAN`) and the results, arrays or NumPy scalars."""


class NumPyExecutor(Executor):
    """NumPy's functions one after the other."""

    def __init__(self, graph: Graph):
        super().__init__(graph)
        self.function = numpy_source.function_of(graph)

    def run(self, inputs: Sequence[np.ndarray]) -> tuple[int, list[Any]]:
        guards, outputs = self.function(*inputs)
        for (_, expected), value in zip(self.graph.guards, guards, strict=True):
            if not np.array_equal(value, expected):
                return GUARD, []
        results = [self._own(i, x, inputs) for i, x in zip(self.graph.outputs, outputs, strict=True)]
        return NAN if any(map(has_nan, results)) else FINE, results

    def _own(self, index: int, x: Any, inputs: Sequence[np.ndarray]) -> Any:
        """A result that shares no memory with inputs, constants or other results."""
        value = self.graph[index]
        whole = x.__class__ is np.ndarray and x.base is None and x.flags.writeable and x.dtype == value.dtype
        if whole and self.graph.outputs.count(index) == 1 and not any(x is given for given in inputs):
            return x[()]
        return np.array(x, dtype=value.dtype)[()]


class NativeExecutor(Executor):
    """Machine code.

    Attributes
    ----------
    real : Graph
        What the code computes: the graph, in pairs of real numbers if it has complex ones.
    native : Native
        The code, callable through ctypes.
    """

    def __init__(self, graph: Graph, name: str = "program"):
        super().__init__(graph)
        self.real = over_real_numbers(graph)
        self.ir_text = kernels.generate(self.real, name)
        self.native = kernels.Native(build(self.ir_text), name, [_type_of(self.real[i]) for i in self.real.outputs])

    def run(self, inputs: Sequence[np.ndarray]) -> tuple[int, list[Any]]:
        given = [_as_real(x, self.real[i].shape) for i, x in zip(self.real.inputs, inputs, strict=True)]
        status, results = self.native(given)
        types = [_type_of(self.graph[i]) for i in self.graph.outputs]
        return status, [x.view(t).reshape(shape)[()] for x, (shape, t) in zip(results, types, strict=True)]

    def entry(self, fallback: Callable, only_while: tuple | None) -> Callable:
        """A function of arrays that are exactly those of the graph; `fallback` is called with all others."""
        return entry(
            self.native.address,
            [_type_of(self.graph[i]) for i in self.graph.inputs],
            [_type_of(self.graph[i]) for i in self.graph.outputs],
            fallback,
            build,
            release_gil=cost(self.graph) > LONG,
            only_while=only_while,
            keep=(self.native, self.real),
        )


def over_real_numbers(graph: Graph) -> Graph:
    """The same graph, with complex values in pairs."""
    return simplify(as_pairs(graph)) if has_complex(graph) else graph


def cost(graph: Graph) -> int:
    """Roughly the number of operations of a graph."""
    total = 0
    for value in graph.values:
        if value.kind == "contract":
            total += int(np.prod([n for i in value.operands for n in graph[i].shape] or [1])) // 2
        elif value.kind not in ("input", "constant", "view"):
            total += value.size * (20 if value.kind == "call" else 1)
    return total


def _type_of(value: Value) -> tuple[tuple[int, ...], np.dtype]:
    return value.shape, value.dtype


def _as_real(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    return x if x.shape == shape else x.reshape(-1).view(x.real.dtype).reshape(shape)


def executor(graph: Graph, kind: str = "auto") -> Executor:
    """The executor for a graph; `kind` is "auto", "native" or "numpy".

    Raises
    ------
    ValueError
        Machine code was asked for and cannot be had; the message says why.
    """
    if kind == "numpy":
        return NumPyExecutor(graph)
    reason = why_not_native(graph)
    if reason is None:
        return NativeExecutor(graph)
    if kind == "native":
        raise ValueError(f"this function cannot be compiled to machine code: {reason}")
    return NumPyExecutor(graph)


def why_not_native(graph: Graph) -> str | None:
    """The reason why there is no machine code for a graph; None if there is."""
    if not target.is_available():
        _tell_once()
        return "llvmlite is not installed"
    try:
        return kernels.unsupported(over_real_numbers(graph))
    except UnpairedError as error:
        return str(error)


@cache
def _tell_once() -> None:
    warnings.warn(
        "taylorad.jit runs compiled functions through NumPy, because llvmlite is not installed: "
        "`pip install llvmlite` makes them machine code",
        RuntimeWarning,
        stacklevel=2,
    )
