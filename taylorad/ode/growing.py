"""From a recorded right-hand side to series that grow: one `Relaxed` series for each operation of a program.

What depends on time alone is known to all degrees at once. What only moves entries about is a view of the series it
is taken from. Functions keep to the recurrence of their rule where it is accurate, to their expansion at a point where
it is not; any other operation is evaluated anew at each degree, which is slower and as right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from taylorad.algebras.expansion import in_ring, unstable
from taylorad.algebras.recurrence import Recurrence
from taylorad.algebras.taylor import Taylor
from taylorad.ode.relaxed import (
    Known,
    Linear,
    Pairs,
    Product,
    Quotient,
    Recomputed,
    Relaxed,
    Ring,
    Scaled,
    SharedRecurrence,
    Solution,
    Square,
    Stacked,
    Stored,
    Sum,
    aligned,
    as_array,
    bare,
    expansion,
)
from taylorad.rings import namespace
from taylorad.rules import TABLE, Primitive
from taylorad.rules.bilinear import BILINEAR
from taylorad.rules.equation import lower
from taylorad.rules.rule import Rule
from taylorad.trace import Node, Program
from taylorad.trace import operations as ops
from taylorad.trace.singular import ROOT, UNDEFINED, UNSETTLED
from taylorad.transforms.series import as_series

DEEPER = 8  # degrees beyond the order to which functions of time are expanded where a singularity is removable
PARTNERS = {"cos": "sin", "cosh": "sinh"}  # functions that are the companion of another


class Growing:
    """The series of all operations of a program of two inputs, time and state.

    Attributes
    ----------
    steps : list of Relaxed
        In the order in which they are to be stepped.
    lines : dict of int to Relaxed
        By the index of the node.
    """

    def __init__(self, ring: Ring, program: Program, time: Any, state: Any):
        self.ring = ring
        self.steps: list[Relaxed] = []
        self.recurrences: dict[tuple, SharedRecurrence] = {}
        clock, input_state = program.inputs
        self.lines: dict[int, Relaxed] = {input_state.index: Known(state)}
        self._functions_of_time(program, clock, time)
        for node, *_ in program.schedule:
            if node.index not in self.lines:
                self.lines[node.index] = self._grown(node)

    def _functions_of_time(self, program: Program, clock: Node, time: Any) -> None:
        """All series that do not depend on the state; with more degrees where those at the end are lost."""
        alone = {clock.index}
        nodes = []
        for node, places, *_ in program.schedule:
            if all(place is None or place in alone for place in places) and any(place in alone for place in places):
                alone.add(node.index)
                nodes.append(node)
        size = self.ring.order + 1
        for order in (self.ring.order, self.ring.order + DEEPER):
            found = self._in_time(nodes, clock, time, order)
            if not any(_has_nan(series.coefficients[:size]) for series in found.values()):
                break
        self.lines |= {index: Known(series.coefficients[:size]) for index, series in found.items()}

    def _in_time(self, nodes: list[Node], clock: Node, time: Any, order: int) -> dict[int, Taylor]:
        series = self.ring.taylor(self.ring.raised(order).line(time))
        found = {clock.index: series}
        for node in nodes:
            values = [found[o.index] if isinstance(o, Node) else self._constant(node, o) for o in node.operands]
            found[node.index] = as_series(node.operation.evaluate(node, values), series)
        return found

    # ------------------------------------------------------------------------------------------------------- one node

    def _grown(self, node: Node) -> Relaxed:
        """The series of a node, added to the steps unless it has nothing to do."""
        operands = [self.lines[o.index] if isinstance(o, Node) else self._constant(node, o) for o in node.operands]
        return self._add((_KINDS.get(node.operation) or Growing._recomputed)(self, node, operands))

    def _add(self, series: Relaxed) -> Relaxed:
        if not isinstance(series, Known):
            self.steps.append(series)
        return series

    def _constant(self, node: Node, x: Any) -> Any:
        """A constant operand; exponents and the like stay what they are, and so do integer factors, which are fast."""
        if node.operation in _TAKE_PARAMETERS or (x.__class__ is int and node.operation in _ARITHMETIC):
            return x
        return self.ring.constant(x)

    def _started(self, node: Node, operands: list) -> Any:
        """Coefficients of which part 0 is the node's value."""
        return self.ring.series(node.operation.evaluate(node, [_value(o) for o in operands]))

    def _recomputed(self, node: Node, operands: list) -> Relaxed:
        def evaluate(given: list) -> Taylor:
            like = next(g for g in given if isinstance(g, Taylor))
            return as_series(node.operation.evaluate(node, given), like)

        return Recomputed(evaluate, operands, self.ring)

    def _linear(self, node: Node, operands: list) -> Relaxed:
        """An operation applied to parts; constants are zero above degree 0."""
        zeros = [None if isinstance(o, Relaxed) else _zeros(self.ring, o) for o in operands]

        def at_degree(k: int) -> list:
            return [o.coefficients[k] if z is None else z for o, z in zip(operands, zeros, strict=True)]

        return Linear(self._started(node, operands), lambda parts: node.operation.evaluate(node, parts), at_degree)

    def _additive(self, node: Node, operands: list) -> Relaxed:
        x, y = map(_coefficients, operands)
        return Sum(self._started(node, operands), x, y, node.static)

    def _multiply(self, node: Node, operands: list) -> Relaxed:
        (x, y), start = operands, self._started(node, operands)
        if not isinstance(y, Relaxed):
            return Scaled(start, x.coefficients, y)
        if not isinstance(x, Relaxed):
            return Scaled(start, y.coefficients, x)
        if x is y:
            return Square(self.ring, start, x.coefficients)
        return Product(self.ring, start, x.coefficients, y.coefficients)

    def _square(self, node: Node, operands: list) -> Relaxed:
        return Square(self.ring, self._started(node, operands), operands[0].coefficients)

    def _divide(self, node: Node, operands: list) -> Relaxed:
        x, y = operands
        if not isinstance(y, Relaxed):
            return Scaled(self._started(node, operands), x.coefficients, y, divided=True)
        if _vanishes(y.coefficients[0]):
            return self._recomputed(node, operands)
        return Quotient(self.ring, self._started(node, operands), _coefficients(x), y.coefficients)

    def _bilinear(self, node: Node, operands: list) -> Relaxed:
        """A product of matrices, or a contraction of one or two operands."""
        if not all(isinstance(o, Relaxed) for o in operands):
            return Linear(
                self._started(node, operands),
                lambda parts: node.operation.evaluate(node, parts),
                lambda k: [o.coefficients[k] if isinstance(o, Relaxed) else o for o in operands],
            )
        if len(operands) == 1:
            return self._linear(node, operands)
        x, y = (o.coefficients for o in operands)
        return Pairs(self._started(node, operands), _summed(node), x, y)

    def _stored(self, node: Node, operands: list) -> Relaxed:
        z, x = map(_value, operands)
        if not hasattr(x, "level") and not hasattr(z, "level") and np.asarray(z).dtype.kind in "fc":
            z = np.asarray(
                z, object if self.ring.objects else np.result_type(z, x)
            )  # np.zeros(n) holds what is written to it in all its digits
        start = self.ring.series(node.operation.evaluate(node, [z, x]))
        added = node.operation is ops.ADD_AT
        before, written = map(_coefficients, operands)
        return Stored(self.ring, start, before, written, node.static, added)

    def _stack(self, node: Node, operands: list) -> Relaxed:
        return Stacked(self.ring, self._started(node, operands), list(map(_coefficients, operands)))

    # ---------------------------------------------------------------------------------------------------------- views

    def _item(self, node: Node, operands: list) -> Relaxed:
        key = node.static if isinstance(node.static, tuple) else (node.static,)
        return Known(operands[0].coefficients[(slice(None), *key)])

    def _reshaped(self, node: Node, operands: list) -> Relaxed:
        x = operands[0].coefficients
        view = x.reshape(x.shape[0], *node.shape)
        if isinstance(x, np.ndarray) and np.may_share_memory(view, x):
            return Known(view)
        return self._linear(node, operands)

    def _transposed(self, node: Node, operands: list) -> Relaxed:
        x = operands[0].coefficients
        axes = range(x.ndim - 1)[::-1] if node.static is None else node.static
        return Known(np.transpose(x, (0, *(axis % (x.ndim - 1) + 1 for axis in axes))))

    def _broadcast(self, node: Node, operands: list) -> Relaxed:
        return Known(aligned(operands[0].coefficients, node.shape))

    def _copied(self, node: Node, operands: list) -> Relaxed:
        same = node.dtype == node.operands[0].dtype
        return Known(operands[0].coefficients) if same else self._linear(node, operands)

    # ----------------------------------------------------------------------------------------------------- elementary

    def _elementary(self, node: Node, operands: list) -> Relaxed:
        primitive, output, _ = node.static
        if primitive.kind != "elementary":
            return self._recomputed(node, operands)
        if primitive.name == "constant_power" and np.ndim(operands[1]) == 0 and _is_integer(operands[1]):
            return self._integer_power(operands[0], int(np.real(operands[1])))
        if primitive.name in PARTNERS:
            primitive, output = TABLE[PARTNERS[primitive.name]], 1
        rule = primitive.rule
        arguments = [self._argument(operands[i], node.shape) for i in rule.arguments]
        parameters = tuple(_parameter(self.ring, operands[i]) for i in rule.parameters)
        values = [as_array(a[0]) for a in arguments]
        if _is_root_of_zero(rule, values) or _is_extreme(rule, values):
            return self._recomputed(node, operands)
        mask = unstable(rule, values, parameters, self.ring.order)
        if mask is None or not mask.any():
            return self._solution(primitive, operands, arguments, parameters, output)
        if mask.all() and mask.size and self.ring.order:
            return expansion(self.ring, primitive, arguments[0], parameters, output)
        return self._recomputed(node, operands)

    def _argument(self, operand: Any, shape: tuple[int, ...]) -> Any:
        if isinstance(operand, Relaxed):
            return aligned(operand.coefficients, shape)
        return self.ring.fixed(operand, shape)

    def _solution(
        self, primitive: Primitive, operands: list, arguments: list, parameters: tuple, output: int
    ) -> Relaxed:
        """A function by its equation; functions of one series that solve the same equation share the recurrence."""
        key = (primitive.name, *map(id, operands))
        if key not in self.recurrences:
            rule, xp = primitive.rule, namespace(arguments[0])
            placed: list[Any] = [None] * rule.nin
            for i, value in zip(rule.arguments, [as_array(a[0]) for a in arguments], strict=True):
                placed[i] = value
            for i, value in zip(rule.parameters, parameters, strict=True):
                placed[i] = value
            start = rule.start(xp, *placed)
            start = [in_ring(s, arguments[0]) for s in (start if isinstance(start, tuple) else (start,))]
            equation = lower(rule, (*parameters, *rule.constants(xp)))
            recurrence = Recurrence(self.ring.structure, equation, arguments, start)
            self.recurrences[key] = SharedRecurrence(recurrence)
        return Solution(self.recurrences[key], output)

    def _integer_power(self, x: Relaxed, exponent: int) -> Relaxed:
        """By squares and products, which are as accurate near 0 as elsewhere."""
        one = self.ring.fixed(1 + 0 * x.coefficients[0], x.coefficients.shape[1:])
        if exponent < 0:
            if _vanishes(x.coefficients[0]):
                return Recomputed(lambda given: given[0] ** exponent, [x], self.ring)
            power = self._integer_power(x, -exponent).coefficients
            return Quotient(self.ring, self.ring.series(one[0] / power[0]), None, power)
        result, factor = one, x.coefficients
        while exponent:
            if exponent & 1:
                result = factor if result is one else self._times(result, factor)
            exponent >>= 1
            if exponent:
                factor = self._times(factor, factor)
        return Known(result)

    def _times(self, u: Any, v: Any) -> Any:
        """The coefficients of a product that is no node of the program."""
        start = self.ring.series(u[0] * v[0])
        return self._add(Square(self.ring, start, u) if u is v else Product(self.ring, start, u, v)).coefficients


