"""The Taylor coefficients of a graph's outputs from those of its inputs, in native code."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from taylorad.compile.graph import Graph
from taylorad.compile.native import target
from taylorad.compile.series.expand import expand_graph
from taylorad.compile.series.shapes import planned
from taylorad.compile.series.start import Unsupported
from taylorad.compile.series.text import Text, known


def unsupported(graph: Graph, order: int, seeds: str = "coefficients") -> str | None:
    """Why there is no native code for the recurrences of a graph; None if there is."""
    try:
        expand_graph(graph, order, seeds, known)
    except Unsupported as reason:
        return str(reason)
    return None


def generate(graph: Graph, order: int, name: str, shape: str = "auto", seeds: str = "coefficients") -> str:
    """LLVM's text of ``i32 name(ptr inputs, ptr outputs)``.

    Parameters
    ----------
    graph : Graph
    order : int
    name : str
    shape : {"auto", "unrolled", "packed", "loops"}
        Straight-line code of numbers or of registers, or loops over the order with lanes; by their cost if "auto".
    seeds : {"coefficients", "variable", "solution"}
        What the inputs are. "coefficients": arrays (order + 1, *input.shape). "variable": for each input two arrays,
        degree 0 and 1. "solution": degree 0 of the variables of x' = f(x), whose slopes the outputs are in the same
        order, and then parameters that stay constant.

    Returns
    -------
    str
        The function writes arrays (order + 1, *output.shape), under "solution" those of the variables, and returns 0,
        or 1 if a guard does not hold (the outputs are not to be used), or 2 if an output has a nan.

    Raises
    ------
    Unsupported
        See `unsupported`.
    """
    program = expand_graph(graph, order, seeds, known)
    bits = target.machine().vector_bits
    text = Text(bits, name)
    planned(program, bits, shape).write(text)
    head = f"define i32 @{name}(ptr %inputs, ptr %outputs) {{"
    return "\n".join([*text.declared.values(), *text.functions, head, "entry:", *text.lines, "}", ""])


class CompiledSeries:
    """Machine code of the recurrences of a graph.

    Attributes
    ----------
    graph, order, seeds : as given
    address : int
        Of ``i32 (ptr inputs, ptr outputs)``; valid as long as this object lives.
    llvm_ir, assembly : str
    """

    def __init__(self, graph: Graph, order: int, seeds: str, name: str, text: str, level: int):
        self.graph, self.order, self.seeds = graph, order, seeds
        self.text = text
        self._module = target.optimise_and_compile(text, level)
        self.address = self._module.address(name)
        self._function = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)(self.address)

    @property
    def llvm_ir(self) -> str:
        """LLVM's text after its passes."""
        return self._module.llvm_ir

    @cached_property
    def assembly(self) -> str:
        """For this processor."""
        return self._module.assembly

    def run(self, inputs: Sequence[Any]) -> tuple[int, list[np.ndarray]]:
        """(0, 1 or 2, the outputs); see `generate`."""
        given = self._given(inputs)
        outputs = [np.empty((self.order + 1, *self.graph[i].shape), self.graph[i].dtype) for i in self.graph.outputs]
        starts = (ctypes.c_void_p * max(len(given), 1))(*(a.ctypes.data for a in given))
        ends = (ctypes.c_void_p * max(len(outputs), 1))(*(a.ctypes.data for a in outputs))
        return self._function(starts, ends), outputs

    def __call__(self, inputs: Sequence[Any]) -> list[np.ndarray]:
        """The outputs.

        Raises
        ------
        ValueError
            If the recurrences are not valid at these inputs (a division by 0, a root of 0, a kink).
        """
        status, outputs = self.run(inputs)
        if status == 1:
            raise ValueError("the recurrences do not hold at these inputs: compute the series with taylorad.Taylor")
        return outputs

    def _given(self, inputs: Sequence[Any]) -> list[np.ndarray]:
        shapes = []
        for i in self.graph.inputs:
            shape = self.graph[i].shape
            rows = {"coefficients": [(self.order + 1, *shape)], "variable": [shape, shape], "solution": [shape]}
            shapes += [(s, self.graph[i].dtype) for s in rows[self.seeds]]
        given = [np.ascontiguousarray(x, dtype=dtype) for x, (_, dtype) in zip(inputs, shapes, strict=True)]
        for x, (shape, _) in zip(given, shapes, strict=True):
            if x.shape != shape and not (shape == () and x.size == 1):  # ascontiguousarray makes (1,) of ()
                raise ValueError(f"an input must have shape {shape}, got {x.shape}")
        return given


def compile_series(
    graph: Graph,
    order: int,
    *,
    shape: str = "auto",
    seeds: str = "coefficients",
    name: str = "series",
    level: int = 1,
) -> CompiledSeries:
    """Machine code of `generate`; `level` is the effort of LLVM's code generator, 0 to 3."""
    return CompiledSeries(graph, order, seeds, name, generate(graph, order, name, shape, seeds), level)
