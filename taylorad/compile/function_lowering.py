"""Functions of NumPy and SciPy in terms of the kinds of values a graph has; what has none is left to NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from taylorad.compile.graph import Graph, Placement, axes_of, row_major
from taylorad.rules import TABLE
from taylorad.trace import Node
from taylorad.trace import operations as ops
from taylorad.trace.functions import function_of

if TYPE_CHECKING:
    from taylorad.compile.lowering import Lowering

COMPARISONS = {
    "less": "<",
    "less_equal": "<=",
    "equal": "==",
    "not_equal": "!=",
    "greater": ">",
    "greater_equal": ">=",
}
LOGIC = {
    "logical_and": "and",
    "logical_or": "or",
    "logical_not": "not",
    "bitwise_and": "and",
    "bitwise_or": "or",
    "invert": "not",
}
REDUCTIONS = {"max": "max", "min": "min", "amax": "max", "amin": "min", "any": "any", "all": "all", "prod": "prod"}
PAIRWISE = {"max": "maximum", "min": "minimum", "prod": "multiply"}
PARTS = ("real", "imag", "conjugate", "absolute", "angle")
NAMES = {
    "fabs": "absolute",
    "constant_power": "power",
    "series_power": "power",
    "acos": "arccos",
    "asin": "arcsin",
    "atan": "arctan",
    "radians": "deg2rad",
    "degrees": "rad2deg",
    "psi": "digamma",
}
LONGEST_SCAN = 4096  # entries up to which cumulative sums are log₂ n sums of shifted arrays


def of_function(lowering: Lowering, node: Node) -> int | None:
    """The value of a function node, None if the graph has no kind for it."""
    primitive, arguments, kwargs, output = node.static
    name = primitive.name
    if name in REDUCTIONS and isinstance(arguments[0], ops.Slot):
        return _reduction(lowering, node)
    if primitive.kind == "gather" and name != "where":
        return _moved(lowering, node)
    if kwargs or not all(isinstance(a, ops.Slot | int | float | np.ndarray | np.generic) for a in arguments):
        return None
    given = [lowering.operand(node.operands[a.index] if isinstance(a, ops.Slot) else a) for a in arguments]
    if output is not None:
        return _one_of_two(lowering, name, given, output, node) if name in ("modf", "divmod") else None
    return of_values(lowering, primitive, given, node)


def of_values(lowering: Lowering, primitive: Any, given: list[int], node: Node) -> int | None:
    """A function of positional operands and one result, None if the graph has no kind for it."""
    graph, name = lowering.graph, primitive.name
    if name in COMPARISONS or name in LOGIC:
        return _logical(lowering, name, given)
    if name == "where":
        return graph.elementwise("select", given[0], *(lowering.converted(i, node.dtype) for i in given[1:]))
    if name == "count_nonzero" and graph[given[0]].dtype == bool:
        numbers = lowering.converted(given[0], node.dtype)
        return lowering.reduced("sum", numbers, axes_of(None, len(graph[numbers].shape)), node)
    if node.dtype.kind == "b":
        return _test(graph, name, given)
    if node.dtype.kind not in "fc":
        return None
    if node.dtype.kind == "f" and any(graph[i].dtype.kind == "c" for i in given):
        return lowering.part(name, given[0], node) if name in PARTS else None
    given = [lowering.converted(i, node.dtype) for i in given]
    if name in ("maximum", "minimum"):
        return graph.elementwise(name, *given)
    if name in _KNOWN:
        return _KNOWN[name](graph, *given)
    if _is_elementwise(primitive, len(given)):
        return graph.elementwise("call", *given, data=NAMES.get(name, name))
    return None


def _logical(lowering: Lowering, name: str, given: list[int]) -> int | None:
    types = {lowering.graph[i].dtype for i in given}
    if name in COMPARISONS:
        common = np.result_type(*types)
        return lowering.graph.elementwise(
            "compare", *(lowering.converted(i, common) for i in given), data=COMPARISONS[name]
        )
    return lowering.graph.elementwise(LOGIC[name], *given) if types == {np.dtype(bool)} else None


def _test(graph: Graph, name: str, given: list[int]) -> int | None:
    """isnan, isinf, isfinite, signbit by comparisons."""
    x, dtype = given[0], graph[given[0]].dtype
    if dtype.kind != "f":
        return None
    if name == "isnan":
        return graph.elementwise("compare", x, x, data="!=")
    if name == "signbit":
        sign = graph.elementwise("call", graph.constant(np.ones((), dtype)), x, data="copysign")
        return graph.elementwise("compare", sign, graph.constant(np.zeros((), dtype)), data="<")
    if name not in ("isinf", "isfinite"):
        return None
    size = graph.elementwise("call", x, data="absolute")
    return graph.elementwise(
        "compare", size, graph.constant(np.asarray(np.inf, dtype)), data="==" if name == "isinf" else "<"
    )


def _one_of_two(lowering: Lowering, name: str, given: list[int], output: int, node: Node) -> int:
    """A result of modf (the fraction, the whole part) or of divmod (the quotient, the remainder)."""
    graph = lowering.graph
    given = [lowering.converted(i, node.dtype) for i in given]
    if name == "divmod":
        return graph.elementwise("call", *given, data=("floor_divide", "remainder")[output])
    whole = graph.elementwise("call", given[0], data="trunc")
    if output == 1:
        return whole
    fraction = graph.elementwise("subtract", given[0], whole)  # exact; of infinite numbers nan, and NumPy is asked
    return graph.elementwise("call", fraction, given[0], data="copysign")


def _reduction(lowering: Lowering, node: Node) -> int | None:
    primitive, arguments, kwargs, output = node.static
    name = REDUCTIONS[primitive.name]
    unusual = set(kwargs) - {"axis", "keepdims", "initial"} or (name in ("any", "all") and "initial" in kwargs)
    if output is not None or unusual or len(arguments) > 2 or len(node.operands) != 1:
        return None
    (x,) = [lowering.operand(o) for o in node.operands]
    value = lowering.graph[x]
    if name in ("any", "all") and value.dtype != bool:
        return None
    axes = axes_of(arguments[1] if len(arguments) > 1 else kwargs.get("axis"), len(value.shape))
    if "initial" not in kwargs:
        return lowering.reduced(name, x, axes, node)
    first = lowering.operand(kwargs["initial"], node.dtype)
    if value.size == 0:
        return first
    return lowering.graph.elementwise(PAIRWISE[name], lowering.reduced(name, x, axes, node), first)


def _moved(lowering: Lowering, node: Node) -> int | None:
    """A function that moves entries of its first operand, if its other arguments are constants."""
    _, arguments, _, output = node.static
    if len(node.operands) != 1 or not isinstance(arguments[0], ops.Slot) or output is not None:
        return None
    size = int(np.prod(node.operands[0].shape, dtype=int))
    numbers = np.arange(1, size + 1).reshape(node.operands[0].shape)
    index = np.asarray(node.operation.evaluate(node, [numbers]))
    if np.any(index == 0):  # zeros that it puts in
        return None
    return lowering.graph.moved(lowering.operand(node.operands[0]), index - 1)


def _is_elementwise(primitive: Any, operands: int) -> bool:
    """Whether a function is one of NumPy's or SciPy's elementwise functions with one result."""
    if primitive.kind not in ("elementary", "composite", "constant") or primitive.name not in TABLE:
        return False  # functions of other names may want integers
    if primitive.kind == "elementary" and primitive.rule.outputs > 1:
        return False
    function = function_of(primitive)
    ufunc = isinstance(function, np.ufunc) and function.nin == operands and function.nout == 1
    return ufunc or primitive.name in NAMES


def _rounded(graph: Graph, x: int, decimals: int | None = None) -> int | None:
    if decimals is not None and (graph[decimals].kind != "constant" or graph[decimals].data != 0):
        return None
    return graph.elementwise("call", x, data="rint")


def _gamma_slope(graph: Graph, x: int) -> int:
    return graph.elementwise("multiply", *(graph.elementwise("call", x, data=name) for name in ("gamma", "digamma")))


_KNOWN: dict[str, Callable[..., int | None]] = {
    "round": _rounded,
    "around": _rounded,
    "fix": lambda graph, x: graph.elementwise("call", x, data="trunc"),
    "gammaln′": lambda graph, x: graph.elementwise("call", x, data="digamma"),
    "gamma′": _gamma_slope,
}


# ------------------------------------------------------------------------------------------------------------- scans


def cumulative_sum(graph: Graph, x: int, axis: int | None = None, dtype: Any = None) -> int | None:
    """Sums of all entries up to each: of neighbours, then of neighbours of those, log₂ n times (Hillis and Steele)."""
    if axis is None:
        x, axis = graph.reshaped(x, (graph[x].size,)), 0
    shape = graph[x].shape
    axis %= len(shape)
    if shape[axis] > LONGEST_SCAN or (dtype is not None and dtype != graph[x].dtype):
        return None
    strides, step = row_major(shape), 1
    while step < shape[axis]:
        part = (*shape[:axis], shape[axis] - step, *shape[axis + 1 :])
        earlier = graph.view(x, 0, strides, part)
        places = Placement(0, strides), Placement(step * strides[axis], strides)
        x = graph.add("accumulate", (x, earlier), places, shape, graph[x].dtype)
        step *= 2
    return x


def difference(graph: Graph, x: int, n: int = 1, axis: int = -1) -> int:
    """Differences of neighbours, n times."""
    for _ in range(n):
        shape = graph[x].shape
        at = axis % len(shape)
        strides = row_major(shape)
        part = (*shape[:at], max(shape[at] - 1, 0), *shape[at + 1 :])
        left, right = (graph.view(x, k * strides[at], strides, part) for k in (0, 1))
        x = graph.elementwise("subtract", right, left)
    return x


SCANS: dict[str, Callable[..., int | None]] = {"cumsum": cumulative_sum, "difference": difference}