def _value(operand: Any) -> Any:
    """Part 0, or the constant itself."""
    return operand.coefficients[0] if isinstance(operand, Relaxed) else operand


def _coefficients(operand: Any) -> Any:
    """None for a constant."""
    return operand.coefficients if isinstance(operand, Relaxed) else None


def _zeros(ring: Ring, like: Any) -> Any:
    """Zeros of the ring in the shape of a constant."""
    if hasattr(like, "level"):
        return like * 0
    return bare(np.full(np.shape(like), ring.zero, object if ring.objects else np.asarray(like).dtype))


def _parameter(ring: Ring, value: Any) -> Any:
    """A parameter of a function; Python numbers take on the type they meet."""
    if ring.exact:
        return ring.constant(value)
    return value.item() if isinstance(value, np.ndarray | np.generic) and value.ndim == 0 else value


def _is_integer(exponent: Any) -> bool:
    return bool(np.isfinite(complex(exponent))) and exponent == int(np.real(exponent))


def _plain(x: Any) -> np.ndarray:
    return np.asarray(getattr(x, "primal", x))


def _vanishes(x: Any) -> bool:
    """Whether some entry is zero."""
    return bool(np.any(_plain(x) == 0))


def _has_nan(x: Any) -> bool:
    return bool(np.any(_plain(x) != _plain(x)))


