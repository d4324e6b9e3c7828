"""Operations that compute: sums, elementary functions, products, quotients, linear functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from taylorad.trace.functions import applied, function_of
from taylorad.trace.operation import Operands, Operation, doubled, product, widened

if TYPE_CHECKING:
    from taylorad.trace.node import Node
    from taylorad.trace.sweeps import Pullback


class Additive(Operation):
    """``x + y`` or ``x - y``; static: the sign of y."""

    in_place = True

    def evaluate(self, node: Node, values: Operands) -> Any:
        return values[0] + values[1] if node.static > 0 else values[0] - values[1]

    def push(self, node: Node, tangents: Operands, spare: Any = None) -> Any:
        dx, dy = tangents
        if dy is None:
            return widened(dx, node.shape)
        if dx is None:
            return widened(dy if node.static > 0 else -dy, node.shape)
        if spare is not None and dx.__class__ is dy.__class__ and dx.shape == dy.shape and dx.dtype is dy.dtype:
            return (np.add if node.static > 0 else np.subtract)(dx, dy, out=spare)
        return dx + dy if node.static > 0 else dx - dy

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        x, y = node.operands
        first = x.__class__ is node.__class__
        if y.__class__ is not node.__class__:
            sweep.add(x, ybar, sweep.owned)
        elif node.static > 0:
            sweep.add(y, ybar, sweep.owned and not first)
            if first:
                sweep.add(x, ybar)
        else:
            sweep.add(y, sweep.negative(ybar, first), True)
            if first:
                sweep.add(x, ybar, sweep.owned)


class Elementary(Operation):
    """A function of the table; static: (primitive, output, positions of differentiated operands), residual: slopes."""

    in_place = True

    def evaluate(self, node: Node, values: Operands) -> Any:
        primitive, output, _ = node.static
        results = applied(primitive, values)
        return results[output] if isinstance(results, tuple) else results

    def push(self, node: Node, tangents: Operands, spare: Any = None) -> Any:
        total: Any = None
        for i, slope in zip(node.static[2], node.residual, strict=True):
            if tangents[i] is not None:
                term = product(slope, tangents[i], spare)
                total = term if total is None else total + term
        return widened(total, node.shape)

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        places = node.static[2]
        for i, slope in zip(places, node.residual, strict=True):
            sweep.add_product(node.operands[i], slope, ybar, i != places[-1])


class Square(Operation):
    """``x²``; residual: the value of x."""

    in_place = True

    def evaluate(self, node: Node, values: Operands) -> Any:
        return np.square(values[0])

    def push(self, node: Node, tangents: Operands, spare: Any = None) -> Any:
        return doubled(product(node.residual, tangents[0], spare))

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        sweep.add_product(node.operands[0], node.residual, ybar, twice=True)


class Multiply(Operation):
    """``x y`` entry by entry; residual: values of both operands."""

    in_place = True

    def evaluate(self, node: Node, values: Operands) -> Any:
        return values[0] * values[1]

    def push(self, node: Node, tangents: Operands, spare: Any = None) -> Any:
        (dx, dy), (x, y) = tangents, node.residual
        if dy is None:
            return widened(product(y, dx, spare), node.shape)
        if dx is None:
            return widened(product(x, dy, spare), node.shape)
        return product(y, dx, spare) + product(x, dy, spare)

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        (x, y), (u, v) = node.operands, node.residual
        both = y.__class__ is node.__class__
        if x.__class__ is node.__class__:
            sweep.add_product(x, v, ybar, both)
        if both:
            sweep.add_product(y, u, ybar)


class Divide(Operation):
    """``q = x/y``; residual: (y, q), for ``dq = (dx - q dy)/y``."""

    def evaluate(self, node: Node, values: Operands) -> Any:
        return values[0] / values[1]

    def push(self, node: Node, tangents: Operands) -> Any:
        (dx, dy), (y, q) = tangents, node.residual
        if dy is None:
            return widened(dx / y, node.shape)
        return (-(q * dy) if dx is None else dx - q * dy) / y

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        (x, y), (divisor, q) = node.operands, node.residual
        scaled = sweep.over(ybar, divisor)
        if x.__class__ is node.__class__:
            sweep.add(x, scaled)
        if y.__class__ is node.__class__:
            sweep.add(y, -sweep.times(q, scaled, True), True)


class Matmul(Operation):
    """Matrix products; residual: values of both operands."""

    def evaluate(self, node: Node, values: Operands) -> Any:
        return np.matmul(values[0], values[1])

    def push(self, node: Node, tangents: Operands) -> Any:
        (dx, dy), (x, y) = tangents, node.residual
        left = None if dx is None else np.matmul(dx, y)
        right = None if dy is None else np.matmul(x, dy)
        return right if left is None else left if right is None else left + right

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        (x, y), (u, v) = node.operands, node.residual
        column = ybar[..., None] if v.ndim == 1 else ybar
        rows = column[..., None, :] if u.ndim == 1 else column
        if x.__class__ is node.__class__:
            if v.ndim == 1:
                xbar = column * v if u.ndim > 1 else ybar * v
            else:
                xbar = np.matmul(rows, np.swapaxes(v, -1, -2))
                xbar = xbar[..., 0, :] if u.ndim == 1 else xbar
            sweep.add(x, xbar)
        if y.__class__ is node.__class__:
            if u.ndim == 1:
                sweep.add(y, u * ybar if v.ndim == 1 else u[:, None] * rows)
            elif u.ndim == 2 and v.ndim == 1:
                sweep.add(y, np.matmul(ybar, u))
            else:
                ybar = np.matmul(np.swapaxes(u, -1, -2), rows)
                sweep.add(y, ybar[..., 0] if v.ndim == 1 else ybar)


class Contract(Operation):
    """`numpy.einsum` of one or two operands, no letter twice in a term; static: (terms, output), residual: values."""

    def evaluate(self, node: Node, values: Operands) -> Any:
        terms, output = node.static
        return np.einsum(",".join(terms) + "->" + output, *values)

    def push(self, node: Node, tangents: Operands) -> Any:
        total: Any = None
        for i, tangent in enumerate(tangents):
            if tangent is not None:
                values = list(node.residual)
                values[i] = tangent
                part = self.evaluate(node, values)
                total = part if total is None else total + part
        return total

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        terms, output = node.static
        for i, operand in enumerate(node.operands):
            if operand.__class__ is node.__class__:
                others = [(t, v) for j, (t, v) in enumerate(zip(terms, node.residual, strict=True)) if j != i]
                sweep.add(operand, _contract_transpose(terms[i], output, others, ybar, operand.shape))


def _contract_transpose(term: str, output: str, others: list, ybar: Any, shape: tuple[int, ...]) -> Any:
    """The contraction with one operand and the result exchanged; letters summed on their own are spread."""
    known = output + "".join(t for t, _ in others)
    kept = "".join(c for c in term if c in known)
    inputs = ",".join([output, *(t for t, _ in others)])
    xbar = np.einsum(f"{inputs}->{kept}", ybar, *(v for _, v in others))
    if kept == term:
        return xbar
    return np.broadcast_to(np.expand_dims(xbar, tuple(i for i, c in enumerate(term) if c not in kept)), shape)


class LinearFunction(Operation):
    """A linear function of the table; static: (primitive, args, kwargs)."""

    def evaluate(self, node: Node, values: Operands) -> Any:
        primitive, args, kwargs = node.static
        return function_of(primitive)(values[0], *args, **kwargs)

    def push(self, node: Node, tangents: Operands) -> Any:
        return self.evaluate(node, tangents)

    def pull(self, node: Node, ybar: Any, sweep: Pullback) -> None:
        primitive, args, kwargs = node.static
        (x,) = node.operands
        sweep.add(x, primitive.function.transpose(ybar, x.shape, *args, **kwargs))
