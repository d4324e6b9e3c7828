"""Jacobians of programs by structured tangents: identity seeds are not multiplied out.

One sweep over the program, in which the tangent with respect to all n entries of the input is a sum of sparse rows,
outer products and scaled matrices (`taylorad.transforms.structures`). A Hessian is the Jacobian of a recorded gradient:
of a separable sum it takes O(n) operations and the zeros around them, of ``xᵀA x`` and functions of few scalar products
O(n²), where pushing n directions takes O(n) operations for every entry of every node. Operations without a rule here
are written out and pushed as a batch of n directions.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from taylorad.algebras.recurrence import QUIET
from taylorad.trace import Node, Program
from taylorad.trace import operations as ops
from taylorad.trace.singular import ROOT, UNDEFINED, UNSETTLED
from taylorad.trace.tracer import Tracer
from taylorad.transforms.recording import LARGEST, batch, unbatched
from taylorad.transforms.series import fresh_tag
from taylorad.transforms.structure_moves import Given, is_finite, outer_products
from taylorad.transforms.structure_rules import RULES
from taylorad.transforms.structures import Space, Tangent, TooLarge, count


def structured_jacobian(program: Program, limit: int = LARGEST, frugal: bool = False) -> list[Any] | None:
    """The Jacobians of the outputs of a program with one input, shape out.shape + in.shape each.

    Entries that do not depend on each other are exact zeros, also where a slope is infinite; all others are those of
    `taylorad.trace.push` up to rounding.

    Parameters
    ----------
    program : Program
        Its values are plain arrays, or traced by an outer program: then what is computed here is recorded.
    limit : int
        How many numbers may be written out: beyond it blocks of directions are better.
    frugal : bool
        Give up also where a batch of directions is expected to be quicker, unless the program is to be compiled.

    Returns
    -------
    list of arrays, or None
        None for inputs that are not real floating-point arrays or are series, and where it gave up.
    """
    if len(program.inputs) != 1 or not _is_supported(program.input_values[0]):
        return None
    x, kind = program.input_values[0], None
    if frugal and not _is_compiled(x):
        kind = hash((x.shape, *[(node.operation, node.shape, *places) for node, places, _, _ in program.schedule]))
        if kind in _SLOW:
            return None
    space = Space(count(x.shape), x.dtype, limit)
    try:
        with np.errstate(**QUIET):
            tangents = _swept(program, space, None if kind is None else Balance(program, space))
            space.budget = sys.maxsize  # the results are asked for
            return [_result(o, tangents, x, space) for o in program.outputs]
    except TooLarge:
        if kind is not None:
            if len(_SLOW) >= 1000:
                _SLOW.clear()
            _SLOW.add(kind)
        return None


_SLOW: set[int] = set()  # programs for which a batch of directions was found to be quicker


def _swept(program: Program, space: Space, balance: Balance | None) -> list[Any]:
    """The tangents of the outputs' nodes, in a list of all nodes."""
    (start,) = program.inputs
    tangents: list[Any] = [None] * len(program.nodes)
    columns = space.interned(space.identity.reshape(start.shape))
    tangents[start.index] = Tangent(space, start.shape, [(columns, 1.0)])
    for node, places, used_up, reads in program.schedule:
        given = [None if place is None else tangents[place] for place in places]
        if any(t is not None for t in given):
            if node.operation.writes and given[0] is not None and not _takes_over(node, used_up):
                given[0] = given[0].copy()
            result = _pushed(node, given, space)
            tangents[node.index] = result.copy() if reads and any(result is t for t in given) else result
            if balance is not None:
                balance.check(node)
        for place in used_up:
            tangents[place] = None
    return tangents


def _takes_over(store: Node, used_up: list[int]) -> bool:
    """Whether a store may write into the tangent of its array: another store made it, and nothing reads it later."""
    target = store.operands[0]
    return target.operation.writes and target.index in used_up


class Balance:
    """What structure costs and what it saves, in microseconds; measured on plain arrays.

    To push n directions takes 15, and 9.5 + 1.5e-3·m n for a node of m entries; a tangent or a term takes 1.8, a number
    that is written out 2e-3. Where the loss exceeds a twelfth of what pushing costs, structure is given up.
    """

    def __init__(self, program: Program, space: Space):
        self.space, self.dense, self.start = space, 15.0, space.budget
        self.loss = sum(self._pushed(node) for node, *_ in program.schedule) / 12

    def _pushed(self, node: Node) -> float:
        return 9.5 + 1.5e-3 * count(node.shape) * self.space.size

    def check(self, node: Node) -> None:
        """Take one node into account; stop where a batch of directions would have been quicker."""
        self.dense += self._pushed(node)
        if 1.8 * self.space.effort + 2e-3 * (self.start - self.space.budget) > self.dense + self.loss:
            raise TooLarge


def _is_supported(x: Any) -> bool:
    while x.__class__ is Tracer:
        x = x.value
    return isinstance(x, np.ndarray | np.generic) and x.dtype.kind == "f"


def _is_compiled(x: Any) -> bool:
    """Whether a compiler traces what is computed: then fewer operations on numbers count, not fewer on arrays."""
    while x.__class__ is Tracer:
        if x.live is not None and x.live.guarded:
            return True
        x = x.value
    return False


def _result(output: Any, tangents: list, x: Any, space: Space) -> Any:
    tangent = tangents[output.index] if isinstance(output, Node) else None
    if tangent is None:
        return np.zeros((*np.shape(output), *x.shape), space.dtype)[()]
    result = np.reshape(tangent.dense(), (*output.shape, *x.shape))
    if result.__class__ is np.ndarray:
        shared = any(np.may_share_memory(result, m) for terms in (tangent.scaled, tangent.outer) for _, m in terms)
        return (result.copy() if shared or not result.flags.writeable else result)[()]
    return result


def _pushed(node: Node, given: Given, space: Space) -> Tangent:
    """The tangent of one node."""
    rule = RULES.get(node.operation)
    result = NotImplemented if rule is None else rule(node, given)
    return _by_batch(node, given, space) if result is NotImplemented else result


def _by_batch(node: Node, given: Given, space: Space) -> Tangent:
    """Any operation: rows of outer products by themselves, everything else written out."""
    result = Tangent(space, node.shape)
    if node.operation not in (ROOT, UNSETTLED, UNDEFINED, ops.CALL) and is_finite(given):
        result.outer = outer_products(node, given)
        given = [None if t is None else Tangent(space, t.shape, t.sparse, (), t.scaled, t.parts) for t in given]
        given = [None if t is None or t.is_empty else t for t in given]
    if any(t is not None for t in given):
        space.spend(2 * count(node.shape) * space.size)
        space.effort += 20
        tag = fresh_tag()
        seeds = [None if t is None else batch(np.moveaxis(t.dense(), -1, 0), tag) for t in given]
        pushed = unbatched(node.operation.push(node, seeds), space.size, node, tag)
        matrix = np.moveaxis(pushed, 0, -1)
        result = result.plus(space.matrix(node.shape, matrix))
    return result.settled()
