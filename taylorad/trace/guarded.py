"""Guarded programs: what a function does with plain numbers, for all inputs that take the same branches.

In a program that is differentiated, values decide branches and the decisions are not part of it. A program to be run
again at other inputs must know on what it depends: here comparisons are nodes too, and whoever asks a traced value for
a plain number (``if x > 0``, an index, a length) is given it and leaves a *guard*, that the value is this one. Nothing
is differentiated at this level, so any function of the table is one node, with no slopes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from taylorad.algebras.recurrence import QUIET
from taylorad.algebras.slopes import derivative_value
from taylorad.dispatch import operands
from taylorad.rules import Primitive
from taylorad.trace import operations as ops
from taylorad.trace.functions import function_of
from taylorad.trace.kinds import slopes_by_equation
from taylorad.trace.moves import MOVES
from taylorad.trace.node import Node
from taylorad.trace.program import Program
from taylorad.trace.tracer import GUARDED, KINDS, Tracer


class GuardedProgram(Program):
    """A program and the conditions under which it is valid.

    Attributes
    ----------
    guards : list of (Node, array)
        Values that must be what they were at the recording.
    """

    __slots__ = ("guards",)
    guarded = True

    def __init__(self, tag: int):
        super().__init__(tag)
        self.guards: list[tuple[Node, np.ndarray]] = []

    def guard(self, node: Node, value: Any) -> None:
        """Note that a decision was made by a value."""
        self.guards.append((node, np.array(value)))


_COMPOSED = """
power pow float_power square reciprocal angle logsumexp softmax log_softmax xlogy xlog1py entr rel_entr kl_div
ptp linalg.norm linalg.vector_norm diff full_like prod var std average trapezoid polyval einsum linalg.trace
linalg.multi_dot apply_along_axis apply_over_axes piecewise select array_equal array_equiv clip
"""
COMPOSED = frozenset(_COMPOSED.split())  # functions that are recorded as what they are made of


def record_function(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    """One node for each result of a function, whatever it does."""
    found: list[Tracer] = []
    arguments = tuple(_slotted(a, found) for a in args)
    options = {k: _slotted(v, found) for k, v in kwargs.items()}
    nodes, values = owner.split(found)
    given = {k: ops.filled(v, values) for k, v in options.items()}
    with np.errstate(**QUIET):  # where it matters, the result is nan and the function runs once more as it is
        results = function_of(primitive)(*(ops.filled(a, values) for a in arguments), **given)
    if not isinstance(results, tuple | list):
        return owner.result(ops.FUNCTION, nodes, (primitive, arguments, options, None), None, _own(results))
    kind = list if isinstance(results, list) else tuple
    return kind(
        owner.result(ops.FUNCTION, nodes, (primitive, arguments, options, i), None, _own(r))
        for i, r in enumerate(results)
    )


def _slotted(argument: Any, found: list[Tracer]) -> Any:
    """An argument with each traced array in it replaced by its number among the operands."""
    if isinstance(argument, list | tuple) and type(argument) in (list, tuple):
        return type(argument)(_slotted(a, found) for a in argument)
    if argument.__class__ is not Tracer or argument.live is None:
        return argument.value if argument.__class__ is Tracer else argument
    found.append(argument)
    return ops.Slot(len(found) - 1)


def _own(result: Any) -> Any:
    return result.copy() if isinstance(result, np.ndarray) and result.base is not None else result


def _composite(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    record = primitive.function if primitive.name in COMPOSED else None
    return record(*args, **kwargs) if record else record_function(owner, primitive, args, kwargs)


def _gather(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    if primitive.name == "where" and len(args) == 3:
        return record_function(owner, primitive, args, kwargs)
    if primitive.name in MOVES and args[0].__class__ is Tracer:
        moved = MOVES[primitive.name](owner, args, kwargs)
        if moved is not NotImplemented:
            return moved
    data = primitive.function.data
    if any(True for _ in operands([a for i, a in enumerate(args) if i not in data])):
        return record_function(owner, primitive, args, kwargs)
    return KINDS["gather"](owner, primitive, args, kwargs)


def _linear(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    plain = not any(True for _ in operands((*args[1:], *kwargs.values()))) and "initial" not in kwargs
    return (KINDS["linear"] if plain else record_function)(owner, primitive, args, kwargs)


def _derivative(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    """Derivatives by the function's equation, where that is accurate everywhere."""
    base, k, output = primitive.function
    rule = base.rule
    if rule.ode is None or rule.unstable or rule.coefficients:
        return record_function(owner, primitive, args, kwargs)
    if k > 1:
        return derivative_value(base, k, output, args)
    return slopes_by_equation(rule, args, owner)[output][0]


def _constant(owner: Tracer, primitive: Primitive, args: tuple, kwargs: dict) -> Any:
    """Comparisons and the like; those that only look at shape and type are answered."""
    if primitive.name in _OF_SHAPES:
        return primitive.function(*(a.value if a.__class__ is Tracer else a for a in args), **kwargs)
    return record_function(owner, primitive, args, kwargs)


_LOOKS = "shape ndim size iscomplexobj isrealobj result_type may_share_memory shares_memory"
_OF_SHAPES = frozenset(_LOOKS.split())
_AS_ALWAYS = ("contraction", "additive", "bilinear", "quotient", "creation")

GUARDED |= {
    **{kind: KINDS[kind] for kind in _AS_ALWAYS},
    "elementary": record_function,
    "linear": _linear,
    "derivative": _derivative,
    "gather": _gather,
    "constant": _constant,
    "composite": _composite,
    "undefined": record_function,
}