def _is_root_of_zero(rule: Rule, values: list) -> bool:
    """Whether a function that is a power of something meets a zero of it."""
    return rule.zero_exponent is not None and bool(np.any(np.all([_plain(v) == 0 for v in values], axis=0)))


def _is_extreme(rule: Rule, values: list) -> bool:
    """Whether squares of the arguments might over- or underflow in a rule that has them scaled."""
    if rule.homogeneous is None or any(v.dtype == object for v in values):
        return False
    sizes = [np.abs(_plain(v)) for v in values]
    limits = np.finfo(sizes[0].dtype)
    return not all(np.all((v == 0) | ((v > limits.tiny**0.25) & (v < limits.max**0.25))) for v in sizes)


def _summed(node: Node) -> Callable[[Any, Any], Any]:
    """The sum of a bilinear function over stacks of operands."""
    if node.operation is ops.MATMUL:
        return lambda u, v: np.sum(BILINEAR["matmul"].function(u, v), axis=0)
    (left, right), output = node.static
    letter = next(c for c in "ZYXWVU" if c not in left + right)
    return lambda u, v: np.einsum(f"{letter}{left},{letter}{right}->{output}", u, v)


_KINDS: dict[Any, Callable[[Growing, Node, list], Relaxed]] = {
    ops.ADDITIVE: Growing._additive,
    ops.ELEMENTARY: Growing._elementary,
    ROOT: Growing._elementary,
    ops.SQUARE: Growing._square,
    ops.MULTIPLY: Growing._multiply,
    ops.DIVIDE: Growing._divide,
    ops.MATMUL: Growing._bilinear,
    ops.CONTRACT: Growing._bilinear,
    ops.STORE: Growing._stored,
    ops.ADD_AT: Growing._stored,
    ops.STACK: Growing._stack,
    ops.GETITEM: Growing._item,
    ops.RESHAPE: Growing._reshaped,
    ops.TRANSPOSE: Growing._transposed,
    ops.BROADCAST: Growing._broadcast,
    ops.COPY: Growing._copied,
    **dict.fromkeys((ops.LINEAR, ops.TAKE, ops.WHERE, ops.GATHERED), Growing._linear),
}
_ARITHMETIC = (ops.ADDITIVE, ops.MULTIPLY, ops.DIVIDE)  # with integers as factors
_TAKE_PARAMETERS = (ops.ELEMENTARY, ROOT, UNSETTLED, UNDEFINED, ops.CALL)
