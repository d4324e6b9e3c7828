"""Steps in machine code: a graph of the right-hand side becomes a function that makes many steps in one call."""

from __future__ import annotations

import ctypes
import hashlib
from collections import OrderedDict
from typing import Any

import numpy as np

from taylorad.compile.graph import Graph
from taylorad.compile.native import target
from taylorad.compile.native.build import build
from taylorad.compile.series.expand import expand_graph
from taylorad.compile.series.shapes import planned
from taylorad.compile.series.text import Text, known
from taylorad.ode.driver import Driver

NAME = "steps"
KEPT = 64  # modules that stay in memory
_modules: OrderedDict[bytes, Any] = OrderedDict()


class NativeSteps:
    """Machine code for the steps of one version of a right-hand side.

    Parameters
    ----------
    graph : Graph
        Of (state, time, parameters) to (slope, event functions), over real numbers.
    order : int
    paired : bool
        Whether the state's numbers are real and imaginary parts.
    shape : {"auto", "unrolled", "packed", "loops"}
        See `compile.series.shapes`.

    Attributes
    ----------
    shape : str
        The one that was chosen.
    workspace_size : int
        Bytes.
    text : str
        LLVM's.

    Raises
    ------
    Unsupported
        There are no native recurrences for something in the graph.
    """

    def __init__(self, graph: Graph, order: int, paired: bool = False, shape: str = "auto"):
        program = expand_graph(graph, order, "solution", known, equations=1, time=1)
        bits = target.machine().vector_bits
        text = Text(bits, NAME)
        plan = planned(program, bits, shape)
        self.shape = plan.shape
        size, events = graph[graph.inputs[0]].size, len(graph.outputs) - 1
        autonomous = program[program.inputs[1]].needed < 0
        driver = Driver(text, size, order, events, autonomous, paired)
        self.workspace_size = driver.write(lambda place: plan.prepared(text, place))
        head = f"define i32 @{NAME}(ptr %control) {{"
        self.text = "\n".join([*text.declared.values(), *text.functions, head, "entry:", *text.lines, "}", ""])
        self._module = _built(self.text)
        self.call = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p)(self._module.address(NAME))


def _built(text: str) -> Any:
    """The module of a text, from memory if it was compiled lately."""
    key = hashlib.sha256(text.encode()).digest()
    if key not in _modules:
        _modules[key] = build(text, 1)
        while len(_modules) > KEPT:
            _modules.popitem(last=False)
    _modules.move_to_end(key)
    return _modules[key]


def aligned(count: int, dtype: Any = np.float64) -> np.ndarray:
    """Zeros that begin at a multiple of 64 bytes."""
    itemsize = np.dtype(dtype).itemsize
    raw = np.zeros(count * itemsize + 64, np.uint8)
    begin = -raw.ctypes.data % 64
    return raw[begin : begin + count * itemsize].view(dtype)
