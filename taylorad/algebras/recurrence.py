"""The one recurrence, and division: how every elementary function is computed in every graded algebra.

For unknowns Y with ``a Y' = b x'`` (lowered to an `Equation`), multiplying the degree-k part by k is a derivation, so

    k a₀ Y_k = Σ_{0<j≤k} j b_{k-j} x_j − Σ_{0<j<k} j a_{k-j} Y_j .

`Recurrence.step(k)` computes all parts of degree k from those below and x_k: an ODE integrator calls it once a degree,
for every node of its right-hand side; `solve` calls it for k = 1 … order.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import mul
from typing import Any

import numpy as np

from taylorad.algebras import generated
from taylorad.algebras.structure import BLOCK, Structure, TaylorStructure, allocator
from taylorad.rules.equation import Equation, Node

QUIET: dict[str, Any] = {"divide": "ignore", "invalid": "ignore", "over": "ignore", "under": "ignore"}


class Recurrence:
    """The state of one equation: arguments, unknowns and intermediate nodes, known up to some degree.

    Parameters
    ----------
    structure : Structure
    equation : Equation
    arguments : sequence of coefficient arrays (size, *shape), all of one shape
        `step(k)` reads their parts up to degree k; degree 0 must be there from the start.
    start : sequence of arrays (*shape)
        Degree-0 parts of the unknowns.

    Attributes
    ----------
    unknowns : list of coefficient arrays (size, *shape)
    """

    def __init__(self, structure: Structure, equation: Equation, arguments: Any, start: Any):
        self.structure, self.equation = structure, equation
        empty, shape = allocator(*arguments, *start, *equation.parameters), arguments[0].shape
        self.unknowns = [empty(shape) for _ in start]
        self.nodes = [(node, empty(shape)) for node in equation.nodes]
        self.atoms = [*arguments, *self.unknowns, *(values for _, values in self.nodes)]
        self.slopes = {i: empty(shape) for i in equation.moving}
        self.unknown_slopes = [empty(shape) for _ in start] if equation.a[2] is not None else []
        zero = structure.part(0)
        for unknown, value in zip(self.unknowns, start, strict=True):
            unknown[zero] = value
        self._evaluate_nodes(0)
        constant, coefficient, atom = equation.a
        self.a, self.a_coefficient = None if atom is None else self.atoms[atom], coefficient
        self.leading = constant if atom is None else _affine(constant, coefficient, self.atoms[atom][0])

    def step(self, k: int) -> None:
        """Compute part k ≥ 1 of every unknown and node."""
        part, convolve, atoms = self.structure.part(k), self.structure.convolve, self.atoms
        for i, slope in self.slopes.items():
            slope[part] = k * atoms[i][part]
        divisor = k * self.leading
        for i, (unknown, row) in enumerate(zip(self.unknowns, self.equation.rows, strict=True)):
            total = None
            for term in row:
                slope = self.slopes[term.argument]
                if term.atom is not None:
                    value = _times(term.coefficient, convolve(atoms[term.atom], slope, k, 1, k))
                    total = value if total is None else total + value
                if term.constant.__class__ is not int or term.constant != 0:
                    value = _times(term.constant, slope[part])
                    total = value if total is None else total + value
            if self.unknown_slopes:
                if k > 1:
                    value = _times(self.a_coefficient, convolve(self.a, self.unknown_slopes[i], k, 1, k - 1))
                    total = -value if total is None else total - value
                self.unknown_slopes[i][part] = 0 if total is None else total / self.leading
            unknown[part] = 0 * atoms[0][part] if total is None else total / divisor
        self._evaluate_nodes(k)

    def _evaluate_nodes(self, k: int) -> None:
        part = self.structure.part(k)
        for node, values in self.nodes:
            values[part] = self._node_part(node, k, part)

    def _node_part(self, node: Node, k: int, part: Any) -> Any:
        if node.kind == "linear":
            total = sum(_times(c, self.atoms[atom][part]) for c, atom in node.operands[1:])
            c, atom = node.operands[0]
            total = _times(c, self.atoms[atom][part]) + total
            return total + node.constant if k == 0 else total
        u, v = node.operands if node.kind == "product" else node.operands * 2
        return self.structure.convolve(self.atoms[u], self.atoms[v], k, 0, k)


def _times(coefficient: Any, value: Any) -> Any:
    """``coefficient·value`` without multiplying by one."""
    if coefficient.__class__ is int:
        if coefficient == 1:
            return value
        if coefficient == -1:
            return -value
    return coefficient * value


def _affine(constant: Any, coefficient: Any, value: Any) -> Any:
    product = _times(coefficient, value)
    return product if isinstance(constant, int) and constant == 0 else constant + product


def solve(structure: Structure, equation: Equation, arguments: Any, start: Any) -> list:
    """All unknowns of an equation to the algebra's full order.

    `arguments` are coefficient arrays (size, *shape), `start` the unknowns' values (*shape). Long batches are cut into
    blocks that stay in the cache. Cost: O(order²) multiplications of parts for each product in the equation.
    """
    if (results := structure.compiled("solve", equation, arguments, start)) is not None:
        return results
    with np.errstate(**QUIET):
        if _is_one_number(structure, arrays := [*arguments, *start]):
            try:
                return _solve_numbers(structure.order, equation, arguments, start)
            except ZeroDivisionError:  # arrays have infinities for it
                pass
        if not _splits(arrays):
            return solve_block(structure, equation, arguments, start)
        shape = arguments[0].shape
        flat = [a.reshape(structure.size, -1) for a in arguments]
        values = [np.broadcast_to(s, shape[1:]).reshape(-1) for s in start]
        dtype = np.result_type(*flat, *values)
        results = [np.empty(flat[0].shape, dtype) for _ in start]
        for block in blocks(structure.size, flat[0].shape[1]):
            solved = solve_block(structure, equation, [f[:, block] for f in flat], [v[block] for v in values])
            for result, part in zip(results, solved, strict=True):
                result[:, block] = part
        return [result.reshape(shape) for result in results]


def _solve_numbers(order: int, equation: Equation, arguments: Any, start: Any) -> list:
    numbers = [a.tolist() for a in arguments]
    dtype = np.float64 if all(a.dtype.char == "d" for a in (*arguments, *start)) else np.complex128
    return [np.array(y, dtype) for y in generated.run(equation, order, numbers, [s.item() for s in start])]


def solve_block(structure: Structure, equation: Equation, arguments: Any, start: Any) -> list:
    """The same, with arrays and all at once."""
    recurrence = Recurrence(structure, equation, arguments, start)
    for k in range(1, structure.order + 1):
        recurrence.step(k)
    return recurrence.unknowns


def _is_one_number(structure: Structure, arrays: list) -> bool:
    """Whether everything is one univariate series in double precision."""
    if structure.__class__ is not TaylorStructure:
        return False
    for a in arrays:
        if a.__class__ not in _NUMPY or a.ndim > 1 or a.dtype.char not in "dD":
            return False
    return arrays[0].ndim == 1


_NUMPY = (np.ndarray, np.float64, np.complex128)


def _splits(arrays: list) -> bool:
    """Whether arrays are plain numbers and long enough to be worked on in blocks."""
    first = arrays[0]
    return all(isinstance(a, np.ndarray | np.generic) and a.dtype != object for a in arrays) and first.size > 2 * BLOCK


def blocks(size: int, length: int) -> Iterator[slice]:
    """Slices of a batch axis so that one operand of `size` coefficients holds about BLOCK numbers."""
    width = max(16, BLOCK // size)
    for begin in range(0, length, width):
        yield slice(begin, min(begin + width, length))


def multiply(structure: Structure, u: Any, v: Any) -> Any:
    """The product of two coefficient arrays of equal shape."""
    if (result := structure.compiled("product", u, v)) is not None:
        return result
    if not _splits([u, v]) or structure.order == 0:
        return structure.product(u, v)
    flat_u, flat_v = u.reshape(structure.size, -1), v.reshape(structure.size, -1)
    result = np.empty(flat_u.shape, np.result_type(u, v))
    for block in blocks(structure.size, flat_u.shape[1]):
        result[:, block] = structure.product(flat_u[:, block], flat_v[:, block])
    return result.reshape(u.shape)


def divide(structure: Structure, u: Any, v: Any) -> Any:
    """The quotient q of coefficient arrays: ``v₀ q_k = u_k − Σ_{j<k} v_{k-j} q_j``; needs v₀ ≠ 0."""
    if _is_one_number(structure, [u, v]) and v[0] != 0:
        return np.array(_divide_numbers(u.tolist(), v.tolist()), np.result_type(u, v))
    if (result := structure.compiled("quotient", u, v)) is not None:
        return result
    with np.errstate(**QUIET):
        if not _splits([u, v]):
            return divide_block(structure, u, v)
        flat_u, flat_v = u.reshape(structure.size, -1), v.reshape(structure.size, -1)
        result = np.empty(flat_u.shape, np.result_type(u, v))
        for block in blocks(structure.size, flat_u.shape[1]):
            result[:, block] = divide_block(structure, flat_u[:, block], flat_v[:, block])
        return result.reshape(u.shape)


def _divide_numbers(u: list, v: list) -> list:
    """The same recurrence on lists, for one series."""
    lead = v[0]
    quotient: list = []
    for k, uk in enumerate(u):
        quotient.append((uk - sum(map(mul, v[k:0:-1], quotient))) / lead)
    return quotient


def divide_block(structure: Structure, u: Any, v: Any) -> Any:
    """The same, with arrays and all at once."""
    quotient = allocator(u, v)(u.shape)
    zero = structure.part(0)
    quotient[zero] = u[zero] / v[zero]
    for k in range(1, structure.order + 1):
        part = structure.part(k)
        quotient[part] = (u[part] - structure.convolve(v, quotient, k, 0, k - 1)) / v[0]
    return quotient


def compose(structure: Structure, outer: Any, increment: Any) -> Any:
    """``Σ_k outer_k h^k`` for an increment h without constant part, by Horner's rule.

    `outer` holds order + 1 arrays (*shape); `increment` is a coefficient array (size, *shape).
    """
    if isinstance(structure, TaylorStructure) and structure.order == 0:
        return increment * 0 + outer[0]
    result = increment * 0 + _constant_part(structure, outer[-1], increment)
    for c in reversed(outer[:-1]):
        result = multiply(structure, result, increment)
        result[structure.part(0)] = result[structure.part(0)] + c
    return result


def _constant_part(structure: Structure, value: Any, like: Any) -> Any:
    basis = np.zeros((structure.size,) + (1,) * (like.ndim - 1), dtype=int)
    basis[0] = 1
    basis = basis.astype(like.dtype)
    return basis * value
